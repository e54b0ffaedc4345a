"""The first page: a landing for visitors, "my accreditations" for learners."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_GET

from accreditation.models import Accreditation, Notice, Program
from accreditation.rules.journeys import first_step, journeys
from accreditation.rules.places import places_of, waiting_in
from accreditation.rules.programs import PICTURE, held_among
from accreditation.rules.tier_pages import tier_on_home
from courses.lib.policy import open_to_all


@open_to_all
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on pages that don't name an icon, such as the administration's."""
    return redirect(static("img/mark.svg"), permanent=True)


@open_to_all
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The landing page, or the learner's own."""
    if not request.user.is_authenticated:
        programs = Program.objects.published().select_related("achievement").defer(PICTURE)
        return render(request, "accreditation/landing.html", {"programs": programs})
    rows = Accreditation.objects.filter(learner=request.user).select_related("program__achievement")
    held = list(rows.defer(f"program__{PICTURE}").order_by("valid_until"))
    now, places = timezone.now(), places_of(request.user)
    found = journeys(request.user, now, held=held_among(held))
    news = list(Notice.objects.visible_to(request.user).with_unread()[:3])
    context = {
        "desk": waiting_in(request.user, places, now),
        "journeys": found,
        "next_step": first_step(found),
        "tier": tier_on_home(request.user, now),
        "held": [one for one in held if one.credential_id],
        "notices": news,
        "unread_notices": news[0].unread_count if news else 0,
    }
    return render(request, "accreditation/home.html", context)

"""The first page: a landing for visitors, "my accreditations" for learners."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_GET

from accreditation.models import Accreditation, Notice, Program
from accreditation.rules.journeys import journeys
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
        programs = Program.objects.published().select_related("achievement")
        return render(request, "accreditation/landing.html", {"programs": programs})
    found = journeys(request.user, timezone.now())
    steps = [one.next_step for one in found if one.next_step]
    held = Accreditation.objects.filter(learner=request.user, credential__isnull=False)
    context = {
        "journeys": found,
        "next_step": steps[0] if steps else None,
        "held": held.select_related("program__achievement", "credential").order_by("valid_until"),
        "notices": Notice.objects.visible_to(request.user)[:3],
    }
    return render(request, "accreditation/home.html", context)

"""The public directory of accredited people, and each person's own choice to be in it."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accreditation.actions.directory import be_listed, be_listed_no_more
from accreditation.forms import DirectoryForm
from accreditation.models import DirectoryEntry, User
from accreditation.rules.directory import Choice, page_of, places_of, why_not_shown
from accreditation.rules.tier_holdings import tiers_here
from accreditation.views.who import user_of
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all, signed_in
from courses.lib.refusals import Refusal
from courses.models import Persona, UseCase

PER_MINUTE = 60
FILTERS = ("persona", "use_case", "tier", "region", "organisation", "organisation_tier")


@open_to_all
@require_GET
def directory(request: HttpRequest) -> HttpResponse:
    """Who is accredited and wants to be found. Never kept by a cache: who leaves is gone with the next request."""
    if wait := seconds_to_wait("directory", caller(request), allowed=PER_MINUTE, per_seconds=60):
        refusal = Refusal("too-many", gettext("That was a lot at once. Go on in %(wait)s seconds.") % {"wait": wait})
        answer = render(request, "refused.html", {"refusal": refusal}, status=429)
        answer["Retry-After"] = str(wait)
        return _unkept(answer)
    today = timezone.now().date()
    said = {name: request.GET.get(name, "")[:200] for name in FILTERS}
    people, after = page_of(Choice(**said, after=request.GET.get("after", "")), today)
    places = places_of(today)
    context = {
        "people": people,
        "chosen": said,
        "is_chosen": any(said.values()),
        "is_first": not request.GET.get("after"),
        "more": urlencode({name: value for name, value in said.items() if value} | {"after": after}) if after else "",
        "personas": Persona.objects.all(),
        "use_cases": UseCase.objects.all(),
        "tiers": tiers_here(),
        "organisations": [(slug, name) for slug, name, _ in places],
        "regions": sorted({region for _, _, region in places if region}),
    }
    return _unkept(render(request, "accreditation/directory.html", context))


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    if not settings.DIRECTORY_INDEXED:
        response["X-Robots-Tag"] = gettext("noindex, nofollow")
    return response


@signed_in
@require_http_methods(["GET", "POST"])
def own_entry(request: HttpRequest) -> HttpResponse:
    """Whether and how one is shown."""
    person = User.objects.select_related("organisation").get(pk=user_of(request).pk)
    entry = DirectoryEntry.objects.filter(person=person).first()
    form = DirectoryForm(request.POST or None, instance=entry)
    if request.method == "POST" and form.is_valid():
        be_listed(by=person, **form.cleaned_data)
        messages.success(request, gettext("Saved. The directory shows you as you chose."))
        return redirect("own-entry")
    context = {"form": form, "entry": entry, "locked": why_not_shown(person, timezone.now().date())}
    return render(request, "accreditation/own_entry.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def leave_directory(request: HttpRequest) -> HttpResponse:
    """Take oneself out, at once."""
    be_listed_no_more(by=user_of(request))
    messages.success(request, gettext("The directory doesn't show you any more."))
    return redirect("own-entry")

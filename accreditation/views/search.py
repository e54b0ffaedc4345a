"""Search: the page, and what is suggested while somebody types."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accreditation.rules.search import OWN, PEOPLE, findings, suggestions
from accreditation.views.who import user_of
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import signed_in, signed_in_json
from courses.lib.refusals import Refusal
from courses.models import EntryKind

PAGES_A_MINUTE, SUGGESTIONS_A_MINUTE = 60, 240


def _too_many(wait: int) -> Refusal:
    return Refusal("too-many", _("That was a lot at once. Go on in %(wait)s seconds.") % {"wait": wait})


@signed_in
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What was found, by kind, and ways on where nothing was."""
    if wait := seconds_to_wait("search", caller(request), allowed=PAGES_A_MINUTE, per_seconds=60):
        answer = render(request, "refused.html", {"refusal": _too_many(wait)}, status=429)
        answer["Retry-After"] = str(wait)
        return answer
    kind, page = request.GET.get("kind", ""), request.GET.get("page", "")
    kind = kind if kind in (*EntryKind.values, OWN, PEOPLE) else ""
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
    found = findings(user_of(request), request.GET.get("q", ""), kind, number)
    asked = urlencode({"q": found.wanted.said})
    return render(request, "accreditation/search.html", {"found": found, "searched": found.wanted.said, "asked": asked})


@signed_in_json
@require_GET
def suggest(request: HttpRequest) -> JsonResponse:
    """A few titles for what was typed so far, and a sentence for those who don't see them."""
    if wait := seconds_to_wait("suggestions", caller(request), allowed=SUGGESTIONS_A_MINUTE, per_seconds=60):
        return JsonResponse(_too_many(wait).as_json(), status=429, headers={"Retry-After": str(wait)})
    items = suggestions(user_of(request), request.GET.get("q", ""))
    said = ngettext("%(n)s suggestion", "%(n)s suggestions", len(items)) % {"n": len(items)}
    told = [{"kind": one.kind, "title": one.title, "within": one.within, "address": one.address} for one in items]
    return JsonResponse({"items": told, "said": said if items else _("No suggestions")})

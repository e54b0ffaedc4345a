"""Check any badge of ours: by file, text or JSON. What is brought is read and forgotten."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from badges.rules.checking import check_presented
from badges.rules.older import check_named, named_award
from badges.rules.presented import (
    LARGEST_PICTURE,
    LARGEST_TEXT,
    NO_BADGE,
    TOO_LARGE,
    Presented,
    read_members,
    read_presented,
    read_text,
)
from badges.rules.verdicts import Verdict
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all
from courses.lib.refusals import Refusal

CALLS_PER_MINUTE = 240
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
STATUS = {"too-large": 413, "no-badge": 400}
NOTHING = Refusal("no-badge", gettext_noop("There is nothing to check. Choose a file, or paste a badge."))


@open_to_all
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """GET: the form. POST: `{"verified", "checks"}` as JSON, or the page for browsers. Changes nothing, so no CSRF token."""
    if request.method != "POST":
        return render(request, "badges/verify.html")
    wait = seconds_to_wait("verify", caller(request), allowed=CALLS_PER_MINUTE, per_seconds=60)
    if wait:
        refusal = Refusal("too-many", _("That was a lot of checks. Go on in %(wait)s seconds.") % {"wait": wait})
        response = _answer(request, Verdict(refusal=refusal), status=429)
        response["Retry-After"] = str(wait)
        return response
    presented = _presented(request)
    if isinstance(presented, Refusal):
        return _answer(request, Verdict(refusal=presented), status=STATUS[presented.code])
    return _answer(request, _verdict_on(presented))


def _verdict_on(presented: Presented) -> Verdict:
    now, named = timezone.now(), named_award(presented)
    return check_presented(presented, now=now) if named is None else check_named(presented, named, now=now)


def _presented(request: HttpRequest) -> Presented | Refusal:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_PICTURE:
        return TOO_LARGE
    if request.content_type in FORM_TYPES:
        upload = request.FILES.get("file")
        if upload is not None:
            return read_presented(upload.read())
        return read_text(request.POST.get("text", "").strip()) if request.POST.get("text") else NOTHING
    if request.content_type == "application/json":
        return _presented_json(request.body)
    return read_presented(request.body)


def _presented_json(body: bytes) -> Presented | Refusal:
    content = TOO_LARGE if len(body) > LARGEST_TEXT else read_members(body)
    if isinstance(content, Refusal):
        return content
    token, document = content.get("jwt"), content.get("credential")
    if isinstance(token, str) and isinstance(document, dict):
        return Presented(document, token.strip())  # both are judged: a token vouches for no other document
    brought = token or document or content
    if isinstance(brought, dict):
        return Presented(brought)
    return read_text(brought.strip()) if isinstance(brought, str) else NO_BADGE


def _answer(request: HttpRequest, verdict: Verdict, *, status: int = 200) -> HttpResponse:
    """JSON for machines: whoever sent no form, or prefers JSON to a page."""
    preferred = request.get_preferred_type(["text/html", "application/json"])
    if request.content_type not in FORM_TYPES or preferred == "application/json":
        response: HttpResponse = JsonResponse(verdict.as_json(), status=status)
    else:
        response = render(request, "badges/verify.html", {"verdict": verdict}, status=status)
    response["Cache-Control"] = "no-store"
    return response

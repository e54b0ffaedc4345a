"""How other programs are answered: in JSON, without cookies, from any site, and not too often."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from courses.lib.limits import seconds_to_wait
from courses.lib.policy import open_json

log = logging.getLogger(__name__)
ALLOWED_HEADERS = "Authorization, Content-Type"
SHOWN_HEADERS = "Link, X-Total-Count, Retry-After, WWW-Authenticate"
MINORS = {
    400: "invalid_data",
    401: "unauthorizedrequest",
    403: "forbidden",
    404: "not_found",
    405: "not_allowed",
    429: "server_busy",
    500: "internal_server_error",
}
"""What 1EdTech calls each status; a wrong query has a word of its own."""
View = Callable[..., HttpResponseBase]


@dataclass
class Unanswered(Exception):
    """A request of a program that gets no content: status, sentence, and the word where it isn't that of the status."""

    status: int
    sentence: str
    minor: str = ""
    challenge: str = ""
    wait_seconds: int = 0


def from_any_site(response: HttpResponseBase) -> HttpResponseBase:
    """Scripts of every site may read the answer. They carry no cookies of ours, and none would help them here."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = SHOWN_HEADERS
    return response


def machine_route(*methods: str) -> Callable[[View], View]:
    """A route for programs: open to whoever shows a token or secret of its own, which the view asks for.

    No CSRF token is needed, because no cookie counts: whoever has a session is nobody here.
    """

    def mark(view: View) -> View:
        @open_json
        @csrf_exempt
        @wraps(view)
        def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.user = AnonymousUser()
            if request.method == "OPTIONS":
                return from_any_site(_preflight(methods))
            return from_any_site(_answered(view, methods, request, *args, **kwargs))

        return handle

    return mark


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Allow"] = response["Access-Control-Allow-Methods"] = ", ".join((*methods, "OPTIONS"))
    response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    response["Access-Control-Max-Age"] = "600"
    return response


def _answered(
    view: View, methods: tuple[str, ...], request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    try:
        if request.method not in methods:
            raise Unanswered(405, f"This address takes {', '.join(methods)}. What stands here is read, not written.")
        return view(request, *args, **kwargs)
    except Unanswered as problem:
        return status_info(problem, methods)
    except SuspiciousOperation:
        return status_info(Unanswered(400, "This request can't be read."), methods)
    except Exception:
        log.exception("a request of a program failed", extra={"path": request.path})
        return status_info(Unanswered(500, "That was our fault. Ask again in a while."), methods)


def status_info(problem: Unanswered, methods: tuple[str, ...] = ()) -> HttpResponse:
    """A refusal as 1EdTech writes it: `Imsx_StatusInfo`. Source: Open Badges 3.0, 6.2 and B.4."""
    minor = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": problem.minor or MINORS[problem.status],
    }
    body = {
        "imsx_codeMajor": "unsupported" if problem.status == 405 else "failure",
        "imsx_severity": "error",
        "imsx_description": problem.sentence,
        "imsx_codeMinor": {"imsx_codeMinorField": [minor]},
    }
    response = JsonResponse(body, status=problem.status)
    response["Cache-Control"] = "no-store"
    if problem.status == 405:
        response["Allow"] = ", ".join((*methods, "OPTIONS"))
    if problem.challenge:
        response["WWW-Authenticate"] = problem.challenge
    if problem.wait_seconds:
        response["Retry-After"] = str(problem.wait_seconds)
    return response


def seldom(name: str, who: str, *, allowed: int, per_seconds: int) -> None:
    """Raise 429 with the seconds to wait where this one asked too often."""
    if wait := seconds_to_wait(name, who, allowed=allowed, per_seconds=per_seconds):
        raise Unanswered(429, f"That was a lot at once. Go on in {wait} seconds.", wait_seconds=wait)

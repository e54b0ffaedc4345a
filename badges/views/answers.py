"""Answers for anyone and any site: short shared caching and CORS for all, because a badge is there to be checked."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from courses.lib.files import content_disposition

MAX_AGE_SECONDS = 60


def public(content: str | bytes, content_type: str, *, max_age: int = MAX_AGE_SECONDS, name: str = "") -> HttpResponse:
    """`content` for everyone: may be kept `max_age` seconds by any cache, and read by scripts of any site.

    `name`: what a download of it is called.
    """
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = f"public, max-age={max_age}"
    response["Access-Control-Allow-Origin"] = "*"
    response["ETag"] = f'"{hashlib.blake2s(response.content, digest_size=16).hexdigest()}"'
    if name:
        response["Content-Disposition"] = content_disposition(name, inline=True)
    return response


def conditional(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view's answer, or 304 for whoever has these bytes already."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 200 or not response.has_header("ETag"):
            return response
        answer: HttpResponse = get_conditional_response(request, etag=response["ETag"], response=response)  # type: ignore[assignment]
        if answer is not response and response.has_header("Access-Control-Allow-Origin"):
            answer["Access-Control-Allow-Origin"] = response["Access-Control-Allow-Origin"]
        return answer

    return handle


def of_today(request: HttpRequest, facts: object, draw: Callable[[], HttpResponse]) -> HttpResponse:
    """What `draw` makes of `facts`, or 304 for whoever has that already. Asked for again each time: it says today's state."""
    etag = f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'
    answer: HttpResponse = get_conditional_response(request, etag=etag) or draw()
    answer["ETag"], answer["Cache-Control"] = etag, "no-cache"
    return answer


def inert(response: HttpResponse) -> HttpResponse:
    """The same answer, where a browser runs, loads and sends nothing: for pictures that could hold more than a picture."""
    response["Content-Security-Policy"] = _("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def public_json(content: dict[str, Any], content_type: str = "application/json") -> HttpResponse:
    """A JSON document for everyone."""
    return public(json.dumps(content, ensure_ascii=False), content_type)

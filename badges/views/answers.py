"""Answers for anyone and any site: short shared caching and CORS for all, because a badge is there to be checked."""

import json
from typing import Any

from django.http import HttpResponse

MAX_AGE_SECONDS = 60


def public(content: str | bytes, content_type: str, *, max_age: int = MAX_AGE_SECONDS) -> HttpResponse:
    """`content` for everyone: may be kept `max_age` seconds by any cache, and read by scripts of any site."""
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = f"public, max-age={max_age}"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def inert(response: HttpResponse) -> HttpResponse:
    """The same answer, where a browser runs, loads and sends nothing: for pictures that could hold more than a picture."""
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def public_json(content: dict[str, Any], content_type: str = "application/json") -> HttpResponse:
    """A JSON document for everyone."""
    return public(json.dumps(content, ensure_ascii=False), content_type)

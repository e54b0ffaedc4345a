"""What every page may use without its view thinking of it. All of it is lazy: a page that doesn't show it pays nothing."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """The organisation's name, the person's unread notices and their next step."""
    return {"organisation_name": settings.ORGANISATION_NAME, "is_development": settings.DEBUG}

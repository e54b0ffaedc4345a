"""What every page may use without its view thinking of it. All of it is lazy: a page that doesn't show it pays nothing."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accreditation.models import Notice
from accreditation.rules.journeys import first_step, journeys
from accreditation.rules.places import places_of


def portal(request: HttpRequest) -> dict[str, Any]:
    """The organisation's name, the person's places, their unread notices and their next step."""
    user: Any = getattr(request, "user", None)
    is_known = bool(user and user.is_authenticated)
    return {
        "places": places_of(user),
        "searched": "",
        "organisation_name": settings.ORGANISATION_NAME,
        "is_development": settings.DEBUG,
        "unread_notices": SimpleLazyObject(lambda: Notice.objects.visible_to(user).unread().count() if is_known else 0),
        "next_step": SimpleLazyObject(lambda: first_step(journeys(user, timezone.now())) if is_known else None),
    }

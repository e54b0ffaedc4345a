"""Who asks. The policy of a view has let only signed-in people through, which the type of a request can't say."""

from typing import cast

from django.http import HttpRequest

from courses.lib.people import Person


def person_of(request: HttpRequest) -> Person:
    """The signed-in person of a request."""
    return cast(Person, request.user)

"""Who is behind a request, with the type that the actions ask for."""

from typing import cast

from django.http import HttpRequest

from accreditation.models import User


def user_of(request: HttpRequest) -> User:
    """The signed-in person; the view's policy has made sure that there is one."""
    return cast(User, request.user)

"""Who is behind a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from accreditation.models import User
from courses.lib.compiled import Compiled


@Compiled
def person_with_places(pk: Any) -> "QuerySet[User]":
    """The person of a session, `with_places`: the first statement of every request."""
    return User.objects.with_places().filter(pk=pk)


class PersonBackend(AuthenticationBackend):
    """Signs in by address, and loads a person with what every page's menu asks of them: no page pays for it again."""

    def get_user(self, user_id: Any) -> User | None:
        """The active person with this key, `with_places`; None where there is none. One query."""
        person = person_with_places.first(pk=user_id)
        return person if person and self.user_can_authenticate(person) else None

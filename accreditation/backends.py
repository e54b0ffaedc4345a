"""Who is behind a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accreditation.models import User


class PersonBackend(AuthenticationBackend):
    """Signs in by address, and loads a person with what every page's menu asks of them: no page pays for it again."""

    def get_user(self, user_id: Any) -> User | None:
        """The active person with this key, `with_places`; None where there is none. One query."""
        person = User.objects.with_places().filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None

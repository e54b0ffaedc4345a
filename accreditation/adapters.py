"""How django-allauth meets this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accreditation.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up takes a name too; nothing else of a person can be set by that person here."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Fill the new person from the form."""
        user.name = form.cleaned_data["name"].strip()
        return super().save_user(request, user, form, commit)

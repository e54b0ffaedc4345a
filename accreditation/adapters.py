"""How django-allauth meets this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accreditation.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up takes a name too; nothing else of a person can be set by that person here."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Fill the new person from the form."""
        user.name = form.cleaned_data["name"].strip()
        return super().save_user(request, user, form, commit)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of the address, and take as long as a new account takes, so that the wait tells nobody."""
        make_password(email)
        super().send_account_already_exists_mail(email)

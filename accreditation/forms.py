"""Forms of the top app."""

from typing import Any

from django import forms
from django.http import HttpRequest


class SignupForm(forms.Form):
    """What sign-up asks beside the address and the password."""

    name = forms.CharField(label="Your name", max_length=150, help_text="As your customers know you.")

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Called by allauth after the person was saved; the adapter has filled the name."""

"""Forms of the top app."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from accreditation.models import User


class SignupForm(forms.Form):
    """What sign-up asks beside the address and the password."""

    name = forms.CharField(label="Your name", max_length=150, help_text="As your customers know you.")

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Called by allauth after the person was saved; the adapter has filled the name."""


class ProfileForm(forms.ModelForm):
    """Name, persona, time zone, language: what a person sets of themselves."""

    time_zone = forms.ChoiceField(
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
    )
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["name", "persona", "time_zone", "language"]
        help_texts = {"persona": "Whom you speak to. It steers the customer briefs that you get."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

"""Forms of the top app."""

import re
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accreditation.models import DirectoryEntry, User
from accreditation.rules.invitations import roles_to_invite_as
from courses.models import Persona

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class NameField(forms.CharField):
    """A person's name on one line: it stands in mails to others, where a line break would let it say more than a name."""

    def to_python(self, value: Any) -> str:
        """Without control and direction marks, white space as single blanks."""
        return " ".join(CONTROLS.sub(" ", super().to_python(value) or "").split())


class SignupForm(forms.Form):
    """What sign-up asks beside the address and the password."""

    name = NameField(
        label=gettext_lazy("Your name"), max_length=150, help_text=gettext_lazy("As your customers know you.")
    )

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Called by allauth after the person was saved; the adapter has filled the name."""


class ProfileForm(forms.ModelForm):
    """Name, persona, time zone, language: what a person sets of themselves."""

    name = NameField(max_length=150, help_text=gettext_lazy("As customers know you."))
    time_zone = forms.ChoiceField(
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
    )
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ["name", "persona", "time_zone", "language"]
        help_texts = {"persona": gettext_lazy("Whom you speak to. It steers the customer briefs that you get.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["persona"].empty_label = _("None yet")  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


class InvitationForm(forms.Form):
    """Whom a partner manager invites, as what: from a short list, and never into groups."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ModelChoiceField(
        roles_to_invite_as(), label=gettext_lazy("Role"), required=False, empty_label=gettext_lazy("Not said")
    )
    persona = forms.ModelChoiceField(
        Persona.objects.all(),
        label=gettext_lazy("Persona"),
        required=False,
        empty_label=gettext_lazy("They choose"),
        help_text=gettext_lazy("Whom they speak to."),
    )


class AttestForm(forms.Form):
    """Of which day a statement is attested, and what to add."""

    on = forms.DateField(
        label=gettext_lazy("Of which day"), widget=forms.DateInput(attrs={"type": "date", "class": "input"})
    )
    note = forms.CharField(
        label=gettext_lazy("What to add"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input"}),
    )


class DirectoryForm(forms.ModelForm):
    """How a person is shown in the public directory."""

    class Meta:
        model = DirectoryEntry
        fields = ["name", "shows_organisation", "shows_badges"]
        labels = {"name": gettext_lazy("Shown as")}

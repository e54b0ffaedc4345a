"""Forms of the portal about badges."""

from typing import Any

from django import forms

from badges.models import Endorsement
from badges.rules.endorsements import LONGEST, LONGEST_ROLE, SHORTEST


class EndorsementForm(forms.Form):
    """What somebody says in favour of an award."""

    comment = forms.CharField(
        label="What have you seen this person do?",
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST}),
        help_text=f"{SHORTEST} to {LONGEST:,} characters, in plain words. Anyone can read it, and copies of it stay: "
        "name neither the holder nor a customer, and give no address.",
    )
    role = forms.CharField(
        label="Your role",
        widget=forms.TextInput(attrs={"maxlength": LONGEST_ROLE}),
        help_text="As readers know it, e.g. Regional sales director.",
    )
    shown_author = forms.ChoiceField(
        label="Shown as its author",
        choices=Endorsement.ShownAuthor,
        initial=Endorsement.ShownAuthor.ROLE,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("comment", "role"):
            self.fields[name].widget.attrs["class"] = "input"


class WithdrawalForm(forms.Form):
    """Why an endorsement is taken back."""

    reason = forms.CharField(
        label="Why do you withdraw it?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
        help_text="Kept for Field Enablement, never shown in public.",
    )

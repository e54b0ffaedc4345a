"""Forms of the portal about badges."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from badges.models import Endorsement
from badges.rules.endorsements import LONGEST, LONGEST_ROLE, SHORTEST


class EndorsementForm(forms.Form):
    """What somebody says in favour of an award."""

    comment = forms.CharField(
        label=gettext_lazy("What have you seen this person do?"),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST}),
        help_text=format_lazy(
            gettext_lazy(
                "{least} to {most} characters, in plain words. Anyone can read it, and copies of it stay: "
                "name neither the holder nor a customer, and give no address."
            ),
            least=SHORTEST,
            most=f"{LONGEST:,}",
        ),
    )
    role = forms.CharField(
        label=gettext_lazy("Your role"),
        widget=forms.TextInput(attrs={"maxlength": LONGEST_ROLE}),
        help_text=gettext_lazy("As readers know it, e.g. Regional sales director."),
    )
    shown_author = forms.ChoiceField(
        label=gettext_lazy("Shown as its author"),
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
        label=gettext_lazy("Why do you withdraw it?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
        help_text=gettext_lazy("Kept for Field Enablement, never shown in public."),
    )

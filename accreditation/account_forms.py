"""Forms of the sign-in library, in the product's words. Apart from `forms.py`, which that library itself reads."""

from typing import Any

from allauth.account import forms
from django.utils.translation import gettext_lazy

WORDS = {
    "oldpassword": gettext_lazy("The password you have"),
    "password1": gettext_lazy("The new password"),
    "password2": gettext_lazy("The new password once more"),
}


class InOurWords:
    """Labels as the product says them, and no placeholder that repeats them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.label = WORDS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(InOurWords, forms.ChangePasswordForm):
    """Old and new."""


class SetPasswordForm(InOurWords, forms.SetPasswordForm):
    """For an account without one."""


class NewPasswordForm(InOurWords, forms.ResetPasswordKeyForm):
    """By the link that was mailed."""

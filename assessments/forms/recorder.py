"""What the recorder's page sends."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class ConsentForm(forms.Form):
    """That everybody agreed: the names of the others, or that nobody else is in the recording."""

    place = forms.IntegerField(min_value=1, max_value=100)
    others = forms.CharField(max_length=200, required=False)
    alone = forms.BooleanField(required=False)
    agreed = forms.BooleanField(
        error_messages={"required": gettext_lazy("Everybody in the recording has to agree to it first.")}
    )

    def clean(self) -> dict[str, Any]:
        """Names or the tick, and never both."""
        data = self.cleaned_data
        if not data.get("others", "").strip() and not data.get("alone"):
            raise forms.ValidationError(_("Write who else is in the recording, or tick that you record alone."))
        if data.get("alone"):
            data["others"] = ""
        return data


class PartMarkForm(forms.Form):
    """Where a part begins, in milliseconds of the recording."""

    name = forms.CharField(max_length=200)
    at_ms = forms.IntegerField(min_value=0, max_value=24 * 3600 * 1000)

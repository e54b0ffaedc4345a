"""What staff say when they keep or delete a recording."""

from django import forms
from django.utils.translation import gettext_lazy


class WhyForm(forms.Form):
    """Why; it stays on record."""

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=gettext_lazy("Stays on record.")
    )

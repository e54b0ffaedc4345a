"""What a learner says against a decision."""

from django import forms
from django.utils.translation import gettext_lazy


class AppealForm(forms.Form):
    """Why the learner thinks that their work was judged wrongly."""

    reason = forms.CharField(
        max_length=2000,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": gettext_lazy("Say what was judged wrongly."),
            "min_length": gettext_lazy("Say a little more: which criterion, and what in your work shows it."),
        },
    )

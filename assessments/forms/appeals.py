"""What a learner says against a decision."""

from django import forms


class AppealForm(forms.Form):
    """Why the learner thinks that their work was judged wrongly."""

    reason = forms.CharField(
        max_length=2000,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Say what was judged wrongly.",
            "min_length": "Say a little more: which criterion, and what in your work shows it.",
        },
    )

"""Forms of the ground app."""

from django import forms

from courses.models import LessonFeedback
from courses.models.progress import FeedbackKind


class TellUsForm(forms.ModelForm):
    """A remark on a lesson."""

    kind = forms.ChoiceField(
        label="What is it?",
        choices=[("", "Choose …"), *FeedbackKind.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )

    class Meta:
        model = LessonFeedback
        fields = ["kind", "text"]
        labels = {"text": "What should we know?"}
        widgets = {
            "text": forms.Textarea(attrs={"class": "input", "rows": 4, "maxlength": 4000}),
        }

"""Forms of the ground app."""

from django import forms
from django.utils.translation import gettext_lazy

from courses.models import LessonFeedback
from courses.models.progress import FeedbackKind


class TellUsForm(forms.ModelForm):
    """A remark on a lesson."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        choices=[("", gettext_lazy("Choose …")), *FeedbackKind.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )

    class Meta:
        model = LessonFeedback
        fields = ["kind", "text"]
        labels = {"text": gettext_lazy("What should we know?")}
        widgets = {
            "text": forms.Textarea(attrs={"class": "input", "rows": 4, "maxlength": 4000}),
        }

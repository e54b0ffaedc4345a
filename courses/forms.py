"""Forms of the ground app."""

from django import forms

from courses.models import LessonFeedback


class TellUsForm(forms.ModelForm):
    """A remark on a lesson."""

    class Meta:
        model = LessonFeedback
        fields = ["kind", "text"]
        labels = {"kind": "What is it?", "text": "What should we know?"}
        widgets = {
            "kind": forms.Select(attrs={"class": "input"}),
            "text": forms.Textarea(attrs={"class": "input", "rows": 4, "maxlength": 4000}),
        }

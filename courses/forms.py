"""Forms of the ground app."""

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models import Feedback
from courses.models.feedback import FeedbackKind


class TellUsForm(forms.ModelForm):
    """A remark."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[("", _("Choose …")), *FeedbackKind.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )

    class Meta:
        model = Feedback
        fields = ["kind", "text", "may_quote"]
        labels = {
            "text": _("What should we know?"),
            "may_quote": _("Others may read these words beside what was done about them, never with my name."),
        }
        widgets = {
            "text": forms.Textarea(attrs={"class": "input", "rows": 4, "maxlength": 4000}),
        }


class CourseRatingForm(forms.Form):
    """How a completed course was."""

    stars = forms.TypedChoiceField(
        label=_("How useful was this course?"),
        coerce=int,
        choices=[
            ("", _("Choose …")),
            (5, _("5, very useful")),
            (4, _("4, useful")),
            (3, _("3, partly")),
            (2, _("2, hardly")),
            (1, _("1, not at all")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    text = forms.CharField(
        label=_("What would make it better? (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "maxlength": 2000}),
    )

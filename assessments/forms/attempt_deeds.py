"""What staff do to attempts, each deed with its reason."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import Exam
from assessments.rules.interventions import LONGEST_REOPENING_MINUTES


class VoidForm(forms.Form):
    """Why an attempt is taken out of the count. The reason stays with it."""

    cause = forms.ChoiceField(
        choices=[("incident", gettext_lazy("An incident")), ("misconduct", gettext_lazy("Misconduct"))]
    )
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class TimeForm(forms.Form):
    """How much more time a running attempt gets, and why."""

    refused_at = {"no-reason": "minutes", "deadline-past": "minutes"}

    minutes = forms.IntegerField(
        min_value=-600, max_value=600, help_text=gettext_lazy("A negative number takes time away.")
    )
    reason = forms.CharField(max_length=300)


class PauseForm(forms.Form):
    """Why staff stop a clock."""

    reason = forms.CharField(max_length=300)


class ResumeForm(forms.Form):
    """Nothing is asked: the pause has its reason."""


class ReopenForm(forms.Form):
    """For how long a closed attempt goes on, and why."""

    minutes = forms.IntegerField(
        min_value=1, max_value=LONGEST_REOPENING_MINUTES, help_text=gettext_lazy("From the moment it reopens.")
    )
    reason = forms.CharField(max_length=300)


class AdmitForm(forms.Form):
    """Which late answers count, and why."""

    refused_at = {"none-late": "minutes"}

    minutes = forms.IntegerField(
        min_value=1,
        max_value=120,
        initial=5,
        help_text=gettext_lazy("Answers that came within so many minutes after the end."),
    )
    reason = forms.CharField(max_length=300)


class ScheduleForm(forms.Form):
    """A sitting planned for one person."""

    refused_at = {
        "exam-not-open": "exam", "scheduled-already": "learner", "already-passed": "learner",
        "own-attempt": "learner", "window-over": "closes_at", "no-reason": "reason",
    }  # fmt: skip

    learner = forms.EmailField(help_text=gettext_lazy("The person’s address."))
    exam = forms.ModelChoiceField(Exam.objects.published())
    opens_at = forms.DateTimeField(
        required=False, help_text=gettext_lazy("UTC, e.g. 2026-11-22 14:00. Empty: at once.")
    )
    closes_at = forms.DateTimeField(
        required=False, help_text=gettext_lazy("UTC. The sitting ends by then. Empty: when its time is up.")
    )
    reason = forms.CharField(max_length=300)

    def clean_learner(self) -> Any:
        """The person with this address."""
        person = get_user_model()._default_manager.filter(email__iexact=self.cleaned_data["learner"]).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person


class OutageForm(forms.Form):
    """When the exams didn't work, and why."""

    refused_at = {"no-reason": "reason", "no-interval": "ended_at", "too-long": "ended_at"}

    began_at = forms.DateTimeField(help_text=gettext_lazy("UTC, e.g. 2026-11-22 14:00."))
    ended_at = forms.DateTimeField(help_text=gettext_lazy("UTC."))
    reason = forms.CharField(max_length=300)

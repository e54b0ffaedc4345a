"""What hosts and staff say of sessions."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import SessionSlot
from assessments.rules.sessions import why_not_offer


class AttestationForm(forms.Form):
    """Whether a session took place, and a remark; without the session the remark is the reason."""

    took_place = forms.TypedChoiceField(
        label=gettext_lazy("What became of it"),
        choices=(("yes", gettext_lazy("It took place")), ("no", gettext_lazy("It did not take place"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=gettext_lazy("Remark"),
        help_text=(
            gettext_lazy(
                "What you played and what stood out. It is no mark. The grader reads it and doesn't know whom you met: "
                "leave names out."
            )
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        """A session that didn't take place has a reason: its learner reads it."""
        data = super().clean() or {}
        if data.get("took_place") is False and not data.get("text", "").strip():
            self.add_error("text", _("Say why it didn't take place: the learner reads it."))
        return data


class SlotForm(forms.ModelForm):
    """A slot as enablement offers it."""

    def clean(self) -> dict[str, Any] | None:
        """Whoever marks is another person than the host, and may grade."""
        data = super().clean() or {}
        grader = data.get("grader")
        if grader and grader == data.get("host"):
            self.add_error("grader", _("Whoever plays the customer can't mark it too."))
        elif grader and not grader.has_perm("assessments.grade"):
            self.add_error("grader", _("This person is no grader."))
        if {"host", "starts_at", "minutes"} <= set(data) and (
            refusal := why_not_offer(SessionSlot(pk=self.instance.pk, **data))
        ):
            self.add_error("starts_at", refusal.sentence)
        return data

    class Meta:
        model = SessionSlot
        fields = ("practical", "host", "grader", "starts_at", "minutes", "location")

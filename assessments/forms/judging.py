"""A set of works to compare, as the lead gives it; and what a judge sends."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, gettext_lazy

from assessments.models import Decision, JudgingSet, SubmissionVersion
from assessments.rules.graders import graders
from assessments.rules.judging import why_not_compare, why_not_open


class JudgingForm(forms.ModelForm):
    """Works as lines: a receipt, then how its learner agreed."""

    works = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "cols": 80}),
        help_text=gettext_lazy(
            "One line a work: its receipt, a space, then how and when its learner agreed. 30 to 50 are usual."
        ),
    )

    class Meta:
        model = JudgingSet
        fields = ("title", "rubric", "judges")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "judges" in self.fields:
            field = self.fields["judges"]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = graders()
            field.help_text = (
                "People who may grade. Works that they marked, or whose learner they know, are kept from them."
            )

    def clean(self) -> dict[str, Any]:
        """Each line names decided work of this rubric, once."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or "works" not in data:
            return data
        found: list[tuple[SubmissionVersion, str]] = []
        data["versions"] = found
        for line in filter(None, map(str.strip, data["works"].splitlines())):
            receipt, _, consent = line.partition(" ")
            version = self._version(receipt, data["rubric"].pk)
            self._check(receipt, version, consent.strip(), [one for one, _ in found])
            if version is not None:
                found.append((version, consent.strip()[:300]))
        refusal = why_not_open(len(found), len(data["judges"]))
        if refusal and not self.errors:
            self.add_error("works", refusal.sentence)
        return data

    def _version(self, receipt: str, rubric: int) -> SubmissionVersion | None:
        rows = SubmissionVersion.objects.filter(receipt__iexact=receipt)
        rows = rows.select_related("submission__rubric_version").order_by("-handed_in_at")
        decided = Exists(Decision.objects.filter(version=OuterRef("pk")))
        return rows.filter(decided, submission__rubric_version__rubric=rubric).first() or rows.first()

    def _check(
        self, receipt: str, version: SubmissionVersion | None, consent: str, before: list[SubmissionVersion]
    ) -> None:
        if version is None:
            self.add_error("works", gettext("No work has the receipt %(receipt)s.") % {"receipt": receipt[:40]})
        elif version in before:
            self.add_error("works", gettext("%(receipt)s stands there twice.") % {"receipt": receipt})
        elif not consent:
            self.add_error(
                "works",
                gettext("Write how and when the learner of %(receipt)s agreed, after the receipt.")
                % {"receipt": receipt},
            )
        elif refusal := why_not_compare(version, self.cleaned_data["rubric"]):
            self.add_error("works", refusal.sentence)


class ChoiceForm(forms.Form):
    """Which of the two, in which comparison."""

    comparison = forms.IntegerField(min_value=1)
    side = forms.ChoiceField(
        choices=[("first", gettext_lazy("left")), ("second", gettext_lazy("right"))],
        error_messages={"required": "Choose the left or the right work first."},
    )

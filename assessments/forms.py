"""Forms of exams, practicals and reviews."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import QueryDict

from assessments.actions.marks import CommentText
from assessments.models import Criterion, Effect, Exam, Question, QuestionVersion, Visibility
from assessments.rules.banks import rule_or_default, why_not_write
from assessments.rules.formats import formats
from assessments.rules.interventions import LONGEST_REOPENING_MINUTES
from assessments.rules.kinds import kinds
from assessments.rules.option_lines import UnreadableLine, read_lines, wording_of
from assessments.rules.practice import why_not_use_otherwise
from assessments.rules.regrades import why_not_correct
from assessments.rules.reviews import Sheet
from assessments.rules.saves import MAX_STRINGS, Entry, is_text
from courses.lib.refusals import Refusal

MOMENT = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)")


class AnswerForm(forms.Form):
    """One answer of a question page without script. The answer itself is a list, read as it came."""

    q = forms.IntegerField(min_value=1, max_value=10_000)
    epoch = forms.IntegerField(min_value=1)
    go = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    flagged = forms.BooleanField(required=False)
    toggle_flag = forms.BooleanField(required=False)

    data: QueryDict

    def entry(self) -> Entry:
        """The answer as the protocol's entry, numbered by the server."""
        flagged = self.cleaned_data["flagged"] != self.cleaned_data["toggle_flag"]
        answer = [one.replace("\0", "")[:4000] for one in self.data.getlist("answer")[:MAX_STRINGS]]
        return Entry(self.cleaned_data["q"], None, tuple(answer), flagged)

    def target(self) -> int:
        """The question to show next: the one asked for, or the same one."""
        return self.cleaned_data["go"] or self.cleaned_data["q"]


class LeaseForm(forms.Form):
    """Which tab goes on."""

    client_id = forms.CharField(max_length=64)

    def clean_client_id(self) -> str:
        """JSON can carry what PostgreSQL can't keep."""
        if not is_text(self.cleaned_data["client_id"]):
            raise forms.ValidationError("This is no name of a tab.")
        return self.cleaned_data["client_id"]


class HandInForm(forms.Form):
    """The hand-in page without script."""

    epoch = forms.IntegerField(min_value=1)
    client_id = forms.CharField(max_length=64, required=False)


class NotesForm(forms.Form):
    """The written part of a try, and the revision that it was typed on."""

    notes = forms.CharField(required=False, max_length=50_000, strip=False)
    revision = forms.IntegerField(min_value=0)


class ReasonForm(forms.Form):
    """Why staff give a submission back; the learner reads it."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea, help_text="The learner reads this.")


class HoldForm(forms.Form):
    """The fencing token that every write of a grader carries."""

    token = forms.IntegerField(min_value=0)


class GiveBackForm(HoldForm):
    """Why work goes back."""

    reason = forms.CharField(max_length=500)
    knows_learner = forms.BooleanField(required=False)


class RemovalForm(HoldForm):
    """Which revision of a comment goes."""

    removed_revision = forms.IntegerField(min_value=0)


class MarksForm(HoldForm):
    """The scoring sheet as chosen so far: one field `mark-<slug>` a criterion; `note` is a comment not yet added."""

    revision = forms.IntegerField(min_value=0)
    note = forms.CharField(required=False, max_length=4000, strip=False)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        for criterion in sheet.criteria:
            self.fields[f"mark-{criterion.slug}"] = forms.TypedChoiceField(
                choices=[(str(level.number), level.text) for level in criterion.levels.all()],
                coerce=int,
                required=False,
                empty_value=None,
            )

    def data_of_draft(self) -> dict[str, Any]:
        """The draft's JSON: {"marks": {slug: points}, "note": text}."""
        marks = {
            criterion.slug: points
            for criterion in self.sheet.criteria
            if (points := self.cleaned_data[f"mark-{criterion.slug}"]) is not None
        }
        return {"marks": marks, "note": self.cleaned_data["note"]}


class CommentForm(HoldForm):
    """A comment with its moment as people write it (13:36), its criterion's slug, and the id that its page made."""

    key = forms.UUIDField()
    comment_revision = forms.IntegerField(min_value=0)
    note = forms.CharField(max_length=4000)
    about = forms.CharField(required=False, max_length=80)
    moment = forms.CharField(required=False, max_length=12)
    visibility = forms.ChoiceField(choices=Visibility)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet

    def clean_about(self) -> Criterion | None:
        """The criterion of this sheet with that slug, or none."""
        slug = self.cleaned_data["about"]
        found = next((criterion for criterion in self.sheet.criteria if criterion.slug == slug), None)
        if slug and found is None:
            raise forms.ValidationError("This criterion is not on the sheet.")
        return found

    def clean_moment(self) -> int | None:
        """The moment in milliseconds; empty where there is no recording."""
        text = self.cleaned_data["moment"].strip()
        if not text or not self.sheet.has_recording:
            return None
        match = MOMENT.fullmatch(text)
        if match is None:
            raise forms.ValidationError("Write the moment as minutes and seconds, for example 13:36.")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000

    def said(self) -> CommentText:
        """The comment for the action."""
        data = self.cleaned_data
        return CommentText(data["note"], data["about"], data["moment"], None, data["visibility"])


class QuestionForm(forms.ModelForm):
    """A question with its wording. Saving another wording makes a new version; used ones never change."""

    kind = forms.ChoiceField(label="type")
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), help_text="Markdown.")
    options = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        help_text="One to a line: “= right”, “~ wrong”; “~! None of the above” stays last; “=50% half” is a weight. A line "
        "that begins with “#” is what practice says of the line above it; one that begins with two blanks goes on with it.",
    )
    rule = forms.ChoiceField(label="scoring rule", required=False)
    rationale = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False, help_text="Markdown.")

    class Meta:
        model = Question
        fields = ("bank", "external_id", "title", "objective", "topic", "difficulty", "practice_only", "enemies")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(name, kind.LABEL) for name, kind in kinds().items()]  # type: ignore[attr-defined]
        rules = {rule: f"{rule}: {words}" for kind in kinds().values() for rule, words in kind.RULES.items()}
        self.fields["rule"].choices = [("", "the type's default"), *rules.items()]  # type: ignore[attr-defined]
        if version := self.instance.current_version:
            self.initial.update(wording_of(version))

    def clean(self) -> dict[str, Any]:
        """Refuse here what the action would refuse, with the same sentence."""
        data = super().clean() or {}
        try:
            data["written"] = read_lines(data.get("options", ""))
        except UnreadableLine as error:
            raise forms.ValidationError(str(error)) from error
        kind = data.get("kind", "")
        data["rule"] = rule_or_default(kind, data.get("rule", ""))
        refusal = why_not_write(kind, data.get("text", ""), data["written"], data["rule"]) or self._why_not_use(data)
        if refusal:
            raise forms.ValidationError(refusal.sentence)
        return data

    def _why_not_use(self, data: dict[str, Any]) -> Refusal | None:
        if not self.instance.pk or "practice_only" not in self.changed_data:
            return None
        return why_not_use_otherwise(self.instance, practice_only=data["practice_only"])


class CorrectionForm(forms.Form):
    """What is wrong with a question that was asked, and what is right from now on."""

    effect = forms.ChoiceField(choices=Effect, widget=forms.RadioSelect, initial=Effect.KEY, label="what changes")
    lines = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 10}),
        required=False,
        label="what is right",
        help_text="The question's lines, for “other answers are right”: change the signs, weights or accepted answers.",
    )
    reason = forms.CharField(max_length=300, help_text="Those whose result changes read this.")

    def __init__(self, *args: Any, version: QuestionVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = version

    def clean(self) -> dict[str, Any]:
        """Refuse here what the action would refuse, with the same sentence."""
        data = super().clean() or {}
        try:
            data["options"] = read_lines(data.get("lines", ""))
        except UnreadableLine as error:
            raise forms.ValidationError(str(error)) from error
        asked = data.get("effect", ""), data["options"], data.get("reason", "")
        if refusal := why_not_correct(self.version, *asked):
            raise forms.ValidationError(refusal.sentence)
        return data

    def asked(self) -> dict[str, Any]:
        """The arguments of `propose_regrade`."""
        return {name: self.cleaned_data[name] for name in ("effect", "options", "reason")}


class PassForm(forms.Form):
    """Whether a pass that a correction would take away stands."""

    withdraw = forms.ChoiceField(
        choices=[("no", "The pass stands"), ("yes", "The pass is withdrawn")],
        widget=forms.RadioSelect,
        label="decision",
    )
    reason = forms.CharField(max_length=300)

    def clean_withdraw(self) -> bool:
        """Whether it goes."""
        return self.cleaned_data["withdraw"] == "yes"


class VoidForm(forms.Form):
    """Why an attempt is taken out of the count. The reason stays with it."""

    cause = forms.ChoiceField(choices=[("incident", "An incident"), ("misconduct", "Misconduct")])
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class TimeForm(forms.Form):
    """How much more time a running attempt gets, and why."""

    minutes = forms.IntegerField(min_value=-600, max_value=600, help_text="A negative number takes time away.")
    reason = forms.CharField(max_length=300)


class PauseForm(forms.Form):
    """Why staff stop a clock."""

    reason = forms.CharField(max_length=300)


class ResumeForm(forms.Form):
    """Nothing is asked: the pause has its reason."""


class ReopenForm(forms.Form):
    """For how long a closed attempt goes on, and why."""

    minutes = forms.IntegerField(
        min_value=1, max_value=LONGEST_REOPENING_MINUTES, help_text="From the moment it reopens."
    )
    reason = forms.CharField(max_length=300)


class AdmitForm(forms.Form):
    """Which late answers count, and why."""

    minutes = forms.IntegerField(
        min_value=1, max_value=120, initial=5, help_text="Answers that came within so many minutes after the end."
    )
    reason = forms.CharField(max_length=300)


class ScheduleForm(forms.Form):
    """A sitting planned for one person."""

    learner = forms.EmailField(help_text="The person’s address.")
    exam = forms.ModelChoiceField(Exam.objects.published())
    opens_at = forms.DateTimeField(required=False, help_text="UTC, e.g. 2026-11-22 14:00. Empty: at once.")
    closes_at = forms.DateTimeField(
        required=False, help_text="UTC. The sitting ends by then. Empty: when its time is up."
    )
    reason = forms.CharField(max_length=300)

    def clean_learner(self) -> Any:
        """The person with this address."""
        person = get_user_model()._default_manager.filter(email__iexact=self.cleaned_data["learner"]).first()
        if person is None:
            raise forms.ValidationError("Nobody here has this address.")
        return person


class OutageForm(forms.Form):
    """When the exams didn't work, and why."""

    began_at = forms.DateTimeField(help_text="UTC, e.g. 2026-11-22 14:00.")
    ended_at = forms.DateTimeField(help_text="UTC.")
    reason = forms.CharField(max_length=300)


class JudgesForm(forms.Form):
    """Who judges: people who may open the administration or grade."""

    judges = forms.ModelMultipleChoiceField(
        queryset=get_user_model().objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose two judges or more. Five to ten are usual."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["judges"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        grades = Q(groups__permissions__codename="grade", groups__permissions__content_type__app_label="assessments")
        people = get_user_model()._default_manager.filter(Q(is_staff=True) | grades, is_active=True)
        field.queryset = people.distinct().order_by("email")


class JudgementsForm(forms.Form):
    """A whole number from 0 to 100 for each question; an empty field is one for later."""

    def __init__(self, items: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items:
            self.fields[f"item-{item}"] = forms.IntegerField(min_value=0, max_value=100, required=False)

    def percents(self) -> dict[int, int]:
        """What was filled in, by item."""
        found = {int(name.partition("-")[2]): value for name, value in self.cleaned_data.items()}
        return {item: value for item, value in found.items() if value is not None}


class ImportForm(forms.Form):
    """A file of questions, the bank it is for, and its format where it isn't recognised."""

    bank_slug = forms.SlugField(
        label="Bank", max_length=80, help_text="The slug of a bank. A new bank is made when you accept the import."
    )
    file = forms.FileField(help_text="GIFT, Moodle XML, a QTI 2.1, 2.2 or 3.0 package, or CSV; at most 50 MB.")
    format = forms.ChoiceField(required=False, help_text="Only needed where it isn't recognised.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["format"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "recognise it"), *((one.NAME, one.LABEL) for one in formats().values())]

"""What graders send from the desk."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from assessments.actions.marks import CommentText
from assessments.models import Criterion, Recording, Visibility
from assessments.rules.listening import MOST_SPANS
from assessments.rules.reviews import Sheet
from assessments.rules.self_assessments import parse_moment
from courses.templatetags.text import clock

MOST_PARTS = 12
A_SECOND = 1000


class HoldForm(forms.Form):
    """The fencing token that every write of a grader carries."""

    token = forms.IntegerField(min_value=0)


class FlatJSONField(forms.JSONField):
    """JSON that a stranger sends: nested too deep or with too long a number, it is as unreadable as any other fault."""

    def to_python(self, value: Any) -> Any:
        """What it says."""
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class HeardForm(HoldForm):
    """What was played of the recording at `place`: `heard` is a JSON list of [from, to] in ms."""

    place = forms.IntegerField(required=False, min_value=1)
    heard = FlatJSONField(required=False)

    def clean_heard(self) -> list[list[int]]:
        """Pairs of whole numbers, at most five hundred; anything else is refused."""
        spans = self.cleaned_data["heard"] or []
        if not isinstance(spans, list) or len(spans) > MOST_SPANS or not all(map(_is_span, spans)):
            raise forms.ValidationError(_("What was heard is a list of pairs of milliseconds."))
        return spans


def _is_span(one: object) -> bool:
    return isinstance(one, list) and len(one) == 2 and all(type(end) is int and 0 <= end < 1 << 31 for end in one)


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
    unheard_reason = forms.CharField(required=False, max_length=300)

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
        for number in range(MOST_PARTS):
            self.fields[f"part-{number}"] = forms.CharField(required=False, max_length=12)

    def clean(self) -> dict[str, Any]:
        """The moments at which parts begin, in `parts` by their number."""
        given = {str(number): self.cleaned_data.get(f"part-{number}", "") for number in range(MOST_PARTS)}
        parts = {number: parse_moment(text) for number, text in given.items() if text.strip()}
        if None in parts.values():
            raise forms.ValidationError(_("Write where a part begins as minutes and seconds, for example 13:36."))
        self.cleaned_data["parts"] = parts
        return self.cleaned_data

    def marks(self) -> dict[str, int]:
        """What is chosen, by the criterion's slug."""
        chosen = {one.slug: self.cleaned_data[f"mark-{one.slug}"] for one in self.sheet.criteria}
        return {slug: points for slug, points in chosen.items() if points is not None}

    def why_unheard(self) -> str:
        """Why less than nine tenths of the recording are enough, where the grader says so."""
        return self.cleaned_data["unheard_reason"].strip()

    def data_of_draft(self) -> dict[str, Any]:
        """The draft's JSON: {"marks": {slug: points}, "note": text}, and "parts": {number: ms} where some are marked."""
        parts = {"parts": self.cleaned_data["parts"]} if self.cleaned_data["parts"] else {}
        unheard = {"unheard": text} if (text := self.cleaned_data["unheard_reason"]) else {}
        return {"marks": self.marks(), "note": self.cleaned_data["note"]} | parts | unheard


class CommentForm(HoldForm):
    """A comment with its moment as people write it (13:36), its criterion's slug, and the id that its page made."""

    key = forms.UUIDField()
    comment_revision = forms.IntegerField(min_value=0)
    note = forms.CharField(max_length=4000)
    about = forms.CharField(required=False, max_length=80)
    moment = forms.CharField(required=False, max_length=12)
    until = forms.CharField(required=False, max_length=12)
    place = forms.IntegerField(required=False, min_value=1)
    visibility = forms.ChoiceField(choices=Visibility)
    reuse = forms.BooleanField(required=False)

    def __init__(self, *args: Any, sheet: Sheet, recordings: Iterable[Recording] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        self.lengths = {one.place: one.duration_ms for one in recordings}

    def clean(self) -> dict[str, Any]:
        """A moment after the end of its recording is none that anybody could look up."""
        data = self.cleaned_data
        length = self.lengths.get(data.get("place") or 1)
        last = max(data.get("moment") or 0, data.get("until") or 0)
        if length is not None and last > length + A_SECOND:
            raise forms.ValidationError(
                _("The recording ends at %(length)s; write a moment before that.") % {"length": clock(length)}
            )
        return data

    def clean_about(self) -> Criterion | None:
        """The criterion of this sheet with that slug, or none."""
        slug = self.cleaned_data["about"]
        found = next((criterion for criterion in self.sheet.criteria if criterion.slug == slug), None)
        if slug and found is None:
            raise forms.ValidationError(_("This criterion is not on the sheet."))
        return found

    def clean_moment(self) -> int | None:
        """The moment in milliseconds; empty where there is no recording."""
        text = self.cleaned_data["moment"].strip()
        if not text or not self.sheet.has_recording:
            return None
        moment = parse_moment(text)
        if moment is None:
            raise forms.ValidationError(_("Write the moment as minutes and seconds, for example 13:36."))
        return moment

    def clean_until(self) -> int | None:
        """The end of the stretch in milliseconds, after its moment; empty for the moment alone."""
        text, begins = self.cleaned_data["until"].strip(), self.cleaned_data.get("moment")
        if not text or begins is None:
            return None
        ends = parse_moment(text)
        if ends is None or ends < begins:
            raise forms.ValidationError(
                _("Write the end as minutes and seconds, after the beginning; for example 13:52.")
            )
        return ends

    def said(self) -> CommentText:
        """The comment for the action."""
        data = self.cleaned_data
        return CommentText(
            data["note"], data["about"], data["moment"], data["until"], data["visibility"], data["place"] or 1
        )

"""What learners and staff send about a try."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from assessments.forms.worksheets import EMPTY_ROWS, WorksheetField
from assessments.models import LawfulBasis, Redaction
from assessments.rules.agreements import Speaker, why_not_delete_on
from assessments.rules.handins import LOOKED_AT, why_not_kind, why_not_size
from assessments.rules.self_assessments import LONGEST as LONGEST_OWN
from assessments.rules.self_assessments import PARTS
from assessments.rules.worksheets import LONGEST

MINUTES = re.compile(r"\d{1,3}(?:-\d{1,3})?", re.ASCII)
PART_NAMES = ("name", "minutes", "text")
PART_EXAMPLE = gettext_lazy("Discovery; 10-15; Ask who decides, and what it costs.")
NO_ADDRESS = gettext_lazy("Paste the whole address, as the browser shows it: https://…")


class WrittenField(forms.CharField):
    """Text of several lines. A browser counts the end of a line as one sign and sends two: it is one here too."""

    def to_python(self, value: Any) -> str:
        """The text, its lines ended as they were typed."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class NotesForm(forms.Form):
    """The written part of a try, and the revision that it was typed on."""

    notes = WrittenField(required=False, max_length=50_000, strip=False)
    revision = forms.IntegerField(min_value=0)


class WorkForm(NotesForm):
    """The written part with worksheet and own marks: text fields `sheet-<field>` and `own-<part>-<criterion>`."""

    def __init__(
        self, *args: Any, worksheet: Sequence[Mapping[str, Any]], criteria: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for name in (f"own-{part}-{slug}" for slug in criteria for part in PARTS):
            self.fields[name] = forms.CharField(required=False, max_length=LONGEST_OWN)
        self.slugs = [field["slug"] for field in worksheet]
        for slug in self.slugs:
            self.fields[f"sheet-{slug}"] = WrittenField(required=False, max_length=LONGEST, strip=False)

    def worksheet(self) -> dict[str, str]:
        """What was typed, by field; as it was sent where it is too long."""
        return {slug: self._typed(f"sheet-{slug}") for slug in self.slugs}

    def own_marks(self) -> dict[str, dict[str, str]]:
        """Level, moment, place and words, by criterion."""
        return {slug: {part: self._typed(f"own-{part}-{slug}") for part in PARTS} for slug in self.criteria}

    def notes_typed(self) -> str:
        """The notes; as they were sent where they are too long."""
        return self._typed("notes")

    def _typed(self, name: str) -> str:
        return str(self.cleaned_data.get(name, self.data.get(name, "")))


class LinkForm(forms.Form):
    """A link that shows work."""

    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["https", "http"], message=NO_ADDRESS)],
        error_messages={"invalid": NO_ADDRESS},
    )
    title = forms.CharField(label=gettext_lazy("What it shows"), max_length=200)


class EvidenceForm(forms.Form):
    """A file that shows work, of a kind and size that are taken."""

    file = forms.FileField(label=gettext_lazy("File"), max_length=200, allow_empty_file=True)

    def clean_file(self) -> UploadedFile:
        """The file, if name, size and first bytes agree with what is taken."""
        sent: UploadedFile = self.cleaned_data["file"]
        begins = sent.read(LOOKED_AT)
        sent.seek(0)
        refusal = why_not_size(sent.size or 0) or why_not_kind(sent.name or "", begins)
        if refusal:
            raise forms.ValidationError(refusal.sentence)
        return sent


class DisclosureForm(forms.Form):
    """Who is heard in a recording: one line for each person, their name and then, after a comma, the day they agreed on."""

    def __init__(self, *args: Any, days: tuple[date, date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.days = days
        self.fields["purge_on"].widget.attrs |= {"min": days[0].isoformat(), "max": days[1].isoformat()}

    place = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    basis = forms.ChoiceField(label=gettext_lazy("Why it may be kept and read"), choices=LawfulBasis)
    speakers = forms.CharField(
        label=gettext_lazy("Everybody who is heard, a line each"),
        help_text=gettext_lazy(
            "Name, and after a comma the day on which they agreed, for example: Ada Okafor, 2026-11-20"
        ),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    redaction = forms.ChoiceField(
        label=gettext_lazy("Names and figures that a reader does not need"), choices=Redaction
    )
    purge_on = forms.DateField(
        label=gettext_lazy("Delete the recording on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_purge_on(self) -> date:
        """The day on which it is deleted, if it may be that one."""
        day: date = self.cleaned_data["purge_on"]
        if refusal := why_not_delete_on(day, self.days):
            raise forms.ValidationError(refusal.sentence)
        return day

    def clean_speakers(self) -> list[Speaker]:
        """The people; a line whose day can't be read, or lies ahead, is refused by its number."""
        lines = [line.strip() for line in self.cleaned_data["speakers"].splitlines()]
        return [self._speaker(number, line) for number, line in enumerate(lines, start=1) if line]

    def _speaker(self, number: int, line: str) -> Speaker:
        name, _, day = (part.strip() for part in line.rpartition(",")) if "," in line else (line, "", "")
        if not name:
            raise forms.ValidationError(gettext("Line %(number)s: the name is missing.") % {"number": number})
        if not day:
            return Speaker(name[:150], None)
        try:
            agreed_on = date.fromisoformat(day)
        except ValueError:
            raise forms.ValidationError(
                gettext("Line %(number)s: write the day as 2026-11-20.") % {"number": number}
            ) from None
        if agreed_on > timezone.localdate():
            raise forms.ValidationError(gettext("Line %(number)s: that day is still to come.") % {"number": number})
        return Speaker(name[:150], agreed_on)


class LinesField(forms.CharField):
    """A list of sentences, a line each."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """The stored list as lines; what was typed stays."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines that are not empty."""
        return [line for one in str(value or "").splitlines() if (line := one.strip())]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other lines were typed."""
        return (initial or []) != self.to_python(data)


class PartsField(LinesField):
    """The parts of a session, a line each: name; minutes; what to do."""

    def prepare_value(self, value: Any) -> Any:
        """The stored parts as lines; what was typed stays."""
        if not isinstance(value, list):
            return value
        rows = (" ".join("; ".join(str(part.get(name, "")) for name in PART_NAMES).split()) for part in value)
        return "\n".join(rows)

    def to_python(self, value: Any) -> Any:
        """The parts; a line without name or minutes is refused by its number."""
        return [self._part(number, line) for number, line in enumerate(super().to_python(value), start=1)]

    def _part(self, number: int, line: str) -> dict[str, str]:
        name, minutes, text = (part.strip() for part in [*line.split(";", 2), "", ""][:3])
        if not name or not MINUTES.fullmatch(minutes):
            raise forms.ValidationError(
                gettext("Line %(number)s: write name; minutes; text, e.g. %(part_example)s")
                % {"number": number, "part_example": PART_EXAMPLE}
            )
        return dict(zip(PART_NAMES, (name, minutes, text), strict=True))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other parts were typed; lines that can't be read are another thing than what is stored."""
        try:
            return super().has_changed(initial, data)
        except forms.ValidationError:
            return True


class BriefForm(forms.ModelForm):
    """A customer brief in the administration."""

    pain_points = LinesField(help_text=gettext_lazy("A sentence each, a line for each."))


def _disagreements(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields of a practical that don't go together, each with what to do."""
    wanted = [data.get(name) for name in ("recordings_required", "links_required", "files_required")]
    if {"min_minutes", "max_minutes"} <= set(data) and data["min_minutes"] > data["max_minutes"]:
        yield "max_minutes", gettext("The longest is shorter than the shortest.")
    if any(wanted[1:]) and not data.get("takes_evidence"):
        yield "takes_evidence", gettext("Choose this too: links or files are asked for.")
    if None not in wanted and not any([*wanted, data.get("notes_required"), data.get("worksheet", True)]):
        yield "recordings_required", gettext("Ask for something: a recording, notes, a worksheet, links or files.")
    for name in ("max_attempts", "marks_required", "review_days", "max_bytes", "kept_months"):
        if data.get(name) == 0:
            yield name, gettext("At least 1.")


class PracticalForm(forms.ModelForm):
    """A practical in the administration; its worksheet is checked as one in a program file is."""

    parts = PartsField(
        required=False,
        help_text=format_lazy(
            gettext_lazy("A line each, with name; minutes; text. For example: {example}"), example=PART_EXAMPLE
        ),
    )

    worksheet = WorksheetField(
        required=False,
        help_text=(
            format_lazy(
                gettext_lazy(
                    "A part for each field; {count} empty ones stand at the end, and more after saving. Answers of open "
                    "tries stay with the name in formulas."
                ),
                count=EMPTY_ROWS,
            )
        ),
    )

    def clean(self) -> dict[str, Any]:
        """What belongs together, said at its field in words: the database would name a constraint."""
        data = super().clean() or {}
        data |= {name: self._as_stored(name, value) for name, value in data.items() if isinstance(value, str)}
        for name, sentence in _disagreements(data):
            self.add_error(name, sentence)
        return data

    def _as_stored(self, name: str, typed: str) -> str:
        """Text that says what it said stays to the sign: a browser ends lines by two, and a last empty line is lost."""
        plain, stored = typed.replace("\r\n", "\n"), self.initial.get(name)
        return stored if isinstance(stored, str) and stored.strip() == plain else plain


class ReasonForm(forms.Form):
    """Why staff give a submission back; the learner reads it."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea, help_text=gettext_lazy("The learner reads this."))

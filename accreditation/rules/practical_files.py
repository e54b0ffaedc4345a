"""What a program file may say of practicals, the rubrics they are marked on and the briefs they are played with."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from accreditation.rules.file_parts import HOURS_OF_A_YEAR, LessonRef, Part, Slug, Slugs, SourceRef, Text, Title, once
from assessments.models import PracticalKind
from assessments.rules.worksheets import why_not_author


class CriterionFile(Part):
    """A row of a rubric: five levels, and the four steps between them."""

    slug: Slug
    area: str = ""
    name: Title
    competency: Slug | None = None
    levels: Annotated[list[Text], Field(min_length=5, max_length=5)]
    raises: Annotated[list[Text], Field(min_length=4, max_length=4)]
    source: SourceRef | None = None


class RubricFile(Part):
    """A scoring sheet."""

    slug: Slug
    title: Title
    pass_points: Annotated[int, Field(ge=1)]
    impression_first: bool = False
    criteria: Annotated[list[CriterionFile], Field(min_length=1, max_length=12), AfterValidator(once)]

    @model_validator(mode="after")
    def pass_mark_within_reach(self) -> "RubricFile":
        """Five points a criterion are all there is."""
        if self.pass_points > 5 * len(self.criteria):
            raise ValueError(f"pass_points {self.pass_points} is more than the {5 * len(self.criteria)} there are")
        return self


class BriefFile(Part):
    """A customer brief."""

    slug: Slug
    customer: Title
    situation: str = ""
    industry: str = ""
    size: Slug | None = None
    size_text: str = ""
    region: str = ""
    tools: str = ""
    pain_points: list[Text] = []
    people: str = ""
    persona: Slug | None = None
    use_case: Slug | None = None
    product: Slug | None = None
    vertical: Slug | None = None
    complex: bool = False
    hidden_notes: str = ""


class BriefPoolFile(Part):
    """Briefs that a practical draws from."""

    slug: Slug
    title: Title
    briefs: Annotated[list[BriefFile], Field(min_length=1), AfterValidator(once)]


class PartFile(Part):
    """A part of a session with its expected minutes."""

    name: Text
    minutes: Annotated[str, StringConstraints(pattern=r"^\d+(-\d+)?$")]
    text: str = ""

    @field_validator("minutes", mode="before")
    @classmethod
    def minutes_as_text(cls, value: Any) -> Any:
        """A single number may be written bare."""
        return str(value) if isinstance(value, int) else value

    @field_validator("minutes")
    @classmethod
    def minutes_in_order(cls, value: str) -> str:
        """A range goes up."""
        first, _, last = value.partition("-")
        if last and int(last) < int(first):
            raise ValueError("a range of minutes goes from the smaller to the larger number")
        return value


class RecordingFile(Part):
    """Limits of the recording, in minutes."""

    required: bool = True
    screen: bool = True
    count: Annotated[int, Field(ge=1, le=20)] = 1
    min_minutes: Annotated[int, Field(ge=0)] = 1
    max_minutes: Annotated[int, Field(ge=1, le=240)] = 45

    @model_validator(mode="after")
    def minutes_in_order(self) -> "RecordingFile":
        """The shortest is no longer than the longest."""
        if self.min_minutes > self.max_minutes:
            raise ValueError(f"min_minutes {self.min_minutes} is more than max_minutes {self.max_minutes}")
        return self


class NotesFile(Part):
    """The written part."""

    required: bool = False
    prompt: str = ""


class WorksheetFieldFile(Part):
    """A field of a worksheet: a question, a number, or a result that follows from numbers."""

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Title
    kind: Literal["text", "number", "result"] = "text"
    group: str = ""
    hint: str = ""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    formula: str = ""
    required: bool = True


class EvidenceFile(Part):
    """Links and files that a practical takes, and how many at least."""

    links: Annotated[int, Field(ge=0, le=20)] = 0
    files: Annotated[int, Field(ge=0, le=10)] = 0
    prompt: str = ""


class KeptFile(Part):
    """How long recordings and files are kept after the result: originals in days, all of it in months."""

    original_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None

    def as_fields(self) -> dict[str, Any]:
        """The fields of a practical that are said here; what isn't said stays as the administration has it."""
        told = {"original_kept_days": self.original_days, "kept_months": self.months}
        return {name: value for name, value in told.items() if value is not None}


class PracticalFile(Part):
    """A practical behind its exam."""

    slug: Slug
    title: Title
    summary: str = ""
    kind: Literal[tuple(PracticalKind.values)]  # type: ignore[valid-type]
    exam: Slug
    rubric: Slug
    brief_pool: Slug | None = None
    instructions: str = ""
    parts: list[PartFile] = []
    recording: RecordingFile = RecordingFile()
    notes: NotesFile = NotesFile()
    calls: list[LessonRef] = []
    assets: Slugs | None = None
    worksheet: Annotated[list[WorksheetFieldFile], Field(max_length=60), AfterValidator(once)] = []
    evidence: EvidenceFile | None = None
    self_assessment: bool = False
    session: Literal["none", "optional", "required"] = "none"
    supervision: Literal["", "observed", "shadowed", "alone"] = ""
    disclosure: Literal["none", "partner", "customers"] = "none"
    reviewer_pool: Slug | None = None
    marks_required: Annotated[int, Field(ge=1, le=3)] = 1
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    cool_down_hours: Annotated[int, Field(ge=0, le=HOURS_OF_A_YEAR)] = 24
    review_days: Annotated[int, Field(ge=1, le=365)] = 5
    kept: KeptFile = KeptFile()

    @model_validator(mode="after")
    def something_is_handed_in(self) -> "PracticalFile":
        """A recording, notes, a worksheet, links or files."""
        evidence = self.evidence is not None and (self.evidence.links or self.evidence.files)
        if not (self.recording.required or self.notes.required or self.worksheet or evidence):
            raise ValueError("asks for no recording, notes, worksheet, link or file, so there is nothing to hand in")
        return self

    @field_validator("worksheet")
    @classmethod
    def worksheet_can_be_checked(cls, value: list[WorksheetFieldFile]) -> list[WorksheetFieldFile]:
        """Results follow from numbers of the same worksheet."""
        if fault := why_not_author([one.model_dump() for one in value]):
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def people_are_heard_in_recordings(self) -> "PracticalFile":
        """Nobody is heard where there is no recording."""
        if self.disclosure != "none" and not self.recording.required:
            raise ValueError("disclosure is about recordings, and this practical asks for none")
        return self

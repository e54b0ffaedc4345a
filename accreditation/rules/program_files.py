"""What a program file may say. The format is written down in `docs/programs-as-code.md`; nothing here touches a row."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from assessments.models import PracticalKind
from assessments.rules.banks import rule_or_default, why_not_write
from assessments.rules.kinds import kinds
from assessments.rules.option_lines import read_lines
from assessments.rules.worksheets import why_not_author

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
HOURS_OF_A_YEAR = 8760
ObjectiveRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
LessonRef = ObjectiveRef


T = TypeVar("T")


def _once(parts: list[T]) -> list[T]:
    """The second of two parts with one slug would silently overwrite the first."""
    if double := _double([getattr(part, "slug", part) for part in parts]):
        raise ValueError(f"`{double}` is written twice")
    return parts


def _double(names: Sequence[Any]) -> Any:
    return next((name for place, name in enumerate(names) if name in names[:place]), None)


Slugs = Annotated[list[Slug], AfterValidator(_once)]


class Part(BaseModel):
    """Unknown keys are mistakes, so every part refuses them."""

    model_config = ConfigDict(extra="forbid")


class WordFile(Part):
    """One catalogue word."""

    slug: Slug
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    summary: str = ""


class CatalogueFile(Part):
    """The catalogue words by dimension, each list in order."""

    roles: list[WordFile] = []
    personas: list[WordFile] = []
    products: list[WordFile] = []
    use_cases: list[WordFile] = []
    sizes: list[WordFile] = []
    verticals: list[WordFile] = []
    ecosystems: list[WordFile] = []
    journey_stages: list[WordFile] = []
    competencies: list[WordFile] = []


class ObjectiveFile(Part):
    """One thing that a course teaches."""

    slug: Slug
    text: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    competency: Slug | None = None


class LessonFile(Part):
    """One lesson; `objective` is the slug of an objective of the same course."""

    slug: Slug
    title: Title
    kind: Literal["handbook", "video", "interactive", "file", "call"]
    minutes: Annotated[int, Field(ge=1, le=600)] = 5
    objective: Slug | None = None
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$", max_length=500)] = ""
    embed: bool = False
    body: str = ""


class CourseFile(Part):
    """A course with its objectives and lessons."""

    slug: Slug
    title: Title
    summary: str = ""
    journey_stage: Slug | None = None
    use_cases: Slugs = []
    objectives: Annotated[list[ObjectiveFile], AfterValidator(_once)] = []
    lessons: Annotated[list[LessonFile], Field(min_length=1), AfterValidator(_once)]


class PathFile(Part):
    """A learning path: courses in order."""

    slug: Slug
    title: Title
    summary: str = ""
    journey_stage: Slug | None = None
    use_case: Slug | None = None
    courses: Annotated[Slugs, Field(min_length=1)]


def _known_type(name: str) -> str:
    if name not in kinds():
        raise ValueError(f"there are the types {', '.join(sorted(kinds()))}")
    return name


class OptionFile(Part):
    """An option of a question; `last` keeps it last in the shuffle."""

    text: Text
    correct: bool = False
    last: bool = False


class QuestionFile(Part):
    """A question; true/false has `answer`, single and multiple have `options`, and every type may have `lines`."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    type: Annotated[str, AfterValidator(_known_type)]
    objective: ObjectiveRef
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    text: Text
    options: list[OptionFile] = []
    answer: bool | None = None
    lines: str = ""
    rule: str = ""
    rationale: str = ""
    practice_only: bool = False

    @model_validator(mode="after")
    def key_fits_the_type(self) -> "QuestionFile":
        """What the type itself asks of its lines; exactly one right option for single, two and a wrong one for multiple."""
        if self.lines:
            return self._with_lines()
        right = sum(option.correct for option in self.options)
        if self.type == "true_false":
            fits = self.answer is not None and not self.options
            wanted = "`answer: true` or `answer: false`, and no options"
        elif self.type == "single":
            fits, wanted = right == 1 and len(self.options) > 1, "two options or more, exactly one of them correct"
        elif self.type != "multiple":
            fits, wanted = False, "`lines`, as its authors type them"
        else:
            fits, wanted = right > 1 and right < len(self.options), "two correct options or more, and a wrong one"
        if not fits:
            raise ValueError(f"a {self.type} question needs {wanted}")
        return self

    def _with_lines(self) -> "QuestionFile":
        if self.options or self.answer is not None:
            raise ValueError("a question has `lines`, or `options`, or `answer`")
        refusal = why_not_write(self.type, self.text, read_lines(self.lines), rule_or_default(self.type, self.rule))
        if refusal is not None:
            raise ValueError(refusal.sentence)
        return self


class BankFile(Part):
    """A pool of questions."""

    slug: Slug
    title: Title
    questions: Annotated[list[QuestionFile], Field(min_length=1)]


class CellFile(Part):
    """How many questions of what: a course or an objective, of a difficulty or of any."""

    course: Slug | None = None
    objective: ObjectiveRef | None = None
    difficulty: Literal["easy", "medium", "hard"] | None = None
    count: Annotated[int, Field(ge=1, le=200)]

    @model_validator(mode="after")
    def one_subject(self) -> "CellFile":
        """A cell names a course or an objective, never both."""
        if self.course and self.objective:
            raise ValueError("a cell names a course or an objective, not both")
        return self


class RetakesFile(Part):
    """Waits after the first, second and later fails, and how many attempts in how many days."""

    waits_hours: list[Annotated[int, Field(ge=0, le=HOURS_OF_A_YEAR)]] = [24, 168, 720]
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 4
    within_days: Annotated[int, Field(ge=1, le=3650)] = 365


class ExamFile(Part):
    """A written exam over a bank."""

    slug: Slug
    title: Title
    summary: str = ""
    bank: Slug
    minutes: Annotated[int, Field(ge=1, le=600)] = 60
    pass_percent: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)] = Decimal(80)
    blueprint: Annotated[list[CellFile], Field(min_length=1)]
    retakes: RetakesFile = RetakesFile()
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    results_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _window(self) -> "ExamFile":
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValueError("an exam closes after it opens")
        return self


class CriterionFile(Part):
    """A row of a rubric: five levels, and the four steps between them."""

    slug: Slug
    area: str = ""
    name: Title
    levels: Annotated[list[Text], Field(min_length=5, max_length=5)]
    raises: Annotated[list[Text], Field(min_length=4, max_length=4)]


class RubricFile(Part):
    """A scoring sheet."""

    slug: Slug
    title: Title
    pass_points: Annotated[int, Field(ge=1)]
    impression_first: bool = False
    criteria: Annotated[list[CriterionFile], Field(min_length=1, max_length=12), AfterValidator(_once)]

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
    hidden_notes: str = ""


class BriefPoolFile(Part):
    """Briefs that a practical draws from."""

    slug: Slug
    title: Title
    briefs: Annotated[list[BriefFile], Field(min_length=1), AfterValidator(_once)]


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
    worksheet: Annotated[list[WorksheetFieldFile], Field(max_length=60), AfterValidator(_once)] = []
    evidence: EvidenceFile | None = None
    self_assessment: bool = False
    session: Literal["none", "optional", "required"] = "none"
    disclosure: Literal["none", "partner", "customers"] = "none"
    reviewer_pool: Slug | None = None
    marks_required: Annotated[int, Field(ge=1, le=3)] = 1
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    cool_down_hours: Annotated[int, Field(ge=0, le=HOURS_OF_A_YEAR)] = 24
    review_days: Annotated[int, Field(ge=1, le=365)] = 5

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


class RequirementFile(Part):
    """One thing asked for, by the slug of its target."""

    kind: Literal["course", "path", "exam", "practical", "program"]
    ref: Slug
    proof: Literal["know", "show", "keep"]


class GroupFile(Part):
    """Requirements that belong together."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    rule: Literal["all_of", "n_of"] = "all_of"
    count: Annotated[int, Field(ge=1)] | None = None
    requirements: Annotated[list[RequirementFile], Field(min_length=1)]

    @model_validator(mode="after")
    def count_within_reach(self) -> "GroupFile":
        """`count` belongs to `n_of` and is no more than the requirements."""
        if (self.rule == "n_of") != (self.count is not None):
            raise ValueError("`count` belongs to `rule: n_of`, and only there")
        if self.count and self.count > len(self.requirements):
            raise ValueError(f"asks for {self.count} of {len(self.requirements)} requirements")
        if double := _double([f"{one.kind} {one.ref}" for one in self.requirements]):
            raise ValueError(f"asks for `{double}` twice")
        return self


class BadgeFile(Part):
    """What the badge says."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Text
    criteria: Text
    shape: Literal["disc", "hexagon"] = "disc"
    tone: Literal["night", "blue", "green", "gold", "rose"] = "night"
    label: Annotated[str, StringConstraints(max_length=18)]
    tags: list[str] = []


class ProgramPart(Part):
    """A program: audience, requirement groups, badge."""

    slug: Slug
    title: Title
    summary: str = ""
    description: str = ""
    roles: Slugs = []
    personas: Slugs = []
    validity_months: Annotated[int, Field(ge=1, le=120)] = 12
    groups: Annotated[list[GroupFile], Field(min_length=1)]
    badge: BadgeFile | None = None

    @model_validator(mode="after")
    def reachable(self) -> "ProgramPart":
        """Nobody could ever meet a program that asks for itself."""
        if any((one.kind, one.ref) == ("program", self.slug) for group in self.groups for one in group.requirements):
            raise ValueError("asks for itself")
        return self


class ProgramFile(Part):
    """One file: any of the sections, each a list."""

    catalogue: CatalogueFile = CatalogueFile()
    courses: list[CourseFile] = []
    paths: list[PathFile] = []
    banks: list[BankFile] = []
    exams: list[ExamFile] = []
    rubrics: list[RubricFile] = []
    brief_pools: list[BriefPoolFile] = []
    practicals: list[PracticalFile] = []
    programs: list[ProgramPart] = []

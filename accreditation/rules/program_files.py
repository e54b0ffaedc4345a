"""What a program file may say. The format is written down in `docs/programs-as-code.md`; nothing here touches a row."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    model_validator,
)

from accreditation.rules.asset_files import AssetFile
from accreditation.rules.file_parts import (
    HOURS_OF_A_YEAR,
    ObjectiveRef,
    Part,
    Slug,
    Slugs,
    SourceRef,
    Text,
    Title,
    once,
)
from accreditation.rules.practical_files import BriefPoolFile, PracticalFile, RubricFile
from accreditation.rules.requirement_files import AttestationFile, CreditFile, ProgramPart, TierFile, rising
from assessments.rules.banks import rule_or_default, why_not_write
from assessments.rules.kinds import kinds
from assessments.rules.option_lines import read_lines


class WordFile(Part):
    """One catalogue word."""

    slug: Slug
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    summary: str = ""


class PersonaFile(WordFile):
    """A persona; one may be the fallback, for people who fit none."""

    fallback: bool = False


class CompetencyFile(WordFile):
    """A competency; what isn't said of its place in the framework stays as the administration has it."""

    code: Annotated[str, StringConstraints(max_length=100)] | None = None
    part_of: Slug | None = None
    stages: Slugs | None = None


class CatalogueFile(Part):
    """The catalogue words by dimension, each list in order."""

    roles: list[WordFile] = []
    personas: list[PersonaFile] = []
    products: list[WordFile] = []
    use_cases: list[WordFile] = []
    sizes: list[WordFile] = []
    verticals: list[WordFile] = []
    ecosystems: list[WordFile] = []
    journey_stages: list[WordFile] = []
    competencies: list[CompetencyFile] = []


class ObjectiveFile(Part):
    """One thing that a course teaches."""

    slug: Slug
    text: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    competency: Slug | None = None


class RevisionFile(Part):
    """One state of a source: the day on which the change was noted, what changed, whether that matters to learners."""

    noted_on: date
    changes: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
    material: bool = True


class SourceFile(Part):
    """What content is taken from; its revisions in order, the first is number 1. `owner`: a person's e-mail address."""

    slug: Slug
    title: Title
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$", max_length=500)] = ""
    owner: Annotated[str, StringConstraints(min_length=3, max_length=254)] | None = None
    check_interval_days: Annotated[int, Field(ge=1, le=3650)] = 180
    revisions: list[RevisionFile] = []


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
    source: SourceRef | None = None


class CourseFile(Part):
    """A course with its objectives and lessons."""

    slug: Slug
    title: Title
    summary: str = ""
    journey_stage: Slug | None = None
    use_cases: Slugs = []
    objectives: Annotated[list[ObjectiveFile], AfterValidator(once)] = []
    lessons: Annotated[list[LessonFile], Field(min_length=1), AfterValidator(once)]


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
    competency: Slug | None = None
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    text: Text
    options: list[OptionFile] = []
    answer: bool | None = None
    lines: str = ""
    rule: str = ""
    rationale: str = ""
    practice_only: bool = False
    source: SourceRef | None = None

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


Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class DesignFile(Part):
    """How badges look: colours, and an SVG template with places where the built-in drawings won't do."""

    slug: Slug
    name: Title
    light: Colour
    deep: Colour
    ground: Colour = "#1b2146"
    ink: Colour = "#ffffff"
    template: str = ""


class ProgramFile(Part):
    """One file: any of the sections, each a list."""

    catalogue: CatalogueFile = CatalogueFile()
    sources: list[SourceFile] = []
    courses: list[CourseFile] = []
    paths: list[PathFile] = []
    banks: list[BankFile] = []
    exams: list[ExamFile] = []
    rubrics: list[RubricFile] = []
    brief_pools: list[BriefPoolFile] = []
    practicals: list[PracticalFile] = []
    designs: list[DesignFile] = []
    attestations: list[AttestationFile] = []
    credits: list[CreditFile] = []
    assets: list[AssetFile] = []
    tiers: Annotated[list[TierFile], AfterValidator(once), AfterValidator(rising)] = []
    programs: list[ProgramPart] = []

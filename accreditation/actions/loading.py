"""Programs as code: every file is checked first, then all are written in one transaction, or nothing is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction

from accreditation.actions.assessment_sections import AssessmentSections
from accreditation.actions.asset_sections import AssetSections
from accreditation.actions.program_sections import Loaded, set_rows
from accreditation.actions.requirement_sections import RequirementSections
from accreditation.models import Proposal, User
from accreditation.rules import program_files as files
from accreditation.rules.yaml_lines import Problem, ReadFile, read_file
from badges.actions.designs import upsert_design
from courses.actions.content import author_course, author_path, publish_content, put
from courses.actions.frameworks import set_place
from courses.actions.sources import author_source
from courses.models import (
    CompanySize,
    Competency,
    ContentState,
    Course,
    Ecosystem,
    JourneyStage,
    LearningPath,
    Persona,
    Product,
    Role,
    UseCase,
    Vertical,
)
from courses.models.content import Content

WORDS: dict[str, type[models.Model]] = {
    "roles": Role,
    "personas": Persona,
    "products": Product,
    "use_cases": UseCase,
    "sizes": CompanySize,
    "verticals": Vertical,
    "ecosystems": Ecosystem,
    "journey_stages": JourneyStage,
    "competencies": Competency,
}


class Mistakes(Exception):
    """The files can't be taken; `problems` names every mistake with file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("mistakes in program files")
        self.problems = sorted(problems)


class _CountWrites:
    """Counts the statements that change rows, so that "nothing changed" is measured and not believed."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        self.count += sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        return execute(sql, params, many, context)


def load_programs(*, paths: Sequence[Path], by: User | None) -> Loaded:
    """Read the files, check them, and write what differs; loading the same files again writes nothing.

    Raises `Mistakes` with every problem found; nothing is written then.
    """
    read = [read_file(path) for path in paths]
    if problems := [problem for one in read if isinstance(one, list) for problem in one]:
        raise Mistakes(problems)
    loader = _Loader([one for one in read if isinstance(one, ReadFile)], by)
    counter = _CountWrites()
    with transaction.atomic(), connection.execute_wrapper(counter):
        loader.write()
        if loader.problems:
            raise Mistakes(loader.problems)
    loader.loaded.rows_written = counter.count
    return loader.loaded


def propose_programs(*, paths: Sequence[Path], by: User | None) -> list[Proposal]:
    """Propose the rules of the programs in these files instead of letting them go live; their previews begin.

    Other sections are refused: what they hold would be live at once. Raises `Mistakes`; nothing is written then.
    """
    read = [read_file(path) for path in paths]
    if problems := [problem for one in read if isinstance(one, list) for problem in one]:
        raise Mistakes(problems)
    loader = _Loader([one for one in read if isinstance(one, ReadFile)], by)
    with transaction.atomic():
        loader.propose()
        if loader.problems:
            raise Mistakes(loader.problems)
    return loader.proposed


class _Loader(RequirementSections, AssessmentSections, AssetSections):
    """Writes section after section; what a section names must be in the database or in an earlier section by then."""

    def write(self) -> None:
        """All sections, in the order in which they build on each other."""
        self._each_catalogue()
        for section, write in (
            ("sources", self._source),
            ("courses", self._course),
            ("paths", self._path),
            ("assets", self._asset),
            ("banks", self._bank),
            ("exams", self._exam),
            ("rubrics", self._rubric),
            ("brief_pools", self._brief_pool),
            ("practicals", self._practical),
            ("designs", self._design),
            ("attestations", self._attestation),
            ("credits", self._credit),
        ):
            self._each(section, write)
        self._tiers()
        self._each("programs", self._program_row)
        self._each("programs", self._program, first=False)

    def propose(self) -> None:
        """The programs alone."""
        for file in self.read:
            said = file.content.model_fields_set - {"programs"}
            self.problems += [
                Problem(file.name, file.line(name), f"`{name}` can't be proposed: load it first, in a file of its own")
                for name in said
            ]
            if not file.content.programs:
                self.problems.append(Problem(file.name, 1, "holds no program, so there is nothing to propose"))
        self._each("programs", self._proposal)

    def _each_catalogue(self) -> None:
        for file in self.read:
            for name, model in WORDS.items():
                for position, word in enumerate(getattr(file.content.catalogue, name)):
                    self.file, self.place = file, ("catalogue", name, position)
                    self._note_once(name, word.slug)
                    values = {"name": word.name, "summary": word.summary, "position": position}
                    if model is Persona:
                        values["is_fallback"] = word.fallback
                    if model is Competency and word.code is not None:
                        values["code"] = word.code
                    with self._naming_the_line():
                        put(model, {"slug": word.slug}, values)
        for file in self.read:
            for position, word in enumerate(file.content.catalogue.competencies):
                self.file, self.place = file, ("catalogue", "competencies", position)
                with self._naming_the_line():
                    self._competency(word)

    def _competency(self, word: files.CompetencyFile) -> None:
        """Its place in the framework, once all of them are written."""
        row = Competency.objects.get(slug=word.slug)
        parent = self._find(Competency, word.part_of, "part_of") if word.part_of else row.parent
        stages = None if word.stages is None else [self._find(JourneyStage, one, "stages") for one in word.stages]
        set_place(row=row, parent=parent, stages=stages)

    def _publish(self, content: Content, is_new: bool) -> None:
        if is_new and content.state == ContentState.DRAFT:
            publish_content(content=content, by=self.by)

    def _course(self, part: files.CourseFile) -> None:
        objectives = [
            {
                "slug": one.slug,
                "text": one.text,
                "competency": self._find(Competency, one.competency, "objectives", n, "competency"),
            }
            for n, one in enumerate(part.objectives)
        ]
        known = {one.slug for one in part.objectives}
        for number, lesson in enumerate(part.lessons):
            if lesson.objective and lesson.objective not in known:
                self._problem(f"the course has no objective `{lesson.objective}`", "lessons", number, "objective")
        values = {
            "title": part.title,
            "summary": part.summary,
            "journey_stage": self._find(JourneyStage, part.journey_stage, "journey_stage"),
        }
        is_new = not Course.objects.filter(slug=part.slug).exists()
        course, _ = author_course(
            slug=part.slug,
            values=values,
            objectives=objectives,
            lessons=[self._lesson(lesson, number) for number, lesson in enumerate(part.lessons)],
        )
        set_rows(course.use_cases, [self._find(UseCase, slug, "use_cases", n) for n, slug in enumerate(part.use_cases)])
        self._publish(course, is_new)

    def _lesson(self, part: files.LessonFile, number: int) -> dict[str, Any]:
        """Its fields; one that names no source keeps what was said of it in the administration."""
        said = part.model_dump(exclude={"source"})
        if part.source:
            said["source_revision"] = self._revision(part.source, "lessons", number, "source")
        return said

    def _source(self, part: files.SourceFile) -> None:
        values: dict[str, Any] = part.model_dump(include={"title", "url", "check_interval_days"})
        if part.owner:
            values["owner"] = self._owner(part.owner, "owner")
        revisions = [(one.noted_on, one.changes, one.material) for one in part.revisions]
        author_source(slug=part.slug, values=values, revisions=revisions, by=self.by)

    def _path(self, part: files.PathFile) -> None:
        courses = [self._find(Course, slug, "courses", number) for number, slug in enumerate(part.courses)]
        values = {
            "title": part.title,
            "summary": part.summary,
            "journey_stage": self._find(JourneyStage, part.journey_stage, "journey_stage"),
            "use_case": self._find(UseCase, part.use_case, "use_case"),
        }
        is_new = not LearningPath.objects.filter(slug=part.slug).exists()
        path, _ = author_path(slug=part.slug, values=values, courses=courses)
        self._publish(path, is_new)

    def _design(self, part: files.DesignFile) -> None:
        upsert_design(by=self.by, **part.model_dump())

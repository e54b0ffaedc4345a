"""Programs as code: every file is checked first, then all are written in one transaction, or nothing is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction

from accreditation.actions.assessment_sections import AssessmentSections
from accreditation.actions.program_sections import Loaded
from accreditation.actions.programs import author_program, publish_program
from accreditation.models import Program, User
from accreditation.rules import program_files as files
from accreditation.rules.programs import why_not_load_badge
from accreditation.rules.yaml_lines import Problem, ReadFile, read_file
from assessments.models import Exam, Practical
from badges.actions.achievements import upsert_achievement
from badges.actions.designs import upsert_design
from badges.models import BadgeDesign
from courses.actions.content import author_course, author_path, publish_content, put
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


class _Loader(AssessmentSections):
    """Writes section after section; what a section names must be in the database or in an earlier section by then."""

    def write(self) -> None:
        """All sections, in the order in which they build on each other."""
        self._each_catalogue()
        for section, write in (
            ("courses", self._course),
            ("paths", self._path),
            ("banks", self._bank),
            ("exams", self._exam),
            ("rubrics", self._rubric),
            ("brief_pools", self._brief_pool),
            ("practicals", self._practical),
            ("designs", self._design),
        ):
            self._each(section, write)
        self._each("programs", self._program_row)
        self._each("programs", self._program, first=False)

    def _each_catalogue(self) -> None:
        for file in self.read:
            for name, model in WORDS.items():
                for position, word in enumerate(getattr(file.content.catalogue, name)):
                    self.file, self.place = file, ("catalogue", name, position)
                    self._note_once(name, word.slug)
                    values = {"name": word.name, "summary": word.summary, "position": position}
                    with self._naming_the_line():
                        put(model, {"slug": word.slug}, values)

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
            lessons=[lesson.model_dump() for lesson in part.lessons],
        )
        _set(course.use_cases, [self._find(UseCase, slug, "use_cases", n) for n, slug in enumerate(part.use_cases)])
        self._publish(course, is_new)

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

    def _program_row(self, part: files.ProgramPart) -> None:
        put(Program, {"slug": part.slug}, {"title": part.title})

    def _program(self, part: files.ProgramPart) -> None:
        groups = [
            {
                "title": group.title,
                "rule": group.rule,
                "count": group.count,
                "requirements": [self._requirement(one, n, m) for m, one in enumerate(group.requirements)],
            }
            for n, group in enumerate(part.groups)
        ]
        values = {
            "title": part.title,
            "summary": part.summary,
            "description": part.description,
        }
        if part.badge is not None:  # a file without one takes no badge away that was given here
            known = Program.objects.select_related("achievement").filter(slug=part.slug).first()
            if refusal := why_not_load_badge(known, part.slug):
                self._problem(refusal.sentence, "badge")
                return
            values["achievement"] = self._achievement(part.badge, part.slug)
        program, _ = author_program(slug=part.slug, values=values, validity_months=part.validity_months, groups=groups)
        _set(program.roles, [self._find(Role, slug, "roles", n) for n, slug in enumerate(part.roles)])
        _set(program.personas, [self._find(Persona, slug, "personas", n) for n, slug in enumerate(part.personas)])
        if program.state == ContentState.DRAFT:
            publish_program(program=program, by=self.by)

    def _requirement(self, part: files.RequirementFile, group: int, number: int) -> dict[str, Any]:
        targets: dict[str, type[models.Model]] = {
            "course": Course,
            "path": LearningPath,
            "exam": Exam,
            "practical": Practical,
            "program": Program,
        }
        target = self._find(targets[part.kind], part.ref, "groups", group, "requirements", number, "ref")
        return {"kind": part.kind, "proof": part.proof, part.kind: target}

    def _achievement(self, badge: files.BadgeFile, slug: str) -> Any:
        design = self._find(BadgeDesign, badge.design, "badge", "design")
        return upsert_achievement(slug=slug, by=self.by, **badge.model_dump() | {"design": design})

    def _design(self, part: files.DesignFile) -> None:
        upsert_design(by=self.by, **part.model_dump())


def _set(relation: Any, rows: Sequence[models.Model]) -> None:
    wanted = {row.pk for row in rows}
    if wanted != set(relation.values_list("pk", flat=True)):
        relation.set(wanted)

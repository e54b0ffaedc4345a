"""Programs as code: every file is checked first, then all are written in one transaction, or nothing is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction

from accreditation.actions.programs import author_program, publish_program
from accreditation.models import Program, User
from accreditation.rules import practical_files
from accreditation.rules import program_files as files
from accreditation.rules.yaml_lines import Place, Problem, ReadFile, read_file
from assessments.actions.banks import author_question
from assessments.actions.exams import publish_exam
from assessments.actions.rubrics import author_brief, author_brief_pool, author_practical, author_rubric
from assessments.models import BriefPool, Exam, Practical, QuestionBank, ReviewerPool, Rubric
from assessments.rules.draws import Cell
from assessments.rules.option_lines import read_lines
from badges.actions import upsert_achievement
from courses.actions.content import author_course, author_path, publish_content, put
from courses.lib.refusals import Refused
from courses.models import (
    CompanySize,
    Competency,
    ContentState,
    Course,
    Ecosystem,
    JourneyStage,
    LearningPath,
    Lesson,
    Objective,
    Persona,
    Product,
    Role,
    UseCase,
    Vertical,
)
from courses.models.content import Content, LessonKind

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


@dataclass
class Loaded:
    """What a load did: how many parts of each section were read, whether a row was written, and what is worth knowing."""

    counts: dict[str, int] = field(default_factory=dict)
    rows_written: int = 0
    warnings: list[str] = field(default_factory=list)


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


class _Loader:
    """Writes section after section; what a section names must be in the database or in an earlier section by then."""

    def __init__(self, read: Sequence[ReadFile], by: User | None) -> None:
        self.read, self.by = read, by
        self.problems: list[Problem] = []
        self.loaded = Loaded()
        self.file: ReadFile  # where we are, for messages
        self.place: Place = ()
        self.seen: set[tuple[str, str]] = set()

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
        ):
            self._each(section, write)
        self._each("programs", self._program_row)
        self._each("programs", self._program, first=False)

    def _each(self, section: str, write: Callable[[Any], None], *, first: bool = True) -> None:
        for file in self.read:
            for number, part in enumerate(getattr(file.content, section)):
                self.file, self.place = file, (section, number)
                if first:
                    self._note_once(section, part.slug)
                with self._naming_the_line():
                    write(part)

    def _note_once(self, section: str, slug: str) -> None:
        self.loaded.counts[section] = self.loaded.counts.get(section, 0) + 1
        if (section, slug) in self.seen:
            self._problem(f"{section}: `{slug}` is written twice", "slug")
        self.seen.add((section, slug))

    @contextmanager
    def _naming_the_line(self) -> Iterator[None]:
        try:
            with transaction.atomic():
                yield
        except Refused as refused:
            self._problem(refused.refusal.sentence)
        except ValidationError as invalid:
            self._problem("; ".join(invalid.messages))
        except (ValueError, DatabaseError) as invalid:
            self._problem(str(invalid).partition("\n")[0])
        except _Unknown:
            pass

    def _problem(self, message: str, *place: str | int) -> None:
        self.problems.append(Problem(self.file.name, self.file.line(*self.place, *place), message))

    def _find(self, model: Any, slug: str | None, *place: str | int) -> Any:
        if slug is None:
            return None
        row = model._default_manager.filter(slug=slug).first()
        if row is None:
            self._problem(f"there is no {model._meta.verbose_name} `{slug}`", *place)
            raise _Unknown
        return row

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

    def _bank(self, part: files.BankFile) -> None:
        bank, _ = put(QuestionBank, {"slug": part.slug}, {"title": part.title})
        objectives = self._objectives()
        seen: set[str] = set()
        for number, question in enumerate(part.questions):
            objective = objectives.get(question.objective)
            if objective is None:
                self._problem(f"there is no objective `{question.objective}`", "questions", number, "objective")
            elif question.id in seen:
                self._problem(f"the question `{question.id}` is written twice", "questions", number, "id")
            else:
                self._question(bank, question, objective)
            seen.add(question.id)

    def _objectives(self) -> dict[str, Objective]:
        return {f"{row.course.slug}/{row.slug}": row for row in Objective.objects.select_related("course")}

    def _question(self, bank: QuestionBank, part: files.QuestionFile, objective: Objective) -> None:
        options = [asdict(line) for line in read_lines(part.lines)] or [one.model_dump() for one in part.options]
        if part.answer is not None:
            options = [
                {"text": text, "correct": part.answer is value, "last": True}
                for text, value in (("True", True), ("False", False))
            ]
        author_question(
            bank=bank,
            external_id=part.id,
            kind=part.type,
            objective=objective,
            difficulty=part.difficulty,
            text=part.text,
            options=options,
            rationale=part.rationale,
            rule=part.rule,
            practice_only=part.practice_only,
            by=self.by,
        )

    def _exam(self, part: files.ExamFile) -> None:
        bank = self._find(QuestionBank, part.bank, "bank")
        cells = [self._cell(cell, number) for number, cell in enumerate(part.blueprint)]
        exam, _ = put(Exam, {"slug": part.slug}, {"title": part.title, "summary": part.summary, "bank": bank})
        retakes = part.retakes
        publication = publish_exam(
            exam=exam,
            cells=cells,
            minutes=part.minutes,
            pass_percent=Decimal(part.pass_percent),
            waits_hours=tuple(retakes.waits_hours),
            max_attempts=retakes.max_attempts,
            within_days=retakes.within_days,
            opens_at=part.opens_at,
            closes_at=part.closes_at,
            results_at=part.results_at,
            by=self.by,
        )
        self.loaded.warnings += [f"{part.slug}: {sentence}" for sentence in publication.warnings]

    def _cell(self, part: files.CellFile, number: int) -> Cell:
        course = self._find(Course, part.course, "blueprint", number, "course")
        objective = self._objectives().get(part.objective) if part.objective else None
        if part.objective and objective is None:
            self._problem(f"there is no objective `{part.objective}`", "blueprint", number, "objective")
            raise _Unknown
        return Cell(
            part.count, course.pk if course else None, objective.pk if objective else None, part.difficulty or ""
        )

    def _rubric(self, part: practical_files.RubricFile) -> None:
        criteria: Any = [criterion.model_dump() for criterion in part.criteria]
        author_rubric(
            slug=part.slug,
            title=part.title,
            pass_points=part.pass_points,
            impression_first=part.impression_first,
            criteria=criteria,
            by=self.by,
        )

    def _brief_pool(self, part: practical_files.BriefPoolFile) -> None:
        pool = author_brief_pool(slug=part.slug, title=part.title, by=self.by)
        for number, brief in enumerate(part.briefs):
            words = brief.model_dump(exclude={"slug"})
            for name, model in (("size", CompanySize), ("persona", Persona), ("use_case", UseCase)):
                words[name] = self._find(model, words[name], "briefs", number, name)
            author_brief(pool=pool, slug=brief.slug, by=self.by, **words)

    def _practical(self, part: practical_files.PracticalFile) -> None:
        exam, rubric = self._find(Exam, part.exam, "exam"), self._find(Rubric, part.rubric, "rubric")
        author_practical(
            slug=part.slug,
            by=self.by,
            **part.model_dump(include={"title", "summary", "kind", "instructions", "cool_down_hours", "review_days"}),
            exam=exam,
            rubric_version=rubric.versions.order_by("-number").first(),
            brief_pool=self._find(BriefPool, part.brief_pool, "brief_pool"),
            parts=[one.model_dump() for one in part.parts],
            **part.model_dump(include={"disclosure", "session", "self_assessment", "marks_required"}),
            calls=[self._call(ref, number) for number, ref in enumerate(part.calls)],
            worksheet=[one.model_dump(exclude_defaults=True) | {"kind": one.kind} for one in part.worksheet],
            takes_evidence=part.evidence is not None,
            links_required=part.evidence.links if part.evidence else 0,
            files_required=part.evidence.files if part.evidence else 0,
            evidence_prompt=part.evidence.prompt if part.evidence else "",
            reviewer_pool=self._find(ReviewerPool, part.reviewer_pool, "reviewer_pool"),
            recordings_required=part.recording.count if part.recording.required else 0,
            min_minutes=part.recording.min_minutes,
            max_minutes=part.recording.max_minutes,
            screen_required=part.recording.screen,
            notes_required=part.notes.required,
            notes_prompt=part.notes.prompt,
            max_attempts=part.attempts,
            **part.kept.as_fields(),
        )

    def _call(self, ref: str, number: int) -> Lesson:
        course, _, slug = ref.partition("/")
        lesson = Lesson.objects.filter(course__slug=course, slug=slug).first()
        if lesson is None or lesson.kind != LessonKind.CALL:
            self._problem(f"there is no call `{ref}`" if lesson is None else f"`{ref}` is no call", "calls", number)
            raise _Unknown
        return lesson

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
            "achievement": self._achievement(part),
        }
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

    def _achievement(self, part: files.ProgramPart) -> Any:
        if part.badge is None:
            return None
        return upsert_achievement(slug=part.slug, by=self.by, **part.badge.model_dump())


class _Unknown(Exception):
    """A name leads nowhere; the problem is noted already."""


def _set(relation: Any, rows: Sequence[models.Model]) -> None:
    wanted = {row.pk for row in rows}
    if wanted != set(relation.values_list("pk", flat=True)):
        relation.set(wanted)

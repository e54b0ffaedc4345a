"""A program as a program file: everything that it asks for, as `load_program` reads it. Source: rules.md 7.82.

What the format can't say is left out with a sentence; loading leaves it as it is then.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from accreditation.models import Program, Requirement, RequirementGroup
from accreditation.models.programs import TARGETS
from accreditation.rules import dump_assessments, dump_content
from accreditation.rules.dump_parts import LeftOut
from accreditation.rules.program_files import ProgramFile
from accreditation.rules.requirement_files import BadgeFile, GroupFile, ProgramPart, RequirementFile
from assessments.models import Exam, Practical
from badges.models import Achievement
from courses.models import Course, LearningPath, Lesson, Persona, Product, UseCase

WORDS: dict[str, type[Model]] = {"use_case": UseCase, "product": Product, "persona": Persona}


@dataclass
class Dump:
    """The file, and what of the program it can't say."""

    file: ProgramFile
    left_out: list[str] = field(default_factory=list)


@dataclass
class _Asked:
    """Everything that programs ask for, each once, in the order in which it was met."""

    programs: dict[int, Program] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)
    paths: dict[int, LearningPath] = field(default_factory=dict)
    exams: dict[int, Exam] = field(default_factory=dict)
    practicals: dict[int, Practical] = field(default_factory=dict)
    statements: dict[str, dict[int, Any]] = field(default_factory=lambda: {"attestation": {}, "credit": {}})

    def program(self, program: Program) -> None:
        """A program, then what it asks for; programs that it asks for stand before it."""
        if program.pk in self.programs or program.current_version is None:
            return
        rows = Requirement.objects.filter(group__version=program.current_version).select_related(*TARGETS)
        for row in rows.order_by("group__position", "position"):
            self._requirement(row)
        self.programs[program.pk] = program

    def _requirement(self, row: Requirement) -> None:
        if row.program:
            self.program(row.program)
        if row.path:
            self._path(row.path)
        if row.course:
            self.courses[row.course.pk] = row.course
        if row.exam:
            self._exam(row.exam)
        for practical in [row.practical] if row.practical else _counted(row):
            self._practical(practical)
        for kind, rows in self.statements.items():
            if target := getattr(row, kind):
                rows[target.pk] = target

    def _path(self, path: LearningPath) -> None:
        self.paths[path.pk] = path
        self.courses |= {one.pk: one for one in path.courses.order_by("steps__position")}

    def _exam(self, exam: Exam) -> None:
        self.exams[exam.pk] = exam
        questions = dump_assessments.questions_of(exam.bank)
        courses = {one.objective.course_id for one in questions if one.objective}
        self.courses |= {one.pk: one for one in Course.objects.filter(pk__in=courses).order_by("pk")}

    def _practical(self, practical: Practical) -> None:
        self.practicals[practical.pk] = practical
        self._exam(practical.exam)
        calls = Lesson.objects.filter(practicals=practical).select_related("course")
        self.courses |= {one.course.pk: one.course for one in calls}


def _counted(row: Requirement) -> Iterable[Practical]:
    targets = (row.count or {}).get("targets", ())
    return Practical.objects.filter(pk__in=targets).order_by("pk")


def dump_of(program: Program) -> Dump:
    """The file of a program and of everything that it asks for, other programs among it."""
    asked, left_out = _Asked(), LeftOut()
    asked.program(program)
    practicals = list(asked.practicals.values())
    exams = [one for one in asked.exams.values() if dump_assessments.can_say_exam(one, left_out)]
    file = ProgramFile(
        courses=[dump_content.course(one) for one in asked.courses.values() if dump_content.can_say(one, left_out)],
        paths=[dump_content.path(one) for one in asked.paths.values()],
        banks=dump_assessments.banks([one.bank for one in exams], left_out),
        exams=[dump_assessments.exam(one) for one in exams],
        rubrics=dump_assessments.rubrics(practicals, left_out),
        brief_pools=dump_assessments.brief_pools(practicals),
        practicals=[dump_assessments.practical(one) for one in practicals],
        attestations=[dump_content.attestation(one) for one in asked.statements["attestation"].values()],
        credits=[dump_content.credit(one) for one in asked.statements["credit"].values()],
        programs=[_program(one, left_out) for one in asked.programs.values()],
    )
    badges = [one.achievement for one in asked.programs.values() if one.achievement]
    named = [*(one.assets for one in file.practicals), *(one.assets for one in file.programs)]
    for slug in sorted({slug for slugs in named for slug in slugs or ()}):
        left_out.say(f"The item `{slug}` of the library is named only: load it before.")
    file.designs = dump_content.designs(badges)
    file.sources = dump_content.sources(dump_content.sources_named(file))
    return Dump(file, left_out.sentences)


def _program(program: Program, left_out: LeftOut) -> ProgramPart:
    version = program.current_version
    assert version is not None
    groups = list(version.groups.order_by("position"))
    said: dict[str, Any] = {
        name: [one.slug for one in getattr(program, name).order_by("pk")]
        for name in ("roles", "personas", "organisations")
    }
    return ProgramPart(
        slug=program.slug,
        title=program.title,
        summary=program.summary,
        description=program.description,
        regions=program.regions,
        time_zone=program.time_zone,
        validity_months=version.validity_months,
        renewal_window_days=version.renewal_window_days,
        grace_days=version.grace_days,
        groups=_groups(groups, is_renewal=False),
        renewal=_groups(groups, is_renewal=True),
        badge=_badge(program, left_out),
        assets=list(program.assets.order_by("slug").values_list("slug", flat=True)) or None,
        **said,
    )


def _groups(rows: Sequence[RequirementGroup], *, is_renewal: bool) -> list[GroupFile]:
    return [_group(one, rows) for one in rows if one.parent_id is None and one.is_renewal == is_renewal]


def _group(row: RequirementGroup, rows: Sequence[RequirementGroup]) -> GroupFile:
    nested = [
        _group(one, rows).model_dump(exclude_unset=True, exclude={"groups"}) for one in rows if one.parent_id == row.pk
    ]
    asked = row.requirements.select_related(*TARGETS).order_by("position")
    requirements = [_requirement(one) for one in asked]
    return GroupFile.model_validate(
        {"title": row.title, "rule": row.rule, "count": row.count, "requirements": requirements, "groups": nested}
    )


def _requirement(row: Requirement) -> RequirementFile:
    said: dict[str, Any] = {"kind": row.kind, "proof": row.proof}
    said |= {name: getattr(row, name) for name in ("title", "valid_months") if getattr(row, name)}
    if not row.count:
        return RequirementFile.model_validate(said | {"ref": row.target.slug})
    practicals = [one.slug for one in _counted(row)]
    like = [{"count": number, **_condition(one)} for number, one in row.count.get("at_least", ())]
    more = {"within_days": row.count.get("within_days"), "practicals": practicals, "at_least": like}
    said |= {"count": row.count["number"], **_condition(row.count.get("condition", {}))}
    return RequirementFile.model_validate(said | {name: value for name, value in more.items() if value})


def _condition(stored: dict[str, Any]) -> dict[str, Any]:
    """A condition with slugs for its keys."""
    said = {name: stored[name] for name in ("supervision", "min_percent") if stored.get(name)}
    for name, model in WORDS.items():
        if key := stored.get(name):
            said[name] = model._default_manager.values_list("slug", flat=True).get(pk=key)
    return said | ({"complex": True} if stored.get("is_complex") else {})


def _badge(program: Program, left_out: LeftOut) -> BadgeFile | None:
    row: Achievement | None = program.achievement
    if row is None:
        return None
    if row.slug != program.slug:
        left_out.say(f"The badge “{row.name}” was given to “{program.title}” in the administration and stays so.")
        return None
    names = set(BadgeFile.model_fields) - {"design", "competencies"}
    aligned = [one.slug for one in row.competencies.order_by("pk")]
    return BadgeFile(
        **{name: getattr(row, name) for name in names},
        design=row.design.slug if row.design else None,
        competencies=aligned or None,
    )


def lines_of(dump: Dump) -> Iterator[str]:
    """What stands above the file: that it was written out, and what it leaves out."""
    yield "Written by `manage.py dump_program`; `manage.py load_program` reads it."
    yield from dump.left_out

"""Programs as the rules see them, and a learner's standing in them."""

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db.models import F, Prefetch, QuerySet

from accreditation.models import (
    IN_FORCE,
    Accreditation,
    Enrolment,
    Evidence,
    EvidenceKind,
    Program,
    ProgramVersion,
    Requirement,
    RequirementKind,
    User,
)
from accreditation.rules.standing import Fact, GroupRules, ProgramRules, RequirementRules, Standing, standing
from assessments.models import Exam
from badges.models import Achievement
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models import ContentState, PathCourse
from courses.models.content import TRANSITIONS

InForce = Mapping[int, tuple[date, date]]
TARGETS = tuple(RequirementKind.values)
RULES = ("current_version", "achievement")
PICTURE = "achievement__image"
"""The drawing of a badge: a page shows it by its address, so no list carries its bytes."""
LONELY = "No program that is open asks for this exam, so learners will not find it. Name it in a program's rules."


def with_rules(programs: QuerySet[Program]) -> QuerySet[Program]:
    """Programs with everything that `program_rules` needs. Four queries, whatever the number of programs."""
    return programs.select_related(*RULES).defer(PICTURE).prefetch_related(requirements_of("current_version"))


def on_programs(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Enrolments with their programs as `with_rules` loads them. Four queries, whatever their number."""
    joined = [f"program__{name}" for name in RULES]
    rows = enrolments.select_related("program", *joined).defer(f"program__{PICTURE}")
    return rows.prefetch_related(requirements_of("program__current_version"))


def requirements_of(version: str) -> Prefetch:
    """The groups and requirements of a version, with the courses of each path. Three queries."""
    steps = (
        PathCourse.objects.filter(course__state=ContentState.PUBLISHED).select_related("course").order_by("position")
    )
    requirements = (
        Requirement.objects.select_related(*TARGETS, "exam__current_version", "practical__exam")
        .order_by("position")
        .prefetch_related(Prefetch("path__steps", steps))
    )
    return Prefetch(f"{version}__groups__requirements", requirements)


def program_rules(version: ProgramVersion) -> ProgramRules:
    """The rules of a version loaded by `with_rules`. No query then."""
    groups = tuple(
        GroupRules(group.title, group.rule, group.count, tuple(_requirement(one) for one in group.requirements.all()))
        for group in version.groups.all()
    )
    return ProgramRules(version.pk, version.program_id, version.validity_months, groups)


def rules_of(program: Program) -> ProgramRules:
    """The current rules of a program loaded by `with_rules`. Raises ValueError where none were written yet."""
    return program_rules(version_of(program))


def version_of(program: Program) -> ProgramVersion:
    """The version whose rules hold. Raises ValueError where none was written yet."""
    if program.current_version is None:
        raise ValueError(f"{program} has no rules yet")
    return program.current_version


def standing_in(
    program: Program, facts: Sequence[Fact], held: Mapping[int, tuple[date, date]], now: datetime
) -> Standing:
    """The standing in one program, by its own calendar. No query."""
    return standing(rules_of(program), facts, local_day(program, now), in_force=held)


def _requirement(row: Requirement) -> RequirementRules:
    courses = tuple(step.course_id for step in row.path.steps.all()) if row.path else ()
    return RequirementRules(row.pk, row.kind, row.proof, row.target_id, str(getattr(row.target, "title", "")), courses)


def facts_of(learner: User) -> list[Fact]:
    """The learner's evidence that was not withdrawn. One query."""
    rows = Evidence.objects.filter(learner=learner, withdrawn_by__isnull=True).exclude(kind=EvidenceKind.WITHDRAWAL)
    return [_fact(row) for row in rows]


def _fact(row: Evidence) -> Fact:
    name = "program" if row.kind == EvidenceKind.REVOCATION else row.kind
    return Fact(row.pk, row.kind, getattr(row, f"{name}_id"), row.performed_on, row.valid_until)


def programs_in_force(learner: User) -> dict[int, tuple[date, date]]:
    """Programs that the learner is accredited in, as last computed: program → (completed on, valid until). One query."""
    return in_force_among(Accreditation.objects.filter(learner=learner, state__in=IN_FORCE))


def in_force_among(rows: Iterable[Accreditation]) -> dict[int, tuple[date, date]]:
    """The same from one learner's accreditations that are loaded already."""
    return {
        row.program_id: (row.completed_on, row.valid_until)
        for row in rows
        if row.state in IN_FORCE and row.completed_on and row.valid_until
    }


def local_day(program: Program, now: datetime) -> date:
    """Today in the program's time zone, in which "valid until" is inclusive."""
    return now.astimezone(zoneinfo.ZoneInfo(program.time_zone)).date()


def standings(
    learner: User, programs: Iterable[Program], now: datetime, *, in_force: InForce | None = None
) -> dict[int, Standing]:
    """The learner's standing in each of these programs (loaded by `with_rules`). Two queries, one with `in_force`."""
    facts = facts_of(learner)
    held = programs_in_force(learner) if in_force is None else in_force
    return {program.pk: standing_in(program, facts, held, now) for program in programs if program.current_version}


def why_not_enrol(program: Program) -> Refusal | None:
    """Anyone may enrol in a published program."""
    if program.state != ContentState.PUBLISHED:
        return Refusal("not-published", f"{program.title} isn't open yet.")
    return None


def why_not_publish_program(program: Program) -> Refusal | None:
    """A program needs rules: a group with at least one requirement, and a number that can be reached."""
    if refusal := why_not_move(TRANSITIONS, old=program.state, new=ContentState.PUBLISHED):
        return refusal
    if program.current_version is None:
        return Refusal("no-rules", "Load the program's rules first: manage.py load_program writes them.")
    return why_not_rules(program_rules(program.current_version).groups)


def why_not_load_badge(program: Program | None, slug: str) -> Refusal | None:
    """A file writes the badge of its own slug, and puts it in no other's place. Source: rules.md 8.16."""
    held = program.achievement if program else None
    if held is not None and held.slug != slug:
        return Refusal(
            "has-badge",
            f"This program awards “{held.name}” already, given in the administration. Awards name it, so it stays: leave "
            "“badge” out of the file.",
        )
    taken = Program.objects.filter(achievement__slug=slug).first()
    if taken is not None and taken != program:
        return Refusal("taken", f"The program “{taken.title}” awards the badge of this slug already.")
    return None


def why_not_give_badge(program: Program, achievement: Achievement) -> Refusal | None:
    """A program keeps its badge, and two programs never award the same one. Source: rules.md 8.16."""
    if program.achievement_id is not None:
        return Refusal("has-badge", "This program has a badge already. Awards name it, so it stays.")
    if Program.objects.filter(achievement=achievement).exists():
        return Refusal("taken", "Another program awards this badge already. Make one of its own for this program.")
    return None


def why_not_rules(groups: Sequence[GroupRules]) -> Refusal | None:
    """A group asks for something, and for no more than it names."""
    if not groups:
        return Refusal("no-groups", "A program needs at least one requirement group.")
    for group in groups:
        if not group.requirements:
            return Refusal("empty-group", f"The group “{group.title}” asks for nothing.")
        if group.needed > len(group.requirements):
            return Refusal("unreachable", f"“{group.title}” asks for {group.needed} of {len(group.requirements)}.")
    return None


def is_asked_for(exam: Exam) -> bool:
    """Whether a program that is open asks for this exam as its rules stand now. One query."""
    asking = Requirement.objects.filter(exam=exam, group__version__program__state=ContentState.PUBLISHED)
    return asking.filter(group__version=F("group__version__program__current_version")).exists()

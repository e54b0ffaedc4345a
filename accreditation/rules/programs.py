"""Programs as the rules see them, and a learner's standing in them."""

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import TypeAdapter

from accreditation.models import (
    Accreditation,
    Enrolment,
    Evidence,
    EvidenceKind,
    Program,
    ProgramVersion,
    Requirement,
    RequirementCourse,
    RequirementGroup,
    Tier,
    User,
)
from accreditation.models.programs import TARGETS
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Condition, CountRules, Fact, GroupRules, Held, RequirementRules
from accreditation.rules.standing import Standing, standing
from accreditation.rules.updates import UpdateRules
from assessments.models import Exam
from badges.models import Achievement
from courses.lib.refusals import Refusal
from courses.models import ContentState

RULES = ("current_version__proposal", "achievement", "asked_updates")
AS_STORED = TypeAdapter(ProgramRules)
"""Rules as a proposal stores those that it replaced."""
UPDATES_STORED = TypeAdapter(tuple[UpdateRules, ...])
"""What the updates of a program ask, as `AskedUpdates` stores it."""
PICTURE = "achievement__image"
"""The drawing of a badge: a page shows it by its address, so no list carries its bytes."""
LONELY = "No program that is open asks for this exam, so learners will not find it. Name it in a program's rules."


TIERS_BADGE = Refusal("taken", gettext_noop("This badge is that of a tier. Make one of its own for this program."))


def with_rules(programs: QuerySet[Program]) -> QuerySet[Program]:
    """Programs with everything that `program_rules` needs. Three queries, whatever the number of programs."""
    return programs.select_related(*RULES).defer(PICTURE).prefetch_related(requirements_of("current_version"))


def on_programs(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Enrolments with their programs as `with_rules` loads them. Three queries, whatever their number."""
    joined = [f"program__{name}" for name in RULES]
    rows = enrolments.select_related("program", *joined).defer(f"program__{PICTURE}")
    return rows.prefetch_related(requirements_of("program__current_version"))


def requirements_of(version: str = "") -> Prefetch:
    """The groups and requirements of a version (of the rows themselves without its name), with the courses of each path.

    A course that was withdrawn since is asked for no more. Two queries.
    """
    steps = RequirementCourse.objects.filter(requirement=OuterRef("pk"), course__state=ContentState.PUBLISHED)
    requirements = (
        Requirement.objects.select_related(*TARGETS, "exam__current_version", "practical__exam")
        .annotate(course_ids=ArraySubquery(steps.order_by("position").values("course_id")))
        .order_by("position")
    )
    return Prefetch(f"{version}__groups__requirements".removeprefix("__"), requirements)


def program_rules(version: ProgramVersion) -> ProgramRules:
    """The rules of a version loaded by `with_rules`. No query then."""
    proposal = getattr(version, "proposal", None)
    return ProgramRules(
        version.pk,
        version.program_id,
        version.validity_months,
        groups=_groups(version, is_renewal=False),
        renewal=_groups(version, is_renewal=True),
        window_days=version.renewal_window_days,
        grace_days=version.grace_days,
        in_force_from=proposal.goes_live_on if proposal else None,
        before=AS_STORED.validate_python(proposal.before) if proposal and proposal.before else None,
    )


def rules_of(program: Program) -> ProgramRules:
    """The current rules of a program loaded by `with_rules`. Raises ValueError where none were written yet."""
    return replace(program_rules(version_of(program)), updates=updates_of(program))


def updates_of(program: Program) -> tuple[UpdateRules, ...]:
    """What the published updates of a program ask. No query where `with_rules` loaded the program."""
    stored = getattr(program, "asked_updates", None)
    return UPDATES_STORED.validate_python(stored.rules) if stored and stored.rules else ()


def version_of(program: Program) -> ProgramVersion:
    """The version whose rules hold. Raises ValueError where none was written yet."""
    if program.current_version is None:
        raise ValueError(f"{program} has no rules yet")
    return program.current_version


def standing_in(program: Program, facts: Sequence[Fact], held: Held, now: datetime) -> Standing:
    """The standing in one program, by its own calendar. No query."""
    return standing(rules_of(program), facts, local_day(program, now), held=held)


def _groups(version: ProgramVersion, *, is_renewal: bool) -> tuple[GroupRules, ...]:
    rows = list(version.groups.all())
    return tuple(
        _group(row, [one for one in rows if one.parent_id == row.pk])
        for row in rows
        if row.parent_id is None and row.is_renewal == is_renewal
    )


def _group(row: RequirementGroup, nested: Sequence[RequirementGroup] = ()) -> GroupRules:
    requirements = tuple(_requirement(one) for one in row.requirements.all())
    return GroupRules(row.title, row.rule, row.count, requirements, tuple(_group(one) for one in nested))


def _requirement(row: Any) -> RequirementRules:
    return RequirementRules(
        row.pk,
        row.kind,
        row.proof,
        row.target_id,
        row.name,
        courses=tuple(row.course_ids),
        valid_months=row.valid_months,
        count=count_rules(row.count) if row.count else None,
    )


def count_rules(stored: Mapping[str, Any]) -> CountRules:
    """A number of proofs, from how its requirement holds it."""
    return CountRules(
        number=stored["number"],
        condition=_condition(stored.get("condition", {})),
        at_least=tuple((number, _condition(like)) for number, like in stored.get("at_least", ())),
        within_days=stored.get("within_days"),
        targets=tuple(stored.get("targets", ())),
    )


def _condition(stored: Mapping[str, Any]) -> Condition:
    percent = stored.get("min_percent")
    return Condition(
        supervision=tuple(stored.get("supervision", ())),
        use_case=stored.get("use_case"),
        product=stored.get("product"),
        persona=stored.get("persona"),
        is_complex=stored.get("is_complex", False),
        min_percent=None if percent is None else Decimal(percent),
    )


FACT_COLUMNS = (
    "pk", "kind", "course_id", "exam_id", "practical_id", "program_id", "attestation_id", "credit_id", "performed_on",
    "valid_until", "supervision", "use_case_id", "product_id", "persona_id", "is_complex", "score", "maximum",
    "vertical_id", "update_part_id",
)  # fmt: skip
TARGET_OF: Mapping[str, int] = {
    EvidenceKind.COURSE: 2,
    EvidenceKind.EXAM: 3,
    EvidenceKind.PRACTICAL: 4,
    EvidenceKind.REVOCATION: 5,
    EvidenceKind.ATTESTATION: 6,
    EvidenceKind.CREDIT: 7,
    EvidenceKind.UPDATE: 18,
}
"""Where in `FACT_COLUMNS` the target of a kind stands."""


def facts_that_stand(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """Evidence that was not withdrawn, withdrawals left out."""
    return rows.filter(withdrawn_by__isnull=True).exclude(kind=EvidenceKind.WITHDRAWAL)


def facts_of(learner: User) -> list[Fact]:
    """The learner's evidence that was not withdrawn. One query."""
    rows = facts_that_stand(Evidence.objects.filter(learner=learner))
    return [fact_from(row) for row in rows.values_list(*FACT_COLUMNS)]


def fact_from(row: Sequence[Any]) -> Fact:
    """A row of `FACT_COLUMNS` as the rules see it."""
    score, maximum = row[15:17]
    percent = score * 100 / maximum if score is not None and maximum else None
    performed_on, valid_until, supervision, use_case, product, persona, is_complex = row[8:15]
    target = row[TARGET_OF[row[1]]]
    return Fact(
        row[0], row[1], target, performed_on, valid_until, supervision, use_case, product, persona, is_complex, percent,
        row[17],
    )  # fmt: skip


def programs_held(learner: User) -> Held:
    """When the learner held each program, as last computed. One query."""
    return held_among(Accreditation.objects.filter(learner=learner))


def held_among(rows: Iterable[Accreditation]) -> Held:
    """The same from one learner's accreditations that are loaded already. What was revoked was not held."""
    return {row.program_id: [(start, end) for start, end in row.steps or row.cycles] for row in rows if row.cycles}


def local_day(program: Program, now: datetime) -> date:
    """Today in the program's time zone, in which "valid until" is inclusive."""
    return now.astimezone(zoneinfo.ZoneInfo(program.time_zone)).date()


def standings(
    learner: User, programs: Iterable[Program], now: datetime, *, held: Held | None = None
) -> dict[int, Standing]:
    """The learner's standing in each of these programs (loaded by `with_rules`). Two queries, one with `held`."""
    facts = facts_of(learner)
    held = programs_held(learner) if held is None else held
    return {program.pk: standing_in(program, facts, held, now) for program in programs if program.current_version}


def why_not_enrol(program: Program) -> Refusal | None:
    """Anyone may enrol in a published program."""
    if program.state != ContentState.PUBLISHED:
        return Refusal("not-published", _("%(program)s isn't open yet.") % {"program": program.title})
    return None


def why_not_load_badge(program: Program | None, slug: str) -> Refusal | None:
    """A file writes the badge of its own slug, and puts it in no other's place. Source: rules.md 8.16."""
    held = program.achievement if program else None
    if held is not None and held.slug != slug:
        return Refusal(
            "has-badge",
            _(
                "This program awards “%(held)s” already, given in the administration. Awards name it, so it stays: "
                "leave “badge” out of the file."
            )
            % {"held": held.name},
        )
    if Tier.objects.filter(achievement__slug=slug).exists():
        return TIERS_BADGE
    taken = Program.objects.filter(achievement__slug=slug).first()
    if taken is not None and taken != program:
        return Refusal(
            "taken", _("The program “%(taken)s” awards the badge of this slug already.") % {"taken": taken.title}
        )
    return None


def why_not_give_badge(program: Program, achievement: Achievement) -> Refusal | None:
    """A program keeps its badge, and two programs never award the same one. Source: rules.md 8.16."""
    if program.achievement_id is not None:
        return Refusal("has-badge", _("This program has a badge already. Awards name it, so it stays."))
    if Tier.objects.filter(achievement=achievement).exists():
        return TIERS_BADGE
    if Program.objects.filter(achievement=achievement).exists():
        return Refusal("taken", _("Another program awards this badge already. Make one of its own for this program."))
    return None


def is_asked_for(exam: Exam) -> bool:
    """Whether a program that is open asks for this exam as its rules stand now. One query."""
    asking = Requirement.objects.filter(exam=exam, group__version__program__state=ContentState.PUBLISHED)
    return asking.filter(group__version=F("group__version__program__current_version")).exists()

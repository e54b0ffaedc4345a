"""Standing: a pure function of the rules, the evidence and the day. Pages, admin, jobs and awards all ask this one."""

import calendar
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accreditation.models import EvidenceKind, GroupRule, RequirementKind, StandingState

RENEWAL_WINDOW_DAYS = 90


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of evidence as the rules see it. `target` is the primary key of the course, exam, practical or program."""

    pk: int
    kind: str
    target: int | None
    performed_on: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class RequirementRules:
    """One thing asked for. `courses` are the courses of a path, in order; empty for the other kinds."""

    pk: int
    kind: str
    proof: str
    target: int
    title: str
    courses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRules:
    """Requirements that belong together."""

    title: str
    rule: str
    count: int | None
    requirements: tuple[RequirementRules, ...]

    @property
    def needed(self) -> int:
        """How many requirements have to be met."""
        return len(self.requirements) if self.rule == GroupRule.ALL_OF else self.count or 0


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """The rules of one program version."""

    version_id: int
    program_id: int
    validity_months: int
    groups: tuple[GroupRules, ...]


@dataclass(frozen=True, slots=True)
class RequirementStanding:
    """Whether a requirement is met, by which evidence, on which day; `done` of `total` parts (a path has several)."""

    rules: RequirementRules
    is_met: bool
    met_on: date | None = None
    facts: tuple[int, ...] = ()
    done: int = 0
    total: int = 1
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group with its requirements."""

    rules: GroupRules
    requirements: tuple[RequirementStanding, ...]

    @property
    def met(self) -> int:
        """How many requirements are met."""
        return sum(one.is_met for one in self.requirements)

    @property
    def is_met(self) -> bool:
        """Whether enough of them are; a group that asks nothing is never met by accident."""
        return bool(self.requirements) and self.met >= self.rules.needed


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands in a program, and why. `valid_until` is inclusive, in the program's time zone."""

    state: str
    groups: tuple[GroupStanding, ...]
    completed_on: date | None = None
    valid_until: date | None = None
    reason: str = ""

    @property
    def is_in_force(self) -> bool:
        """Whether the accreditation counts today."""
        return self.state in (StandingState.ACCREDITED, StandingState.FADING)

    @property
    def requirements(self) -> list[RequirementStanding]:
        """Every requirement of every group, in order."""
        return [one for group in self.groups for one in group.requirements]

    @property
    def facts(self) -> tuple[int, ...]:
        """Primary keys of the evidence that it stands on."""
        return tuple(sorted({pk for one in self.requirements if one.is_met for pk in one.facts}))


def months_later(day: date, months: int) -> date:
    """The same day some months on, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def standing(
    rules: ProgramRules,
    evidence: Iterable[Fact],
    today: date,
    *,
    in_force: Mapping[int, tuple[date, date]] | None = None,
) -> Standing:
    """Compute a standing. `in_force` maps other programs the learner is accredited in to (completed on, valid until).

    The order of the evidence never matters, and more good evidence never lowers the result: for each requirement the
    latest evidence that still counts is taken. A revocation removes what was performed up to its day.
    """
    facts = list(evidence)
    revoked_on = _revoked_on(facts, rules.program_id)
    usable = [fact for fact in facts if revoked_on is None or fact.performed_on > revoked_on]
    others = in_force or {}
    groups = tuple(
        GroupStanding(group, tuple(_requirement(one, usable, today, others) for one in group.requirements))
        for group in rules.groups
    )
    if not groups or not all(group.is_met for group in groups):
        return Standing(_unfinished(groups, revoked_on), groups, reason=_missing(groups))
    return _finished(rules, groups, today)


def _revoked_on(facts: Sequence[Fact], program_id: int) -> date | None:
    days = [f.performed_on for f in facts if f.kind == EvidenceKind.REVOCATION and f.target == program_id]
    return max(days, default=None)


def _requirement(
    rules: RequirementRules, facts: Sequence[Fact], today: date, others: Mapping[int, tuple[date, date]]
) -> RequirementStanding:
    if rules.kind == RequirementKind.PROGRAM:
        held = others.get(rules.target)
        return RequirementStanding(
            rules, bool(held), held[0] if held else None, ends_on=held[1] if held else None, done=int(bool(held))
        )
    kind = EvidenceKind.COURSE if rules.kind == RequirementKind.PATH else rules.kind
    wanted = rules.courses if rules.kind == RequirementKind.PATH else (rules.target,)
    best = [_latest(facts, kind, target, today) for target in wanted]
    found = [fact for fact in best if fact is not None]
    is_met = bool(wanted) and len(found) == len(wanted)
    ends = [fact.valid_until for fact in found if fact.valid_until]
    return RequirementStanding(
        rules,
        is_met,
        met_on=max((fact.performed_on for fact in found), default=None) if is_met else None,
        facts=tuple(fact.pk for fact in found),
        done=len(found),
        total=len(wanted),
        ends_on=min(ends, default=None) if is_met else None,
    )


def _latest(facts: Sequence[Fact], kind: str, target: int, today: date) -> Fact | None:
    counting = [
        fact
        for fact in facts
        if fact.kind == kind and fact.target == target and (fact.valid_until is None or fact.valid_until >= today)
    ]
    return max(counting, key=lambda fact: (fact.valid_until or date.max, fact.performed_on, fact.pk), default=None)


def _unfinished(groups: Collection[GroupStanding], revoked_on: date | None) -> str:
    if revoked_on is not None:
        return StandingState.REVOKED
    begun = any(one.done for group in groups for one in group.requirements)
    return StandingState.IN_PROGRESS if begun else StandingState.NOT_STARTED


def _missing(groups: Sequence[GroupStanding]) -> str:
    names = [one.rules.title for group in groups if not group.is_met for one in group.requirements if not one.is_met]
    return f"Still open: {', '.join(names)}." if names else "This program asks for nothing yet."


def _finished(rules: ProgramRules, groups: tuple[GroupStanding, ...], today: date) -> Standing:
    counted = [one for group in groups for one in group.requirements if one.is_met]
    completed_on = max(one.met_on for one in counted if one.met_on)
    ends = [one.ends_on for one in counted if one.ends_on]
    valid_until = min([months_later(completed_on, rules.validity_months), *ends])
    if today > valid_until:
        return Standing(
            StandingState.LAPSED, groups, completed_on, valid_until, f"It ran out on {valid_until:%-d %B %Y}."
        )
    if today > valid_until - timedelta(days=RENEWAL_WINDOW_DAYS):
        return Standing(
            StandingState.FADING, groups, completed_on, valid_until, f"It runs out on {valid_until:%-d %B %Y}."
        )
    return Standing(
        StandingState.ACCREDITED, groups, completed_on, valid_until, f"It holds until {valid_until:%-d %B %Y}."
    )

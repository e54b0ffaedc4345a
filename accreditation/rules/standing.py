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

    @property
    def ends_on(self) -> date | None:
        """The last day on which enough of them still hold; None where none of those has an end of its own."""
        ends = sorted((one.ends_on or date.max for one in self.requirements if one.is_met), reverse=True)
        return None if ends[self.rules.needed - 1] == date.max else ends[self.rules.needed - 1]


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
    def choices(self) -> list[GroupStanding]:
        """The groups that leave a choice: fewer are needed than are named."""
        return [group for group in self.groups if group.rules.needed < len(group.requirements)]

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

    The order of the evidence never matters, and more good evidence never lowers the result: of all evidence that still
    counts, the latest dates a requirement and the longest-lasting ends it. A revocation removes, for this program, what
    was performed up to its day.
    """
    facts = list(evidence)
    revoked_on = _revoked_on(facts, rules.program_id)
    usable = [fact for fact in facts if revoked_on is None or fact.performed_on > revoked_on]
    others = {pk: held for pk, held in (in_force or {}).items() if revoked_on is None or held[0] > revoked_on}
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
        return _nested(rules, others.get(rules.target))
    kind = EvidenceKind.COURSE if rules.kind == RequirementKind.PATH else rules.kind
    wanted = rules.courses if rules.kind == RequirementKind.PATH else (rules.target,)
    proofs = [found for target in wanted if (found := _counting(facts, kind, target, today))]
    if not wanted or len(proofs) < len(wanted):
        return RequirementStanding(rules, False, done=len(proofs), total=len(wanted))
    ends = [end for found in proofs if (end := _end(found))]
    return RequirementStanding(
        rules,
        is_met=True,
        met_on=max(fact.performed_on for found in proofs for fact in found),
        facts=tuple(sorted(pk for found in proofs for pk in _taken(found))),
        done=len(proofs),
        total=len(wanted),
        ends_on=min(ends, default=None),
    )


def _nested(rules: RequirementRules, held: tuple[date, date] | None) -> RequirementStanding:
    if held is None:
        return RequirementStanding(rules, False)
    return RequirementStanding(rules, True, met_on=held[0], done=1, ends_on=held[1])


def _counting(facts: Sequence[Fact], kind: str, target: int, today: date) -> list[Fact]:
    of_target = (fact for fact in facts if fact.kind == kind and fact.target == target)
    return [fact for fact in of_target if fact.valid_until is None or fact.valid_until >= today]


def _end(proofs: Sequence[Fact]) -> date | None:
    """The end of the proof that lasts longest; None where one has no end."""
    ends = [fact.valid_until for fact in proofs if fact.valid_until is not None]
    return max(ends) if len(ends) == len(proofs) else None


def _taken(proofs: Sequence[Fact]) -> set[int]:
    """The proofs that the standing stands on: the latest, and the one that lasts longest."""
    latest = max(proofs, key=lambda fact: (fact.performed_on, fact.valid_until or date.max, fact.pk))
    lasting = max(proofs, key=lambda fact: (fact.valid_until or date.max, fact.performed_on, fact.pk))
    return {latest.pk, lasting.pk}


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
    ends = [end for group in groups if (end := group.ends_on)]
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

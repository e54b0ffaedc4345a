"""The times of holding an accreditation: every day on which something was proved is looked at in turn.

Source: rules.md 7.2 to 7.9, and decisions 12 and 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from accreditation.models import RequirementKind
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import (
    Fact,
    GroupRules,
    GroupStanding,
    Held,
    Interval,
    Proofs,
    RequirementRules,
    days_later,
    group_standing,
    months_later,
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One time of holding it, and what it stood on last. `steps`: as in `Standing`."""

    start: date
    end: date
    completed_on: date
    basis: tuple[GroupStanding, ...]
    steps: tuple[Interval, ...]
    is_kept: bool = False


def cycles_of(rules: ProgramRules, proofs: Proofs, today: date) -> list[Cycle]:
    """Every time that it was held, first to last: each day on which something was proved may begin or lengthen one."""
    found: list[Cycle] = []
    kept = _kept(rules, proofs, today)
    for day in _days(rules, proofs, today, kept):
        is_today = day == today
        if kept and day == rules.in_force_from and (not found or kept.end > found[-1].end):
            _take(found, kept, rules)
        _try(found, asked_on(rules.groups, proofs, day, is_today=is_today), rules, day)
        if rules.renewal and found and day <= days_later(found[-1].end, rules.grace_days):
            # also on the very day that it begins: else the next day on which anything at all is recorded would decide
            _try(found, renewal_on(rules, proofs, day, is_today=is_today), rules, day)
    return found


def _try(found: list[Cycle], groups: tuple[GroupStanding, ...], rules: ProgramRules, day: date) -> None:
    """Take a way, if it is met."""
    if groups and all(group.is_met for group in groups):
        _take(found, _held_from(rules, groups, day), rules)


def _kept(rules: ProgramRules, proofs: Proofs, today: date) -> Cycle | None:
    """What was held by the rules before these on the day that these began, by what was performed up to then."""
    since = rules.in_force_from
    if rules.before is None or since is None or since > today:
        return None
    facts = [fact for fact in proofs.facts if fact.performed_on <= since]
    held = {program: [one for one in times if one[0] <= since] for program, times in proofs.held.items()}
    cycles = cycles_of(rules.before, Proofs(facts, held), since)
    return replace(cycles[-1], is_kept=True) if cycles and cycles[-1].end >= since else None


def _days(rules: ProgramRules, proofs: Proofs, today: date, kept: Cycle | None = None) -> list[date]:
    """The days to look at, in order: none before the first on which it could have been held."""
    first = max((_earliest(group, proofs) for group in rules.groups), default=date.max)
    since = {rules.in_force_from} if kept and rules.in_force_from else set()
    first = min([first, *since])
    days = {min(fact.performed_on, today) for fact in proofs.facts if fact.performed_on >= first}
    days |= {start for intervals in proofs.held.values() for start, _ in intervals if first <= start <= today}
    return sorted(days | since | {min(first, today)}) if first != date.max else []


def _earliest(rules: GroupRules, proofs: Proofs) -> date:
    """A day before which a group can't have been met."""
    days = [_first_proof(one, proofs) for one in rules.requirements]
    days += [_earliest(one, proofs) for one in rules.groups]
    return sorted(days)[rules.needed - 1] if 0 < rules.needed <= len(days) else date.max


def _first_proof(rules: RequirementRules, proofs: Proofs) -> date:
    """A day before which a requirement can't have been met."""
    if rules.kind == RequirementKind.PROGRAM:
        return min((start for start, _ in proofs.held.get(rules.target, ())), default=date.max)
    return min((fact.performed_on for fact in proofs.about(rules)), default=date.max)


def renewal_on(rules: ProgramRules, proofs: Proofs, day: date, *, is_today: bool = True) -> tuple[GroupStanding, ...]:
    """The renewal on a day: its proofs are no older than its window and the days of grace together."""
    since = days_later(day, -rules.window_days - rules.grace_days)
    return asked_on(rules.renewal, proofs, day, is_today=is_today, since=since)


def _held_from(rules: ProgramRules, groups: tuple[GroupStanding, ...], day: date) -> Cycle:
    """What met groups lead to: the program's months from the last proof, or the end of a proof that ends earlier."""
    completed_on = max(one.met_on for group in groups for one in group.counted() if one.met_on)
    ends = [end for group in groups if (end := group.ends_on)]
    end = min([months_later(completed_on, rules.validity_months), *ends])
    return Cycle(day, end, completed_on, groups, ((day, end),))


def _take(found: list[Cycle], new: Cycle, rules: ProgramRules) -> None:
    """Another end, if it reaches further: within the renewal window or later it is a new time, before it the same one.

    A newer proof is a step, even where it moves no end or begins no new time: what asks for this is dated by it, so that
    one proof more before it takes nothing away.
    """
    last = found[-1] if found else None
    if last is None or (new.end > last.end and new.start > window_of(last.end, rules)):
        found.append(new)
        return
    steps = last.steps
    if new.end > last.end or new.completed_on > steps[-1][0]:
        steps += tuple((day, max(end, last.end)) for day, end in new.steps)
    found[-1] = replace(new, start=last.start, steps=steps) if new.end >= last.end else replace(last, steps=steps)


def window_of(end: date, rules: ProgramRules) -> date:
    """The last day before it fades."""
    return days_later(end, -rules.window_days)


def first_met(rules: ProgramRules, held: Held, today: date, facts: Sequence[Fact], since: date) -> date | None:
    """The first day, from `since` on, on which these facts meet the whole way."""
    proofs = Proofs(facts, held)
    for day in _days(rules, proofs, today):
        groups = asked_on(rules.groups, proofs, day, is_today=day == today) if day >= min(since, today) else ()
        if groups and all(group.is_met for group in groups):
            return day
    return None


def asked_on(
    groups: Sequence[GroupRules], proofs: Proofs, day: date, *, is_today: bool = True, since: date = date.min
) -> tuple[GroupStanding, ...]:
    """The groups as they stand on a day; `since`: what was performed before counts no more."""
    return tuple(group_standing(group, proofs, day, is_today=is_today, since=since) for group in groups)

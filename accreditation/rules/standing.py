"""Standing: a pure function of rules, evidence and day. Pages, admin, jobs, simulations and awards all ask this one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from accreditation.models import EvidenceKind, RequirementKind, StandingState
from accreditation.rules.proofs import (
    Counters,
    Fact,
    GroupRules,
    GroupStanding,
    Held,
    Interval,
    Key,
    Proofs,
    RequirementRules,
    RequirementStanding,
    days_later,
    group_standing,
    months_later,
)
from accreditation.rules.updates import UpdateRules, UpdateStanding, caught_up_on, held_between, parts_shown

RENEWAL_WINDOW_DAYS = 90


@dataclass(frozen=True, slots=True)
class ProgramRules:
    """The rules of one program version.

    `renewal`: the shorter way for those who hold it, or held it up to `grace_days` ago; without it the whole way is gone
    again. `window_days`: how long before its end an accreditation fades and is renewed. `before`: the rules that were
    replaced on `in_force_from`; whoever held it by them on that day keeps it to the end that it had. `updates`: what changes of
    its content ask of those who proved it before.
    """

    version_id: int
    program_id: Key
    validity_months: int
    groups: tuple[GroupRules, ...]
    renewal: tuple[GroupRules, ...] = ()
    window_days: int = RENEWAL_WINDOW_DAYS
    grace_days: int = 0
    in_force_from: date | None = None
    before: "ProgramRules | None" = None
    updates: tuple[UpdateRules, ...] = ()

    @property
    def asked(self) -> list[RequirementRules]:
        """Everything that its ways ask for, and those of the rules before it that still keep somebody."""
        own = [one for group in (*self.groups, *self.renewal) for one in group.everything()]
        return own + (self.before.asked if self.before else [])

    @property
    def practicals(self) -> frozenset[Key]:
        """The practicals that it names anywhere."""
        asked = self.asked
        named = {one.target for one in asked if one.kind == RequirementKind.PRACTICAL}
        return frozenset(named.union(*(one.count.targets for one in asked if one.count)))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands in a program, and why. `valid_until` is inclusive, in the program's time zone.

    `groups` are those that are asked now: the first way, or the renewal once it fades. `basis` are those that the
    present accreditation stands on. `cycles`: first and last day of each time that it was held, in order. `steps`: each day
    on which a proof counted within these, with the last day that it was held to by then; programs that ask for it go by them.
    `is_kept`: it stands on the rules before these, and ends when it did by them. `updates`: what is still to be caught up with.
    """

    state: str
    groups: tuple[GroupStanding, ...]
    completed_on: date | None = None
    valid_until: date | None = None
    reason: str = ""
    cycles: tuple[Interval, ...] = ()
    steps: tuple[Interval, ...] = ()
    basis: tuple[GroupStanding, ...] = ()
    is_renewal: bool = False
    is_kept: bool = False
    updates: tuple[UpdateStanding, ...] = ()

    @property
    def is_in_force(self) -> bool:
        """Whether the accreditation counts today."""
        return self.state in (StandingState.ACCREDITED, StandingState.FADING)

    @property
    def update(self) -> UpdateStanding | None:
        """The first update without which it ends, or has ended; None without one."""
        needed = [one for one in self.updates if one.is_needed]
        return min(needed, key=lambda one: (one.rules.due_on, one.rules.number), default=None)

    @property
    def choices(self) -> list[GroupStanding]:
        """The groups that leave a choice: fewer are needed than are named."""
        return [group for group in self.groups if group.rules.needed < group.rules.size]

    @property
    def requirements(self) -> list[RequirementStanding]:
        """Every requirement of every group that is asked now, in order."""
        return [one for group in self.groups for one in group.everything()]

    @property
    def counters(self) -> Counters:
        """How many requirements are asked now, how many of them are met, and which are open."""
        return sum((group.counters for group in self.groups), Counters())

    @property
    def proved(self) -> list[RequirementStanding]:
        """The requirements that are met by what it stands on."""
        return [one for group in self.basis or self.groups for one in group.everything() if one.is_met]

    @property
    def facts(self) -> tuple[int, ...]:
        """Primary keys of the evidence that it stands on."""
        return tuple(sorted({pk for one in self.proved for pk in one.facts}))


@dataclass(frozen=True, slots=True)
class _Cycle:
    """One time of holding it, and what it stood on last. `steps`: as in `Standing`."""

    start: date
    end: date
    completed_on: date
    basis: tuple[GroupStanding, ...]
    steps: tuple[Interval, ...]
    is_kept: bool = False


def standing(rules: ProgramRules, evidence: Iterable[Fact], today: date, *, held: Held | None = None) -> Standing:
    """Compute a standing. `held` says when the learner held the other programs that this one may ask for.

    The order of the evidence never matters, and more good evidence never lowers the result: of all evidence that
    counts on a day, the latest dates a requirement and the longest-lasting ends it; every day on which something was
    proved is looked at in turn, and the end that reaches furthest stays. A revocation removes, for this program, what
    was performed up to its day. An update that was not caught up with by its day takes the time from then until it is.
    Source: rules.md 7.2 to 7.9, 7.62.
    """
    facts = list(evidence)
    revoked = revoked_on(facts, rules.program_id)
    proofs = Proofs(*_after(revoked, facts, held or {}))
    cycles = _cycles(rules, proofs, today)
    if not cycles:
        groups = _asked(rules.groups, proofs, today)
        return Standing(_unfinished(groups, revoked), groups, reason=_missing(groups))
    asked, left, steps = _after_updates(rules, proofs, cycles, today)
    found = _reached(rules, proofs, cycles, today)
    if asked and (found.is_in_force or any(one.is_needed for one in asked)):
        found = replace(found, updates=tuple(asked))
    found = replace(found, cycles=tuple((one.start, one.end) for one in left), steps=tuple(steps))
    if not left:
        return found if found.state == StandingState.LAPSED else _never_held(rules, proofs, asked, today)
    return found if left[-1].end == cycles[-1].end else _cut_short(found, rules, left[-1], today)


def has_begun(found: Standing) -> bool:
    """Whether there is anything to store for somebody who is not enrolled."""
    return bool(found.cycles) or any(one.done for one in found.requirements)


def revoked_on(facts: Iterable[Fact], program_id: Key) -> date | None:
    """The day up to which a revocation undoes what was proved for a program; None without one."""
    days = [f.performed_on for f in facts if f.kind == EvidenceKind.REVOCATION and f.target == program_id]
    return max(days, default=None)


def _after(day: date | None, facts: Sequence[Fact], held: Held) -> tuple[Sequence[Fact], Held]:
    """What came after a revocation; everything where there was none."""
    if day is None:
        return facts, held
    later: Mapping[Key, Sequence[Interval]] = {
        program: [one for one in intervals if one[0] > day] for program, intervals in held.items()
    }
    return [fact for fact in facts if fact.performed_on > day], later


def _asked(
    groups: Sequence[GroupRules], proofs: Proofs, day: date, *, is_today: bool = True, since: date = date.min
) -> tuple[GroupStanding, ...]:
    return tuple(group_standing(group, proofs, day, is_today=is_today, since=since) for group in groups)


def _cycles(rules: ProgramRules, proofs: Proofs, today: date) -> list[_Cycle]:
    """Every time that it was held, first to last: each day on which something was proved may begin or lengthen one."""
    found: list[_Cycle] = []
    kept = _kept(rules, proofs, today)
    for day in _days(rules, proofs, today, kept):
        is_today = day == today
        if kept and day == rules.in_force_from and (not found or kept.end > found[-1].end):
            _take(found, kept, rules)
        _try(found, _asked(rules.groups, proofs, day, is_today=is_today), rules, day)
        if rules.renewal and found and day <= days_later(found[-1].end, rules.grace_days):
            # also on the very day that it begins: else the next day on which anything at all is recorded would decide
            _try(found, _renewal(rules, proofs, day, is_today=is_today), rules, day)
    return found


def _try(found: list[_Cycle], groups: tuple[GroupStanding, ...], rules: ProgramRules, day: date) -> None:
    """Take a way, if it is met."""
    if groups and all(group.is_met for group in groups):
        _take(found, _held_from(rules, groups, day), rules)


def _kept(rules: ProgramRules, proofs: Proofs, today: date) -> _Cycle | None:
    """What was held by the rules before these on the day that these began, by what was performed up to then."""
    since = rules.in_force_from
    if rules.before is None or since is None or since > today:
        return None
    facts = [fact for fact in proofs.facts if fact.performed_on <= since]
    held = {program: [one for one in times if one[0] <= since] for program, times in proofs.held.items()}
    cycles = _cycles(rules.before, Proofs(facts, held), since)
    return replace(cycles[-1], is_kept=True) if cycles and cycles[-1].end >= since else None


def _days(rules: ProgramRules, proofs: Proofs, today: date, kept: _Cycle | None = None) -> list[date]:
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


def _renewal(rules: ProgramRules, proofs: Proofs, day: date, *, is_today: bool = True) -> tuple[GroupStanding, ...]:
    """The renewal on a day: its proofs are no older than its window and the days of grace together."""
    since = days_later(day, -rules.window_days - rules.grace_days)
    return _asked(rules.renewal, proofs, day, is_today=is_today, since=since)


def _held_from(rules: ProgramRules, groups: tuple[GroupStanding, ...], day: date) -> _Cycle:
    """What met groups lead to: the program's months from the last proof, or the end of a proof that ends earlier."""
    completed_on = max(one.met_on for group in groups for one in group.counted() if one.met_on)
    ends = [end for group in groups if (end := group.ends_on)]
    end = min([months_later(completed_on, rules.validity_months), *ends])
    return _Cycle(day, end, completed_on, groups, ((day, end),))


def _take(found: list[_Cycle], new: _Cycle, rules: ProgramRules) -> None:
    """Another end, if it reaches further: within the renewal window or later it is a new time, before it the same one.

    A newer proof is a step, even where it moves no end or begins no new time: what asks for this is dated by it, so that
    one proof more before it takes nothing away.
    """
    last = found[-1] if found else None
    if last is None or (new.end > last.end and new.start > _window(last.end, rules)):
        found.append(new)
        return
    steps = last.steps
    if new.end > last.end or new.completed_on > steps[-1][0]:
        steps += tuple((day, max(end, last.end)) for day, end in new.steps)
    found[-1] = replace(new, start=last.start, steps=steps) if new.end >= last.end else replace(last, steps=steps)


def _window(end: date, rules: ProgramRules) -> date:
    """The last day before it fades."""
    return days_later(end, -rules.window_days)


def _after_updates(
    rules: ProgramRules, proofs: Proofs, cycles: Sequence[_Cycle], today: date
) -> tuple[list[UpdateStanding], list[_Cycle], list[Interval]]:
    """The updates that were not caught up with, and what is left of the times of holding it and of their steps."""
    asked, held = list[UpdateStanding](), list(cycles)
    steps = [step for one in cycles for step in one.steps]
    for update in rules.updates:
        shown = parts_shown(update, proofs.facts)
        met = partial(_first_met, rules, proofs.held, today)
        done = caught_up_on(update, proofs.facts, shown, met)
        back_on = None if done is None else min(done, today)
        if back_on is None:
            asked.append(UpdateStanding(update, shown, is_needed=cycles[-1].end > update.due_on))
        if back_on is None or back_on > update.due_on:
            left = held_between([(one.start, one.end) for one in held], update.due_on, back_on)
            held = [replace(held[place], start=start, end=end) for place, (start, end) in left]
            steps = sorted({step for _, step in held_between(steps, update.due_on, back_on)})
    return asked, held, steps


def _first_met(rules: ProgramRules, held: Held, today: date, facts: Sequence[Fact], since: date) -> date | None:
    """The first day, from `since` on, on which these facts meet the whole way."""
    proofs = Proofs(facts, held)
    for day in _days(rules, proofs, today):
        groups = _asked(rules.groups, proofs, day, is_today=day == today) if day >= min(since, today) else ()
        if groups and all(group.is_met for group in groups):
            return day
    return None


def _never_held(rules: ProgramRules, proofs: Proofs, asked: Sequence[UpdateStanding], today: date) -> Standing:
    """Everything was met for the first time when an update was over that some of it is older than."""
    titles = ", ".join(one.rules.title for one in asked)
    groups = _asked(rules.groups, proofs, today)
    return Standing(StandingState.IN_PROGRESS, groups, reason=f"Still open: {titles}.", updates=tuple(asked))


def _cut_short(found: Standing, rules: ProgramRules, last: _Cycle, today: date) -> Standing:
    """A standing that ends, or has ended, on the day of an update that was not caught up with."""
    state, end = StandingState.ACCREDITED, f"{last.end:%-d %B %Y}"
    update = next((one for one in found.updates if one.rules.due_on == last.end), None)
    title, deed = (f"“{update.rules.title}”", update.deed) if update else ("", "")
    if today > last.end:
        state, words = StandingState.LAPSED, f"It ran out on {end}."
        if update and found.is_in_force:
            words = (
                f"It ended on {end}: {title} was not caught up with by then. {deed.capitalize()}, and it holds again."
            )
    else:
        words = f"It ends on {end} unless you catch up with {title}: {deed}."
        if today > _window(last.end, rules):
            state = StandingState.FADING
    return replace(found, state=state, valid_until=last.end, completed_on=last.completed_on, reason=words)


def _reached(rules: ProgramRules, proofs: Proofs, cycles: Sequence[_Cycle], today: date) -> Standing:
    last = cycles[-1]
    state, words = StandingState.ACCREDITED, "It holds until"
    if today > last.end:
        state, words = StandingState.LAPSED, "It ran out on"
    elif today > _window(last.end, rules):
        state, words = StandingState.FADING, "It runs out on"
    is_renewal = bool(rules.renewal) and today <= days_later(last.end, rules.grace_days)
    groups = last.basis
    if last.is_kept:
        words = f"By the rules that you met {words[0].lower()}{words[1:]}"
    if state != StandingState.ACCREDITED or last.is_kept:
        groups = _renewal(rules, proofs, today) if is_renewal else _asked(rules.groups, proofs, today)
    return Standing(
        state,
        groups,
        last.completed_on,
        last.end,
        f"{words} {last.end:%-d %B %Y}.",
        cycles=tuple((one.start, one.end) for one in cycles),
        basis=last.basis,
        is_renewal=is_renewal and (state != StandingState.ACCREDITED or last.is_kept),
        is_kept=last.is_kept,
    )


def _unfinished(groups: Sequence[GroupStanding], revoked: date | None) -> str:
    if revoked is not None:
        return StandingState.REVOKED
    begun = any(one.done for group in groups for one in group.everything())
    return StandingState.IN_PROGRESS if begun else StandingState.NOT_STARTED


def _missing(groups: Sequence[GroupStanding]) -> str:
    open_ = [one.rules.title for group in groups if not group.is_met for one in group.everything() if not one.is_met]
    return f"Still open: {', '.join(open_)}." if open_ else "This program asks for nothing yet."

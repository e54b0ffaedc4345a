"""Standing: a pure function of rules, evidence and day. Pages, admin, jobs, simulations and awards all ask this one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.utils.translation import gettext, gettext_noop

from accreditation.models import EvidenceKind, StandingState
from accreditation.rules.cycles import Cycle, asked_on, cycles_of, first_met, renewal_on, window_of
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import (
    Counters,
    Fact,
    GroupStanding,
    Held,
    Interval,
    Key,
    Proofs,
    RequirementStanding,
    days_later,
)
from accreditation.rules.updates import UpdateStanding, caught_up_on, held_between, parts_shown
from courses.lib.clock import show_day


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
    cycles = cycles_of(rules, proofs, today)
    if not cycles:
        groups = asked_on(rules.groups, proofs, today)
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


def _after_updates(
    rules: ProgramRules, proofs: Proofs, cycles: Sequence[Cycle], today: date
) -> tuple[list[UpdateStanding], list[Cycle], list[Interval]]:
    """The updates that were not caught up with, and what is left of the times of holding it and of their steps."""
    asked, held = list[UpdateStanding](), list(cycles)
    steps = [step for one in cycles for step in one.steps]
    for update in rules.updates:
        shown = parts_shown(update, proofs.facts)
        met = partial(first_met, rules, proofs.held, today)
        done = caught_up_on(update, proofs.facts, shown, met)
        back_on = None if done is None else min(done, today)
        if back_on is None:
            asked.append(UpdateStanding(update, shown, is_needed=cycles[-1].end > update.due_on))
        if back_on is None or back_on > update.due_on:
            left = held_between([(one.start, one.end) for one in held], update.due_on, back_on)
            held = [replace(held[place], start=start, end=end) for place, (start, end) in left]
            steps = sorted({step for _, step in held_between(steps, update.due_on, back_on)})
    return asked, held, steps


def _never_held(rules: ProgramRules, proofs: Proofs, asked: Sequence[UpdateStanding], today: date) -> Standing:
    """Everything was met for the first time when an update was over that some of it is older than."""
    titles = ", ".join(one.rules.title for one in asked)
    groups = asked_on(rules.groups, proofs, today)
    return Standing(
        StandingState.IN_PROGRESS,
        groups,
        reason=gettext("Still open: %(titles)s.") % {"titles": titles},
        updates=tuple(asked),
    )


def _cut_short(found: Standing, rules: ProgramRules, last: Cycle, today: date) -> Standing:
    """A standing that ends, or has ended, on the day of an update that was not caught up with."""
    state, end = StandingState.ACCREDITED, show_day(last.end)
    update = next((one for one in found.updates if one.rules.due_on == last.end), None)
    title, deed = (f"“{update.rules.title}”", update.deed) if update else ("", "")
    if today > last.end:
        state, words = StandingState.LAPSED, gettext("It ran out on %(end)s.") % {"end": end}
        if update and found.is_in_force:
            words = gettext(
                "It ended on %(end)s: %(title)s was not caught up with by then. %(capitalize)s, and it holds again."
            ) % {"end": end, "title": title, "capitalize": deed.capitalize()}
    else:
        words = gettext("It ends on %(end)s unless you catch up with %(title)s: %(deed)s.") % {
            "end": end,
            "title": title,
            "deed": deed,
        }
        if today > window_of(last.end, rules):
            state = StandingState.FADING
    return replace(found, state=state, valid_until=last.end, completed_on=last.completed_on, reason=words)


REACHED = {
    StandingState.ACCREDITED: gettext_noop("It holds until %(end)s."),
    StandingState.FADING: gettext_noop("It runs out on %(end)s."),
    StandingState.LAPSED: gettext_noop("It ran out on %(end)s."),
}
KEPT = {
    StandingState.ACCREDITED: gettext_noop("By the rules that you met it holds until %(end)s."),
    StandingState.FADING: gettext_noop("By the rules that you met it runs out on %(end)s."),
    StandingState.LAPSED: gettext_noop("By the rules that you met it ran out on %(end)s."),
}
"""What is said of one who reached it; and where it is the rules before today's that hold it."""


def _reached(rules: ProgramRules, proofs: Proofs, cycles: Sequence[Cycle], today: date) -> Standing:
    last = cycles[-1]
    state = StandingState.ACCREDITED
    if today > last.end:
        state = StandingState.LAPSED
    elif today > window_of(last.end, rules):
        state = StandingState.FADING
    is_renewal = bool(rules.renewal) and today <= days_later(last.end, rules.grace_days)
    groups = last.basis
    if state != StandingState.ACCREDITED or last.is_kept:
        groups = renewal_on(rules, proofs, today) if is_renewal else asked_on(rules.groups, proofs, today)
    return Standing(
        state,
        groups,
        last.completed_on,
        last.end,
        gettext((KEPT if last.is_kept else REACHED)[state]) % {"end": show_day(last.end)},
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
    return (
        gettext("Still open: %(join)s.") % {"join": ", ".join(open_)}
        if open_
        else gettext("This program asks for nothing yet.")
    )

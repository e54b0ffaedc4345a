"""What other rules would change: for everybody, in their program, in those that ask for it, and in tiers.

Source: rules.md 7.41.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from accreditation.actions.reassessing import facts_among, held_of, with_dependents
from accreditation.models import Outcome, Proposal, RequirementKind
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.programs import rules_of
from accreditation.rules.proofs import Fact, Interval, Key
from accreditation.rules.proposals import both_rules, digest_of, outcome
from accreditation.rules.standing import Standing, standing
from accreditation.rules.tier_holdings import TierBook, in_force_of, practical_facts, revocations_of, tier_book
from accreditation.rules.tiers import Depth, depth_of, tier_in_force


@dataclass(frozen=True, slots=True)
class Change:
    """A program, its rules as they are, and as they would be: the same where it only asks for one that changes."""

    program_id: int
    old: ProgramRules
    new: ProgramRules


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes for one person in one program. Tiers are slugs, empty for none; they stand where the tier changes."""

    program_id: int
    learner_id: int
    outcome: str
    state_before: str
    until_before: date | None
    state_after: str
    until_after: date | None
    tier_before: str = ""
    tier_after: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a preview goes by. `digest`: what tells whether it still says the same."""

    changes: Sequence[Change]
    before: TierBook
    after: TierBook

    @property
    def others(self) -> set[Any]:
        """The programs beside those that change whose standings it stands on: asked for, or counted in tiers."""
        rules = [one for change in self.changes for one in (change.old, change.new)]
        asked = {one.target for each in rules for one in each.asked if one.kind == RequirementKind.PROGRAM}
        return asked.union(self.before.depths, self.after.depths) - {change.program_id for change in self.changes}

    @property
    def digest(self) -> str:
        """Of all rules and tiers."""
        rules = [one for change in self.changes for one in (change.old, change.new)]
        return digest_of(*rules, tiers=self.before.tiers)


@dataclass(frozen=True, slots=True)
class _Both:
    """A standing by the rules as they are, and as they would be."""

    change: Change
    now: Standing
    then: Standing


def plan_of(proposal: Proposal) -> Plan:
    """The proposal's program first, then those that ask for it, each after all that it asks for. Twelve queries at most."""
    old, new = both_rules(proposal)
    first = Change(proposal.program_id, old, new)
    asking = [(one.pk, rules_of(one)) for one in with_dependents(proposal.program) if one.pk != proposal.program_id]
    book = tier_book()
    depths: dict[int, Depth] = {**book.depths, first.program_id: depth_of(new)}
    after = replace(book, depths={pk: depth for pk, depth in depths.items() if depth.months})
    return Plan([first, *(Change(pk, rules, rules) for pk, rules in asking)], book, after)


def impacts(plan: Plan, learners: Sequence[int], day: date) -> Iterator[Impact]:
    """What changes for whom on a day, by what is known now. Two queries for each program at most, and four for tiers."""
    found: dict[int, list[_Both]] = {pk: [] for pk in learners}
    then_held: dict[int, dict[Key, Sequence[Interval]]] = {}
    for change in plan.changes:
        for pk, both in _standings(change, learners, day, then_held):
            found[pk].append(both)
            then_held.setdefault(pk, {})[change.program_id] = both.then.steps
    tiers = _tiers(plan, {pk: rows for pk, rows in found.items() if _may_move_a_tier(plan, rows)}, day)
    for pk, rows in found.items():
        yield from _impacts(pk, rows, tiers.get(pk, ("", "")))


def _standings(
    change: Change, learners: Sequence[int], day: date, then_held: Mapping[int, Mapping[Key, Any]]
) -> Iterator[tuple[int, _Both]]:
    facts = {id(rules): facts_among(rules, learners) for rules in (change.old, change.new)}
    held = {id(rules): held_of(rules, learners) for rules in (change.old, change.new)}
    for pk in learners:
        old, new = (facts[id(rules)].get(pk, ()) for rules in (change.old, change.new))
        before, after = (held[id(rules)].get(pk, {}) for rules in (change.old, change.new))
        now = standing(change.old, old, day, held=before)
        then = standing(change.new, new, day, held={**after, **then_held.get(pk, {})})
        yield pk, _Both(change, now, then)


def _may_move_a_tier(plan: Plan, rows: Iterable[_Both]) -> bool:
    return plan.before.depths != plan.after.depths or any(
        (one.now.is_in_force, one.now.valid_until) != (one.then.is_in_force, one.then.valid_until) for one in rows
    )


def _tiers(plan: Plan, people: Mapping[int, Sequence[_Both]], day: date) -> Mapping[int, tuple[str, str]]:
    """The tiers of these people before and after."""
    learners = list(people)
    if not learners:
        return {}
    stored, revoked = in_force_of(learners), revocations_of(learners)
    facts = {id(book): practical_facts(book, learners) for book in (plan.before, plan.after)}
    changed = {change.program_id for change in plan.changes}
    found = {}
    for pk, rows in people.items():
        others = [(program, until) for program, until in stored.get(pk, ()) if program not in changed and until >= day]
        now = [*others, *_in_force((one.change, one.now) for one in rows)]
        then = [*others, *_in_force((one.change, one.then) for one in rows)]
        found[pk] = (
            _tier(plan.before, now, facts[id(plan.before)].get(pk, ()), day, revoked.get(pk)),
            _tier(plan.after, then, facts[id(plan.after)].get(pk, ()), day, revoked.get(pk)),
        )
    return found


def _in_force(rows: Iterable[tuple[Change, Standing]]) -> Iterator[tuple[int, date]]:
    return ((change.program_id, one.valid_until) for change, one in rows if one.is_in_force and one.valid_until)


def _tier(
    book: TierBook,
    in_force: Iterable[tuple[int, date]],
    facts: Iterable[Fact],
    day: date,
    revoked: Mapping[str, date] | None,
) -> str:
    known = [(book.depths[program], until) for program, until in in_force if program in book.depths]
    tier = tier_in_force(book.tiers, known, facts, day, revoked).tier
    return tier.slug if tier else ""


def _impacts(learner: int, rows: Sequence[_Both], tiers: tuple[str, str]) -> Iterator[Impact]:
    """One for each program that changes for them; the first says the tier, or stands for it alone."""
    moved = tiers if tiers[0] != tiers[1] else ("", "")
    changed = [(one, said) for one in rows if (said := outcome(one.now, one.then))]
    if not changed and any(moved):
        changed = [(rows[0], Outcome.TIER)]
    for place, (one, said) in enumerate(changed):
        states = (str(one.now.state), one.now.valid_until, str(one.then.state), one.then.valid_until)
        yield Impact(one.change.program_id, learner, str(said), *states, *(moved if place == 0 else ("", "")))

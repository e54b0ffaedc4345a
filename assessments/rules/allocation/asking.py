"""Decide now, or ask for a further reading: the one question that is put when a reading was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from assessments.rules.allocation.beliefs import Beliefs
from assessments.rules.allocation.prices import MOST_READINGS, OFFERED_TO, Budget, is_nearly_best, offered_values
from assessments.rules.allocation.scales import Scale
from assessments.rules.allocation.tables import Floats, GraderId
from assessments.rules.allocation.values import Standing, posterior, values
from assessments.rules.decisions import outcome_of

NEW_GRADER_READINGS = 20
"""So many readings of a new grader are all read a second time."""


class Reason(StrEnum):
    """Why a further reading is asked for: what the lead sees beside the task."""

    MONITOR = "monitor"
    NEW_GRADER = "new_grader"
    FLAGGED = "flagged"
    LAST_ATTEMPT = "last_attempt"
    APART = "apart"
    VALUE = "value"


OUTSIDE_BUDGET = frozenset({Reason.NEW_GRADER})


@dataclass(frozen=True, slots=True)
class Given:
    """One counted reading of the work: its grader and raw total."""

    grader: GraderId
    total: int


@dataclass(frozen=True, slots=True)
class Case:
    """A work whose latest reading was just sent; `readings` in the order in which they came, one to three.

    `is_monitor`: drawn at random at hand-in, whatever its marks. `is_new_grader`: one of its readings is among the first
    20 of its grader. `is_flagged`: the checks of the recording noted something. `is_last_attempt`: a fail would lead to
    the last try, or this was it.
    """

    scale: Scale
    readings: tuple[Given, ...]
    is_monitor: bool = False
    is_new_grader: bool = False
    is_flagged: bool = False
    is_last_attempt: bool = False

    @property
    def totals(self) -> tuple[int, ...]:
        """The raw totals."""
        return tuple(one.total for one in self.readings)


@dataclass(frozen=True, slots=True)
class Wish:
    """A further reading that is asked for: why, what it is expected to be worth (drop of the chance of a wrong decision,
    share of 1), the price it was held against, and up to three graders to offer it to first, best first:
    those whose reading is worth nine tenths of the best one's or more.

    No graders: anyone may take it. The monitor's are drawn like any work, so that its agreement figure has no bias.
    """

    reason: Reason
    value: float
    price: float
    best: tuple[GraderId, ...]


def further_reading(
    case: Case, candidates: Sequence[GraderId], *, beliefs: Beliefs, price: float, budget: Budget
) -> Wish | None:
    """Why, and by whom, a work should be read again; None when it is decided now by the mean of its raw totals.

    `candidates`: graders who could read it (no conflict, on duty in the coming days), whether or not they read it
    before. `budget`: of the past 28 days, this reading counted; it bounds readings for their value alone, the other
    reasons spend from it first. Never more than three readings. Severity chooses whom to ask and never changes a mark.
    Pure; about 0.1 ms for a dozen graders. Source: reviews.md, Further marks and The best policy found so far.
    """
    read = {one.grader for one in case.readings}
    free = [grader for grader in candidates if grader not in read]
    if not free or len(case.readings) >= MOST_READINGS:
        return None
    reason = always_because(case)
    worth = values_for(case, free, beliefs)
    ranked = np.argsort(-worth, kind="stable")[:OFFERED_TO]
    value = float(offered_values(worth[None, :], len(free))[0])
    if reason is None and value >= price and value > 0 and budget.has_room:
        reason = Reason.VALUE
    if reason is None:
        return None
    chosen = ranked[is_nearly_best(worth[ranked])]
    best = () if reason is Reason.MONITOR else tuple(free[place] for place in chosen.tolist())
    return Wish(reason, value, price, best)


def always_because(case: Case) -> Reason | None:
    """Why a work is read again whatever that is worth. The random draw comes first, or it would not be random."""
    if len(case.readings) > 1:
        return Reason.APART if len(case.readings) == 2 and case.scale.are_apart(case.totals) else None
    fails = not outcome_of(case.totals, case.scale.pass_points).passed
    reasons = {
        Reason.MONITOR: case.is_monitor,
        Reason.NEW_GRADER: case.is_new_grader,
        Reason.FLAGGED: case.is_flagged,
        Reason.LAST_ATTEMPT: case.is_last_attempt and fails,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def values_for(case: Case, graders: Sequence[GraderId], beliefs: Beliefs) -> Floats:
    """What one more mark by each of these graders is worth to this work: one number each, a share of 1."""
    size = case.scale.criteria
    past = [(one.total, beliefs.of(one.grader)) for one in case.readings]
    precision = np.array([sum(1 / (size**2 * known.noise) for _, known in past)])
    weighted = np.array([sum((total + size * known.severity) / (size**2 * known.noise) for total, known in past)])
    prior = size * (beliefs.mean + past[0][1].cohort)
    mean, variance = posterior(np.array([prior]), size**2 * beliefs.variance, precision, weighted)
    standing = Standing(mean, variance, np.array([float(sum(case.totals))]), np.array([float(len(past))]))
    known = [beliefs.of(grader) for grader in graders]
    shift = np.array([-size * one.severity for one in known])
    noise = np.array([size**2 * one.noise for one in known])
    return values(standing, case.scale, shift, noise)[0]

"""The budget of further marks, and the price that a further mark must be worth so that the budget lasts.

Decisions come one by one, as readings are sent, so the best cases can't be picked from a list. Instead each night fixes
a price from the past 28 days: the value below which marks are not asked for, such that the marks above it fit the budget.
"""

from dataclasses import dataclass

import numpy as np

from assessments.rules.allocation.beliefs import Beliefs
from assessments.rules.allocation.scales import Scale
from assessments.rules.allocation.tables import Bools, Floats, MarkTable
from assessments.rules.allocation.values import Standing, posterior, values

BUDGET_DAYS = 28
CORRECTION = 2.0
"""How fast the price answers what was over- or underspent: within half of the budget's 28 days."""
OFFERED_TO = 3
"""The most graders that a further reading is offered to first."""
NEARLY_BEST = 0.9
"""Whose reading is worth less than this share of the best one's is not among them."""
MOST_READINGS = 3
HEADROOM = 1.25
"""How far chance may carry 28 days above the share before asking for value stops."""
TINY_STEP = 1e-9
START_PRICE = 0.035
"""The price before any marks: what 1.25 readings cost in the specification's base world."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What was spent over the past 28 days. Source: reviews.md, Further marks.

    `share`: further readings for each first one, e.g. 0.25. `firsts`: first readings sent, this one among them.
    `further`: readings asked for that the budget pays, `forced` of them for other reasons than their value.
    """

    share: float
    firsts: int
    further: int
    forced: int = 0

    @property
    def has_room(self) -> bool:
        """Whether what was spent keeps within the share and the quarter above it that chance may add.

        The price keeps to the share on average. A stop at the share itself would take whoever comes first instead of
        whoever needs it most; in the model that cost a sixth of what further readings gain. One reading is on credit:
        else a rubric with three works a month would never have one read twice, however near the pass mark it lay.
        """
        return self.share > 0 and self.further <= HEADROOM * self.share * self.firsts + TINY_STEP


def price_of(past_values: Floats, budget: Budget) -> float:
    """The price of the coming day: so many of the past values lie above it as the budget would have paid for.

    `past_values`: what a further mark was worth at each moment of the past 28 days at which one could have been asked
    for (`past_values_of`). What was overspent or left over is made good within two weeks.
    """
    if not budget.firsts or not len(past_values):
        return START_PRICE
    spent = budget.further / budget.firsts
    wanted = np.clip(budget.share + CORRECTION * (budget.share - spent), 0.0, 2 * budget.share)
    marks = (wanted - budget.forced / budget.firsts) * budget.firsts
    if marks < 1:
        return float(np.max(past_values)) + TINY_STEP
    ordered = np.sort(past_values)[::-1]
    return max(float(ordered[min(int(marks), len(ordered)) - 1]), 0.0)


def past_values_of(table: MarkTable, beliefs: Beliefs, scale: Scale) -> Floats:
    """What a further mark was worth after each reading in the table, seen with the beliefs of today.

    One number for each submission after its first reading and, where there was a second, one after that.
    """
    parts = []
    for count in range(1, MOST_READINGS):
        reached = table.order.max(axis=1, initial=0) >= count
        order = table.order[reached]
        if len(order):
            parts.append(_values_after(table, reached, order <= count, count, beliefs, scale))
    return np.concatenate(parts) if parts else np.zeros(0)


def _values_after(table: MarkTable, reached: Bools, early: Bools, count: int, beliefs: Beliefs, scale: Scale) -> Floats:
    seen = early & (table.order[reached] > 0)
    known = [beliefs.of(grader) for grader in table.graders]
    size = scale.criteria
    shift = -size * np.array([one.severity for one in known])
    noise = size**2 * np.array([one.noise for one in known])
    totals = np.where(seen, table.points[reached] * size, 0.0)
    cohort = np.array([one.cohort for one in known])[table.first[reached]]
    weighted = np.where(seen, totals - shift, 0.0) / noise
    mean, variance = posterior(
        size * (beliefs.mean + cohort), size**2 * beliefs.variance, (seen / noise).sum(axis=1), weighted.sum(axis=1)
    )
    standing = Standing(mean, variance, totals.sum(axis=1), np.full(len(mean), float(count)))
    free = np.where(seen, -np.inf, values(standing, scale, shift, noise))
    return offered_values(free, len(table.graders) - count)


def offered_values(worth: Floats, free: int) -> Floats:
    """The mean value over those whom it is offered to, of so many free graders: any may take it. Empty without any."""
    if free <= 0:
        return np.zeros(0)
    best = np.sort(worth, axis=1)[:, -min(OFFERED_TO, free) :]
    chosen = is_nearly_best(best)
    return np.where(chosen, best, 0.0).sum(axis=1) / chosen.sum(axis=1)


def is_nearly_best(worth: Floats) -> Bools:
    """Where a reading is worth nearly as much as the best of its row; that one always is."""
    most = worth.max(axis=-1, keepdims=True)
    return (worth >= NEARLY_BEST * most) | (worth == most)

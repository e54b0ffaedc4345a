"""Who is asked for a further reading: the named policies to compare with, and the one of production.

A policy sees marks and times. It answers each reading with a wish, with None (decide now), or with `WAIT`: decide at the
end of the week, when `plan` has picked from what waits. `single`, `double` and `random_second` know at once.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assessments.rules.allocation import (
    BUDGET_DAYS,
    NEW_GRADER_READINGS,
    OUTSIDE_BUDGET,
    START_PRICE,
    Beliefs,
    Budget,
    Case,
    Given,
    MarkTable,
    Reason,
    Wish,
    further_reading,
    learn,
    past_values_of,
    price_of,
)
from assessments.rules.allocation.tables import Floats
from assessments.rules.simulation.worlds import DAY, SCALE, WorldOptions

MONITOR_SHARE = 0.03
WAIT, ANYONE = (Wish(Reason.VALUE, 0.0, 0.0, ()) for _ in range(2))


@dataclass(slots=True)
class Seen:
    """What the desk knows: the reading order (works × graders), points a criterion, spreads, and how much the difference
    of the first two readings of a work varied over the criteria.
    """

    order: NDArray[np.int8]
    points: Floats
    spreads: Floats
    pair_spreads: list[float] = field(default_factory=list)

    def table(self, rows: Sequence[int] | None = None) -> MarkTable:
        """What was read so far (of these works, or of all) as the table that beliefs are learned from."""
        part = np.flatnonzero(self.order.any(axis=1)) if rows is None else np.asarray(rows, int)
        mean = float(np.mean(self.pair_spreads)) if self.pair_spreads else 0.0
        graders = tuple(range(self.order.shape[1]))
        return MarkTable(graders, self.order[part], self.points[part], self.spreads[part], mean, len(self.pair_spreads))


class Policy:
    """Decides everything after one reading; the base of the others."""

    def __init__(self, options: WorldOptions, rng: np.random.Generator) -> None:
        self.options, self.rng = options, rng
        self.share = options.marks - 1

    def after(self, submission: int, given: Sequence[Given], here: Sequence[int], now: float) -> Wish | None:
        """The answer to a reading: `given` are all readings of the work, `here` the graders who are not away."""
        return None

    def plan(self, waiting: Mapping[int, Sequence[Given]], seen: Seen) -> dict[int, tuple[int, ...]]:
        """At the end of a week: which waiting works are read again, and by whom (nobody named: by anyone)."""
        return {}

    def night(self, seen: Seen, now: float) -> None:
        """What is learned after midnight."""


class Double(Policy):
    """Everything is read twice, by whoever is free."""

    def after(self, submission: int, given: Sequence[Given], here: Sequence[int], now: float) -> Wish | None:
        return ANYONE if len(given) == 1 else None


class RandomSecond(Policy):
    """A random share of the works is read twice, by whoever is free."""

    def __init__(self, options: WorldOptions, rng: np.random.Generator) -> None:
        super().__init__(options, rng)
        count = int(min(self.share, 1.0) * options.submissions + 1e-9)
        self.chosen = set(rng.permutation(options.submissions)[:count].tolist())

    def after(self, submission: int, given: Sequence[Given], here: Sequence[int], now: float) -> Wish | None:
        return ANYONE if len(given) == 1 and submission in self.chosen else None


class NearCut(Policy):
    """Each week the works whose totals lie nearest to the cut are read twice, by whoever is free. Ties by chance."""

    def __init__(self, options: WorldOptions, rng: np.random.Generator) -> None:
        super().__init__(options, rng)
        self.carried = 0.0

    def after(self, submission: int, given: Sequence[Given], here: Sequence[int], now: float) -> Wish | None:
        return WAIT if len(given) == 1 else None

    def plan(self, waiting: Mapping[int, Sequence[Given]], seen: Seen) -> dict[int, tuple[int, ...]]:
        works = list(waiting)
        means = _raw_means(seen)
        totals = np.array([waiting[one][0].total for one in works], float)
        graders = np.array([waiting[one][0].grader for one in works], int)
        distance = np.abs(self.mended(totals, means[graders] if len(works) else totals) - SCALE.cut)
        self.carried += min(self.share, 1.0) * len(works)
        count = int(self.carried + 1e-9)
        self.carried -= count
        nearest = np.lexsort((self.rng.random(len(works)), distance))[:count]
        return {works[place]: self.readers(int(graders[place]), means) for place in nearest.tolist()}

    def mended(self, totals: Floats, leniency: Floats) -> Floats:
        """The totals by which works are put in order."""
        return totals

    def readers(self, grader: int, means: Floats) -> tuple[int, ...]:
        """Who reads again after this grader."""
        return ()


class NearCutOpposite(NearCut):
    """The same, read again by the grader on the other side: the harshest after the most lenient and so on, by the raw
    means of first readings so far. Whoever is in the very middle is followed by the next in the order.
    """

    def readers(self, grader: int, means: Floats) -> tuple[int, ...]:
        order = np.argsort(means, kind="stable").tolist()
        place = order.index(grader)
        opposite = len(order) - 1 - place
        return (order[opposite if opposite != place else place - 1],)


class NearCutMended(NearCutOpposite):
    """The same, and half of a grader's leniency is taken off the totals before works are put in order."""

    def mended(self, totals: Floats, leniency: Floats) -> Floats:
        return totals - leniency / 2


def _raw_means(seen: Seen) -> Floats:
    """How much higher than all first readings those of each grader are, in points of the total; 0 without any."""
    first = seen.order == 1
    counts = first.sum(axis=0)
    totals = np.where(first, seen.points, 0.0) * SCALE.criteria
    usual = totals.sum() / max(counts.sum(), 1)
    return np.where(counts > 0, totals.sum(axis=0) / np.maximum(counts, 1) - usual, 0.0)


class Production(Policy):
    """What production does: each reading is put to `further_reading`; beliefs and price are learned every night."""

    def __init__(self, options: WorldOptions, rng: np.random.Generator) -> None:
        super().__init__(options, rng)
        self.monitored = rng.random(options.submissions) < min(MONITOR_SHARE, self.share)
        self.beliefs, self.price = Beliefs(), START_PRICE
        self.firsts: deque[tuple[float, int]] = deque()
        self.further: deque[tuple[float, bool]] = deque()
        self.readings = [0] * options.everyone

    def after(self, submission: int, given: Sequence[Given], here: Sequence[int], now: float) -> Wish | None:
        latest = given[-1].grader
        self.readings[latest] += 1
        if len(given) == 1:
            self.firsts.append((now, submission))
        is_new = latest >= self.options.graders and self.readings[latest] <= NEW_GRADER_READINGS
        case = Case(SCALE, tuple(given), is_monitor=bool(self.monitored[submission]), is_new_grader=is_new)
        wish = further_reading(case, here, beliefs=self.beliefs, price=self.price, budget=self._budget(now))
        if wish is not None and wish.reason not in OUTSIDE_BUDGET:
            self.further.append((now, wish.reason is not Reason.VALUE))
        return wish

    def night(self, seen: Seen, now: float) -> None:
        self.beliefs = learn(seen.table())
        budget = self._budget(now)
        recent = seen.table([submission for _, submission in self.firsts])
        self.price = price_of(past_values_of(recent, self.beliefs, SCALE), budget)

    def _budget(self, now: float) -> Budget:
        for past in (self.firsts, self.further):
            while past and past[0][0] <= now - BUDGET_DAYS * DAY:
                past.popleft()
        forced = sum(is_forced for _, is_forced in self.further)
        return Budget(self.share, len(self.firsts), len(self.further), forced)


POLICIES: dict[str, type[Policy]] = {
    "single": Policy,
    "random_second": RandomSecond,
    "near_cut": NearCut,
    "near_cut_opposite": NearCutOpposite,
    "near_cut_mended": NearCutMended,
    "double": Double,
    "production": Production,
}

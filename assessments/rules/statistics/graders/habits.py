"""How a grader marks, apart from whether others agree: spread of totals, scatter over criteria, halo, pace.

Each is set against the middle one of the other graders on the same practical, so that neither a practical with much
alike work nor one odd colleague makes somebody look odd.
"""

from dataclasses import dataclass

import numpy as np

from assessments.rules.listening import ENOUGH_PERCENT, FASTEST
from assessments.rules.statistics.graders.readings import Readings
from assessments.rules.statistics.scores import Codes
from assessments.rules.statistics.tables import CONSTANT, Floats

FEWEST_IN_CELL = 5
FAST = ENOUGH_PERCENT / 100 / FASTEST
"""Of a recording's length, what hearing enough of it takes at the highest speed that counts as heard."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A grader's own figure, that of the pool, their ratio on the scale of variances, and its error as a logarithm.

    All None where there is too little. `n`: readings that it rests on.
    """

    n: int
    own: float | None = None
    pool: float | None = None
    error: float | None = None

    @property
    def ratio(self) -> float | None:
        """Own over pool; None where either is missing or nothing."""
        return None if self.own is None or not self.pool else self.own / self.pool


def spreads(readings: Readings, totals: Floats) -> list[Compared]:
    """Variance of each grader's totals within a practical, in their squared unit."""
    deviations = np.full(len(totals), np.nan)
    for rows in _cells(readings):
        if len(rows) >= FEWEST_IN_CELL:
            own = totals[rows]
            deviations[rows] = (own - own.mean()) ** 2 * len(own) / (len(own) - 1)
    return _against_others(readings, deviations)


def scatters(readings: Readings) -> list[Compared]:
    """Variance of the marks over the criteria of one work, mean over a grader's readings."""
    counts = (~np.isnan(readings.marks)).sum(axis=1)
    several = counts > 1
    within = np.full(len(counts), np.nan)
    if several.any():
        within[several] = np.nanvar(readings.marks[several], axis=1, ddof=1)
    return _against_others(readings, within)


def _cells(readings: Readings) -> list[Codes]:
    """Rows of each grader in each practical."""
    width = int(readings.practical.max(initial=0)) + 1
    keys = readings.grader * width + readings.practical
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(order) else []


def _against_others(readings: Readings, values: Floats) -> list[Compared]:
    """The mean of each grader's values against what the middle one of the others has on the same practicals."""
    means: dict[int, dict[int, tuple[int, float]]] = {}
    for rows in _cells(readings):
        known = values[rows][~np.isnan(values[rows])]
        if len(known) >= FEWEST_IN_CELL:
            practical, grader = int(readings.practical[rows[0]]), int(readings.grader[rows[0]])
            means.setdefault(practical, {})[grader] = len(known), float(known.mean())
    return [_compared(grader, values[readings.grader == grader], means) for grader in range(len(readings.graders))]


def _compared(grader: int, values: Floats, means: dict[int, dict[int, tuple[int, float]]]) -> Compared:
    cells = [
        (*found[grader], float(np.median([mean for other, (_, mean) in found.items() if other != grader])))
        for found in means.values()
        if grader in found and len(found) > 1
    ]
    n = sum(count for count, _, _ in cells)
    if not n:
        return Compared(int((~np.isnan(values)).sum()))
    own = sum(count * mean for count, mean, _ in cells) / n
    pool = sum(count * other for count, _, other in cells) / n
    return Compared(n, own, pool, log_error(values[~np.isnan(values)]))


def log_error(values: Floats) -> float | None:
    """The standard error of the logarithm of a mean; None for fewer than two values or a mean of nothing."""
    if len(values) < 2 or values.mean() <= CONSTANT:
        return None
    return float(values.std(ddof=1) / values.mean() / len(values) ** 0.5)


def halo(marks: Floats) -> float | None:
    """The mean correlation between criteria over one grader's readings; None where no two of them vary.

    Source: Myford & Wolfe 2003.
    """
    columns = [column for column in marks.T if np.isnan(column).sum() < len(column) - 1]
    found = []
    for place, one in enumerate(columns):
        for other in columns[place + 1 :]:
            both = ~np.isnan(one) & ~np.isnan(other)
            if both.sum() > 2 and one[both].std() > CONSTANT and other[both].std() > CONSTANT:
                found.append(float(np.corrcoef(one[both], other[both])[0, 1]))
    return float(np.mean(found)) if found else None


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a grader had the work for each second of its recordings: the middle one of `n` readings.

    `fast`: readings in less time than listening takes. `earlier`, `lately`: the middle ones of the last ten readings and of
    those before; None below ten and twenty.
    """

    n: int
    middle: float | None
    fast: int
    earlier: float | None
    lately: float | None


LATELY, EARLIER = 10, 20


def pace(seconds: Floats, length: Floats) -> Pace:
    """The pace of one grader's readings, oldest first; those without a recording or a time are left out."""
    known = ~np.isnan(seconds) & (np.nan_to_num(length) > 0)
    ratios = seconds[known] / length[known]
    if len(ratios) == 0:
        return Pace(0, None, 0, None, None)
    enough = len(ratios) >= LATELY + EARLIER
    return Pace(
        n=len(ratios),
        middle=float(np.median(ratios)),
        fast=int((ratios < FAST).sum()),
        earlier=float(np.median(ratios[:-LATELY])) if enough else None,
        lately=float(np.median(ratios[-LATELY:])) if enough else None,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of the recordings a grader played: the mean percent over `n` readings, and `below` enough in how many."""

    n: int
    percent: float | None
    below: int


def heard(percents: Floats) -> Heard:
    """What one grader heard, readings without a recording left out. Source: rules.md 5.18."""
    known = percents[~np.isnan(percents)]
    mean = float(known.mean()) if len(known) else None
    return Heard(len(known), mean, int((known < ENOUGH_PERCENT).sum()))

"""The intraclass correlation of a complete table: every rater scored every unit."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from assessments.rules.statistics.scores import Scores
from assessments.rules.statistics.tables import Floats, noise_of


@dataclass(frozen=True, slots=True)
class Intraclass:
    """ICC(2,1), how far a single rater's score can be exchanged for another's, and its 95 % interval.

    `interval` is None where the raters agree completely.
    """

    value: float
    interval: tuple[float, float] | None


def complete_table(totals: Scores) -> Floats | None:
    """Units × raters; None where a rater left out a unit, or there are fewer than two of either."""
    units, raters = np.unique(totals.unit), np.unique(totals.rater)
    if len(units) < 2 or len(raters) < 2 or len(units) * len(raters) != len(totals.score):
        return None
    order = np.lexsort((totals.rater, totals.unit))
    return totals.score[order].reshape(len(units), len(raters))


def icc_2_1(table: Floats) -> Intraclass | None:
    """ICC(2,1) = (MSR - MSE) / (MSR + (k-1)·MSE + k·(MSC - MSE)/n) with the interval of McGraw & Wong.

    Two-way random effects, absolute agreement, a single rater; `table` has n ≥ 2 units (rows) and k ≥ 2 raters. None
    where nothing varies. Source: Shrout & Fleiss 1979; McGraw & Wong 1996, table 7.
    """
    n, k = table.shape
    centred = table - table.mean()
    least = noise_of(table)
    largest = float(np.abs(centred).max())
    if largest**2 <= least:
        return None
    centred, least = centred / largest, least / largest**2
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    rest = centred - rows[:, None] - columns
    between, raters, error = k * rows @ rows / (n - 1), n * columns @ columns / (k - 1), float((rest**2).sum())
    error /= (n - 1) * (k - 1)
    whole = between + (k - 1) * error + k * (raters - error) / n
    if whole <= least:
        return None
    value = (between - error) / whole
    exact = raters <= least and error <= least
    return Intraclass(float(value), None if exact else _interval(float(value), between, raters, error, n, k))


def _interval(value: float, between: float, raters: float, error: float, n: int, k: int) -> tuple[float, float] | None:
    if value >= 1:
        return None
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    with np.errstate(all="ignore"):  # a bound that is no number is undefined, and said to be
        degrees = (a * raters + b * error) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
        upper, lower = f_distribution.ppf(0.975, n - 1, degrees), f_distribution.ppf(0.975, degrees, n - 1)
        pooled = k * raters + (k * n - k - n) * error
        bounds = np.array([
            n * (between - upper * error) / (upper * pooled + n * between),
            n * (lower * between - error) / (pooled + n * lower * between),
        ])  # fmt: skip
    return (float(bounds[0]), float(bounds[1])) if np.isfinite(bounds).all() else None

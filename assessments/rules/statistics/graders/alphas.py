"""Krippendorff's ordinal alpha of marks from 1 to 5 with its interval: works are drawn again, with all their criteria."""

import numpy as np

from assessments.rules.statistics.bootstrap import interval, resampled_sums
from assessments.rules.statistics.graders.readings import Readings
from assessments.rules.statistics.tables import Floats, number

LEVELS = 5


def alpha_with_interval(readings: Readings) -> tuple[float | None, tuple[float, float] | None]:
    """Alpha over units of work × criterion, and the middle 95 % of 2,000 draws of works. None where undefined.

    The coincidences of each work are counted once; a draw only sums them. Source: Krippendorff 2004.
    """
    columns = coincidences(readings)
    if len(columns) == 0:
        return None, None
    value = number(float(alphas(columns.sum(axis=0, keepdims=True))[0]))
    return value, interval(alphas(resampled_sums(columns))) if value is not None and len(columns) > 1 else None


def coincidences(readings: Readings) -> Floats:
    """For each work that several marked, how often which two marks met: works × 25, each mark counting once in all."""
    first, second = readings.own_pairs
    if len(first) == 0:
        return np.zeros((0, LEVELS * LEVELS))
    sizes = np.bincount(readings.work)
    works, place = np.unique(readings.work[first], return_inverse=True)
    own, other = readings.marks[first], readings.marks[second]
    row, column = np.nonzero(~np.isnan(own) & ~np.isnan(other))
    cell = (own[row, column] - 1) * LEVELS + other[row, column] - 1
    keys = place[row] * LEVELS**2 + cell.astype(np.int64)
    weights = 1 / (sizes[readings.work[first]][row] - 1)
    counts = np.bincount(keys, weights=weights, minlength=len(works) * LEVELS**2)
    return np.asarray(counts, dtype=np.float64).reshape(len(works), LEVELS**2)


def alphas(sums: Floats) -> Floats:
    """Alpha of each row of summed coincidences; NaN where all marks are the same."""
    matrices = sums.reshape(-1, LEVELS, LEVELS)
    counts = matrices.sum(axis=1)
    n = counts.sum(axis=1)
    ranks = np.cumsum(counts, axis=1) - counts / 2
    differences = (ranks[:, :, None] - ranks[:, None, :]) ** 2
    observed = (matrices * differences).sum(axis=(1, 2))
    expected = (counts[:, :, None] * counts[:, None, :] * differences).sum(axis=(1, 2))
    ratio = np.divide((n - 1) * observed, expected, out=np.full(len(n), np.nan), where=expected > 0)
    return 1 - ratio

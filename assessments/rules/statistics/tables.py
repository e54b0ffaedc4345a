"""A table of marks, persons × items, and the few sums that every statistic needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CONSTANT = 1e-12
"""Shares of 1 whose variance is not above this are all the same; what is left is noise of the arithmetic."""


ROUNDING = 1e-24
"""Of any numbers: a variance that isn't above this share of their largest square is noise of the arithmetic."""


@dataclass(frozen=True, slots=True)
class MarkTable:
    """Marks, persons × items; NaN where a person didn't see the item. `maxima`: the full mark of each item, above 0."""

    names: tuple[str, ...]
    marks: Floats
    maxima: Floats

    @property
    def seen(self) -> Bools:
        """Which person saw which item."""
        return ~np.isnan(self.marks)

    @property
    def shares(self) -> Floats:
        """Marks as shares of the full mark; 0 where the item wasn't seen, so that sums leave it out."""
        return np.where(self.seen, np.nan_to_num(self.marks) / self.maxima, 0.0)

    def without_empty(self) -> "MarkTable":
        """Without persons who saw nothing and items that nobody saw: they say nothing about the others."""
        items, persons = np.asarray(self.seen.any(axis=0)), np.asarray(self.seen.any(axis=1))
        names = tuple(name for name, kept in zip(self.names, items, strict=True) if kept)
        return MarkTable(names, self.marks[np.ix_(persons, items)], self.maxima[items])


def number(value: float) -> float | None:
    """A plain float for JSON, or None where the figure is undefined."""
    return float(value) if np.isfinite(value) else None


def numbers(values: Floats) -> list[float | None]:
    """`number` for a whole array."""
    return [number(value) for value in values]


def noise_of(*values: Floats) -> float:
    """What a variance of these values may be by arithmetic alone."""
    return ROUNDING * max(1e-300, *(float(np.abs(one).max(initial=0.0)) ** 2 for one in values))


def mean_of(values: Floats) -> float:
    """The mean, NaN without a warning where there is nothing."""
    return float(values.mean()) if values.size else float("nan")


def variance_of(values: Floats) -> float:
    """The variance of a sample (n - 1); NaN for fewer than two values."""
    return float(values.var(ddof=1)) if values.size > 1 else float("nan")


def totals_of(table: MarkTable) -> Floats:
    """Each person's total as a share of the full marks of the items seen; with one form for all, the sum in shares."""
    full = table.seen @ table.maxima
    return np.nansum(table.marks, axis=1) / np.where(full > 0, full, np.nan)


def residuals(table: MarkTable, *, without_own: bool) -> Floats:
    """For each cell the person's total over the items seen, less what that form's difficulty makes expected.

    A cell is (sum of marks - sum of the items' mean marks) / sum of full marks over the items that the person saw;
    `without_own` leaves the cell's own item out. Where everybody saw the same items, this is the total less a constant,
    so that correlations are the plain ones. NaN where nothing is left to sum.
    """
    own = 1.0 if without_own else 0.0
    seen = table.seen.astype(np.float64)
    marks, full = np.nan_to_num(table.marks), seen * table.maxima
    above = marks - seen * (marks.sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    excess = above.sum(axis=1, keepdims=True) - own * above
    possible = full.sum(axis=1, keepdims=True) - own * full
    return np.divide(excess, possible, out=np.full(marks.shape, np.nan), where=possible > CONSTANT)


def correlations(x: Floats, y: Floats, used: Bools) -> Floats:
    """The product-moment correlation of each column of x with the same column of y over the `used` rows.

    Both in shares of 1. NaN for fewer than two rows, or where either doesn't vary.
    """
    used = used & ~np.isnan(y)
    n = used.sum(axis=0)
    dx, dy = _centred(x, used, n), _centred(y, used, n)
    vx, vy, cov = (dx * dx).sum(axis=0), (dy * dy).sum(axis=0), (dx * dy).sum(axis=0)
    varies = (n > 1) & (vx > CONSTANT * n) & (vy > CONSTANT * n)
    result = np.full(x.shape[1], np.nan)
    np.divide(cov, np.sqrt(vx * vy), out=result, where=varies)
    return np.clip(result, -1, 1)


def _centred(values: Floats, used: Bools, n: NDArray[np.int_]) -> Floats:
    clean = np.where(used, values, 0.0)
    return np.where(used, clean - clean.sum(axis=0) / np.maximum(n, 1), 0.0)

"""Intervals of all figures: each is computed again for 2,000 draws of persons."""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.bases import Base
from assessments.rules.statistics.bootstrap import interval, resampled_sums
from assessments.rules.statistics.consistency import decisions
from assessments.rules.statistics.forms import form_columns, phis_of_sums
from assessments.rules.statistics.tables import CONSTANT, Bools, Floats, MarkTable, residuals

Interval = tuple[float, float] | None
NODES = 24
"""Enough for the third decimal, and eight times faster than the figure itself."""
ITEMS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class DrawnFigures:
    """95 % intervals of the whole exam; None where the figure is undefined in too many draws. `sem` in marks."""

    reliability: Interval = None
    sem: Interval = None
    consistency: Interval = None
    accuracy: Interval = None
    kappa: Interval = None


def drawn_figures(base: Base, *, cut: float | None) -> DrawnFigures:
    """The intervals of reliability (alpha with one form, phi with drawn ones), SEM and decision."""
    persons = len(base.totals)
    if persons < 2:
        return DrawnFigures()
    own = _alpha_columns(base.table.marks) if base.one_form else form_columns(base.table)
    powers = np.stack([base.totals**power for power in range(1, 5)], axis=1)
    sums = resampled_sums(np.column_stack([own, powers]))
    moments = sums[:, -4:] / persons
    reliability = _alphas(sums[:, :-4], persons) if base.one_form else phis_of_sums(sums[:, :-4])
    variances = np.maximum(moments[:, 1] - moments[:, 0] ** 2, 0) * persons / (persons - 1)
    errors = np.sqrt(variances * np.where(reliability <= 1, 1 - reliability, np.nan)) * base.full
    if cut is None:
        return DrawnFigures(interval(reliability), interval(errors))
    decided = _decided(moments, variances, reliability, cut)
    return DrawnFigures(interval(reliability), interval(errors), *(interval(column) for column in decided.T))


def _alpha_columns(marks: Floats) -> Floats:
    """Centred marks, the sum of their squares, and the square of their sum: for `_alphas`."""
    centred = marks - marks.mean(axis=0)
    return np.column_stack([centred, (centred**2).sum(axis=1), centred.sum(axis=1) ** 2])


def _alphas(sums: Floats, persons: int) -> Floats:
    """Alpha of each draw; NaN where totals don't vary."""
    items = sums.shape[1] - 2
    own = sums[:, -2] - (sums[:, :items] ** 2).sum(axis=1) / persons
    total = sums[:, -1] - sums[:, :items].sum(axis=1) ** 2 / persons
    ratio = np.divide(own, total, out=np.full(len(sums), np.nan), where=total > CONSTANT * persons)
    return items / (items - 1) * (1 - ratio) if items > 1 else np.full(len(sums), np.nan)


def _decided(moments: Floats, variances: Floats, reliability: Floats, cut: float) -> Floats:
    """Consistency, accuracy and kappa of each draw."""
    found = np.full((len(moments), 3), np.nan)
    for place, (row, variance, rel) in enumerate(zip(moments, variances, reliability, strict=True)):
        one = decisions(row, float(variance), reliability=float(rel), cut=cut, nodes=NODES)
        if one is not None:
            found[place] = one.consistency, one.accuracy, np.nan if one.kappa is None else one.kappa
    return found


def item_intervals(table: MarkTable) -> list[tuple[Interval, Interval]]:
    """The intervals of facility and corrected item-total correlation of each item."""
    rests = residuals(table, without_own=True)
    seen, shares = table.seen, table.shares
    found: list[tuple[Interval, Interval]] = []
    for first in range(0, len(table.names), ITEMS_AT_ONCE):
        part = slice(first, first + ITEMS_AT_ONCE)
        found += _intervals_of_part(shares[:, part], rests[:, part], seen[:, part])
    return found


def _intervals_of_part(shares: Floats, rests: Floats, seen: Bools) -> list[tuple[Interval, Interval]]:
    """One resampling for some items; x and y are centred first, so that squares lose no digits."""
    items = shares.shape[1]
    n = seen.sum(axis=0)
    means = shares.sum(axis=0) / n
    x = np.where(seen, shares - means, 0.0)
    y = np.where(seen & ~np.isnan(rests), rests, 0.0)
    y = np.where(seen, y - y.sum(axis=0) / n, 0.0)
    columns = np.hstack([seen.astype(np.float64), x, y, x * x, y * y, x * y])
    count, sx, sy, xx, yy, xy = (
        resampled_sums(columns).reshape(-1, 6, items).transpose(1, 0, 2)  # each draws × items
    )
    some = np.where(count > 0, count, np.nan)
    vx, vy = xx - sx**2 / some, yy - sy**2 / some
    varies = (vx > CONSTANT * some) & (vy > CONSTANT * some)
    r = np.divide(
        xy - sx * sy / some, np.sqrt(np.where(varies, vx * vy, 1)), out=np.full(vx.shape, np.nan), where=varies
    )
    facility = means + sx / some
    return [(interval(facility[:, item]), interval(np.clip(r[:, item], -1, 1))) for item in range(items)]

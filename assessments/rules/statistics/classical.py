"""Classical figures of items and of the whole test: facility, item-total correlations, alpha, errors of measurement."""

import numpy as np
from scipy.stats import f as f_distribution

from assessments.rules.statistics.tables import (
    CONSTANT,
    Floats,
    MarkTable,
    correlations,
    number,
    numbers,
    residuals,
    variance_of,
)


def facilities(table: MarkTable) -> Floats:
    """Mean mark over full mark of each item, over those who saw it; NaN where nobody did."""
    n = table.seen.sum(axis=0)
    return np.divide(table.shares.sum(axis=0), n, out=np.full(len(n), np.nan), where=n > 0)


def item_totals(table: MarkTable, *, corrected: bool) -> Floats:
    """Each item's correlation with the total, `corrected`: with the total of the others. NaN where either doesn't vary.

    With drawn forms the total is the residual of `tables.residuals`. Source: Henrysson 1963.
    """
    return correlations(table.shares, residuals(table, without_own=corrected), table.seen)


def alpha(marks: Floats) -> float | None:
    """Cronbach's alpha of a complete table, which is KR-20 for marks of 0 and 1: k/(k-1) · (1 - Σ var_i / var_T).

    None for fewer than two items or persons, and where totals don't vary. Source: Cronbach 1951; Kuder & Richardson 1937.
    """
    persons, items = marks.shape
    if persons < 2 or items < 2:
        return None
    total = variance_of(marks.sum(axis=1))
    if total <= CONSTANT * max(1.0, float(np.abs(marks).max())) ** 2:
        return None
    return float(items / (items - 1) * (1 - marks.var(axis=0, ddof=1).sum() / total))


def alphas_if_dropped(marks: Floats) -> list[float | None]:
    """Alpha of a complete table without each of its items in turn; None for fewer than three items."""
    persons, items = marks.shape
    if persons < 2 or items < 3:
        return [None] * items
    total = marks.sum(axis=1)
    own = marks.var(axis=0, ddof=1)
    shared = (marks - marks.mean(axis=0)).T @ (total - total.mean()) / (persons - 1)
    left = variance_of(total) - 2 * shared + own
    least = CONSTANT * max(1.0, float(np.abs(marks).max())) ** 2
    ratio = np.divide(own.sum() - own, left, out=np.full(items, np.nan), where=left > least)
    return numbers((items - 1) / (items - 2) * (1 - ratio))


def feldt_interval(value: float, *, persons: int, items: int, level: float = 0.95) -> tuple[float, float] | None:
    """The interval of alpha by its F distribution; exact for normal scores. None for fewer than two persons or items.

    Source: Feldt, Woodruff & Salih 1987.
    """
    if persons < 2 or items < 2:
        return None
    degrees = (persons - 1, (persons - 1) * (items - 1))
    tail = (1 - level) / 2
    upper, lower = f_distribution.ppf([1 - tail, tail], *degrees)
    return float(1 - (1 - value) * upper), float(1 - (1 - value) * lower)


def standard_error(sd: float, reliability: float | None) -> float | None:
    """The standard error of measurement, sd · √(1 - reliability), in the unit of `sd`."""
    if reliability is None or reliability > 1:
        return None
    return number(sd * (1 - reliability) ** 0.5)


def error_at_cut(cut: float, items: float) -> float | None:
    """The error of measurement at a cut, both as shares of 1: √(p(1 - p)/(k - 1)). None for fewer than two items.

    Source: Lord 1955.
    """
    return float((cut * (1 - cut) / (items - 1)) ** 0.5) if items >= 2 else None

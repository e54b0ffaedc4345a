"""The cut that a panel of judges asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as t_distribution


@dataclass(frozen=True, slots=True)
class PanelCut:
    """The mean of the judges' sums in points of a form of `full` points, with its standard error (None for one judge)
    and 95 % interval; the same in percent."""

    judges: int
    points: float
    full: float
    error: float | None
    interval: tuple[float, float] | None

    @property
    def percent(self) -> float:
        """The cut in points of 100."""
        return self.points / self.full * 100

    @property
    def error_percent(self) -> float | None:
        """The standard error in points of 100."""
        return None if self.error is None else self.error / self.full * 100


def panel_cut(shares: Sequence[Sequence[float]], weights: Sequence[float]) -> PanelCut | None:
    """The cut of a panel: each judge's sum over the items of weight × share, their mean, and sd / √judges.

    `shares`: judges × items, each the share of 1 of people at the border who get the item right; complete rows only.
    None without judges or items. The interval takes Student's t, in percent, within 0 and 100. Source: Angoff 1971.
    """
    table, weight = np.array(shares, dtype=float), np.array(weights, dtype=float)
    if not table.size or not weight.size:
        return None
    sums, full = table @ weight, float(weight.sum())
    judges, mean = len(sums), float(sums.mean())
    if judges < 2:
        return PanelCut(judges, mean, full, None, None)
    error = float(sums.std(ddof=1)) / judges**0.5
    half = float(t_distribution.ppf(0.975, judges - 1)) * error
    low, high = (min(max((mean + step) / full * 100, 0.0), 100.0) for step in (-half, half))
    return PanelCut(judges, mean, full, error, (low, high))

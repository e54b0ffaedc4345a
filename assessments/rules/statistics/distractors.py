"""What the options of a question do: who chose them, and whether it was those who know more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from assessments.rules.statistics.tables import Bools, Floats, correlations, number

FLAGS_FROM = 100
"""A flag on fewer answers than this would mostly be chance."""
RARELY = 0.05
FLAGS = {
    "attractive": "Those who know more choose this wrong option more often. Look whether it is right after all.",
    "unused": "Fewer than 5 % choose this wrong option. It doesn't help to tell people apart.",
    "key": "Those who know more choose the right option less often. Look whether the key is right.",
}


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """One option: share of 1 of those who saw the question that chose it, the same in the lower, middle and upper third
    by total (None for an empty third), its correlation with the total of the other questions, and what to look at."""

    option: str
    is_key: bool
    n: int
    share: float
    thirds: tuple[float | None, float | None, float | None]
    correlation: float | None
    flags: tuple[str, ...]


def option_figures(
    options: Sequence[str], chosen: Bools, *, keys: Sequence[bool], totals: Floats, rests: Floats
) -> list[OptionFigures]:
    """The figures of each option of one question, by those who saw it.

    `chosen`: persons × options. `totals` make the thirds, `rests` are without the question itself; both shares of 1.
    Flags need 100 persons. Source: Haladyna & Downing 1993.
    """
    persons = len(chosen)
    if not persons:
        return [OptionFigures(one, key, 0, 0.0, (None,) * 3, None, ()) for one, key in zip(options, keys, strict=True)]
    groups = thirds_of(totals)
    repeated = np.broadcast_to(rests[:, None], chosen.shape)
    found = correlations(chosen.astype(np.float64), repeated, np.ones(chosen.shape, dtype=bool))
    rows = []
    for place, (option, key) in enumerate(zip(options, keys, strict=True)):
        took = chosen[:, place]
        share, r = float(took.mean()), number(found[place])
        flags = flags_of(is_key=key, share=share, correlation=r, n=persons)
        rows.append(OptionFigures(option, key, persons, share, _by_third(took, groups), r, flags))
    return rows


def thirds_of(totals: Floats) -> Floats:
    """0, 1 or 2 for each person: lower, middle, upper third by rank. Equal totals are in the same third."""
    return np.floor(3 * (rankdata(totals) - 0.5) / len(totals))


def _by_third(took: Bools, groups: Floats) -> tuple[float | None, float | None, float | None]:
    low, middle, high = (float(took[groups == third].mean()) if (groups == third).any() else None for third in range(3))
    return low, middle, high


def flags_of(*, is_key: bool, share: float, correlation: float | None, n: int) -> tuple[str, ...]:
    """Codes of `FLAGS` for one option; none below 100 persons."""
    if n < FLAGS_FROM:
        return ()
    if is_key:
        return ("key",) if correlation is not None and correlation < 0 else ()
    attractive = correlation is not None and correlation > 0
    return (*(("attractive",) if attractive else ()), *(("unused",) if share < RARELY else ()))

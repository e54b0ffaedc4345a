"""Past marks as a table of submissions by graders, which everything here is learned from."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GraderId = int
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PastReading:
    """One person's marks of one submission, one number for each criterion."""

    submission: Hashable
    grader: GraderId
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MarkTable:
    """Readings by submission (rows) and grader (columns).

    `order`: 0 where a grader did not read, else the how-manieth reading it was. `points`: mean marks a criterion.
    `spreads`: variance (n - 1) of the marks over the criteria. `pair_spread`: the same variance of the difference of
    two readings of one work, mean over `pairs` of them: in it the work itself cancels.
    """

    graders: tuple[GraderId, ...]
    order: NDArray[np.int8]
    points: Floats
    spreads: Floats
    pair_spread: float
    pairs: int

    @property
    def seen(self) -> Bools:
        """Where there is a reading."""
        return self.order > 0

    @property
    def first(self) -> NDArray[np.int64]:
        """The column of each submission's first grader."""
        return np.argmax(self.order == 1, axis=1)


def table_of(readings: Iterable[PastReading]) -> MarkTable:
    """The table of readings that come in the order in which they were sent. All of one submission share a rubric."""
    ordered = list(readings)
    graders = tuple(dict.fromkeys(one.grader for one in ordered))
    column = {grader: number for number, grader in enumerate(graders)}
    rows = {submission: number for number, submission in enumerate(dict.fromkeys(one.submission for one in ordered))}
    shape = (len(rows), len(graders))
    order, points, spreads = np.zeros(shape, np.int8), np.zeros(shape), np.zeros(shape)
    for one in ordered:
        row, place = rows[one.submission], column[one.grader]
        order[row, place] = order[row].max() + 1
        points[row, place] = np.mean(one.marks)
        spreads[row, place] = spread_of(one.marks)
    differences = _pair_spreads(ordered, rows)
    mean = float(np.mean(differences)) if differences else 0.0
    return MarkTable(graders, order, points, spreads, mean, len(differences))


def spread_of(marks: Any) -> float:
    """The variance (n - 1) of marks over criteria; 0 for one criterion."""
    return float(np.var(marks, ddof=1)) if len(marks) > 1 else 0.0


def _pair_spreads(ordered: list[PastReading], rows: dict[Hashable, int]) -> list[float]:
    """For each submission with two readings, how much their difference varies from criterion to criterion."""
    by_row = sorted(ordered, key=lambda one: rows[one.submission])
    groups = (list(group) for _, group in groupby(by_row, key=lambda one: rows[one.submission]))
    return [
        spread_of(np.subtract(group[0].marks, group[1].marks))
        for group in groups
        if len(group) > 1 and len(group[0].marks) == len(group[1].marks)
    ]

"""What graders gave, as a table: one row for each reading of one work."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assessments.rules.statistics.scores import Codes, Scores
from assessments.rules.statistics.tables import Bools, Floats

LEAST, FULL = 5, 25
"""Totals of all rubrics are compared in points of 25: five times the mean mark of 1 to 5."""


@dataclass(frozen=True)
class Readings:
    """One row for each reading, oldest first: whose (a place in `graders`), which work, of which practical.

    `marks`: readings × criteria, NaN where the rubric has fewer. `passes`: whether the total alone would pass. `seconds`:
    how long the grader had the work; `length`: seconds of its recordings; `heard`: percent of them that the grader played;
    all NaN where unknown. `drawn`: whether the work was drawn at random for a further reading.
    """

    graders: tuple[int, ...]
    grader: Codes
    work: Codes
    practical: Codes
    marks: Floats
    passes: Bools
    seconds: Floats
    length: Floats
    heard: Floats
    drawn: Bools

    @cached_property
    def totals(self) -> Floats:
        """Totals in points of 25."""
        return FULL / 5 * np.nanmean(self.marks, axis=1) if len(self.marks) else np.zeros(0)

    @cached_property
    def log_odds(self) -> Floats:
        """Totals as log-odds of where they lie between the ends, with half a point of room beyond either."""
        return np.log((self.totals - LEAST + 0.5) / (FULL - self.totals + 0.5))

    @cached_property
    def pairs(self) -> tuple[Codes, Codes]:
        """Rows of the same work by different graders, each pair once."""
        order = np.argsort(self.work, kind="stable")
        sorted_works = self.work[order]
        first, second = [], []
        for lag in range(1, len(order)):
            same = sorted_works[lag:] == sorted_works[:-lag]
            if not same.any():
                break
            first.append(order[:-lag][same])
            second.append(order[lag:][same])
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *first]), np.concatenate([none, *second])

    @cached_property
    def own_pairs(self) -> tuple[Codes, Codes]:
        """Every pair twice, seen from either side: one's own row, the other's."""
        first, second = self.pairs
        return np.concatenate([first, second]), np.concatenate([second, first])

    def total_scores(self) -> Scores:
        """Totals as scores of one criterion."""
        works = tuple(str(place) for place in range(int(self.work.max(initial=-1)) + 1))
        names, none = tuple(str(one) for one in self.graders), np.zeros(len(self.work), dtype=np.int64)
        return Scores(works, names, ("",), self.work, self.grader, none, self.totals)

    def mark_scores(self) -> Scores:
        """Marks as scores on the criteria."""
        row, criterion = np.nonzero(~np.isnan(self.marks))
        whole = self.total_scores()
        names = tuple(str(place) for place in range(self.marks.shape[1]))
        return Scores(
            whole.units, whole.raters, names, self.work[row], self.grader[row], criterion, self.marks[row, criterion]
        )

    def only(self, rows: Bools) -> "Readings":
        """Some of the readings."""
        return Readings(
            self.graders, self.grader[rows], self.work[rows], self.practical[rows], self.marks[rows], self.passes[rows],
            self.seconds[rows], self.length[rows], self.heard[rows], self.drawn[rows],
        )  # fmt: skip

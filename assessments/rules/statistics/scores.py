"""Scores that raters gave to units, in long format: one row for each unit, rater and criterion, gaps allowed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessments.rules.statistics.tables import Floats

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scores:
    """One row for each score: whose unit, which rater, which criterion (places in the names), and the score.

    A rater scores a unit once on each criterion. Names that nobody scored are allowed.
    """

    units: tuple[str, ...]
    raters: tuple[str, ...]
    criteria: tuple[str, ...]
    unit: Codes
    rater: Codes
    criterion: Codes
    score: Floats

    @property
    def items(self) -> Codes:
        """What agreement is about: unit × criterion, a number for each row."""
        return self.unit * max(len(self.criteria), 1) + self.criterion

    def totals(self) -> "Scores":
        """The sum over criteria of each rater on each unit; left out where a criterion that others scored is missing.

        The totals are sorted by unit, then rater.
        """
        raters = max(len(self.raters), 1)
        pairs, place = np.unique(self.unit * raters + self.rater, return_inverse=True)
        given = np.bincount(place, minlength=len(pairs))
        sums = np.bincount(place, weights=self.score, minlength=len(pairs))
        criteria = max(len(self.criteria), 1)
        asked = np.bincount(np.unique(self.items) // criteria, minlength=len(self.units))
        complete = given == asked[pairs // raters]
        kept = pairs[complete]
        none = np.zeros(len(kept), dtype=np.int64)
        return Scores(self.units, self.raters, ("",), kept // raters, kept % raters, none, sums[complete])

"""Which persons carry reliability, errors of measurement and decisions, and their totals."""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.tables import Floats, MarkTable, mean_of, totals_of, variance_of


@dataclass(frozen=True, slots=True)
class Base:
    """What reliability, SEM and decision rest on: a table, and totals as shares of 1 of `full` marks (a mean for drawn
    forms) over `items_each` items."""

    table: MarkTable
    one_form: bool
    totals: Floats
    full: float
    items_each: float

    @property
    def sd(self) -> float:
        """The standard deviation of the totals, in marks."""
        return variance_of(self.totals) ** 0.5 * self.full


def base_of(table: MarkTable) -> Base:
    """One form where at least half of the persons saw every item: those persons. Else all, as drawn forms."""
    seen = table.seen
    complete = np.asarray(seen.all(axis=1))
    one_form = bool(complete.sum() * 2 >= len(complete)) and len(complete) > 0
    if one_form:
        table = MarkTable(table.names, table.marks[complete], table.maxima)
        seen = table.seen
    return Base(table, one_form, totals_of(table), mean_of(seen @ table.maxima), mean_of(seen.sum(axis=1)))

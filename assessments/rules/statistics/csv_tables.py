"""A table of marks as text: persons × items, with commas, semicolons or tabs between."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from assessments.rules.statistics.csv_rows import (
    MOST_PROBLEMS,
    MalformedTable,
    Problem,
    Row,
    decoded,
    delimiter_of,
    number_in,
    rows_of,
)
from assessments.rules.statistics.tables import MarkTable

NOT_SEEN = frozenset({"", "NA"})
MOST_ITEMS = 5000


def read_table(content: bytes) -> MarkTable:
    """The table of a file in UTF-8: names of items in the first row, persons in the first column, marks between.

    A row `max` right after the names holds the full marks; without it marks are shares of 1. An empty cell or NA is an
    item that the person didn't see. A decimal comma is read where the comma doesn't part cells.
    Raises MalformedTable.
    """
    text = decoded(content)
    delimiter = delimiter_of(text)
    rows = rows_of(text, delimiter)
    if not rows:
        raise MalformedTable([Problem(1, "The file is empty. The first row holds the names of the items.")])
    names = _names(rows[0])
    reader = _Cells(names, comma=delimiter != ",")
    has_max = len(rows) > 1 and rows[1][1][0].strip().lower() == "max"
    maxima = reader.maxima(rows[1]) if has_max else np.ones(len(names))
    persons = rows[2:] if has_max else rows[1:]
    if not persons:
        reader.problems.append(Problem(rows[-1][0], "There is no row of a person."))
    marks = reader.marks(persons, maxima, has_max=has_max)
    if reader.problems:
        raise MalformedTable(reader.problems[:MOST_PROBLEMS])
    return MarkTable(tuple(names), marks, maxima)


def _names(header: Row) -> list[str]:
    """The names of the items; empty cells at the end are what a spreadsheet left there."""
    line, cells = header
    names = [cell.strip() for cell in cells[1:]]
    while names and not names[-1]:
        names.pop()
    problems = [Problem(line, f"Column {place} has no name.") for place, name in enumerate(names, 2) if not name]
    twice = sorted(name for name, times in Counter(names).items() if name and times > 1)
    problems += [Problem(line, f"The item “{name}” stands there more than once.") for name in twice]
    if len(names) > MOST_ITEMS:
        problems = [Problem(line, f"There are {len(names)} items. A table holds at most {MOST_ITEMS}.")]
    if not names:
        problems.append(Problem(line, "There is no item. The first row holds a word for the persons, then the items."))
    if problems:
        raise MalformedTable(problems[:MOST_PROBLEMS])
    return names


class _Cells:
    """Reads the cells below the names and collects what is wrong with them."""

    def __init__(self, names: list[str], *, comma: bool) -> None:
        self.names, self.comma = names, comma
        self.problems: list[Problem] = []

    def maxima(self, row: Row) -> np.ndarray:
        """The full marks, each above 0."""
        line, _ = row
        full = self._numbers(row)
        for name, value in zip(self.names, full, strict=True):
            if not value > 0:
                self.problems.append(Problem(line, f"Item “{name}”: the full mark must be a number above 0."))
        return np.where(full > 0, full, 1.0)

    def marks(self, rows: list[Row], maxima: np.ndarray, *, has_max: bool) -> np.ndarray:
        """The marks of all persons; each person once."""
        found = np.full((len(rows), len(self.names)), np.nan)
        lines: dict[str, int] = {}
        for place, row in enumerate(rows):
            found[place] = self._numbers(row)
            person = row[1][0].strip()
            if person and person in lines:
                told = f"“{person}” stands in line {lines[person]} already. Only the first attempt of a person counts."
                self.problems.append(Problem(row[0], told))
            lines.setdefault(person, row[0])
        self.problems += self._out_of_range(rows, found, maxima, has_max)
        self.problems.sort(key=lambda one: one.line)
        return found

    def _out_of_range(self, rows: list[Row], found: np.ndarray, maxima: np.ndarray, has_max: bool) -> Iterator[Problem]:
        hint = "" if has_max else " Without a row “max” right after the names, marks are shares of 1."
        for place, column in np.argwhere((found < 0) | (found > maxima)):
            span = f"must be from 0 to {maxima[column]:g}, not {found[place, column]:g}."
            yield Problem(rows[place][0], f"Item “{self.names[column]}”: the mark {span}{hint}")

    def _numbers(self, row: Row) -> np.ndarray:
        """The marks of one row; NaN for what wasn't seen, and for what can't be read, which is written down."""
        line, cells = row
        values = [cell.strip() for cell in cells[1:]]
        count = len(self.names)
        if len(values) < count or any(values[count:]):
            self.problems.append(Problem(line, f"There are {len(values)} marks for {count} items."))
            return np.full(count, np.nan)
        return np.array([self._number(line, name, value) for name, value in zip(self.names, values, strict=False)])

    def _number(self, line: int, name: str, text: str) -> float:
        if text in NOT_SEEN:
            return float("nan")
        value = number_in(text, comma=self.comma)
        if value is not None:
            return value
        self.problems.append(Problem(line, f"Item “{name}”: “{text[:40]}” isn't a number."))
        return float("nan")

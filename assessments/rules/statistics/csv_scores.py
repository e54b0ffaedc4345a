"""Scores of raters as text: rows `unit,rater,score[,criterion]`, with commas, semicolons or tabs between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
from assessments.rules.statistics.csv_tables import NOT_SEEN
from assessments.rules.statistics.scores import Codes, Scores

COLUMNS = ("unit", "rater", "score", "criterion")
NEEDED = COLUMNS[:3]


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row as read: names as they stand there, None for a gap."""

    line: int
    unit: str
    rater: str
    criterion: str
    score: float | None


def read_scores(content: bytes) -> Scores:
    """The scores of a file in UTF-8. The first row names the columns, in any order; others are left unread.

    Without such a row the columns are unit, rater, score and, where there is a fourth, criterion. An empty score or NA is
    a gap. Names stay text, so 1 and 01 are two units. Raises MalformedTable for rows that miss a name, scores that are no
    numbers, and a unit that a rater scored twice on the same criterion.
    """
    text = decoded(content)
    delimiter = delimiter_of(text)
    rows = rows_of(text, delimiter)
    if not rows:
        raise MalformedTable([Problem(1, "The file is empty. The first row reads unit,rater,score or also criterion.")])
    problems: list[Problem] = []
    places, body = _columns(rows)
    cells = list(_read(body, places, problems, comma=delimiter != ","))
    problems += _repeated(cells)
    problems += _unnamed_criteria(cells)
    if problems:
        raise MalformedTable(sorted(problems, key=lambda one: one.line)[:MOST_PROBLEMS])
    return _scores([one for one in cells if one.score is not None])


def _columns(rows: list[Row]) -> tuple[dict[str, int], list[Row]]:
    """Which column stands where, and the rows below the names."""
    line, first = rows[0]
    names = [cell.strip().lower() for cell in first]
    if not set(COLUMNS) & set(names) and len(names) >= len(NEEDED) and _is_score(names[2]):
        return {name: place for place, name in enumerate(COLUMNS[: len(names)])}, rows
    missing = [name for name in NEEDED if name not in names]
    if missing:
        told = (
            f"There is no column {' and no column '.join(missing)}. The first row reads unit,rater,score[,criterion]."
        )
        raise MalformedTable([Problem(line, told)])
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise MalformedTable([Problem(line, f"The column {twice[0]} stands there more than once.")])
    return {name: names.index(name) for name in COLUMNS if name in names}, rows[1:]


def _is_score(text: str) -> bool:
    return text.upper() in NOT_SEEN or number_in(text, comma=True) is not None


def _read(rows: list[Row], places: dict[str, int], problems: list[Problem], *, comma: bool) -> Iterator[_Cells]:
    """The rows that can be read; what is wrong with the others is written down."""
    for line, row in rows:
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        nameless = [name for name in ("unit", "rater") if not cells[name]]
        score = cells["score"]
        value = None if score in NOT_SEEN else number_in(score, comma=comma)
        if max(places.values()) >= len(row) and len(row) < len(NEEDED):
            problems.append(Problem(line, f"There are {len(row)} cells. A row holds a unit, a rater and a score."))
        elif nameless:
            problems.append(Problem(line, f"The {nameless[0]} has no name."))
        elif value is None and score not in NOT_SEEN:
            problems.append(Problem(line, f"The score “{score[:40]}” isn't a number."))
        else:
            yield _Cells(line, cells["unit"], cells["rater"], cells.get("criterion", ""), value)


def _repeated(cells: Iterable[_Cells]) -> Iterator[Problem]:
    """Rows for the same unit, rater and criterion: nobody can tell which score counts."""
    lines: dict[tuple[str, str, str], int] = {}
    for one in cells:
        first = lines.setdefault((one.unit, one.rater, one.criterion), one.line)
        if first != one.line:
            about = f" on “{one.criterion}”" if one.criterion else ""
            yield Problem(one.line, f"“{one.rater}” scored “{one.unit}”{about} in line {first} already.")


def _unnamed_criteria(cells: list[_Cells]) -> Iterator[Problem]:
    """Rows without a criterion in a table that has some: they would be part of no total."""
    if any(one.criterion for one in cells):
        yield from (Problem(one.line, "The criterion has no name.") for one in cells if not one.criterion)


def _scores(cells: list[_Cells]) -> Scores:
    units, unit = _coded(one.unit for one in cells)
    raters, rater = _coded(one.rater for one in cells)
    criteria, criterion = _coded(one.criterion for one in cells)
    score = np.array([one.score for one in cells], dtype=np.float64)
    return Scores(units, raters, criteria, unit, rater, criterion, score)


def _coded(names: Iterable[str]) -> tuple[tuple[str, ...], Codes]:
    """Distinct names in the order in which they come, and the place of each."""
    places: dict[str, int] = {}
    codes = [places.setdefault(name, len(places)) for name in names]
    return tuple(places), np.array(codes, dtype=np.int64)

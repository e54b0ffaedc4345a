"""Places of what a chart draws: x in percent of the width, y in pixels, so that text never scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assessments.models import ItemStatistics
from assessments.rules.statistics.readings import is_odd
from assessments.rules.statistics_pages import OptionRow

TOP, BOTTOM = 20.0, 164.0
LEFT = 8.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    start: int
    end: int
    count: int
    passing: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """People by total; `cut`: where the pass mark stands, None without one."""

    bars: Sequence[Bar]
    cut: float | None
    ticks: Sequence[tuple[float, int]]


def histogram(counts: Sequence[int], cut_percent: float | None) -> Histogram:
    """Bars for classes of equal width from 0 to 100 %."""
    size, most = 100 / len(counts), max([*counts, 1])
    bars = []
    for place, count in enumerate(counts):
        height = (BOTTOM - TOP) * count / most
        start = round(place * size)
        passing = cut_percent is not None and start >= cut_percent
        bars.append(
            Bar(place * size + 0.4, BOTTOM - height, size - 0.8, height, start, round(start + size), count, passing)
        )
    return Histogram(bars, cut_percent, [(percent, percent) for percent in (0, 25, 50, 75, 100)])


@dataclass(frozen=True, slots=True)
class Dot:
    """A question: how many got it right, across, and how well it tells people apart, upwards."""

    x: float
    y: float
    odd: bool
    item: ItemStatistics


def scatter(items: Sequence[ItemStatistics]) -> list[Dot]:
    """Facility from 0 to 100 %, correlation from -0.4 to 0.8; what lies outside stands on the edge."""
    return [
        Dot(_across(one.facility or 0), height(one.item_total_corrected or 0), is_odd(one.flags), one) for one in items
    ]


def _across(share: float) -> float:
    return LEFT + share * (98 - LEFT)


def height(correlation: float) -> float:
    """Where a correlation stands in the scatter."""
    inside = min(max(correlation, -0.4), 0.8)
    return round(BOTTOM - (inside + 0.4) / 1.2 * (BOTTOM - TOP), 1)


GRID = [(height(value), f"{value:.1f}") for value in (-0.4, 0.0, 0.4, 0.8)]
ACROSS = [(_across(value / 100), value) for value in (0, 25, 50, 75, 100)]


@dataclass(frozen=True, slots=True)
class Line:
    """The shares of one option in the three thirds."""

    letter: str
    is_key: bool
    points: Sequence[tuple[float, float]]
    steps: Sequence[tuple[tuple[float, float], tuple[float, float]]]


def by_thirds(options: Sequence[OptionRow]) -> list[Line]:
    """A line for each option over the thirds that have people."""
    lines = []
    for one in options:
        thirds = zip((20.0, 50.0, 80.0), one.figures["thirds"], strict=True)
        points = [(x, round(BOTTOM - share * (BOTTOM - TOP), 1)) for x, share in thirds if share is not None]
        steps = list(pairwise(points))
        lines.append(Line(one.letter, one.figures["is_key"], points, steps))
    return lines


SHARES = [(round(BOTTOM - value / 100 * (BOTTOM - TOP), 1), value) for value in (0, 25, 50, 75, 100)]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart by number: x and width in percent, y and height in pixels."""

    x: float
    y: float
    width: float
    height: float
    number: int
    value: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return round(self.x + self.width / 2, 2)


def columns(values: Sequence[tuple[int, float]], most: float) -> list[Column]:
    """A column for each (number, value), of the height that `most` fills."""
    size = 100 / max(len(values), 1)
    found = []
    for place, (number, value) in enumerate(values):
        tall = round((BOTTOM - TOP) * min(max(value, 0.0), most) / most, 1)
        found.append(
            Column(round(place * size + size * 0.15, 2), BOTTOM - tall, round(size * 0.7, 2), tall, number, value)
        )
    return found

"""Places of what the charts of the first page draw: x in percent of the width, y in pixels, so that text never scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TOP, BOTTOM = 24.0, 160.0
LEFT = 6.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart, what stands under it, and the list that it counts."""

    x: str
    middle: str
    y: str
    label_y: str
    width: str
    height: str
    count: int
    label: str
    words: str
    link: str


def columns(counts: Sequence[tuple[int, str, str, str]]) -> list[Column]:
    """Columns for (count, short label, label in words, link), as high as their share of the largest."""
    step, most = (100 - LEFT) / max(len(counts), 1), max([1, *(one[0] for one in counts)])
    found = []
    for place, (count, label, words, link) in enumerate(counts):
        height = (BOTTOM - TOP) * count / most
        x = LEFT + place * step
        found.append(
            Column(
                x=f"{x + step * 0.12:.2f}",
                middle=f"{x + step / 2:.2f}",
                y=f"{BOTTOM - height:.1f}",
                label_y=f"{BOTTOM - height - 6:.1f}",
                width=f"{step * 0.76:.2f}",
                height=f"{height:.1f}",
                count=count,
                label=label,
                words=words,
                link=link,
            )
        )
    return found


def percent(part: int, whole: int) -> int:
    """A share in whole percent; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def change(now: int, before: int) -> dict[str, Any]:
    """A count beside the one of the time before it."""
    return {"now": now, "before": before, "more": max(now - before, 0), "fewer": max(before - now, 0)}

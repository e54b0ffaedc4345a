"""From samples to figures: percentiles, ratios, goals, and the tables."""

import gzip
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from accreditation.management.bench.client import Sample
from accreditation.management.bench.flows import Flow, Goal


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `percent` of all do not exceed."""
    return sorted(values)[max(math.ceil(percent / 100 * len(values)), 1) - 1]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement in figures. Times in milliseconds; `statements` the most that one request made."""

    rate: float
    p50: float
    p95: float
    p99: float
    statements: int
    cpu_ms: float
    gzip_bytes: int
    requests: int


def measured(sample: Sample) -> Measurement:
    """The figures of a sample."""
    p50, p95, p99 = (percentile(sample.seconds, percent) * 1000 for percent in (50, 95, 99))
    return Measurement(
        rate=len(sample.seconds) / sample.elapsed,
        p50=p50,
        p95=p95,
        p99=p99,
        statements=max(sample.statements),
        cpu_ms=median(sample.cpu_ms),
        gzip_bytes=len(gzip.compress(sample.body, 6)) if sample.body else 0,
        requests=len(sample.seconds),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A flow with N clients over all repeats: medians, the range of the rate, and whether its goal is reached.

    `ratio`: the median of the rates in relation to the bare view's of the same round, so that a machine that gets
    slower between rounds changes nothing. `misses` is empty where the goal is reached, None where none is set.
    """

    flow: str
    clients: int
    rate: float
    lowest: float
    highest: float
    p50: float
    p95: float
    p99: float
    statements: int
    cpu_ms: float
    gzip_bytes: int
    requests: int
    base: str = ""
    ratio: float | None = None
    misses: tuple[str, ...] | None = None


def row(flow: Flow, clients: int, rounds: Sequence[Measurement], bases: Sequence[Measurement]) -> Row:
    """The row of a flow from its rounds and the bare view's in the same rounds (empty for the bare views)."""
    rates = [one.rate for one in rounds]
    ratio = median(one.rate / base.rate for one, base in zip(rounds, bases, strict=True)) if bases else None
    p95 = median(one.p95 for one in rounds)
    statements, size = max(one.statements for one in rounds), max(one.gzip_bytes for one in rounds)
    misses = None
    if flow.goal and ratio is not None and clients == flow.goal.clients:
        slower = p95 / median(one.p95 for one in bases)
        misses = tuple(_misses(flow.goal, ratio, statements, slower, size))
    return Row(
        flow=flow.name,
        clients=clients,
        rate=median(rates),
        lowest=min(rates),
        highest=max(rates),
        p50=median(one.p50 for one in rounds),
        p95=p95,
        p99=median(one.p99 for one in rounds),
        statements=statements,
        cpu_ms=median(one.cpu_ms for one in rounds),
        gzip_bytes=size,
        requests=sum(one.requests for one in rounds),
        base=flow.goal.base if flow.goal else "",
        ratio=ratio,
        misses=misses,
    )


def _misses(goal: Goal, ratio: float, statements: int, slower: float, size: int) -> list[str]:
    """What of the goal isn't reached, each with its figure."""
    found = []
    if ratio < goal.ratio:
        found.append(f"{ratio:.2f} {goal.base}")
    if goal.statements is not None and statements > goal.statements:
        found.append(f"{statements} statements")
    if goal.p95 is not None and slower > goal.p95:
        found.append(f"p95 {slower:.1f} × {goal.base}'s")
    if goal.kilobytes is not None and size > goal.kilobytes * 1024:
        found.append(f"{size / 1024:.1f} KB")
    return found


def goal_in_words(goal: Goal | None) -> str:
    """The goal as the table shows it."""
    if goal is None:
        return ""
    words = [f"≥ {goal.ratio:g} {goal.base}"]
    words += [f"≤ {goal.statements} st."] if goal.statements is not None else []
    words += [f"p95 ≤ {goal.p95:g} {goal.base}'s"] if goal.p95 is not None else []
    words += [f"≤ {goal.kilobytes} KB"] if goal.kilobytes is not None else []
    return ", ".join(words)


HEADINGS = ("flow", "N", "req/s", "range", "p50", "p95", "p99", "st.", "CPU ms", "gzip B", "ratio", "goal", "reached")


def table(rows: Sequence[Row], goals: dict[str, Goal | None]) -> str:
    """All rows as a Markdown table, which is readable as plain text too."""
    lines = [_cells(one, goals[one.flow]) for one in rows]
    return as_table(HEADINGS, lines)


def _cells(one: Row, goal: Goal | None) -> list[str]:
    is_judged = one.misses is not None
    return [
        one.flow,
        str(one.clients),
        f"{one.rate:.1f}",
        f"{one.lowest:.0f}–{one.highest:.0f}",
        *(f"{ms:.1f}" for ms in (one.p50, one.p95, one.p99)),
        str(one.statements),
        f"{one.cpu_ms:.1f}",
        str(one.gzip_bytes),
        f"{one.ratio:.2f} {one.base}" if one.ratio is not None else "",
        goal_in_words(goal) if is_judged else "",
        (", ".join(one.misses or ()) or "yes") if is_judged else "",
    ]


def as_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Cells as a Markdown table with even columns."""
    widths = [max(len(line[n]) for line in [headings, *lines]) for n in range(len(headings))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in [headings, rule, *lines]
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows for machines; `reached` is true, false, or null where no goal is set for these clients."""
    return [asdict(one) | {"reached": None if one.misses is None else not one.misses} for one in rows]

"""Where things lie on the line under a recording: shares of its length for the drawing. Pure; no personal data."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments.models import Comment

TICK_STEPS_MS = (10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000)
MOST_TICKS = 10


@dataclass(frozen=True, slots=True)
class Pin:
    """A comment on the line: its number in the list, its place in percent, and itself."""

    number: int
    percent: str
    comment: Comment


@dataclass(frozen=True, slots=True)
class Tick:
    """A round moment on the line."""

    percent: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the line shows. `duration_ms` is the recording's length."""

    duration_ms: int
    ticks: tuple[Tick, ...]
    pins: tuple[Pin, ...]


def timeline_of(duration_ms: int | None, comments: Sequence[Comment]) -> Timeline | None:
    """The line of a recording with its comments in the order of the list; None without a recording."""
    if not duration_ms:
        return None
    step = next((step for step in TICK_STEPS_MS if duration_ms / step <= MOST_TICKS), TICK_STEPS_MS[-1])
    ticks = tuple(Tick(_percent(at, duration_ms), at) for at in range(0, duration_ms, step))
    pins = tuple(
        Pin(number, _percent(comment.start_ms, duration_ms), comment)
        for number, comment in enumerate(comments, start=1)
        if comment.start_ms is not None
    )
    return Timeline(duration_ms, ticks, pins)


def _percent(at: int, duration_ms: int) -> str:
    return f"{min(100.0, at * 100 / duration_ms):.2f}"

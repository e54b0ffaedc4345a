"""Where things lie on the line under a recording: shares of its length for the drawing. Pure; no personal data."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessments import storage
from assessments.models import Comment, Recording

TICK_STEPS_MS = (10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000)
MOST_TICKS = 10
LAST_NAMED_PERCENT = 88
STROKES = 300


@dataclass(frozen=True, slots=True)
class Pin:
    """A comment on the line: its number in the list, its place in percent, and itself."""

    number: int
    percent: str
    comment: Comment


@dataclass(frozen=True, slots=True)
class Tick:
    """A round moment on the line. `is_named`: there is room for its time before the line ends."""

    percent: str
    milliseconds: int
    is_named: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part or a silence: where it begins and how long it is in percent, its beginning in ms, and its name."""

    percent: str
    width: str
    milliseconds: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the line shows. `duration_ms` is the recording's length; slides are moments at which the picture changes."""

    duration_ms: int
    ticks: tuple[Tick, ...]
    pins: tuple[Pin, ...]
    wave: str = ""
    silences: tuple[Stretch, ...] = ()
    slides: tuple[Tick, ...] = ()
    parts: tuple[Stretch, ...] = ()


def shown_of(recordings: Sequence[Recording], place: int | None) -> Recording | None:
    """The recording to show: the one at this place, else the first, None where there is none."""
    return next((one for one in recordings if one.place == place), recordings[0] if recordings else None)


def timeline_of(
    recording: Recording | None,
    comments: Sequence[Comment],
    *,
    silences: Sequence[tuple[int, int]] = (),
    slides: Sequence[int] = (),
    parts: Sequence[tuple[int, str]] = (),
) -> Timeline | None:
    """The line of a recording with the comments on it, numbered as in the list; None without a recording.

    All in ms: silences with start and end, slides by moment, parts by beginning and name.
    """
    duration_ms = recording.duration_ms if recording else None
    if recording is None or not duration_ms:
        return None
    step = next((step for step in TICK_STEPS_MS if duration_ms / step <= MOST_TICKS), TICK_STEPS_MS[-1])
    ticks = tuple(
        Tick(_percent(at, duration_ms), at, at * 100 <= LAST_NAMED_PERCENT * duration_ms)
        for at in range(0, duration_ms, step)
    )
    pins = tuple(
        Pin(number, _percent(comment.start_ms, duration_ms), comment)
        for number, comment in enumerate(comments, start=1)
        if comment.start_ms is not None and comment.recording_id == recording.pk
    )
    ends = [at for at, _ in parts[1:]] + [duration_ms]
    return Timeline(
        duration_ms,
        ticks,
        pins,
        wave_path(_peaks_of(recording)),
        tuple(_stretch(start, stop, duration_ms) for start, stop in silences),
        tuple(Tick(_percent(at, duration_ms), at, False) for at in slides),
        tuple(_stretch(at, end, duration_ms, name) for (at, name), end in zip(parts, ends, strict=True))
        if parts
        else (),
    )


def wave_path(peaks: bytes) -> str:
    """The drawing of a sound for a field of 600 by 48: at most 300 strokes, each as tall as its loudest peak."""
    per_stroke = -(-len(peaks) // STROKES) or 1
    loudest = [max(peaks[at : at + per_stroke]) for at in range(0, len(peaks), per_stroke)]
    width = 600 / len(loudest) if loudest else 0
    strokes = ((int(width * (n + 0.5)), max(1, peak * 23 // 255)) for n, peak in enumerate(loudest))
    return "".join(f"M{x} {24 - half}v{2 * half}" for x, half in strokes)


def _stretch(start: int, stop: int, duration_ms: int, name: str = "") -> Stretch:
    return Stretch(_percent(start, duration_ms), _percent(max(0, stop - start), duration_ms), start, name)


def _peaks_of(recording: Recording) -> bytes:
    """Loudness of a recording; none where it isn't known, or was deleted with the recording."""
    return b"" if recording.is_gone else storage.small_file(storage.peaks_path(recording))


def _percent(at: int, duration_ms: int) -> str:
    return f"{min(100.0, at * 100 / duration_ms):.2f}"

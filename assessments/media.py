"""Running the media child: its limits, its wall clock, and its answer taken apart without trust."""

import json
import logging
import math
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from courses.lib.confined import run_child

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("probe.py")
GIBIBYTE = 1 << 30
CPU_SECONDS, CPU_SECONDS_PER_GIBIBYTE = 60, 120
WALL_FACTOR = 3
LONGEST_ANSWER = 64 * 1024
MOST_SPANS = 600
Span = tuple[int, int]
"""A stretch of a recording: start and end in milliseconds."""


class MediaFailed(Exception):
    """The child crashed, ran out of a limit or answered nonsense: our fault, never the learner's."""


class MediaUnreadable(Exception):
    """The child could not read the file as a recording."""


class MediaLibraryMissing(Exception):
    """This installation has no media library, so recordings wait."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What is heard in a file, in milliseconds: how much of it there is, how much of that is voice, and where none is.

    `silences` last over two seconds; the longest talk is the longest stretch without one.
    """

    heard_ms: int
    voiced_ms: int
    longest_talk_ms: int
    silences: tuple[Span, ...] = ()

    @property
    def share(self) -> float:
        """The part of what is heard that is voice, from 0 to 1."""
        return self.voiced_ms / self.heard_ms if self.heard_ms else 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the child found out about a file. Lengths in seconds, size in bytes; an absent track has an empty codec."""

    size: int
    sha256: str
    container: str
    video_codec: str
    pixel_format: str
    width: int
    height: int
    audio_codec: str
    seconds: float
    video_seconds: float
    video_frames: int
    audio_seconds: float
    gap_seconds: float
    mean_volume_db: float = -120.0
    voice: Voice | None = None

    @property
    def frame_rate(self) -> float:
        """Mean pictures a second."""
        return self.video_frames / self.video_seconds if self.video_seconds > 0 else 0.0


def look_at(source: Path, out: Path) -> Facts:
    """The facts of a file; `out` gets peaks.u8. Raises MediaUnreadable, MediaFailed, MediaLibraryMissing."""
    return _facts_from(run_confined("look", source, out))


def listen_to(source: Path, out: Path) -> Voice:
    """What is heard in a file; `out` gets peaks.u8. Raises as `look_at` does."""
    return _voice_in(run_confined("hear", source, out)) or Voice(0, 0, 0)


def prepare_play(source: Path, out: Path, name: str) -> None:
    """Put the file to play, called `name`, and poster.jpg into `out`. Raises as `look_at` does."""
    run_confined("prepare", source, out, name)


def limits_for(size: int) -> dict[str, int]:
    """The child's limits for a file of `size` bytes: CPU seconds (twice the expected), bytes of memory and of output."""
    return {
        "CPU": CPU_SECONDS + CPU_SECONDS_PER_GIBIBYTE * size // GIBIBYTE,
        "AS": 2 * GIBIBYTE,
        "FSIZE": max(4 * GIBIBYTE, size + GIBIBYTE),
        "NOFILE": 64,
        "CORE": 0,
    }


def wall_seconds(size: int) -> int:
    """How long the child may take by the clock on the wall. A processor limit alone misses a child that hangs idle."""
    return wall_of(limits_for(size))


def wall_of(limits: dict[str, int]) -> int:
    """Seconds on the wall for a child with these limits."""
    return WALL_FACTOR * limits["CPU"]


def run_confined(
    step: str, source: Path, out: Path, *rest: str, limits: dict[str, int] | None = None
) -> dict[str, Any]:
    """Run one step of the child and return its facts. Raises MediaUnreadable, MediaFailed, MediaLibraryMissing.

    `limits` are those of the file's size where a step has none of its own.
    """
    limits = limits or limits_for(source.stat().st_size)
    answer = out / f"{step}.json"
    command = [
        sys.executable,
        "-I",
        "-B",
        str(SCRIPT),
        json.dumps(limits),
        step,
        str(source),
        str(out),
        *rest,
    ]
    with answer.open("wb") as stdout, (out / f"{step}.log").open("wb") as stderr:
        code = run_child(command, wall_of(limits), stdout, stderr)
    if code != 0:
        log.warning("media child ended with %s in step %s", code, step)
        raise MediaFailed(f"{step} ended with {code}")
    return _answer_in(answer)


def _answer_in(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        text = file.read(LONGEST_ANSWER)
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise MediaFailed("no answer") from error
    if not isinstance(answer, dict):
        raise MediaFailed("no answer")
    if "missing" in answer:
        raise MediaLibraryMissing
    if "unreadable" in answer:
        raise MediaUnreadable(str(answer["unreadable"]))
    return answer.get("facts") or {}


def _facts_from(found: dict[str, Any]) -> Facts:
    """The facts as declared types within reason: a child that was taken over may answer anything."""
    try:
        plain = [one for one in fields(Facts) if one.name in found and one.name != "voice"]
        facts = Facts(**{one.name: typed(one.type, found[one.name]) for one in plain})
    except (TypeError, ValueError, OverflowError) as error:
        raise MediaFailed("nonsense answer") from error
    return replace(facts, voice=_voice_in(found))


def _voice_in(found: dict[str, Any]) -> Voice | None:
    """The voice of an answer, None where the file has no sound."""
    if "heard_ms" not in found:
        return None
    try:
        heard, voiced, longest = (typed(int, found[name]) for name in ("heard_ms", "voiced_ms", "longest_talk_ms"))
        return Voice(heard, min(heard, voiced), longest, spans_in(found["silences"], heard))
    except (TypeError, ValueError, OverflowError, LookupError) as error:
        raise MediaFailed("nonsense answer") from error


def spans_in(found: Any, end: int) -> tuple[Span, ...]:
    """Stretches as a child told them. Raises ValueError where they aren't in order within the recording, or too many."""
    spans = tuple((typed(int, start), typed(int, stop)) for start, stop in found)
    edges = [edge for span in spans for edge in span]
    if len(spans) > MOST_SPANS or edges != sorted(edges) or any(not 0 <= edge <= end for edge in edges):
        raise ValueError("no stretches of this recording")
    return spans


def typed(kind: Any, value: Any) -> Any:
    """A value of an answer as str (64 characters at most), int or float. Raises ValueError, TypeError, OverflowError."""
    if kind is str:
        return str(value)[:64]
    number = kind(value)
    if not math.isfinite(number) or abs(number) > 1 << 53:
        raise ValueError("out of range")
    return number


@lru_cache(maxsize=1)
def _library_loads() -> bool:
    code = "import av"
    command = [sys.executable, "-I", "-B", "-c", code]
    return subprocess.run(command, env={}, cwd="/", capture_output=True, check=False, timeout=30).returncode == 0  # noqa: S603


def media_library_word() -> str:
    """ "ok", or "missing" where recordings can be taken in but not checked. Tried until it answers, then remembered."""
    try:
        return "ok" if _library_loads() else "missing"
    except (OSError, subprocess.TimeoutExpired):
        return "missing"

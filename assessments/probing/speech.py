"""What is said, by a speech model that this installation may have or not: five minutes at a time, to keep memory small."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from assessments.probing.opening import open_media
from assessments.probing.sound import SOUND_RATE, WINDOW, sound_windows

PIECE_SECONDS, CUT_SECONDS = 300, 15
MOST_LINES, LONGEST_LINE = 6_000, 500

Line = tuple[int, int, str]
"""Start and end in milliseconds, and what was said."""


class Listener(Protocol):
    """Something that writes down what it hears."""

    def lines(self, samples: Any) -> Iterator[tuple[float, float, str]]:
        """Start and end in seconds, and words, of 16 kHz mono samples from -1 to 1."""
        ...


class Whisper:
    """faster-whisper with a model in a folder; it never asks the network for one."""

    def __init__(self, folder: str) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        from faster_whisper import WhisperModel

        self.model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)

    def lines(self, samples: Any) -> Iterator[tuple[float, float, str]]:
        """As `Listener` says."""
        segments, _ = self.model.transcribe(
            samples, beam_size=1, language="en", vad_filter=True, condition_on_previous_text=False
        )
        for one in segments:
            yield one.start, one.end, one.text


def write_lines(source: Path, out: Path, listener: Listener) -> dict[str, Any]:
    """Write transcript.json, a list of [start_ms, end_ms, text]; returns how many lines it has."""
    lines: list[Line] = []
    for start_ms, samples in pieces(source):
        for start, stop, text in listener.lines(samples):
            words = " ".join(text.split())[:LONGEST_LINE]
            if words and len(lines) < MOST_LINES:
                lines.append((start_ms + round(start * 1000), start_ms + round(stop * 1000), words))
    (out / "transcript.json").write_text(json.dumps(lines))
    return {"lines": len(lines)}


def pieces(source: Path) -> Iterator[tuple[int, Any]]:
    """The sound in pieces of about five minutes, each with its start in ms. Cut where the last fifteen seconds are quietest."""
    import numpy as np

    waiting: list[Any] = []
    start = 0
    most = PIECE_SECONDS * SOUND_RATE // WINDOW
    with open_media(source) as media:
        for window in sound_windows(media):
            waiting.append(window / 32768)
            if len(waiting) >= most:
                cut = _quietest(waiting)
                yield start * 1000 // SOUND_RATE, np.concatenate(waiting[:cut])
                start += sum(one.size for one in waiting[:cut])
                waiting = waiting[cut:]
    if waiting:
        yield start * 1000 // SOUND_RATE, np.concatenate(waiting)


def _quietest(windows: list[Any]) -> int:
    """After which window to cut."""
    first = len(windows) - CUT_SECONDS * SOUND_RATE // WINDOW
    loudness = [float((one * one).mean()) for one in windows[first:]]
    return first + loudness.index(min(loudness)) + 1

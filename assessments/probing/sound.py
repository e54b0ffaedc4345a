"""What is heard: loudness, peaks for the drawing, and where somebody speaks.

Voice is told from what stands out of the noise around it: a sound that never rises over its own floor (a fan, hum, hiss, a
steady tone) is none. Music that moves counts as voice; the child can't tell who or what speaks. No model, no dependency.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assessments.probing.opening import open_media

SOUND_RATE, WINDOW = 16_000, 1_600
FRAMES_A_WINDOW, FRAME_MS = 5, 20
OVER_FLOOR_DB, QUIETEST_VOICE_DB = 9.0, -55.0
FLOOR_BLOCK, FLOOR_BLOCKS_AROUND, FLOOR_PERCENTILE = 250, 3, 10
BREATH_MS, SHORTEST_SOUND_MS, SILENCE_MS = 500, 60, 2_000
MOST_SILENCES = 600


def measure_sound(source: Path, peaks: Path) -> dict[str, Any]:
    """Decode the first sound track once: mean volume in dB of full scale, peaks as bytes (ten a second), voice.

    Source: mean square over all samples, as ffmpeg's volumedetect does it.
    """
    import numpy as np

    squares, samples, levels = 0.0, 0, []
    with open_media(source) as media, peaks.open("wb") as file:
        for values in sound_windows(media):
            frames = values[: values.size // FRAMES_A_WINDOW * FRAMES_A_WINDOW].reshape(FRAMES_A_WINDOW, -1)
            energy = np.einsum("ij,ij->i", frames, frames)
            squares += float(np.dot(values, values))
            samples += values.size
            levels.append(energy / max(1, frames.shape[1]))
            file.write(bytes([min(255, int(np.abs(values).max()) >> 7)]))
    if not samples:
        return {"mean_volume_db": -120.0}
    volume = float(10 * np.log10(max(squares / samples, 1e-3) / 32768**2))
    return {"mean_volume_db": volume} | voice_in(10 * np.log10(np.maximum(np.concatenate(levels), 1e-3) / 32768**2))


def sound_windows(media: Any) -> Iterator[Any]:
    """The first sound track as 16 kHz mono, a tenth of a second (1,600 samples as float32, full scale 32768) at a time."""
    import av
    import numpy as np

    resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE, frame_size=WINDOW)
    media.streams.audio[0].thread_count = 1
    for window in _windows(media, resampler):
        yield window.to_ndarray()[0].astype(np.float32)


def _windows(media: Any, resampler: Any) -> Iterator[Any]:
    import av

    for packet in media.demux(media.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # a torn packet costs its own moment of sound, as in every player
        for frame in frames:
            frame.pts = None
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


def voice_in(levels: Any) -> dict[str, Any]:
    """Where somebody speaks, of the loudness (dB of full scale) of each 20 ms, and where nobody does for over 2 s.

    Lengths in ms; `silences` are pairs of start and end. Pauses of up to half a second, between words, are speech.
    """
    talk = _runs(_stands_out(levels), BREATH_MS, SHORTEST_SOUND_MS)
    end = len(levels) * FRAME_MS
    silences = _gaps(talk, end)
    return {
        "heard_ms": end,
        "voiced_ms": sum(stop - start for start, stop in talk),
        "silences": silences[:MOST_SILENCES],
        "longest_talk_ms": max((stop - start for start, stop in _gaps(silences, end, 0)), default=0),
    }


def _stands_out(levels: Any) -> Any:
    """Frames that rise over the floor of the half minute around them, and could be heard at all."""
    import numpy as np

    floor = np.empty(len(levels))
    for start in range(0, len(levels), FLOOR_BLOCK):
        around = FLOOR_BLOCK * FLOOR_BLOCKS_AROUND
        near = levels[max(0, start - around) : start + FLOOR_BLOCK + around]
        floor[start : start + FLOOR_BLOCK] = np.percentile(near, FLOOR_PERCENTILE)
    return (levels > floor + OVER_FLOOR_DB) & (levels > QUIETEST_VOICE_DB)


def _runs(on: Any, join_ms: int, shortest_ms: int) -> list[tuple[int, int]]:
    """Stretches that are on, in ms: those of less than `shortest_ms` are clicks, gaps up to `join_ms` are bridged."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate(([0], on.astype(np.int8), [0])))) * FRAME_MS
    joined: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start < shortest_ms:
            continue
        if joined and start - joined[-1][1] <= join_ms:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _gaps(runs: list[tuple[int, int]], end: int, over_ms: int = SILENCE_MS) -> list[tuple[int, int]]:
    """What lies between the runs, and before and after them, where it is longer than `over_ms`."""
    edges = [0, *(edge for run in runs for edge in run), end]
    return [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop - start > over_ms]

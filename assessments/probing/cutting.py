"""A stretch of a recording as a film of its own, made anew in H.264 with AAC: nothing outside the stretch is in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assessments.probing.copying import Copy
from assessments.probing.opening import open_media

LONGEST_MS = 180_000
SOUND_RATE, CHUNK = 48_000, 4_800
RUN_IN_MS, RUN_OUT_MS = 1_000, 200
"""How much more is decoded around a stretch, for decoders and resamplers that need some; it is cut off."""
LAST_PICTURE_MS = 40


def make_cut(source: Path, out: Path, name: str, start_ms: str, end_ms: str) -> dict[str, Any]:
    """Write the stretch as `name` into `out`. Raises ValueError where it is none, or longer than three minutes."""
    import av

    start, end = int(start_ms), int(end_ms)
    if not 0 <= start < end <= start + LONGEST_MS:
        raise ValueError("no stretch")
    samples = _heard(source, start, end)
    with open_media(source) as media, av.open(
        str(out / name), "w", format="mp4", options={"movflags": "+faststart"}
    ) as target:  # fmt: skip
        Cut(media, target, (start, end), samples).run()
    return {"size": (out / name).stat().st_size, "duration_ms": end - start}


def _heard(source: Path, start: int, end: int) -> Any:
    """The samples of the stretch, silent where the file has none; None where it has no sound at all.

    Held in memory: three minutes are 17 MB.
    """
    import av
    import numpy as np

    with open_media(source) as media:
        if not media.streams.audio:
            return None
        samples = np.zeros((end - start) * SOUND_RATE // 1000, np.int16)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
        for frame in _decoded(media, media.streams.audio[0], start, end + RUN_OUT_MS):
            for piece in resampler.resample(frame):
                at = round(float(piece.pts * piece.time_base) * SOUND_RATE) - start * SOUND_RATE // 1000
                values = piece.to_ndarray()[0]
                first, last = max(0, at), min(samples.size, at + values.size)
                if first < last:
                    samples[first:last] = values[first - at : last - at]
        return samples


def _decoded(media: Any, stream: Any, start: int, end: int) -> Iterator[Any]:
    """The frames of a stream from a little before `start` to `end`, both in ms."""
    import av

    media.seek(max(0, start - RUN_IN_MS) * 1000)
    for packet in media.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # a broken packet: the checks took the file as it is
        for frame in frames:
            if _moment(frame) >= end:
                return
            yield frame


def _moment(frame: Any) -> float:
    """When a frame is shown or heard, in ms; a frame without a time is before everything."""
    return float(frame.pts * frame.time_base) * 1000 if frame.pts is not None else -1.0


class Cut(Copy):
    """The stretch from `span[0]` to `span[1]` ms on its way; what is seen at its first moment stands at its beginning."""

    def __init__(self, media: Any, target: Any, span: tuple[int, int], samples: Any) -> None:
        super().__init__(media, target)
        self.span, self.samples, self.sent = span, samples, 0
        self.last_at = -1
        self.is_copied = False
        self.new_picture.codec_context.max_b_frames = 0  # out of order, they would blur how long a picture stands

    def run(self) -> None:
        """Picture by picture, each with the sound up to it. Raises ValueError where no picture is in the stretch."""
        if self.samples is not None:
            self._add_sound()
        shown = None
        for frame in _decoded(self.media, self.picture, *self.span):
            if self.graph is None:
                self._begin_picture(frame)
            if shown is not None and _moment(frame) > self.span[0]:
                self._show(shown, _moment(shown))
            shown = frame
        if shown is None:
            raise ValueError("no picture in the stretch")
        self._show(shown, _moment(shown))
        self._show(shown, self.span[1] - LAST_PICTURE_MS)
        self._sound_until(self.span[1] - self.span[0])
        self._end()

    def _show(self, frame: Any, moment: float) -> None:
        """Send a picture as of this moment of the recording; one from before the stretch stands at its first moment."""
        at = max(0.0, moment - self.span[0])
        pts = int(at / 1000 / self.picture.time_base)
        if pts <= self.last_at:
            return
        self._sound_until(at)
        self.last_at = frame.pts = pts
        frame.duration = 0  # a picture that stood still would reach beyond the stretch
        self._send_picture(frame)

    def _sound_until(self, milliseconds: float) -> None:
        """Send the sound of the stretch up to this moment of it."""
        import av

        wanted = 0 if self.samples is None else min(self.samples.size, round(milliseconds * SOUND_RATE / 1000))
        while self.sent < wanted:
            values = self.samples[self.sent : min(wanted, self.sent + CHUNK)]
            frame = av.AudioFrame.from_ndarray(values.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SOUND_RATE, self.sent
            self.target.mux(self.new_sound.encode(frame))
            self.sent += values.size

"""The child process that opens files of strangers. It stands alone: no Django, no settings, no secrets, tight limits.

Run as a script by `assessments.media.run_confined`, in an empty environment and a session of its own:

    probe.py LIMITS.json look SOURCE OUT    facts about SOURCE; writes OUT/peaks.u8 (ten a second)
    probe.py LIMITS.json hear SOURCE OUT    loudness and voice alone, and OUT/peaks.u8
    probe.py LIMITS.json prepare SOURCE OUT play.mp4|play.webm    writes OUT/play.… and OUT/poster.jpg
    probe.py LIMITS.json slides SOURCE OUT    where the picture changes; writes OUT/sprite-NN.jpg
    probe.py LIMITS.json words SOURCE OUT MODEL    what is said; writes OUT/transcript.json
    probe.py LIMITS.json copy SOURCE OUT NAME    a copy in H.264
    probe.py LIMITS.json cut SOURCE OUT NAME FROM TO    a stretch in ms as a film of its own

It prints one JSON object: {"facts": {…}} or {"unreadable": "why"}. Any other end is a crash, which is our fault.
"""

import errno
import hashlib
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

from assessments.probing.copying import make_copy
from assessments.probing.cutting import make_cut
from assessments.probing.opening import DECODERS, open_media, picture_stream
from assessments.probing.slides import find_slides
from assessments.probing.sound import measure_sound
from assessments.probing.speech import Whisper, write_lines
from courses.lib.confined import confine

MAX_STREAMS = 8
MUX_OPTIONS = {"mp4": {"movflags": "+faststart"}, "webm": {"cues_to_front": "1"}}
POSTER_WIDTH = 640
BLOCK = 1 << 20
OURS = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EMFILE,
        errno.ENOENT,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EROFS,
    }
)


def look(source: Path, out: Path) -> dict[str, Any]:
    """Everything that the rules ask of a file: true lengths by packet times, codecs, picture, loudness, SHA-256."""
    facts: dict[str, Any] = {"size": source.stat().st_size, "sha256": sha256_of(source)}
    with open_media(source) as media:
        if len(media.streams) > MAX_STREAMS:
            raise ValueError("too many streams")
        facts["container"] = media.format.name.split(",")[0]
        facts |= _describe_video(media) | _describe_audio(media) | _measure_packets(media)
    if not facts["seconds"]:
        raise ValueError("no packet of picture or sound")
    return facts | (hear(source, out) if facts["audio_codec"] in DECODERS else {})


def hear(source: Path, out: Path) -> dict[str, Any]:
    """Loudness and voice of a file; writes peaks.u8."""
    return measure_sound(source, out / "peaks.u8")


def sha256_of(source: Path) -> str:
    """The file's SHA-256 in hex, read in blocks."""
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _describe_video(media: Any) -> dict[str, Any]:
    if not media.streams.video:
        return {"video_codec": "", "pixel_format": "", "width": 0, "height": 0}
    context = media.streams.video[0].codec_context
    return {
        "video_codec": context.name,
        "pixel_format": context.pix_fmt or "",
        "width": context.width,
        "height": context.height,
    }


def _describe_audio(media: Any) -> dict[str, Any]:
    return {"audio_codec": media.streams.audio[0].codec_context.name if media.streams.audio else ""}


def _measure_packets(media: Any) -> dict[str, Any]:
    """First and last moment of picture and sound, and how much of the time has sound. Headers lie; packets don't.

    All in seconds. A packet without a length counts until the next one begins.
    """
    spans = {"video": _Span(), "audio": _Span()}
    chosen = [streams[0] for streams in (media.streams.video, media.streams.audio) if streams]
    for packet in media.demux(*chosen) if chosen else ():
        moment = packet.pts if packet.pts is not None else packet.dts
        if moment is not None and packet.size:
            base = packet.time_base or Fraction(1)
            spans[packet.stream.type].add(float(moment * base), float((packet.duration or 0) * base))
    video, audio = spans["video"], spans["audio"]
    ends = [span.end for span in (video, audio) if span.count]
    starts = [span.start for span in (video, audio) if span.count]
    return {
        "seconds": max(ends) - min(starts) if ends else 0.0,
        "video_seconds": video.end - video.start if video.count else 0.0,
        "video_frames": video.count,
        "audio_seconds": audio.filled(),
        "gap_seconds": abs(video.end - audio.end) if video.count and audio.count else 0.0,
    }


class _Span:
    """From the first to the last packet of a stream, and the time that its packets fill."""

    def __init__(self) -> None:
        self.count, self.start, self.end, self.sum, self.last = 0, float("inf"), 0.0, 0.0, 0.0

    def add(self, start: float, length: float) -> None:
        """Take in one packet, in seconds."""
        if not length and self.count:
            length = min(max(0.0, start - self.last), 1.0)
        self.count += 1
        self.start, self.end = min(self.start, start), max(self.end, start + length)
        self.sum += length
        self.last = start

    def filled(self) -> float:
        """Seconds that packets fill: never more than from first to last."""
        return min(self.sum, self.end - self.start) if self.count else 0.0


def prepare(source: Path, out: Path, name: str) -> dict[str, Any]:
    """The file to play, by copying packets into a clean container without metadata, and its poster."""
    _remux(source, out / name)
    _save_poster(source, out / "poster.jpg")
    return {"play_size": (out / name).stat().st_size}


def _remux(source: Path, target: Path) -> None:
    import av

    kind = target.suffix.lstrip(".")
    with open_media(source) as media, av.open(str(target), "w", format=kind, options=MUX_OPTIONS[kind]) as play:
        kept = [media.streams.video[0], *media.streams.audio[:1]]
        copies = {stream.index: play.add_stream_from_template(stream) for stream in kept}
        for packet in media.demux(*kept):
            if packet.dts is None:
                continue  # the empty packet at the end of a stream
            packet.stream = copies[packet.stream.index]
            play.mux(packet)


def _save_poster(source: Path, target: Path) -> None:
    """A picture from a tenth into the recording: the first is often black."""
    with open_media(source) as media:
        stream = picture_stream(media)
        if media.duration:
            media.seek(media.duration // 10)
        frame = next(media.decode(stream))
        width = min(POSTER_WIDTH, frame.width) // 2 * 2
        height = max(2, frame.height * width // frame.width // 2 * 2)
        image = frame.reformat(width, height, "rgb24").to_image()
        if frame.rotation:
            image = image.rotate(frame.rotation, expand=True)
        image.save(target, "JPEG", quality=80)


def words(source: Path, out: Path, model: str) -> dict[str, Any]:
    """What is said in a file, by the model in this folder; writes transcript.json."""
    return write_lines(source, out, Whisper(model))


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "look": look,
    "hear": hear,
    "prepare": prepare,
    "slides": find_slides,
    "words": words,
    "copy": make_copy,
    "cut": make_cut,
}


def is_ours(error: Exception) -> bool:
    """Whether the disk or the limits made a step fail. A decoder's own refusal may bear the name of an OSError too."""
    import av

    if isinstance(error, av.error.FFmpegError):
        return error.errno in OURS
    return isinstance(error, OSError | MemoryError)


def main(arguments: list[str]) -> None:
    """Confine, do the one step, print its facts."""
    limits, step, source, out, *rest = arguments
    confine(json.loads(limits))
    try:
        import av
    except ImportError:
        print(json.dumps({"missing": "av"}))  # noqa: T201 - the answer of this process
        return
    av.logging.set_level(None)
    try:
        facts = STEPS[step](Path(source), Path(out), *rest)
    except (
        av.error.FFmpegError,
        OSError,
        MemoryError,
        ValueError,
        LookupError,
        ArithmeticError,
        StopIteration,
    ) as error:
        if is_ours(error):
            raise  # so the file is tried again
        print(json.dumps({"unreadable": f"{type(error).__name__}: {error}"[:300]}))  # noqa: T201
        return
    print(json.dumps({"facts": facts}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])

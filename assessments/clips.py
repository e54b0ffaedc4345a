"""Short clips with a picture and a voice-like sound, for the demo and the tests. Made, so that none is ever committed."""

from fractions import Fraction
from pathlib import Path
from typing import Any

RATE = 48_000
FRAMES_PER_SECOND = 10
JOINT = Fraction(1, 10)
VIDEO = {
    "mp4": ("libx264", {"preset": "ultrafast", "crf": "30"}),
    "webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}),
}
SOUND = {"mp4": "aac", "webm": "libopus"}


def make_clip(
    path: Path,
    seconds: float,
    *,
    sound: bool | float = True,
    picture: bool = True,
    size: tuple[int, int] = (320, 180),
    container: str = "",
) -> Path:
    """Write a clip to `path` and return it: H.264 with AAC in MP4, or VP8 with Opus in WebM.

    `container` is "mp4" or "webm", by default what the path ends in. `sound` may be a loudness from 0 to 1 (True is 0.4,
    0.0 a silent track, False none). A minute takes under two seconds.
    """
    import av

    kind = container or path.suffix.lstrip(".")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format=kind) as target:
        video = _video_stream(target, kind, size) if picture else None
        audio = target.add_stream(SOUND[kind], rate=RATE, layout="mono") if sound is not False else None
        for second in range(-int(-seconds // 1)):
            share = min(1.0, seconds - second)
            if video is not None:
                _write(target, video, _pictures(second, share, size))
            if audio is not None:
                _write(target, audio, [_voice(second, share, 0.4 if sound is True else float(sound))])
        for stream in filter(None, (video, audio)):
            target.mux(stream.encode(None))
    return path


def repeat_clip(source: Path, path: Path, times: int) -> Path:
    """Write a clip to `path` that plays `source` so many times, and return it. Copied, not made anew: under a second."""
    import av

    with av.open(str(source)) as found, av.open(str(path), "w") as target:
        streams = {one.index: target.add_stream_from_template(one) for one in found.streams}
        packets = [one for one in found.demux() if one.pts is not None]
        length = max((one.pts + (one.duration or 0)) * one.time_base for one in packets) + JOINT
        for number in range(times):
            for packet in packets:
                if packet.pts >= 0 or number == 0:  # the sound's run-in would lie over the end of the round before
                    target.mux(_later(packet, streams[packet.stream.index], number * length))
    return path


def _later(packet: Any, stream: Any, seconds: Fraction) -> Any:
    import av

    copy = av.Packet(bytes(packet))
    copy.stream, copy.time_base, copy.duration = stream, packet.time_base, packet.duration
    copy.is_keyframe = packet.is_keyframe
    by = int(seconds / packet.time_base)
    copy.pts, copy.dts = packet.pts + by, packet.dts + by
    return copy


def _video_stream(target: Any, kind: str, size: tuple[int, int]) -> Any:
    codec, options = VIDEO[kind]
    stream = target.add_stream(codec, rate=FRAMES_PER_SECOND, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.gop_size = 2 * FRAMES_PER_SECOND
    return stream


def _write(target: Any, stream: Any, frames: list[Any]) -> None:
    for frame in frames:
        target.mux(stream.encode(frame))


def _pictures(second: int, share: float, size: tuple[int, int]) -> list[Any]:
    """One colour a second with a bar that moves, so that seeking and slide changes can be seen."""
    import av
    import numpy as np

    width, height = size
    frames = []
    for number in range(max(1, round(FRAMES_PER_SECOND * share))):
        planes = np.empty((height * 3 // 2, width), np.uint8)
        planes[:height] = 70 + second * 37 % 110
        planes[height:] = 96 + second * 53 % 64
        at = (second * FRAMES_PER_SECOND + number) * 8 % (width - 16)
        planes[:height, at : at + 16] = 220
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = second * FRAMES_PER_SECOND + number, Fraction(1, FRAMES_PER_SECOND)
        frames.append(frame)
    return frames


def _voice(second: int, share: float, loudness: float) -> Any:
    """A buzz of seven overtones, modulated at the pace of syllables, with pauses as between sentences."""
    import av
    import numpy as np

    time = second + np.arange(round(RATE * share)) / RATE
    pitch = 2 * np.pi * (120 * time + 3 * np.sin(2 * np.pi * 0.5 * time))
    tone = sum(np.sin(pitch * overtone) / overtone for overtone in range(1, 8))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * time), 0, 1) * (np.mod(time, 5) < 4)
    samples = (tone * syllables * loudness * 16_000).clip(-32_000, 32_000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, second * RATE, Fraction(1, RATE)
    return frame

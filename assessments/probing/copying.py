"""A copy in H.264 of a picture that many browsers can't show: at most 1280 pixels, upright, with its sound."""

from pathlib import Path
from typing import Any

from assessments.probing.opening import open_media, picture_stream

LONGEST_SIDE = 1280
COPIED_SOUND = frozenset({"aac", "mp3", "mp3float", "opus", "libopus"})
ENCODER, ENCODER_OPTIONS = "libx264", {"preset": "veryfast", "crf": "27"}
LEFT, RIGHT, ROUND = "transpose=cclock", "transpose=clock", "hflip,vflip"
TURNS = {90: LEFT, -90: RIGHT, 270: RIGHT, -270: LEFT, 180: ROUND, -180: ROUND}
"""What puts a picture upright again, by the turn in degrees that its file names."""


def make_copy(source: Path, out: Path, name: str) -> dict[str, Any]:
    """Write `name` into `out`."""
    import av

    with open_media(source) as media, av.open(
        str(out / name), "w", format="mp4", options={"movflags": "+faststart"}
    ) as target:  # fmt: skip
        Copy(media, target).run()
    return {"size": (out / name).stat().st_size}


class Copy:
    """One picture and one sound stream on their way from `media` to `target`."""

    def __init__(self, media: Any, target: Any) -> None:
        self.media, self.target = media, target
        self.picture = picture_stream(media)
        self.picture.thread_count = 2
        self.sound = media.streams.audio[0] if media.streams.audio else None
        self.new_picture = target.add_stream(ENCODER, options=ENCODER_OPTIONS)
        self.new_picture.pix_fmt = "yuv420p"
        self.new_picture.codec_context.thread_count = 2
        self.is_copied = self.sound is not None and self.sound.codec_context.name in COPIED_SOUND
        self.new_sound: Any = None
        self.graph: Any = None

    def run(self) -> None:
        """Packet by packet, in the file's own order. The sound waits for the first picture, which tells the size."""
        streams = [self.picture, *([self.sound] if self.sound else [])]
        if self.sound:
            self._add_sound()
        self._begin_picture(self._first_frame())
        for packet in self.media.demux(*streams):
            if packet.stream is self.picture:
                for frame in packet.decode():
                    self._send_picture(frame)
            else:
                self._send_sound(packet)
        self._end()

    def _first_frame(self) -> Any:
        frame = next(self.media.decode(self.picture))
        self.media.seek(0)
        return frame

    def _add_sound(self) -> None:
        if self.is_copied:
            self.new_sound = self.target.add_stream_from_template(self.sound)
        else:
            self.new_sound = self.target.add_stream("aac", rate=48_000, layout="mono")

    def _begin_picture(self, frame: Any) -> None:
        """The way of every picture: upright, smaller, in plain colours."""
        import av

        turn = TURNS.get(frame.rotation, "")
        width, height = (frame.height, frame.width) if "transpose" in turn else (frame.width, frame.height)
        shrink = min(1.0, LONGEST_SIDE / max(width, height))
        size = [max(2, round(side * shrink) // 2 * 2) for side in (width, height)]
        graph = av.filter.Graph()
        wanted = [*filter(None, turn.split(",")), f"scale={size[0]}:{size[1]}", "format=yuv420p", "buffersink"]
        steps = [graph.add_buffer(template=self.picture, time_base=self.picture.time_base)]
        steps += [graph.add(*one.split("=", 1)) for one in wanted]
        graph.link_nodes(*steps).configure()
        self.graph = graph
        self.new_picture.width, self.new_picture.height = size
        self.new_picture.codec_context.time_base = self.picture.time_base

    def _send_picture(self, frame: Any) -> None:
        import av

        self.graph.push(frame)
        try:
            while True:
                small = self.graph.pull()
                small.pict_type = 0
                self.target.mux(self.new_picture.encode(small))
        except (av.error.BlockingIOError, av.error.EOFError):
            return

    def _send_sound(self, packet: Any) -> None:
        if self.is_copied:
            if packet.dts is not None:
                packet.stream = self.new_sound
                self.target.mux(packet)
            return
        for frame in packet.decode():
            self.target.mux(self.new_sound.encode(frame))

    def _end(self) -> None:
        self.target.mux(self.new_picture.encode(None))
        if self.sound and not self.is_copied:
            self.target.mux(self.new_sound.encode(None))

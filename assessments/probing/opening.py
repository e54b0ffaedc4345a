"""Opening files of strangers, for every step of the child."""

from pathlib import Path
from typing import Any

DECODERS = (
    "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "libaom-av1",
    "aac", "aac_fixed", "mp3", "mp3float", "opus", "libopus", "vorbis", "libvorbis",
)  # fmt: skip
"""All that ever decodes a file of a stranger. Others are told by name, so that the rules can say which format isn't taken."""
OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska",
    "codec_whitelist": ",".join(DECODERS),
}
MAX_PIXELS = 8_847_360


def open_media(source: Path) -> Any:
    """The container behind `file:` alone, as one of the two formats: a playlist can't make it read another address."""
    import av

    return av.open(f"file:{source}", options=OPEN_OPTIONS, metadata_errors="replace")


def picture_stream(media: Any) -> Any:
    """The first picture stream, ready to decode within the limits of size."""
    stream = media.streams.video[0]
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.thread_count = 1
    return stream

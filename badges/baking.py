"""A credential inside a picture: one iTXt chunk of a PNG. Our own reader and writer, so that no pixel is touched.

Source: Open Badges 3.0, section 5.3.2 (baking); PNG, section 11.3.3.4 (iTXt).
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
_PREFIX = KEYWORD + b"\x00\x00\x00\x00\x00"
"""Keyword, end; not compressed, method 0; no language, end; no translated keyword, end."""


class NotBaked(ValueError):
    """The bytes are no whole PNG, or hold not exactly one readable credential."""


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise NotBaked("This file is no PNG picture.")
    at = len(SIGNATURE)
    while at < len(png):
        head = png[at : at + 8]
        if len(head) < 8:
            raise NotBaked("The picture is cut off.")
        length, kind = struct.unpack(">I4s", head)
        data, check = png[at + 8 : at + 8 + length], png[at + 8 + length : at + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + data):
            raise NotBaked("The picture is damaged.")
        yield kind, data
        at += 12 + length


def _write(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _holds_credential(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.startswith(KEYWORD + b"\x00")


def bake(png: bytes, token: str) -> bytes:
    """The same picture with `token` in it; a token that was there before is replaced."""
    kept = [(kind, data) for kind, data in _chunks(png) if not _holds_credential(kind, data)]
    kept.insert(1, (b"iTXt", _PREFIX + token.encode()))
    return SIGNATURE + b"".join(_write(kind, data) for kind, data in kept)


def extract(png: bytes) -> str:
    """The credential in the picture. Raises `NotBaked` for none, for several, and for a compressed one."""
    found = [data for kind, data in _chunks(png) if _holds_credential(kind, data)]
    if len(found) != 1:
        raise NotBaked("The picture holds no badge." if not found else "The picture holds more than one badge.")
    rest = found[0][len(KEYWORD) + 1 :]
    if rest[:1] != b"\x00":
        raise NotBaked("The badge in the picture is compressed, which Open Badges does not allow.")
    try:
        return rest[2:].split(b"\x00", 2)[2].decode()
    except (IndexError, UnicodeDecodeError) as error:
        raise NotBaked("The badge in the picture can't be read.") from error

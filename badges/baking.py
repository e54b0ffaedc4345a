"""A credential inside a picture: an iTXt chunk of a PNG, or the first element of an SVG. Written whole, read with suspicion.

Source: Open Badges 3.0, section 5.3.2 (baking); Open Badges 2.0 baking, section 2; PNG, section 11.3.3.4 (iTXt).
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence

from courses.lib.xml import NOT_XML, Node, XmlFault, read_xml

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD, OLD_KEYWORD = b"openbadgecredential", b"openbadges"
SPACE, OLD_SPACE = "https://purl.imsglobal.org/ob/v3p0", "http://openbadges.org"
"""What a badge of Open Badges 3.0 is kept under, and one of 2.0."""
LARGEST = 2_000_000
"""Bytes of a picture that is looked at."""
MOST_ELEMENTS = 20_000
"""Elements of an SVG that are looked at; each costs memory, and no badge is drawn with as many."""
_UNCOMPRESSED = b"\x00\x00\x00\x00\x00"
"""End of the keyword; not compressed, method 0; no language, end; no translated keyword, end."""
_START = re.compile(r"""<svg\b(?:[^>"']|"[^"]*"|'[^']*')*>""")
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_BEGINS_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|\xff\xfe<\x00|\xfe\xff\x00<")


class NotBaked(ValueError):
    """The bytes are no whole picture, or hold not exactly one readable credential."""


class OlderBadge(NotBaked):
    """The picture holds an Open Badges 2.0 award. `found`: its address, JSON or token as it stands there."""

    def __init__(self, found: str) -> None:
        super().__init__("The picture holds a badge of Open Badges 2.0, which is checked where it is hosted.")
        self.found = found


def read(content: bytes) -> str:
    """The text of the badge in a PNG or SVG; anything else is taken for the badge itself, as text. Raises `NotBaked`."""
    if content.startswith(SIGNATURE):
        return extract(content)
    if _BEGINS_XML.match(content):
        return extract_svg(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotBaked("This is neither a PNG or SVG picture nor text.") from None


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content up to the end chunk; whatever follows it is no part of the picture."""
    if not png.startswith(SIGNATURE):
        raise NotBaked("This file is no PNG picture.")
    if len(png) > LARGEST:
        raise NotBaked("This picture is larger than any badge.")
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
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


def _holds(keyword: bytes, kind: bytes, data: bytes) -> bool:
    return kind in (b"iTXt", b"tEXt", b"zTXt") and data.startswith(keyword + b"\x00")


def bake(png: bytes, text: str, *, keyword: bytes = KEYWORD) -> bytes:
    """The same picture with `text` in it; a badge that was there before is replaced, and no pixel touched."""
    chunks = _chunks(png)
    kept = [
        (kind, data) for kind, data in chunks if not any(_holds(word, kind, data) for word in (KEYWORD, OLD_KEYWORD))
    ]
    kept.insert(1, (b"iTXt", keyword + _UNCOMPRESSED + text.encode()))
    return SIGNATURE + b"".join(_write(kind, data) for kind, data in kept)


def extract(png: bytes) -> str:
    """The credential in a PNG. Raises `NotBaked` for none, several or a compressed one, `OlderBadge` for one of 2.0."""
    chunks = list(_chunks(png))
    if text := _only([_text_of(KEYWORD, *chunk) for chunk in chunks if _holds(KEYWORD, *chunk)]):
        return text
    if text := _only([_text_of(OLD_KEYWORD, *chunk) for chunk in chunks if _holds(OLD_KEYWORD, *chunk)]):
        raise OlderBadge(text)
    raise NotBaked("The picture holds no badge.")


def _only(found: Sequence[str]) -> str:
    if len(found) > 1:
        raise NotBaked("The picture holds more than one badge.")
    return found[0] if found else ""


def _text_of(keyword: bytes, kind: bytes, data: bytes) -> str:
    """What a text chunk says. Nothing is ever decompressed: the standard forbids it, and a bomb needs it."""
    rest = data[len(keyword) + 1 :]
    if kind == b"zTXt" or (kind == b"iTXt" and rest[:1] != b"\x00"):
        raise NotBaked("The badge in the picture is compressed, which Open Badges does not allow.")
    try:
        text = (rest if kind == b"tEXt" else rest[2:].split(b"\x00", 2)[2]).decode()
    except (IndexError, UnicodeDecodeError) as error:
        raise NotBaked("The badge in the picture can't be read.") from error
    if not text:
        raise NotBaked("The badge in the picture is empty.")
    return text


def bake_svg(svg: str, text: str) -> str:
    """The drawing with a credential as its first element: JSON as character data, a token in `verify`.

    Raises `NotBaked` when the drawing is no SVG or holds a badge already, and when `text` is neither of the two.
    """
    if text.startswith("{"):
        return _insert(svg, SPACE, f"<openbadges:credential><![CDATA[{_harmless(text)}]]></openbadges:credential>")
    if not _TOKEN.fullmatch(text):
        raise NotBaked("Only a JSON document or a token of three parts is baked.")
    return _insert(svg, SPACE, f'<openbadges:credential verify="{text}"/>')


def bake_older_svg(svg: str, address: str) -> str:
    """The drawing with the address of an Open Badges 2.0 assertion as its first element."""
    if not re.fullmatch(r"https?://[\w.:/~%-]+", address, re.ASCII):
        raise NotBaked("Only a plain address is baked.")
    return _insert(svg, OLD_SPACE, f'<openbadges:assertion verify="{address}"/>')


def _harmless(text: str) -> str:
    """The same JSON without what would end the character data, or what XML has no place for. Both stand in strings only."""
    text = text.replace("]]>", "]]\\u003e")
    return NOT_XML.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _insert(svg: str, space: str, element: str) -> str:
    start = _START.search(svg)
    if start is None or "openbadges:" in start[0] or "<openbadges:" in svg or start[0].endswith("/>"):
        raise NotBaked("This is no drawing that a badge could be put into.")
    opened = f'<svg xmlns:openbadges="{space}"{start[0].removeprefix("<svg")}'
    return f"{svg[: start.start()]}{opened}{element}{svg[start.end() :]}"


def extract_svg(svg: bytes) -> str:
    """The credential in an SVG: JSON or token. Raises `NotBaked` for none, several or an unclear one, `OlderBadge` for 2.0."""
    if len(svg) > LARGEST:
        raise NotBaked("This picture is larger than any badge.")
    try:
        root = read_xml(svg, most_elements=MOST_ELEMENTS, named_doctype=True)
    except XmlFault as fault:
        raise NotBaked(f"This picture can't be read: line {fault.line}: {fault.message}") from None
    if root.tag != "svg":
        raise NotBaked("This file is no SVG picture.")
    if text := _only([_content(node) for node in _elements(root, SPACE, "credential")]):
        return text
    if text := _only([_content(node) for node in _elements(root, OLD_SPACE, "assertion")]):
        raise OlderBadge(text)
    raise NotBaked("The picture holds no badge.")


def _elements(root: Node, space: str, name: str) -> Iterator[Node]:
    return (node for node in root.iter(name) if isinstance(node, Node) and node.space == space)


def _content(node: Node) -> str:
    """`verify`, or the text: exactly one of them. In 2.0 both may stand there, the address and the JSON it serves."""
    verify, text = (node.qualified.get("verify") or "").strip(), (node.text or "").strip()
    if verify and text and node.space == OLD_SPACE:
        return verify
    if len(node) or bool(verify) == bool(text):
        raise NotBaked("The badge in the picture has to be its text or its “verify”, one of them.")
    return verify or text

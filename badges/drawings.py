"""SVG drawings that people upload as templates of badges: what may stand in them. Pure; `badges.filling` fills their places.

A drawing is read by the one XML parser, checked against lists of what is allowed, and written anew from what was read:
whatever isn't on a list can't come through. Nothing in it runs, loads, links, nests or repeats without bound.
Source: rules.md 8.20.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from courses.lib.xml import Node, XmlFault, read_xml

SPACE, LINKS = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
LARGEST, MOST_DRAWN, MOST_MASKS, FARTHEST = 200_000, 1_000, 20, 20_000
"""Bytes of a drawing, its elements with the repeated ones counted each time, its masked ones, and the largest number in it.

Measured: one that covers the whole picture takes 3 ms, so the worst drawing takes seconds, not minutes.
"""
WORDS = ("name", "label", "tier", "persona", "foot")
COLOURS = ("light", "deep", "ground", "ink")
FONTS = "Noto Sans, Segoe UI, Roboto, Helvetica, Arial, sans-serif"
"""What every badge is written in; what a drawing says of fonts is left out, because no other font is there."""
ICON = "icon"
"""The id of the empty group that the icon is put into: 24 units wide and high, around the group's own origin."""
ROOM = "data-room"
"""How many units a text may be wide: longer words are written smaller."""
ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "use",
    ]
)
ATTRIBUTES = frozenset(
    [
        "id",
        "d",
        "points",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "fr",
        "dx",
        "dy",
        "width",
        "height",
        "viewBox",
        "transform",
        "version",
        "preserveAspectRatio",
        "fill",
        "fill-opacity",
        "fill-rule",
        "clip-rule",
        "clip-path",
        "mask",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "opacity",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "offset",
        "stop-color",
        "stop-opacity",
        "clipPathUnits",
        "maskUnits",
        "maskContentUnits",
        "pathLength",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "letter-spacing",
        "word-spacing",
        "text-anchor",
        "dominant-baseline",
        "textLength",
        "lengthAdjust",
        "startOffset",
        "paint-order",
        "role",
        "aria-hidden",
        "href",
    ]
) | {ROOM}
REASONS = {
    "script": "nothing in a badge runs",
    "foreignObject": "it brings a page into the picture",
    "image": "a picture inside the drawing would have to be fetched or decoded, and could hold anything; draw it as paths",
    "style": "style sheets reach further than the drawing; write colours and fonts as attributes",
    "a": "a badge links to nothing",
    "filter": "filters cost more than they show",
    "pattern": "patterns repeat without bound",
    "animate": "a badge doesn't move",
    "set": "a badge doesn't move",
    "metadata": "who made the drawing is of no use in a badge; save it as plain SVG",
    "namedview": "it belongs to the drawing program; save it as plain SVG",
}
_VALUE = re.compile(r"[\w\s.,#%+()'{}-]*", re.ASCII)
_LOCAL = re.compile(r"url\(#[A-Za-z][\w-]*\)", re.ASCII)
_ID = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
PLACE = re.compile(r"\{([^{}]*)\}")
_INSTRUCTION = re.compile(r"<\?(?!xml\s)|(?<!\A)<\?xml")


class BadDrawing(ValueError):
    """The drawing holds what a badge must not hold. `line` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"Line {line}: {reason}")
        self.reason, self.line = reason, line


def clean(svg: str) -> str:
    """The drawing written anew, if all of it may stand in a badge. Raises `BadDrawing` with the first reason and its line."""
    return written(checked(svg))


def checked(svg: str) -> Node:
    """The drawing as a tree in which everything is allowed. Raises `BadDrawing`."""
    try:
        data = svg.encode()
    except UnicodeEncodeError:
        raise BadDrawing("The drawing can't be written as UTF-8.", 1) from None
    if len(data) > LARGEST:
        raise BadDrawing(f"The drawing is larger than {LARGEST // 1000} kB.", 1)
    if found := _INSTRUCTION.search(svg.lstrip("\ufeff")):
        raise BadDrawing("Processing instructions are not allowed.", svg.count("\n", 0, found.start()) + 1)
    try:
        root = read_xml(data, most_elements=MOST_DRAWN)
    except XmlFault as fault:
        raise BadDrawing(fault.message, fault.line) from None
    if (root.tag, root.space) != ("svg", SPACE):
        raise BadDrawing(f"A drawing begins with “svg” in the namespace {SPACE}.", root.line)
    _check_root(root)
    for node in every(root):
        _check(node, is_root=node is root)
    _check_references(root)
    if not {"{name}", "{label}"} & {f"{{{place}}}" for place in _places(root)}:
        raise BadDrawing(
            "The drawing has no place for {name} or {label}, so every badge would look the same.", root.line
        )
    return root


def every(root: Node) -> Iterator[Node]:
    """All elements of a drawing, the root first."""
    return (node for node in root.iter() if isinstance(node, Node))


def _check_root(root: Node) -> None:
    box = [float(number) for number in NUMBER.findall(root.get("viewBox", ""))]
    if len(box) != 4 or box[:2] != [0, 0] or box[2] != box[3] or not 16 <= box[2] <= 4096:
        raise BadDrawing(
            "The drawing needs a square viewBox from 0 0, of 16 to 4096 units, e.g. “0 0 600 600”.", root.line
        )


def _check(node: Node, *, is_root: bool) -> None:
    if node.space != SPACE or node.tag not in ELEMENTS or (node.tag == "svg" and not is_root):
        why = REASONS.get(
            node.tag.removesuffix("Transform").removesuffix("Motion"), "it is not among what a badge is drawn with"
        )
        raise BadDrawing(f"“{node.tag}” is not allowed: {why}.", node.line)
    if node.notes:
        raise BadDrawing("Processing instructions are not allowed.", node.line)
    for name, value in node.qualified.items():
        _check_attribute(node, name.replace(f"{{{LINKS}}}href", "href"), value)
    for place in PLACE.findall((node.text or "") + (node.tail or "")):
        if place not in WORDS:
            raise BadDrawing(f"There is no place “{{{place}}}” for words; there are {_listed(WORDS)}.", node.line)


def _check_attribute(node: Node, name: str, value: str) -> None:
    if name.startswith("on"):
        raise BadDrawing(f"“{name}” is not allowed: nothing in a badge runs.", node.line)
    if name not in ATTRIBUTES:
        raise BadDrawing(
            f"The attribute “{name.rpartition('}')[2]}” is not among what a badge is drawn with.", node.line
        )
    if name == "href" and not re.fullmatch(rf"#{_ID.pattern}", value, re.ASCII):
        raise BadDrawing("A badge refers only to its own parts, as “#name”.", node.line)
    if not _VALUE.fullmatch(value) or "url" in _LOCAL.sub("", value).lower():
        raise BadDrawing(f"“{name}” holds a value that a badge has no use for: {value[:40]}", node.line)
    if name == "id" and not _ID.fullmatch(value):
        raise BadDrawing("An id begins with a letter and has letters, digits, “-” and “_”.", node.line)
    if name != "id" and any(abs(float(number)) > FARTHEST for number in NUMBER.findall(value) if "#" not in value):
        raise BadDrawing(f"“{name}” holds a number beyond {FARTHEST}.", node.line)
    for place in PLACE.findall(value):
        if place not in COLOURS:
            raise BadDrawing(f"There is no place “{{{place}}}” for a colour; there are {_listed(COLOURS)}.", node.line)


def _check_references(root: Node) -> None:
    """What is referred to is there, once; what is repeated repeats nothing itself."""
    named: dict[str, Node] = {}
    for node in every(root):
        if (name := node.get("id")) and named.setdefault(name, node) is not node:
            raise BadDrawing(f"The id “{name}” stands twice.", node.line)
    for node in every(root):
        for name in _references(node):
            if name not in named:
                raise BadDrawing(f"There is no part “{name}”.", node.line)
    for node in _uses(root):
        if any(part.tag == "use" or list(_references(part)) for part in named[next(_references(node))].iter()):
            raise BadDrawing("What is repeated must not repeat or refer to something itself.", node.line)
    if any(list(_references(part)) for node in every(root) if node.tag in ("mask", "clipPath") for part in node.iter()):
        raise BadDrawing("What masks or clips must not refer to something itself.", root.line)
    _check_cost(root, named)


def _check_cost(root: Node, named: Mapping[str, Node]) -> None:
    repeated = sum(len(list(named[next(_references(node))].iter())) for node in _uses(root))
    if len(list(every(root))) + repeated > MOST_DRAWN:
        raise BadDrawing(f"More than {MOST_DRAWN} parts are drawn, the repeated ones counted each time.", root.line)
    if sum("mask" in node.attrib or "clip-path" in node.attrib for node in every(root)) > MOST_MASKS:
        raise BadDrawing(f"More than {MOST_MASKS} parts are masked or clipped.", root.line)


def _uses(root: Node) -> Iterator[Node]:
    return (node for node in every(root) if node.tag == "use")


def _references(node: object) -> Iterator[str]:
    assert isinstance(node, Node)
    for name, value in node.attrib.items():
        if name == "href":
            yield value.removeprefix("#")
        for found in _LOCAL.findall(value):
            yield found[5:-1]


def _places(root: Node) -> set[str]:
    return {place for node in every(root) for place in PLACE.findall((node.text or "") + (node.tail or ""))}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def written(node: Node, *, title: str = "", is_root: bool = True) -> str:
    """A tree as SVG text, with `title` as its first element where one is given."""
    dropped = ("font-family", "width", "height") if is_root else ("font-family",)
    attributes = {name: value for name, value in node.attrib.items() if name not in dropped}
    if is_root:
        attributes = {"xmlns": SPACE, "font-family": FONTS} | attributes
    opened = node.tag + "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    named = f"<title>{escape(title)}</title>" if title else ""
    inside = "".join(written(child, is_root=False) for child in node if isinstance(child, Node))
    tail = "" if is_root else escape(node.tail or "")
    return f"<{opened}>{named}{escape(node.text or '')}{inside}</{node.tag}>{tail}"

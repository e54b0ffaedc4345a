"""An uploaded drawing with its places filled. Words are set as text of the tree, so nothing in them is ever read as SVG. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from badges.drawings import ICON, NUMBER, PLACE, ROOM, checked, every, written
from courses.lib.xml import Node


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into the places: `words` and `colours` by name, `icon` as path data, `title` for whoever doesn't see it."""

    words: Mapping[str, str]
    colours: Mapping[str, str]
    title: str
    icon: Sequence[str] = ()
    language: str = ""


def fill(template: str, filling: Filling, *, glyph_width: float) -> str:
    """The template with its places filled. Words are set as text, so nothing in them is ever read as SVG.

    `glyph_width`: how wide a letter is, as a share of the font's size. Raises `BadDrawing`.
    """
    root = checked(template)
    for child in [child for child in root if child.tag == "title"]:
        root.remove(child)
    places = {**filling.words, **filling.colours}
    for node in every(root):
        _fit(node, places, glyph_width)
        for name, value in node.attrib.items():
            node.set(name, _filled(value, places))
        if node.get("id") == ICON:
            node.text = None
            node.extend(_icon(filling.icon))
        node.text, node.tail = _filled(node.text or "", places), _filled(node.tail or "", places)
    if filling.language:
        root.set("xml:lang", filling.language)
    return written(root, title=filling.title)


def _filled(text: str, places: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: places.get(place[1], ""), text)


def _fit(node: Node, places: Mapping[str, str], glyph_width: float) -> None:
    """Write a text smaller where it would be wider than its room."""
    room = node.attrib.pop(ROOM, None)
    size = NUMBER.match(node.get("font-size", ""))
    if room is None or size is None:
        return
    longest = max(len(_filled("".join(node.itertext()), places)), 1)
    node.set("font-size", f"{min(float(size[0]), float(room) / (glyph_width * longest)):.1f}")


def _icon(paths: Sequence[str]) -> list[Node]:
    group = Node("g", {"transform": "translate(-12 -12)"})
    group.extend(Node("path", {"d": path, "stroke-linecap": "round", "stroke-linejoin": "round"}) for path in paths)
    return [group]

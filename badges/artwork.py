"""The drawing of a badge: a template filled with tone, tier, icon and words, rendered by resvg with Noto Sans alone.

Two templates are built in, a disc and a hexagon; others are uploaded (`badges.drawings`).
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zipfile import ZipFile

import resvg_py
from django.template.loader import render_to_string
from fontpkg_noto_sans import ROOT
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from badges import filling
from courses.lib.xml import read_xml

WIDTH = 512
TONES = {
    "night": ("#dfe4fb", "#8d98cf"),
    "blue": ("#9ecbff", "#5b9bf0"),
    "green": ("#8df0c4", "#2fb888"),
    "gold": ("#ffdf8e", "#dfa02f"),
    "rose": ("#f6b4e6", "#c25cab"),
}
NIGHT = {
    "glow": "#343e7a", "ground": "#1b2146", "shade": "#12162f", "core": "#11142a", "rim": "#171b3a", "faint": "#39416f",
    "ink": "#ffffff", "quiet": "#c9cfe6",
}  # fmt: skip
"""The ground of the built-in tones, from its light to its dark, and what is written on it."""
TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3.0
"""Least contrast of words and of lines with their ground. Source: WCAG 2.2, 1.4.3 and 1.4.11."""
TIERS = {"crawl": (1, 2), "walk": (3, 4), "run": (5, 6)}
"""By tier: filled parts of a ring of five, and waves."""
_OWN_PICTURE = re.compile(
    r'<image(?: (?!href)[a-z-]+="[\w.,# ()%-]*"| (?:xlink:)?href="data:image/png;base64,[\w+/=]*")+ ?/>', re.ASCII
)
_LOADS = re.compile(r"<(?:[\w.-]+:)?(?:image|feimage)\b|<!(?!\[CDATA\[)", re.IGNORECASE)
FONT = str(ROOT / "files" / "NotoSans[wdth,wght].ttf")
GLYPH_WIDTH, CAPITAL_WIDTH = 0.62, 0.78
"""Mean width of a letter of Noto Sans Bold as a share of its size, and of a capital with the space after it."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Chosen colours as `#rrggbb`: the light and the deep end of the tone, the ground, and the ink of the words."""

    light: str
    deep: str
    ground: str
    ink: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing shows. `ring`: filled parts of three (know, show, keep) where there is no tier. `foot`: who issues it.

    `icon`: the name of an outline heroicon, the built-in glyph when empty. `colours` replace those of the tone. `template`: an
    uploaded drawing, the built-in one of the shape when empty. `title`: what it shows, in words. `language`: of all its words.
    """

    shape: str
    tone: str
    name: str
    label: str
    foot: str
    ring: int = 3
    tier: str = ""
    persona: str = ""
    icon: str = ""
    colours: Colours | None = None
    template: str = ""
    title: str = ""
    language: str = "en"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faint_colours(colours: Colours) -> list[str]:
    """What is too weak to be read among chosen colours, a sentence each; empty when all of it can be."""
    palette = _palette(colours)
    pairs = [("words", "ink", colours.ink, TEXT_CONTRAST)]
    pairs += [(f"the {end} end of the tone", end, getattr(colours, end), LINE_CONTRAST) for end in ("light", "deep")]
    return [
        f"{words[0].upper()}{words[1:]} ({colour}) on {palette[ground]}: {found:.1f}, needed {least}."
        for words, _, colour, least in pairs
        for ground in ("glow", "core")
        if (found := contrast(colour, palette[ground])) < least
    ]


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _rgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(one: str, other: str, share: float) -> str:
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_rgb(one), _rgb(other), strict=True))


def _palette(colours: Colours) -> dict[str, str]:
    """The shades of a chosen ground: towards the ink where it glows, away from it where words stand."""
    away = "#000000" if _luminance(colours.ink) > _luminance(colours.ground) else "#ffffff"
    near = {"glow": 0.13, "faint": 0.2}
    far = {"shade": 0.3, "core": 0.4, "rim": 0.2}
    shades = {name: _mix(colours.ground, colours.ink, share) for name, share in near.items()}
    shades |= {name: _mix(colours.ground, away, share) for name, share in far.items()}
    return shades | {"ground": colours.ground, "ink": colours.ink, "quiet": _mix(colours.ink, colours.ground, 0.15)}


def _icons() -> ZipFile:
    return ZipFile((files("heroicons") / "heroicons.zip").open("rb"))


@lru_cache(maxsize=1)
def icon_names() -> tuple[str, ...]:
    """Every icon that a badge may show: the outline heroicons, by name."""
    with _icons() as packed:
        names = [name for name in packed.namelist() if name.startswith("outline/") and name.endswith(".svg")]
    return tuple(sorted(name.removeprefix("outline/").removesuffix(".svg") for name in names))


@lru_cache(maxsize=128)
def _icon_paths(name: str) -> tuple[str, ...]:
    if name not in icon_names():
        return ()
    with _icons() as packed:
        root = read_xml(packed.read(f"outline/{name}.svg"))
    return tuple(node.get("d", "") for node in root.iter("path"))


def _size(text: str, *, room: float, largest: float, width: float = GLYPH_WIDTH) -> float:
    return round(min(largest, room / (width * max(len(text), 1))), 1)


def _fitted(text: str, *, room: float, largest: float, least: float, width: float) -> tuple[str, float]:
    """The words and their size; what would be smaller than `least` is cut, and whole in the words beside the picture."""
    most = int(room / (width * least))
    text = text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return text, _size(text, room=room, largest=largest, width=width)


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """Code points that Noto Sans has a sign for."""
    return frozenset(TTFont(FONT, lazy=True).getBestCmap())


def can_be_drawn(text: str) -> bool:
    """Whether every sign of the text has a drawing; others would come out as boxes."""
    return all(ord(sign) in covered() for sign in text)


def _lines(label: str) -> list[str]:
    """The label on one line, or on two where it has a space: cut where the longer half is shortest."""
    words = label.split()
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return list(min(cuts, key=lambda cut: max(map(len, cut)))) if cuts else [label]


def _rosette(phase: float) -> str:
    """A closed wave around the middle, 24 petals, as SVG path data."""
    steps = 240
    angles = [2 * math.pi * step / steps for step in range(steps)]
    radii = [172 + 26 * math.sin(24 * angle + phase) + 5 * math.cos(8 * angle) for angle in angles]
    points = [f"{300 + r * math.sin(a):.1f} {300 - r * math.cos(a):.1f}" for a, r in zip(angles, radii, strict=True)]
    return f"M{'L'.join(points)}Z"


def _arc(part: int, of: int) -> str:
    """One of the parts of the ring, clockwise from the top, with a gap of six degrees between them."""
    span = 360 / of
    start, end = (math.radians(edge) for edge in (span * part + 3, span * (part + 1) - 3))
    x1, y1, x2, y2 = (300 + 266 * math.sin(start), 300 - 266 * math.cos(start), 300 + 266 * math.sin(end),
                      300 - 266 * math.cos(end))  # fmt: skip
    return f"M{x1:.1f} {y1:.1f}A266 266 0 0 1 {x2:.1f} {y2:.1f}"


def _second_line(drawing: Drawing) -> str:
    """Tier and persona below the label; the tier is left out where the label is it."""
    tier = "" if drawing.label.lower() == drawing.tier else drawing.tier.capitalize()
    return " · ".join(word for word in (tier, _shown(drawing.persona)) if word)


def _words(drawing: Drawing) -> dict[str, Any]:
    is_disc, second = drawing.shape == "disc", _second_line(drawing)
    lines = _lines(drawing.label)
    room, largest, middle = (250, 62, 350 if second else 356) if is_disc else (420, 76, 318 if second else 334)
    size = min(_size(line, room=room, largest=largest / len(lines) ** 0.5) for line in lines)
    top = middle - size * 0.55 * (len(lines) - 1)
    second, second_size = _fitted(
        second, room=185 if is_disc else 390, largest=25 if is_disc else 29, least=15, width=GLYPH_WIDTH
    )
    name, name_size = _fitted(
        _shown(drawing.name).upper(), room=600 if is_disc else 350, largest=25, least=13, width=CAPITAL_WIDTH
    )
    foot, foot_size = _fitted(
        _shown(drawing.foot).upper(), room=420 if is_disc else 270, largest=19, least=12, width=CAPITAL_WIDTH
    )
    return {
        "lines": [{"text": line, "y": round(top + size * 1.1 * row, 1)} for row, line in enumerate(lines)],
        "size": size,
        "icon_y": 234 if second and len(lines) > 1 else 247,
        "second": second,
        "second_y": round(top + size * 1.1 * (len(lines) - 1) + (33 if is_disc else 44), 1),
        "second_size": second_size,
        "name": name,
        "name_size": name_size,
        "name_gap": round(name_size * 0.096, 1),
        "foot": foot,
        "foot_size": foot_size,
        "foot_gap": round(foot_size * 0.11, 1),
    }


def _shown(text: str) -> str:
    """The text, or nothing where it would be boxes: the words beside the picture say it all."""
    return text if can_be_drawn(text) else ""


def draw_svg(drawing: Drawing) -> str:
    """The drawing as SVG text; every word in it is escaped. Raises `drawings.BadDrawing` for a template that is none."""
    light, deep = TONES[drawing.tone]
    palette = NIGHT
    if drawing.colours is not None:
        light, deep, palette = drawing.colours.light, drawing.colours.deep, _palette(drawing.colours)
    if drawing.template:
        return _filled(drawing, {"light": light, "deep": deep, "ground": palette["ground"], "ink": palette["ink"]})
    filled, waves = TIERS.get(drawing.tier, (drawing.ring, 3))
    count = 5 if drawing.tier else 3
    context = palette | {
        "drawing": drawing,
        "title": drawing.title or f"Badge: {drawing.name}",
        "light": light,
        "deep": deep,
        "icon": _icon_paths(drawing.icon),
        "parts": [{"path": _arc(part, count), "filled": part < filled} for part in range(count)],
        "waves": [_rosette(6.3 * wave / waves) for wave in range(waves)],
    }
    return render_to_string("badges/drawing.svg", context | _words(drawing))


def _filled(drawing: Drawing, colours: dict[str, str]) -> str:
    words = {
        "name": _shown(drawing.name), "label": drawing.label, "tier": drawing.tier.capitalize(),
        "persona": _shown(drawing.persona), "foot": _shown(drawing.foot),
    }  # fmt: skip
    title = drawing.title or f"Badge: {drawing.name}"
    places = filling.Filling(words, colours, title, _icon_paths(drawing.icon), drawing.language)
    return filling.fill(drawing.template, places, glyph_width=GLYPH_WIDTH)


@lru_cache(maxsize=64)
def draw_png(drawing: Drawing) -> bytes:
    """The drawing as PNG, `WIDTH` pixels square, on a transparent ground. No font of the machine is used."""
    return render(draw_svg(drawing))


def render(svg: str, *, width: int = WIDTH) -> bytes:
    """An SVG as PNG, `width` pixels wide. Raises `ValueError` for one that loads or declares something.

    resvg opens every file that an “image” names, by any path; no option keeps it from that, so the only images that get
    there are PNGs inside the SVG, as our own cards have them.
    """
    if _LOADS.search(_OWN_PICTURE.sub("", svg)):
        raise ValueError("A drawing that loads something is not drawn.")
    fonts = [str(path) for path in sorted((ROOT / "files").glob("*.ttf"))]
    return resvg_py.svg_to_bytes(
        svg_string=svg, width=width, skip_system_fonts=True, font_files=fonts, font_family="Noto Sans"
    )

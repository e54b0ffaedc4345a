"""The drawing of a badge: one template, filled with shape, tone, ring and words, rendered by resvg with Noto Sans alone."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import resvg_py
from django.template.loader import render_to_string
from fontpkg_noto_sans import ROOT

WIDTH = 512
TONES = {
    "night": ("#dfe4fb", "#8d98cf"),
    "blue": ("#9ecbff", "#5b9bf0"),
    "green": ("#8df0c4", "#2fb888"),
    "gold": ("#ffdf8e", "#dfa02f"),
    "rose": ("#f6b4e6", "#c25cab"),
}
GLYPH_WIDTH = 0.62
"""Mean width of a letter of Noto Sans Bold as a share of its size; capitals are a little wider."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing shows. `ring`: filled parts of three (know, show, keep). `foot`: who issues it."""

    shape: str
    tone: str
    name: str
    label: str
    foot: str
    ring: int = 3


def _size(text: str, *, room: float, largest: float) -> float:
    return round(min(largest, room / (GLYPH_WIDTH * max(len(text), 1))), 1)


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


def _arc(part: int) -> str:
    """One of the three parts of the ring, clockwise from the top, with a gap of six degrees between them."""
    start, end = (math.radians(120 * part + edge) for edge in (3, 117))
    x1, y1, x2, y2 = (300 + 266 * math.sin(start), 300 - 266 * math.cos(start), 300 + 266 * math.sin(end),
                      300 - 266 * math.cos(end))  # fmt: skip
    return f"M{x1:.1f} {y1:.1f}A266 266 0 0 1 {x2:.1f} {y2:.1f}"


def _words(drawing: Drawing) -> dict[str, Any]:
    lines = _lines(drawing.label)
    room, largest, middle = (250, 62, 356) if drawing.shape == "disc" else (420, 76, 334)
    size = min(_size(line, room=room, largest=largest / len(lines) ** 0.5) for line in lines)
    top = middle - size * 0.55 * (len(lines) - 1)
    name = drawing.name.upper()
    return {
        "lines": [{"text": line, "y": round(top + size * 1.1 * row, 1)} for row, line in enumerate(lines)],
        "size": size,
        "name": name,
        "name_size": _size(name, room=560 if drawing.shape == "disc" else 330, largest=25),
        "foot": drawing.foot.upper(),
        "foot_size": _size(drawing.foot, room=360 if drawing.shape == "disc" else 260, largest=19),
    }


def draw_svg(drawing: Drawing) -> str:
    """The drawing as SVG text; every word in it is escaped."""
    light, deep = TONES[drawing.tone]
    parts = [{"path": _arc(part), "filled": part < drawing.ring} for part in range(3)]
    context = {"drawing": drawing, "light": light, "deep": deep, "parts": parts} | _words(drawing)
    return render_to_string("badges/drawing.svg", context | {"waves": [_rosette(0), _rosette(2.1), _rosette(4.2)]})


@lru_cache(maxsize=64)
def draw_png(drawing: Drawing) -> bytes:
    """The drawing as PNG, `WIDTH` pixels square, on a transparent ground. No font of the machine is used."""
    return render(draw_svg(drawing))


def render(svg: str, *, width: int = WIDTH) -> bytes:
    """An SVG as PNG, `width` pixels wide."""
    fonts = [str(path) for path in sorted((ROOT / "files").glob("*.ttf"))]
    return resvg_py.svg_to_bytes(
        svg_string=svg, width=width, skip_system_fonts=True, font_files=fonts, font_family="Noto Sans"
    )

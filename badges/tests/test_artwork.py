"""The drawing of a badge: every shape and tone, its words escaped, without a font of the machine."""

import io

import pytest
from defusedxml import ElementTree
from PIL import Image

from badges import artwork
from badges.models import Achievement


def drawing(**changes):
    facts = {"shape": "disc", "tone": "night", "name": "Partner Seller", "label": "Seller", "foot": "Example Company"}
    return artwork.Drawing(**facts | changes)


@pytest.mark.parametrize("shape", Achievement.Shape.values)
@pytest.mark.parametrize("tone", Achievement.Tone.values)
def test_every_shape_and_tone_is_drawn(shape, tone):
    picture = Image.open(io.BytesIO(artwork.draw_png(drawing(shape=shape, tone=tone))))

    assert picture.size == (512, 512)
    assert picture.convert("RGBA").getpixel((0, 0))[3] == 0
    assert picture.convert("RGBA").getpixel((256, 480))[3] == 255


def test_words_are_escaped():
    svg = artwork.draw_svg(drawing(name='<script>alert("x")</script>', label="A & B", foot="</svg>"))

    assert "<script" not in svg.lower()
    assert ElementTree.fromstring(svg).tag.endswith("svg")


@pytest.mark.parametrize(
    ("label", "lines"),
    [("SAL", ["SAL"]), ("Partner Seller", ["Partner", "Seller"]), ("A long word here", ["A long", "word here"])],
)
def test_label_is_cut_where_its_longer_half_is_shortest(label, lines):
    assert artwork._lines(label) == lines


def test_words_are_really_drawn():
    assert artwork.draw_png(drawing(label="Seller")) != artwork.draw_png(drawing(label="Teller"))


@pytest.mark.parametrize("filled", [0, 1, 3])
def test_ring_shows_how_many_parts_are_filled(filled):
    assert artwork.draw_svg(drawing(ring=filled)).count('stroke-width="24"') == filled

"""An award in a picture: written once, read back whole, by our own reader and by others; what others bake is read too."""

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from badges import artwork, baking
from courses.lib.xml import read_xml

DRAWING = artwork.Drawing("disc", "night", "Partner Seller", "Seller", "Example Company")
PICTURE = artwork.draw_png(DRAWING)
SVG = artwork.draw_svg(DRAWING)
SAMPLES = Path(__file__).parent / "samples"


def with_chunk(kind, data, picture=PICTURE):
    return picture[:33] + baking._write(kind, data) + picture[33:]


def test_baked_token_reads_back_and_pixels_stay():
    baked = baking.bake(PICTURE, "a.b.c")
    picture = Image.open(io.BytesIO(baked))
    picture.load()

    assert baking.extract(baked) == "a.b.c"
    assert picture.text == {"openbadgecredential": "a.b.c"}
    assert picture.tobytes() == Image.open(io.BytesIO(PICTURE)).tobytes()


def test_chunk_stands_once_uncompressed_and_after_the_header():
    older = baking.bake(baking.bake(PICTURE, "old.old.old"), "https://example.com/a", keyword=baking.OLD_KEYWORD)
    chunks = list(baking._chunks(baking.bake(older, "new.ü.new")))

    assert [kind for kind, _ in chunks].count(b"iTXt") == 1
    assert chunks[1] == (b"iTXt", b"openbadgecredential\x00\x00\x00\x00\x00" + "new.ü.new".encode())


def test_other_text_in_the_picture_is_kept():
    baked = baking.bake(with_chunk(b"tEXt", b"Title\x00Mine"), "a.b.c")

    assert Image.open(io.BytesIO(baked)).text["Title"] == "Mine"


def test_what_follows_the_end_of_a_picture_is_no_part_of_it():
    baked = baking.bake(PICTURE, "a.b.c") + baking._write(b"iTXt", TOKEN + b"\x00\x00\x00\x00x.y.z")

    assert baking.extract(baked) == "a.b.c"


def test_badge_in_a_plain_text_chunk_is_read():
    assert baking.extract(with_chunk(b"tEXt", TOKEN + b'{"a":1}')) == '{"a":1}'


TOKEN = b"openbadgecredential\x00"
BROKEN = {
    "no badge": (PICTURE, "no badge"),
    "two badges": (with_chunk(b"iTXt", TOKEN + b"\x00\x00\x00\x00x", baking.bake(PICTURE, "a.b.c")), "more than one"),
    "two kinds of chunk": (with_chunk(b"tEXt", TOKEN + b"x", baking.bake(PICTURE, "a.b.c")), "more than one"),
    "compressed": (with_chunk(b"iTXt", TOKEN + b"\x01\x00\x00\x00" + zlib.compress(b"a.b.c")), "compressed"),
    "compressed text chunk": (with_chunk(b"zTXt", TOKEN + b"\x00" + zlib.compress(b"a.b.c")), "compressed"),
    "a bomb": (with_chunk(b"iTXt", TOKEN + b"\x01\x00\x00\x00" + zlib.compress(bytes(10**8))), "compressed"),
    "no language": (with_chunk(b"iTXt", TOKEN + b"\x00\x00"), "can't be read"),
    "not utf-8": (with_chunk(b"iTXt", TOKEN + b"\x00\x00\x00\x00\xff\xfe"), "can't be read"),
    "empty": (with_chunk(b"iTXt", TOKEN + b"\x00\x00\x00\x00"), "empty"),
    "no png": (b"GIF89a", "no PNG"),
    "too large": (PICTURE + bytes(2_000_001), "larger"),
    "cut off": (PICTURE[:-6], "cut off"),
    "without its end": (PICTURE[:-12], "cut off"),
    "damaged": (PICTURE[:40] + bytes([PICTURE[40] ^ 1]) + PICTURE[41:], "damaged"),
    "endless length": (PICTURE[:33] + struct.pack(">I4s", 0xFFFFFFFF, b"iTXt"), "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_unreadable_picture_is_refused_with_its_reason(name):
    content, reason = BROKEN[name]

    with pytest.raises(baking.NotBaked, match=reason):
        baking.extract(content)


def test_older_badge_is_told_apart():
    with pytest.raises(baking.OlderBadge, match=r"2\.0") as raised:
        baking.read(baking.bake(PICTURE, "https://example.com/a", keyword=baking.OLD_KEYWORD))

    assert raised.value.found == "https://example.com/a"


@pytest.mark.parametrize("name", ["simple-json.png", "simple-json.svg"])
def test_document_that_others_baked_is_read(name):
    document = json.loads(baking.read((SAMPLES / name).read_bytes()))

    assert document["id"] == "http://example.com/credentials/3527" and document["proof"]


@pytest.mark.parametrize("name", ["simple-jwt.png", "simple-jwt.svg"])
def test_token_that_others_baked_is_read(name):
    token = baking.read((SAMPLES / name).read_bytes())

    assert token.startswith("ey") and token.count(".") == 2


def test_older_badge_that_others_baked_is_told_apart():
    with pytest.raises(baking.OlderBadge) as raised:
        baking.read((SAMPLES / "simple-badge.png").read_bytes())

    assert json.loads(raised.value.found)["type"] == "Assertion"


# Drawings


@pytest.mark.parametrize(
    "text",
    ["ey-a.b_c.d", '{"a":1}', '{"a":"]]> ]] > <b>&amp; \\u2028 ü 漢 \ufffe \ud7ff","b":["]]>"]}'],
    ids=["token", "document", "signs that XML can't hold"],
)
def test_award_in_a_drawing_reads_back(text):
    baked = baking.bake_svg(SVG, text)
    found = baking.read(baked.encode())

    assert found == text or json.loads(found) == json.loads(text)


def test_award_is_the_first_element_and_the_drawing_stays():
    root = read_xml(baking.bake_svg(SVG, '{"a":1}').encode())

    assert (root[0].tag, root[0].space) == ("credential", "https://purl.imsglobal.org/ob/v3p0")
    assert [node.tag for node in root[1:]] == [node.tag for node in read_xml(SVG.encode())]


def test_award_in_a_drawing_changes_no_pixel():
    assert artwork.render(baking.bake_svg(SVG, '{"a":"]]>"}')) == artwork.render(SVG)


def test_badge_that_is_named_like_the_element_is_baked_all_the_same():
    svg = artwork.draw_svg(artwork.Drawing("disc", "night", "openbadges: <openbadges:credential>", "openbadges", "x"))

    assert baking.read(baking.bake_svg(svg, '{"a":1}').encode()) == '{"a":1}'


def test_older_address_in_a_drawing_is_told_apart():
    baked = baking.bake_older_svg(SVG, "https://example.com/ob2/a.json")

    with pytest.raises(baking.OlderBadge) as raised:
        baking.read(baked.encode())
    assert raised.value.found == "https://example.com/ob2/a.json"


@pytest.mark.parametrize("text", ["", "no token", 'a.b.c" onload="x', "a.b", "<x/>"])
def test_nothing_but_a_document_or_token_is_baked(text):
    with pytest.raises(baking.NotBaked):
        baking.bake_svg(SVG, text)


@pytest.mark.parametrize("svg", ["", "<svg/>", baking.bake_svg(SVG, '{"a":1}'), "<p>none</p>"])
def test_nothing_is_baked_into_what_is_no_drawing_or_holds_a_badge(svg):
    with pytest.raises(baking.NotBaked):
        baking.bake_svg(svg, '{"a":2}')


@pytest.mark.parametrize("address", ['https://a.example/"><script/>', "javascript:alert(1)", "https://a.example/?a&b"])
def test_only_a_plain_address_is_baked(address):
    with pytest.raises(baking.NotBaked):
        baking.bake_older_svg(SVG, address)


def svg_with(inside, *, before="", space=baking.SPACE):
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="{space}">{inside}</svg>'.encode()


def test_award_is_found_wherever_it_stands_and_whatever_its_prefix():
    doctype = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:1/svg11.dtd">'
    content = svg_with("<g><o:credential>\n {} \n</o:credential></g>", before=doctype)

    assert baking.read(content) == "{}"
    assert baking.read(content.decode().encode("utf-16")) == "{}"
    assert baking.read(b"\xef\xbb\xbf \n" + svg_with('<o:credential verify=" a.b.c "/>')) == "a.b.c"


LAUGHS = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "laughs": (svg_with("<o:credential>&b;</o:credential>", before=LAUGHS), "DOCTYPE"),
    "outside entity": (svg_with("&x;", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "DOCTYPE"),
    "parameter entity": (
        svg_with("", before='<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>'),
        "DOCTYPE",
    ),
    "entity of a named doctype": (svg_with("&nbsp;", before='<!DOCTYPE svg SYSTEM "file:///etc/passwd">'), "entity"),
    "two badges": (svg_with('<o:credential verify="a.b.c"/><g><o:credential>{}</o:credential></g>'), "more than one"),
    "both at once": (svg_with('<o:credential verify="a.b.c">{}</o:credential>'), "one of them"),
    "neither": (svg_with("<o:credential/>"), "one of them"),
    "something in it": (svg_with("<o:credential>{}<g/></o:credential>"), "one of them"),
    "verify of another namespace": (svg_with('<o:credential o:verify="a.b.c"/>'), "one of them"),
    "other namespace": (svg_with('<o:credential verify="a.b.c"/>', space="urn:x"), "no badge"),
    "no badge": (SVG.encode(), "no badge"),
    "a page": (b"<html><body/></html>", "no SVG"),
    "no xml": (b"<svg", "can't be read"),
    "too large": (svg_with(" " * 2_000_000), "larger"),
    "too many": (svg_with("<g/>" * 20_001), "too many"),
    "too deep": (svg_with("<g>" * 100 + "</g>" * 100), "deep"),
    "long namespace": (svg_with("<o:g/>" * 1000, space="x" * 1_000_000), "longer than"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><svg/>', "can't be read"),
    "bytes": (b"\x00\xff\xfe\x80", "neither"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_drawing_is_refused_with_its_reason(name):
    content, reason = HOSTILE[name]

    with pytest.raises(baking.NotBaked, match=reason):
        baking.read(content)

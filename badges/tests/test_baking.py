"""A token in a picture: written once, read back whole, by our own reader and by Pillow."""

import io
import struct
import zlib

import pytest
from PIL import Image

from badges import artwork, baking

DRAWING = artwork.Drawing("disc", "night", "Partner Seller", "Seller", "Example Company")
PICTURE = artwork.draw_png(DRAWING)


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
    baked = baking.bake(baking.bake(PICTURE, "old.old.old"), "new.ü.new")
    chunks = list(baking._chunks(baked))

    assert [kind for kind, _ in chunks].count(b"iTXt") == 1
    assert chunks[1] == (b"iTXt", b"openbadgecredential\x00\x00\x00\x00\x00" + "new.ü.new".encode())


def test_other_text_in_the_picture_is_kept():
    baked = baking.bake(with_chunk(b"tEXt", b"Title\x00Mine"), "a.b.c")

    assert Image.open(io.BytesIO(baked)).text["Title"] == "Mine"


TOKEN = b"openbadgecredential\x00"
BROKEN = {
    "no badge": PICTURE,
    "two badges": with_chunk(b"iTXt", TOKEN + b"\x00\x00\x00\x00x", baking.bake(PICTURE, "a.b.c")),
    "compressed": with_chunk(b"iTXt", TOKEN + b"\x01\x00\x00\x00" + zlib.compress(b"a.b.c")),
    "no language": with_chunk(b"iTXt", TOKEN + b"\x00\x00"),
    "not utf-8": with_chunk(b"iTXt", TOKEN + b"\x00\x00\x00\x00\xff\xfe"),
    "no png": b"GIF89a",
    "cut off": PICTURE[:-6],
    "cut in a length": PICTURE + b"\x00\x00",
    "damaged": PICTURE[:40] + bytes([PICTURE[40] ^ 1]) + PICTURE[41:],
    "endless length": PICTURE[:33] + struct.pack(">I4s", 0xFFFFFFFF, b"iTXt"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_unreadable_picture_is_refused(name):
    with pytest.raises(baking.NotBaked):
        baking.extract(BROKEN[name])

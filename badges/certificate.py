"""The award as a sheet to print: A4 across, tagged, its fonts inside, the same bytes for the same facts. Pure.

It is a way to the award's page, which alone proves it: the code and the address stand on the sheet.
"""

import io
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

import qrcode  # type: ignore[import-untyped]
from fpdf import FPDF, ViewerPreferences
from fpdf.enums import MethodReturnValue
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]

from badges import artwork

INK, QUIET, DANGER = (22, 25, 48), (75, 81, 110), (165, 28, 48)
LEFT, COLUMN, WIDE, TOP, BOTTOM = 24, 132, 141, 30, 180
"""Millimetres: the margin, the text beside the badge and its width, the two rules."""
PICTURE, PIXELS = 92, 900
Colour = tuple[int, int, int]
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "COMBINING", "MODIFIER")
"""Those that the font has and that stand as typed; the others it has join and turn their letters, which is not done here."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the sheet says. `holder` as the person allows; `dates` in words; `mark` stands across an award outside its dates.

    `drawing`: the badge as SVG, or as PNG where there is no SVG. `made_at`: aware, the moment the award was stored.
    """

    issuer: str
    holder: str
    title: str
    statement: str
    dates: str
    page_url: str
    alt_text: str
    drawing: str | bytes
    made_at: datetime
    mark: str = ""
    language: str = "en"


class _Sheet(FPDF):
    """One page whose parts are tagged in reading order, by what they are."""

    def __init__(self, facts: CertificateFacts) -> None:
        super().__init__(orientation="L", unit="mm", format="A4")
        self.set_title(f"{facts.title}: {facts.holder}")
        self.set_author(facts.issuer)
        self.set_subject(facts.page_url)
        self.set_lang("en")
        self.set_creation_date(facts.made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.add_font("Noto", "", artwork.FONT)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        self.add_page()

    @contextmanager
    def part(self, kind: str, alt_text: str | None = None, language: str = "") -> Iterator[None]:
        """What is drawn inside is one part of the document, e.g. `H1`, `P` or `Figure`. `language`: where it is another."""
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number, alt_text=alt_text)
        self._out(f"/{kind} <</MCID {number}{f' /Lang ({language})' if language else ''}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """What is drawn inside says nothing, so nobody has it read aloud."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def rule(self, at: float) -> None:
        """A line over the whole measure."""
        with self.decoration():
            self.set_draw_color(*INK)
            self.set_line_width(0.53)
            self.line(LEFT, at, 297 - LEFT, at)

    def words(
        self, text: str, *, kind: str, points: float, colour: Colour = INK, bold: float = 0, language: str = ""
    ) -> None:
        """A paragraph in the column; `bold`: how much wider its strokes are, in millimetres."""
        self.set_font("Noto", "", points)
        self.set_text_color(*colour)
        self.set_draw_color(*colour)
        with (
            self.part(kind, language=language),
            self.local_context(text_mode="FILL_STROKE" if bold else "FILL", line_width=bold or 0.2),
        ):
            self.set_x(COLUMN)
            self.multi_cell(WIDE, _line(points), text, align="L", new_x="LEFT", new_y="NEXT")

    def lines(self, text: str, points: float) -> int:
        """How many lines that paragraph takes."""
        self.set_font("Noto", "", points)
        found = self.multi_cell(WIDE, _line(points), text, dry_run=True, output=MethodReturnValue.LINES)
        return len(cast(list[str], found))


def _line(points: float) -> float:
    return points * 0.3528 * 1.32


@lru_cache(maxsize=32)
def draw(facts: CertificateFacts) -> bytes:
    """The sheet as PDF. About a quarter of a second, so the last ones are kept."""
    sheet = _Sheet(facts)
    sheet.rule(TOP)
    _picture(sheet, facts)
    _text(sheet, facts)
    _check(sheet, facts)
    sheet.rule(BOTTOM)
    if facts.mark:
        _across(sheet, facts.mark)
    return bytes(sheet.output())


def _picture(sheet: _Sheet, facts: CertificateFacts) -> None:
    drawing = facts.drawing
    picture = artwork.render(drawing, width=PIXELS) if isinstance(drawing, str) else drawing
    with sheet.part("Figure", facts.alt_text):
        sheet.image(io.BytesIO(picture), x=LEFT, y=(TOP + BOTTOM - PICTURE) / 2, w=PICTURE, h=PICTURE)


def _text(sheet: _Sheet, facts: CertificateFacts) -> None:
    """Who, what, since when: as large as fits above the code."""
    size = next(size for size in (38, 32, 27, 23, 19, 16) if size == 16 or sheet.lines(facts.holder, size) <= 2)
    small = next(size for size in (14, 12, 10.5, 9) if size == 9 or sheet.lines(facts.statement, size) <= 4)
    opening = f"Awarded by {facts.issuer} to" if facts.mark else f"{facts.issuer} certifies that"
    sheet.set_y(TOP + 14)
    sheet.words(opening, kind="P", points=13, colour=QUIET)
    sheet.ln(3)
    sheet.words(facts.holder, kind="H1", points=size, bold=size / 110)
    sheet.ln(3)
    sheet.words(facts.statement, kind="P", points=small)
    sheet.ln(5)
    large = 17 if sheet.lines(facts.title, 17) == 1 else 13
    sheet.words(facts.title, kind="P", points=large, bold=0.12, language=facts.language)
    sheet.ln(1.5)
    sheet.words(facts.dates, kind="P", points=11, colour=DANGER if facts.mark else QUIET)


def _check(sheet: _Sheet, facts: CertificateFacts) -> None:
    """The code of the award's page, and its address in letters."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, box_size=8)
    code.add_data(facts.page_url)
    side, at = 24, BOTTOM - 32
    with sheet.part("Figure", f"QR code of {facts.page_url}"):
        sheet.image(code.make_image().get_image(), x=COLUMN, y=at, w=side, h=side, link=facts.page_url)
    sheet.set_font("Noto", "", 9)
    sheet.set_text_color(*QUIET)
    sheet.set_xy(COLUMN + side + 5, at + 3)
    with sheet.part("P"):
        start, _, end = facts.page_url.rstrip("/").rpartition("/")
        text = f"This sheet proves nothing by itself. Check it at\n{start}/\n{end}/"
        sheet.multi_cell(WIDE - side - 5, 5, text, align="L")


def _across(sheet: _Sheet, mark: str) -> None:
    """A band over the sheet, below what it says and over the badge: nobody takes the sheet for a valid one."""
    sheet.set_font("Noto", "", 34)
    sheet.set_fill_color(*DANGER)
    sheet.set_text_color(255, 255, 255)
    with sheet.part("P"), sheet.rotation(6, 148.5, 131):
        sheet.rect(10, 121.5, 277, 19, style="F")
        sheet.set_xy(10, 121.5)
        sheet.cell(277, 19, mark, align="C")


def can_be_set(text: str) -> bool:
    """Whether the sheet's font shows every sign of the text as it has to look. Others would come out as boxes or torn apart."""
    return all(
        ord(sign) in artwork.covered() and (not sign.isalpha() or unicodedata.name(sign, "").startswith(SCRIPTS))
        for sign in unicodedata.normalize("NFC", text)
    )

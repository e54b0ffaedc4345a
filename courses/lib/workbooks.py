"""Rows as a workbook (XLSX) that is written while it is sent: memory stays the same, however many rows there are.

One sheet, text in the cells and no formula anywhere: what stands in a cell is typed as text, number or date, and text was
disarmed by `courses.lib.cells`. Source: ECMA-376, SpreadsheetML.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from courses.lib.cells import disarmed

Cell = str | int | float | date | datetime | None
MOST_ROWS = 1_048_576
"""What a sheet holds; of more rows the last line says that they are left out."""
LONGEST = 32_767
BIGGEST = 10**15
"""Numbers from here on are text: a spreadsheet keeps fifteen digits and makes the others up."""
AT_ONCE = 1000
DAY_ZERO = date(1899, 12, 30)
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="Report" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts><fonts count="1"><font/></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs></styleSheet>',
}


class _Sink:
    """What the archive is written to: keeps it until somebody takes it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep it."""
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered elsewhere."""

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


def workbook(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The bytes of a workbook with these rows, made portion by portion as they are asked for."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[call-overload]
        for name, part in PARTS.items():
            archive.writestr(name, HEAD + part)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for portion in _portions(rows):
                sheet.write(portion.encode())
                yield sink.take()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.take()


def _portions(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    lines: list[str] = []
    for number, row in enumerate(rows, start=1):
        if number == MOST_ROWS:
            lines.append(_line((_("More rows than a sheet holds were left out: take the CSV file."),)))
            break
        lines.append(_line(row))
        if len(lines) == AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _line(row: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, row))}</row>"


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, datetime):
        whole = value.astimezone(UTC)
        seconds = whole.hour * 3600 + whole.minute * 60 + whole.second
        return f'<c s="2"><v>{(whole.date() - DAY_ZERO).days + seconds / 86400:.6f}</v></c>'
    if isinstance(value, date):
        return f'<c s="1"><v>{(value - DAY_ZERO).days}</v></c>'
    if isinstance(value, int | float) and abs(value) < BIGGEST:
        return f"<c><v>{value}</v></c>"
    text = escape(UNWRITABLE.sub("", disarmed(str(value)))[:LONGEST])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def workbook_file(rows: Iterable[Sequence[Cell]], name: str) -> StreamingHttpResponse:
    """These rows as an XLSX file of this name, sent while it is written and kept nowhere on the way."""
    response = StreamingHttpResponse(workbook(rows), content_type=TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response

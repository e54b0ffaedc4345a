"""The one way into tables of strangers: CSV in the usual spellings, and XLSX. Nothing is evaluated, fetched or unpacked to disk.

Source: ECMA-376 part 1, 18 (SpreadsheetML); RFC 4180.
"""

import codecs
import csv
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from courses.lib.archives import ArchiveFault, check_entries
from courses.lib.cells import armed_again
from courses.lib.xml import XmlFault, children_of_root, fed_into, read_xml

MOST_BYTES = 20_000_000
MOST_LINES = 50_000
MOST_COLUMNS = 60
LONGEST_CELL = 2_000
MOST_SIGNS = 30_000_000
"""Of all cells together, so that a small file that repeats one long text fills no memory."""
LARGEST_PART = 120_000_000
"""Bytes of one sheet, unpacked."""
SEPARATORS = (",", ";", "\t")
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
TRUTH = {"0": "no", "1": "yes"}


class TableFault(Exception):
    """The table can't be read; the message says why, and what to do."""


class Formula(str):
    """A cell that is computed, or holds an error: its text is what the program that saved it saw last. It is never evaluated."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: (line as the program of its author counts, cells), made as they are asked for; `note` names what was chosen."""

    rows: Iterator[tuple[int, list[str]]]
    note: str = ""


def read_table(data: bytes) -> Table:
    """The table in these bytes, by what they are, whatever their name says. Raises `TableFault`, while rows are taken too."""
    if len(data) > MOST_BYTES:
        raise TableFault(_("The file is larger than %(mb)s MB. Split it.") % {"mb": MOST_BYTES // 1_000_000})
    if not data.strip():
        raise TableFault(_("The file is empty."))
    if data.startswith(OLD_EXCEL):
        raise TableFault(_("This is an old or a protected Excel file. Save it as .xlsx without a password, or as CSV."))
    if data.startswith(b"PK\x03\x04"):
        rows, note = _xlsx(data)
    else:
        rows, note = _csv(_decoded(data)), ""
    return Table(_within_limits(rows), note)


def _within_limits(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    signs = 0
    for count, (line, cells) in enumerate(rows, 1):
        signs += sum(map(len, cells))
        if count > MOST_LINES + 1:
            raise TableFault(_("The table has more than %(most)s rows. Split it.") % {"most": f"{MOST_LINES:,}"})
        if signs > MOST_SIGNS:
            raise TableFault(_("The cells of the table hold too much text. Split it."))
        if len(cells) > MOST_COLUMNS:
            raise TableFault(_("Row %(line)s has more than %(most)s columns.") % {"line": line, "most": MOST_COLUMNS})
        yield line, cells


def _decoded(data: bytes) -> str:
    """The text: by its mark, else UTF-8, else what spreadsheets of Western Europe write."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    else:
        encodings = ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
        break
    raise TableFault(_("This is neither a CSV file in UTF-8, UTF-16 or Windows-1252 nor an .xlsx file."))


def _csv(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text[:10_000].split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    before = 0
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableFault(_("Row %(line)s can't be read: %(why)s.") % {"line": before + 1, "why": error}) from None
        line, before = before + 1, lines.line_num
        if any(map(str.strip, cells)):
            yield line, [armed_again(cell).strip() for cell in cells]


def _xlsx(data: bytes) -> tuple[Iterator[tuple[int, list[str]]], str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_entries(archive.infolist())
            path, name, others = _sheet_of(archive)
            texts = _shared_texts(archive)
            sheet = _part(archive, path)
    except ArchiveFault as fault:
        raise TableFault(str(fault)) from None
    except XmlFault as fault:
        raise TableFault(_unreadable(fault)) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError, KeyError):
        raise TableFault(_("The .xlsx file is damaged. Save it again, or as CSV.")) from None
    note = _("Only the sheet “%(name)s” was read.") % {"name": name[:100]} if others else ""
    return _rows_of(sheet, texts), note


def _unreadable(fault: XmlFault) -> str:
    return _("The .xlsx file can't be read: %(why)s") % {"why": fault.message}


def _part(archive: zipfile.ZipFile, path: str) -> bytes:
    """The bytes of one file in it, no more than its header says."""
    entry = archive.getinfo(path)
    if entry.file_size > LARGEST_PART:
        raise TableFault(_("The sheet is too large. Split it."))
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise TableFault(_("The .xlsx file is damaged. Save it again, or as CSV."))
    return content


def _sheet_of(archive: zipfile.ZipFile) -> tuple[str, str, bool]:
    """(path, name, whether there are others) of the first sheet that its author sees. Hidden ones are not read."""
    book = read_xml(_part(archive, "xl/workbook.xml"), most_elements=50_000)
    links = read_xml(_part(archive, "xl/_rels/workbook.xml.rels"), most_elements=50_000)
    targets = {one.get("Id"): one.get("Target", "") for one in links if one.get("TargetMode") != "External"}
    sheets = [one for one in book.iter("sheet") if one.get("state", "visible") == "visible"]
    for sheet in sheets:
        if target := targets.get(sheet.get("id")):
            return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"), sheet.get("name", ""), len(sheets) > 1
    raise TableFault(_("The .xlsx file has no sheet that can be seen."))


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts, signs = [], 0
    for one in children_of_root(_part(archive, "xl/sharedStrings.xml"), "sst"):
        text = _text_of(one)[: LONGEST_CELL + 1]
        signs += len(text)
        if signs > MOST_SIGNS:
            raise TableFault(_("The cells of the table hold too much text. Split it."))
        texts.append(text)
    return texts


def _text_of(node: Element) -> str:
    """The text of a shared string without what is written above it to say how it sounds."""
    runs = [node, *node.findall("r")]
    return "".join(part.text or "" for run in runs for part in run.findall("t"))


COLUMN = re.compile(r"([A-Z]{1,3})[0-9]*")


class _Sheet:
    """Gives away the rows of a sheet one by one, as the parser comes to their ends."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.done: list[tuple[int, list[str]]] = []
        self.depth = self.line = self.column = 0
        self.cells: list[str] = []
        self.kind, self.formula, self.inside = "", False, False
        self.said: list[str] = []
        self.parser: Any = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A row, a cell, or what a cell says."""
        self.depth += 1
        if self.depth > 20:
            raise XmlFault("Elements stand too deep in each other.", 0)
        name = tag.rpartition("}")[2]
        if name == "row":
            number = attributes.get("r", "")
            self.line = int(number) if number.isdecimal() and len(number) < 8 else self.line + 1
            self.cells = []
        elif name == "c":
            self.column = _column(attributes.get("r", ""), len(self.cells))
            self.kind, self.formula, self.said = attributes.get("t", "n"), False, []
        elif name == "f":
            self.formula = True
        self.inside = name in ("v", "t")

    def data(self, text: str) -> None:
        """What a cell says."""
        if self.inside:
            self.said.append(text)

    def end(self, tag: str) -> None:
        """A cell or a row is whole."""
        self.depth -= 1
        self.inside = False
        name = tag.rpartition("}")[2]
        if name == "c" and self.column <= MOST_COLUMNS:
            self.cells += [""] * (self.column + 1 - len(self.cells))
            self.cells[self.column] = self._cell()
        elif name == "row" and any(self.cells):
            self.done.append((self.line, self.cells))

    def close(self) -> None:
        """Nothing is left."""

    def _cell(self) -> str:
        text = "".join(self.said)
        if self.kind == "s":
            number = int(text) if text.isdecimal() and len(text) < 9 else -1
            text = self.texts[number] if 0 <= number < len(self.texts) else ""
        elif self.kind == "b":
            text = TRUTH.get(text, text)
        text = text.strip()
        return Formula(text) if self.formula or self.kind == "e" else armed_again(text)


def _column(reference: str, following: int) -> int:
    """The place of a cell in its row from “C7”, counted from 0; the next one where it says none."""
    found = COLUMN.fullmatch(reference)
    if not found:
        return following
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _rows_of(sheet: bytes, texts: list[str]) -> Iterator[tuple[int, list[str]]]:
    target = _Sheet(texts)
    try:
        for _pause in fed_into(target, sheet):
            yield from target.done
            target.done.clear()
    except XmlFault as fault:
        raise TableFault(_unreadable(fault)) from None


def read_all(file: Any) -> bytes:
    """The bytes of a file, one more than is read at most, so that `read_table` refuses what is longer."""
    return file.read(MOST_BYTES + 1)

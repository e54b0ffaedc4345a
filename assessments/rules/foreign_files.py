"""What a file that holds no questions looks like instead, so that whoever sent it knows what to send."""

import io
import re
import zipfile

EXPECTED = "Expected is GIFT, Moodle XML, a QTI item or package, or CSV."
SIGNATURES = {
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "a document of an older Office",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive, as Moodle's course backups are; export the question bank as Moodle XML instead",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
}
ENTRIES = {
    "word/": "a Word document",
    "xl/": "an Excel workbook; save its sheet as CSV in UTF-8",
    "ppt/": "a PowerPoint presentation",
    "mimetype": "an OpenDocument file",
    "moodle_backup.xml": "a Moodle backup; export the question bank as Moodle XML instead",
    "h5p.json": "an H5P package",
}
HTML = re.compile(r"(?:<\?xml[^>]*+>|<!--.*?-->|\s)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
ROOT = re.compile(r"(?:<\?[^>]*+>|<!--.*?-->|<![^>]*+>|\s)*+<(?P<name>[A-Za-z_][\w.:-]{0,60})", re.DOTALL)
AIKEN = re.compile(r"^ANSWER:[ \t]*[A-Z][ \t]*$", re.MULTILINE)
GIFT_SIGNS = re.compile(r"(?<!\\)\{|^\s*(?:::|//|\$CATEGORY)", re.MULTILINE)
HEAD = 65_536


def certainly(data: bytes) -> str:
    """What a file is beyond doubt, whatever it is called; empty for text and packages."""
    for start, words in SIGNATURES.items():
        if data.startswith(start):
            return words
    return "an HTML page" if HTML.match(_head(data)) else ""


def probably(data: bytes, name: str) -> str:
    """What a file looks like in which no question was found; empty where nothing is known of it. An archive is one that opens."""
    if data.startswith(b"PK"):
        return _archive(data)
    head = _head(data)
    if found := ROOT.match(head):
        return "an HTML page" if name.endswith((".html", ".htm")) else f"an XML document of the kind “{found['name']}”"
    if "\0" in head:
        return "a binary file, or text in UTF-16; save text as UTF-8"
    if re.match(r"\s*[\[{]\s*[\[{\"]", head):
        return "JSON"
    if AIKEN.search(head):
        return "a file in the Aiken format; import it into Moodle and export it as GIFT or Moodle XML"
    return "" if GIFT_SIGNS.search(head) else "plain text; GIFT has its answers in braces: Which one? {=right ~wrong}"


def _archive(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    known = (words for start, words in ENTRIES.items() if any(name.startswith(start) for name in names))
    return next(known, "an archive without QTI items; send other files one by one, unpacked")


def _head(data: bytes) -> str:
    return data[:HEAD].decode("utf-8-sig", errors="replace")

"""QTI 2.1, 2.2 and 3.0: single items, and packages of them. QTI 1.2 is recognised and named."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from assessments.rules.qti_items import plain_names, question_of
from assessments.rules.qti_writing import write
from assessments.rules.written import FileFault, WrittenQuestion
from courses.lib.archives import ArchiveFault, read_archive
from courses.lib.xml import ForbiddenXml, XmlFault, read_xml

NAME, LABEL, ENDING, MEDIA_TYPE = "qti", "QTI 2.1 package", ".zip", "application/zip"
__all__ = ["ENDING", "LABEL", "MEDIA_TYPE", "NAME", "likeness", "read", "write"]

ROOTS = re.compile(
    r"<(?:\w+:)?(questestinterop|assessmentItem|qti-assessment-item|assessmentTest|qti-assessment-test|manifest)\b"
)
OLD = (
    "QTI 1.2 is not supported. Export the questions as QTI 2.1, 2.2 or 3.0, Moodle XML, GIFT or CSV;"
    " in Canvas, choose the export of New Quizzes."
)


def likeness(head: str, name: str) -> int:
    """A package, or one of QTI's root elements."""
    return 9 if head.startswith("PK") or ROOTS.search(head) else 0


def read(data: bytes) -> Iterator[WrittenQuestion]:
    """The questions of a package or of one item. Raises `FileFault`: for QTI 1.2, too, and for what leads out of a package."""
    if not data.startswith(b"PK"):
        yield from _of_document(data, "", alone=True)
        return
    try:
        for name, content in read_archive(data, ".xml"):
            if not PurePosixPath(name).name.startswith(("imsmanifest.xml", "._")):
                yield from _of_document(content, name, alone=False)
    except ArchiveFault as fault:
        raise FileFault(str(fault)) from None


def _of_document(data: bytes, name: str, *, alone: bool) -> list[WrittenQuestion]:
    """The question of an XML document, or none where it holds no item."""
    where = f"{name}: " if name else ""
    try:
        root = read_xml(data)
    except XmlFault as fault:
        if b"questestinterop" in data[:8192]:
            raise FileFault(f"{where}{OLD} ({fault.message})", fault.line) from None
        if alone or isinstance(fault, ForbiddenXml):
            raise FileFault(f"{where}{fault.message}", fault.line) from None
        return [WrittenQuestion(kind="unknown", title=name, line=fault.line, fault=f"{where}{fault.message}")]
    root = plain_names(root)
    if root.tag == "questestinterop":
        raise FileFault(f"{where}{OLD}", root.line)
    if root.tag == "assessmentItem":
        return [question_of(root)]
    if alone:
        raise FileFault(f"The document is a “{root.tag[:40]}”, not an item. Import the whole package.", root.line)
    return []

"""The registry of file formats: every module in this folder is one. Another format is one new file.

A module says NAME (stored and typed), LABEL (shown), ENDING (of its files) and MEDIA_TYPE, and has the functions of
`Format`. What it reads and writes are `WrittenQuestion`s (`rules/written.py`).
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, cast

from assessments.rules.foreign_files import EXPECTED, certainly, probably
from assessments.rules.written import MOST_BYTES, Export, FileError, FileFault, Parsed, WrittenQuestion, within_limits

HEAD = 65_536
"""How many bytes of a file tell its format."""


class Format(Protocol):
    """What a module of this folder offers."""

    NAME: str
    LABEL: str
    ENDING: str
    MEDIA_TYPE: str

    def likeness(self, head: str, name: str) -> int:
        """How much a file looks like this format: 0 not at all, up to 9 certainly. `head`: its beginning, decoded loosely."""
        ...

    def read(self, data: bytes) -> Iterable[WrittenQuestion]:
        """The questions of a file, as they are read, those that can't be taken among them. Raises `FileFault`."""
        ...

    def write(self, questions: Sequence[WrittenQuestion]) -> Export:
        """A file of questions; what it can't hold without loss stays out and is named."""
        ...


@cache
def formats() -> dict[str, Format]:
    """Every format by its name."""
    found = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return {module.NAME: cast(Format, module) for module in found}


def format_of(name: str) -> Format:
    """The format with this name. Raises KeyError for a name that no module bears."""
    return formats()[name]


def recognise(data: bytes, name: str) -> str:
    """The name of the format that a file is in, by its content and then its name; the empty word where it is none."""
    head = data[:HEAD].decode("utf-8-sig", errors="replace")
    likeness = {one.NAME: one.likeness(head, name.lower()) for one in formats().values()}
    best = max(likeness, key=lambda one: likeness[one])
    return best if likeness[best] else ""


def read_file(data: bytes, *, name: str = "", format: str = "") -> Parsed:
    """What a file holds. A fault of the whole file is in `fault`; nothing is raised for whatever the bytes are."""
    if format and format not in formats():
        return _refused("", f"There is no format “{format[:40]}”. Name one of: {_known()}.")
    if len(data) > MOST_BYTES:
        return _refused(format, f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    if not data.strip():
        return _refused(format, "The file is empty.")
    if words := certainly(data):
        return _refused(format, f"This is {words}. {EXPECTED}")
    format = format or recognise(data, name)
    if not format:
        words = _likely(data, name) or f"The format of this file is not recognised. Name one of: {_known()}."
        return _refused("", words)
    try:
        questions = list(within_limits(format_of(format).read(data)))
    except FileFault as fault:
        return Parsed(format, fault=FileError(fault.line, fault.message))
    return Parsed(format, questions, _doubt(questions, data, name, format))


def _doubt(questions: Sequence[WrittenQuestion], data: bytes, name: str, format: str) -> FileError | None:
    """Why a file without a question to answer may be another than its sender thinks."""
    as_text = format == "gift" and all(one.unsupported for one in questions)
    words = _likely(data, name) if as_text or (not questions and data.startswith(b"PK")) else ""
    return FileError(0, words or "The file holds no question.") if words or not questions else None


def _refused(format: str, message: str) -> Parsed:
    return Parsed(format, fault=FileError(0, message))


def _known() -> str:
    return ", ".join(sorted(formats()))


def _likely(data: bytes, name: str) -> str:
    words = probably(data, name.lower())
    return f"This looks like {words}. {EXPECTED}" if words else ""

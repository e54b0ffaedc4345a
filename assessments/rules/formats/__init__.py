"""The registry of file formats: every module in this folder is one. Another format is one new file.

A module says NAME (stored and typed), LABEL (shown), ENDING (of its files) and MEDIA_TYPE, and has the functions of
`Format`. What it reads and writes are `WrittenQuestion`s (`rules/written.py`).
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, cast

from assessments.rules.written import MOST_BYTES, Export, FileError, FileFault, Parsed, WrittenQuestion, within_limits

HEAD = 8192
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
    format = format or recognise(data, name)
    if len(data) > MOST_BYTES:
        return Parsed(format, fault=FileError(0, f"The file is larger than {MOST_BYTES // 1_000_000} MB."))
    if format not in formats():
        known = ", ".join(sorted(formats()))
        return Parsed("", fault=FileError(0, f"The format of this file is not recognised. Name one of: {known}."))
    try:
        questions = list(within_limits(format_of(format).read(data)))
    except FileFault as fault:
        return Parsed(format, fault=FileError(fault.line, fault.message))
    return Parsed(format, questions, None if questions else FileError(0, "The file holds no question."))

"""Questions as lines of JSON, on their way out of the process that read a file, and back without trust in it.

The first line says format and fault, each other one is a question, so that neither side ever holds the file's text twice.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from assessments.rules.kinds import WrittenOption
from assessments.rules.written import FileError, Parsed, WrittenQuestion, within_limits

TEXTS = {one.name for one in fields(WrittenQuestion)} - {"options", "warnings", "line", "practice_only"}


LONGEST_LINE = 4_000_000
"""Bytes of one question: three times what `MOST_LETTERS_OF_QUESTION` letters need."""


def dump(parsed: Parsed) -> Iterator[str]:
    """The lines."""
    fault = asdict(parsed.fault) if parsed.fault else None
    yield _line({"format": parsed.format, "fault": fault})
    for one in parsed.questions:
        yield _line(asdict(one))


def _line(part: dict[str, Any]) -> str:
    return json.dumps(part, default=str, ensure_ascii=False) + "\n"


def load(lines: Iterator[bytes]) -> Parsed:
    """What `dump` wrote, each part as the type it must have, within the limits of a file.

    Raises ValueError, KeyError, TypeError or `FileFault` for anything else.
    """
    head = json.loads(next(lines, b""))
    questions = list(within_limits(_question(json.loads(line)) for line in lines))
    fault = _error(head["fault"]) if head["fault"] else None
    if not questions and not fault:
        raise ValueError("neither questions nor a fault")
    return Parsed(str(head["format"]), questions, fault)


def _error(found: dict[str, Any]) -> FileError:
    return FileError(int(found["line"]), str(found["message"]))


def _question(found: dict[str, Any]) -> WrittenQuestion:
    return WrittenQuestion(
        **{name: str(found[name]) for name in TEXTS},
        options=tuple(_option(one) for one in found["options"]),
        warnings=tuple(str(one) for one in found["warnings"]),
        line=int(found["line"]),
        practice_only=None if found["practice_only"] is None else bool(found["practice_only"]),
    )


def _option(found: dict[str, Any]) -> WrittenOption:
    fraction = Decimal(found["fraction"])
    if not fraction.is_finite() or abs(fraction) > 1:
        raise ValueError("no share of the mark")
    return WrittenOption(str(found["text"]), fraction, bool(found["last"]), str(found["match"]), str(found["feedback"]))

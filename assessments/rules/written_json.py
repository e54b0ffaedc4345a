"""Questions as JSON, on their way out of the process that read a file, and back without trust in it."""

import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from assessments.rules.kinds import WrittenOption
from assessments.rules.written import FileError, Parsed, WrittenQuestion

TEXTS = {one.name for one in fields(WrittenQuestion)} - {"options", "warnings", "line", "practice_only"}


def dump(parsed: Parsed) -> str:
    """One JSON document."""
    return json.dumps(asdict(parsed), default=str, ensure_ascii=False)


def load(text: str | bytes) -> Parsed:
    """What `dump` wrote, each part as the type it must have. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(text)
    return Parsed(
        str(found["format"]),
        [_question(one) for one in found["questions"]],
        _error(found["fault"]) if found["fault"] else None,
    )


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

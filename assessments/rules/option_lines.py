"""Options as lines of text, the way authors type them: `= right`, `~ wrong`, `~! always last`, `=50% a weight`."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from assessments.models import QuestionVersion
from assessments.rules.kinds import WrittenOption

LINE = re.compile(r"^(?P<sign>[=~])(?P<last>!)?+(?:(?P<percent>-?\d{1,3}(?:\.\d{1,4})?)%)?+[ \t]*(?P<text>\S.*)$")


class UnreadableLine(ValueError):
    """A line that isn't an option; the message names it by its number."""


def read_lines(text: str) -> list[WrittenOption]:
    """The options of a text, one to a line; empty lines are left out. Raises `UnreadableLine`."""
    lines = enumerate(text.splitlines(), start=1)
    return [_option(number, line.strip()) for number, line in lines if line.strip()]


def _option(number: int, line: str) -> WrittenOption:
    found = LINE.match(line)
    if found is None:
        raise UnreadableLine(f"Line {number} begins neither with = (right) nor with ~ (wrong).")
    percent = found["percent"]
    fraction = Decimal(percent) / 100 if percent else Decimal(found["sign"] == "=")
    if abs(fraction) > 1:
        raise UnreadableLine(f"Line {number}: a weight lies between -100% and 100%.")
    return WrittenOption(found["text"].strip(), fraction, bool(found["last"]))


def write_lines(options: Iterable[WrittenOption]) -> str:
    """The text that `read_lines` reads back."""
    return "\n".join(_line(option) for option in options)


def _line(option: WrittenOption) -> str:
    sign = "=" if option.fraction > 0 else "~"
    weight = "" if option.fraction in (0, 1) else f"{(option.fraction * 100).normalize():f}%"
    return f"{sign}{'!' if option.last else ''}{weight} {' '.join(option.text.split())}"


def wording_of(version: QuestionVersion) -> dict[str, Any]:
    """The fields of the authors' form for a version that stands. Two queries; for authors only, it reads the key."""
    fractions = version.answer_key.fractions
    options = [
        WrittenOption(row.text, Decimal(fractions.get(str(row.pk), "0")), row.pinned_last)
        for row in version.options.all()
    ]
    return {
        "kind": version.kind,
        "text": version.text,
        "options": write_lines(options),
        "rule": version.rule,
        "rationale": version.answer_key.rationale,
    }

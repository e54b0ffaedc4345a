"""A question's lines as text, the way authors type them.

`= right`, `~ wrong`, `~! always last`, `=50% a weight`. What follows a line belongs to it: `-> the other half of a pair`,
`# what whoever meets it reads in practice`, and a line that begins with two blanks, which goes on with the one above.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assessments.rules.kinds import OptionRow, WrittenOption, kind_of

if TYPE_CHECKING:  # lines are read where no model is loaded, too: in the process that opens files of strangers
    from assessments.models import QuestionVersion

LINE = re.compile(r"^(?P<sign>[=~])(?P<last>!)?+(?:(?P<percent>-?\d{1,3}(?:\.\d{1,7})?)%)?+[ \t]*(?P<text>.*)$")
LOOKS_SIGNED = re.compile(r"^!|^-?\d{1,3}(?:\.\d{1,7})?%")
PARTS = {"->": "match", "#": "feedback"}


class UnreadableLine(ValueError):
    """A line that isn't an option; the message names it by its number."""


def read_lines(text: str) -> list[WrittenOption]:
    """The options of a text, each with what follows it; empty lines are left out. Raises `UnreadableLine`."""
    found: list[_Lines] = []
    part = "text"
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if line.startswith("  ") and found:
            found[-1].parts[part].append("\n" + line[2:])
        elif line.strip():
            part = _part_of(line.lstrip(), found, number)
            if part == "text":
                option = _option(number, line.lstrip())
                found.append(_Lines(number, option, {"text": [option.text], "match": [], "feedback": []}))
    return [one.whole() for one in found]


@dataclass(slots=True)
class _Lines:
    """An option while it is read: its line, and the pieces that its parts are put together from once, at the end."""

    number: int
    option: WrittenOption
    parts: dict[str, list[str]]

    def whole(self) -> WrittenOption:
        """The option. It says something: a text, or as a spare right-hand entry its match. Raises `UnreadableLine`."""
        text, match, feedback = ("".join(pieces).strip() for pieces in self.parts.values())
        if not text and not match:
            raise UnreadableLine(f"Line {self.number} has no text.")
        return replace(self.option, text=text, match=match, feedback=feedback)


def _part_of(line: str, found: list[_Lines], number: int) -> str:
    """Which part of an option the line is; the parts that follow a text are put to the option above."""
    for sign, part in PARTS.items():
        if line.startswith(sign):
            if not found:
                raise UnreadableLine(f"Line {number} belongs to an option, but none stands above it.")
            found[-1].parts[part].append(line.removeprefix(sign).lstrip())
            return part
    return "text"


def _option(number: int, line: str) -> WrittenOption:
    found = LINE.match(line)
    if found is None:
        raise UnreadableLine(f"Line {number} begins neither with = (right) nor with ~ (wrong).")
    percent = found["percent"]
    fraction = Decimal(percent) / 100 if percent else Decimal(found["sign"] == "=")
    if abs(fraction) > 1:
        raise UnreadableLine(f"Line {number}: a weight lies between -100% and 100%.")
    return WrittenOption(found["text"], fraction, bool(found["last"]))


def write_lines(options: Iterable[WrittenOption]) -> str:
    """The text that `read_lines` reads back."""
    return "\n".join(_line(option) for option in options)


def _line(option: WrittenOption) -> str:
    sign = "=" if option.fraction > 0 else "~"
    plain = option.fraction in (0, 1) and not LOOKS_SIGNED.match(option.text)
    weight = "" if plain else f"{(option.fraction * 100).normalize():f}%"
    parts = [f"{sign}{'!' if option.last else ''}{weight} {_indented(option.text)}".rstrip()]
    parts += [f"-> {_indented(option.match)}"] if option.match else []
    parts += [f"# {_indented(option.feedback)}"] if option.feedback else []
    return "\n".join(parts)


def _indented(text: str) -> str:
    return "\n  ".join(text.strip().split("\n"))


def written_options(version: "QuestionVersion", rows: Mapping[int, OptionRow]) -> list[WrittenOption]:
    """What the author wrote and what is right now, feedback included; the version comes with key and correction. No query."""
    key = version.answer_key
    corrected = key.correction.answers if key.correction else None
    lines = kind_of(version.kind).written(rows, corrected or key.answers)
    return [replace(line, feedback=key.feedback.get(str(index), "")) for index, line in enumerate(lines)]


def rows_of(version: "QuestionVersion") -> dict[int, OptionRow]:
    """The stored options of a version in the author's order. One query, or none where they were prefetched."""
    options = sorted(version.options.all(), key=lambda row: row.position)
    return {row.pk: OptionRow(row.text, row.pinned_last, row.group) for row in options}


def wording_of(version: "QuestionVersion") -> dict[str, Any]:
    """The fields of the authors' form for a version that stands. Two queries; for authors only, it reads the key."""
    return {
        "kind": version.kind,
        "text": version.text,
        "options": write_lines(written_options(version, rows_of(version))),
        "rule": version.rule,
        "rationale": version.answer_key.rationale,
    }

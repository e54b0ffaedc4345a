"""What every table of figures as text has in common: decoding, delimiters, rows with their lines, numbers, problems."""

import csv
import io
import re
from dataclasses import dataclass

DELIMITERS = ",;\t"
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
MOST_PROBLEMS = 20

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which line, counted from 1; 0 where it isn't a matter of a line."""

    line: int
    message: str


class MalformedTable(Exception):
    """A table that can't be read; every problem up to the twentieth."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"Line {one.line}: {one.message}" for one in problems))
        self.problems = problems


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, with or without a mark of its order. Raises MalformedTable."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise MalformedTable([Problem(line, "This isn't UTF-8 text. Save the table as CSV in UTF-8.")]) from None


def delimiter_of(text: str) -> str:
    """The one that the first row has most of, outside quotes; a comma where there is none."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(DELIMITERS, key=first.count)


def rows_of(text: str, delimiter: str) -> list[Row]:
    """Rows that hold anything, each with the number of its last line. Raises MalformedTable."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as fault:
        raise MalformedTable([Problem(max(reader.line_num, 1), f"This row can't be read: {fault}.")]) from None


def number_in(text: str, *, comma: bool) -> float | None:
    """The number that a cell holds, with a decimal comma where `comma`; None where it holds none."""
    plain = text.replace(",", ".") if comma else text
    return float(plain) if NUMBER.fullmatch(plain) else None

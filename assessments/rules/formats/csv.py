"""CSV with fixed columns; the lines of a question are typed as in the administration (`rules/option_lines.py`)."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assessments.rules.option_lines import UnreadableLine, read_lines, write_lines
from assessments.rules.written import CONTROLS, Export, FileFault, LeftOut, WrittenQuestion, decode, texts_of
from courses.lib.cells import armed_again, disarmed

NAME, LABEL, ENDING, MEDIA_TYPE = "csv", "CSV", ".csv", "text/csv; charset=utf-8"
COLUMNS = (
    "id", "type", "title", "topic", "objective", "difficulty", "rule", "text", "options", "rationale", "practice_only",
)  # fmt: skip
NEEDED = ("type", "text", "options")
YES, NO = ("yes", "true", "1", "x"), ("no", "false", "0")
DIFFICULTIES = ("easy", "medium", "hard")
SEPARATOR = re.compile(r'^"?sep=([,;\t|])"?\r?\n')
"""A line that Excel puts above the columns."""
LONGEST_CELL = 1_000_000


def likeness(head: str, name: str) -> int:
    """By its first line, or its ending."""
    first = SEPARATOR.sub("", head.lstrip(), count=1).partition("\n")[0].lower()
    columns = {column.strip().strip('"') for column in re.split("[,;\t|]", first)}
    return 8 if {*NEEDED} <= columns else 5 if name.endswith(ENDING) else 0


def read(data: bytes) -> Iterator[WrittenQuestion]:
    """The questions of a CSV file, columns apart by commas, semicolons, tabs or |. Raises `FileFault`."""
    text = decode(data)
    csv.field_size_limit(LONGEST_CELL)
    said = SEPARATOR.match(text)
    text, above = (text[said.end() :], 1) if said else (text, 0)
    first = text.partition("\n")[0]
    sign = said[1] if said else max(",;\t|", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    line = 1 + above
    try:
        columns = [cell.strip().lower() for cell in next(rows, [])]
        _check(columns, line)
        line = rows.line_num + 1 + above
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _question(columns, row, line)
            line = rows.line_num + 1 + above
    except csv.Error as error:
        raise FileFault(f"This is no well-formed CSV: {error}.", line) from None


def _check(columns: Sequence[str], line: int) -> None:
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise FileFault(
            f"The first line has no column {', '.join(missing)}. It names the columns {', '.join(COLUMNS)}.", line
        )
    twice = {column for column in COLUMNS if columns.count(column) > 1}
    if twice:
        raise FileFault(f"The first line names a column twice: {', '.join(sorted(twice))}.", line)


def _question(columns: Sequence[str], row: Sequence[str], line: int) -> WrittenQuestion:
    cells = {column: armed_again(cell).strip() for column, cell in zip(columns, row, strict=False)}
    said = {name: cells.get(name, "") for name in COLUMNS}
    found = WrittenQuestion(
        kind=re.sub(r"[\W_]+", "_", said["type"].lower()),
        line=line,
        external_id=said["id"],
        title=said["title"],
        topic=said["topic"],
        objective=said["objective"],
        difficulty=said["difficulty"].lower(),
        rule=said["rule"].lower(),
        text=said["text"],
        rationale=said["rationale"],
    )
    return _with_options(found, said, "It has more cells than there are columns." if len(row) > len(columns) else "")


def _with_options(found: WrittenQuestion, said: Mapping[str, str], fault: str) -> WrittenQuestion:
    """The question with its lines, or with the first thing that is wrong with it."""
    practice = said["practice_only"].lower()
    if practice and practice not in YES + NO:
        fault = fault or "practice_only is yes or no."
    if found.difficulty and found.difficulty not in DIFFICULTIES:
        fault = fault or f"“{found.difficulty}” is no difficulty. There are: {', '.join(DIFFICULTIES)}."
    try:
        options = tuple(read_lines(said["options"]))
    except UnreadableLine as error:
        return replace(found, fault=fault or f"Its options: {error}")
    return replace(found, options=options, practice_only=practice in YES if practice else None, fault=fault)


def write(questions: Sequence[WrittenQuestion]) -> Export:
    """A CSV file that spreadsheets open as UTF-8, formulas disarmed. Left out: weights of too many digits, control signs."""
    left_out, file = [], io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for question in questions:
        if reason := why_not_held(question):
            left_out.append(LeftOut(question.external_id, reason))
        else:
            rows.writerow([disarmed(cell) for cell in _cells(question)])
    return Export(file.getvalue().encode("utf-8-sig"), left_out)


def why_not_held(question: WrittenQuestion) -> str:
    """Why the columns can't hold a question; empty where they can."""
    if any(CONTROLS.search(text) for text in texts_of(question)):
        return "it holds invisible control signs"
    try:
        same = tuple(read_lines(write_lines(question.options))) == tuple(question.options)
    except UnreadableLine:
        same = False
    return "" if same else "a line says nothing, or has a weight of more digits than it can hold"


def _cells(question: WrittenQuestion) -> list[str]:
    return [
        question.external_id,
        question.kind,
        question.title,
        question.topic,
        question.objective,
        question.difficulty,
        question.rule,
        question.text,
        write_lines(question.options),
        question.rationale,
        "yes" if question.practice_only else "no",
    ]

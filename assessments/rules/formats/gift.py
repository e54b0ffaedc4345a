"""GIFT, Moodle's text format.

Source: https://docs.moodle.org/en/GIFT_format, and Moodle's own reader where the page says nothing (first feedback of true
or false is for the wrong answer; several options with = are all right).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from assessments.rules.gift_writing import write
from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.question_tags import read_tags
from assessments.rules.written import (
    MOST_OPTIONS,
    FileFault,
    QuestionFault,
    WrittenQuestion,
    choice_of,
    decode,
    percent,
    without_controls,
)
from courses.lib.foreign_text import LOOKS_LIKE_HTML, losses_of_html, markdown_of_html, markdown_of_plain

NAME, LABEL, ENDING, MEDIA_TYPE = "gift", "GIFT", ".gift", "text/plain; charset=utf-8"
__all__ = ["ENDING", "LABEL", "MEDIA_TYPE", "NAME", "likeness", "read", "write"]

MASKS = dict(zip("\\~=#{}:n", map(chr, range(1, 9)), strict=True))
"""Each escape as one control sign while the text is taken apart; `decode` and `without_controls` leave none of these."""
ESCAPE = re.compile(r"\\([\\~=#{}:n])")
UNMASK = {ord(mask): "\n" if sign == "n" else sign for sign, mask in MASKS.items()}
NEWLINE = MASKS["n"]
CATEGORY = re.compile(r"^\s*\$CATEGORY:\s*(.*)$")
PLACE = re.compile(r"^\$\w+\$/?(?:top(?:/|$))?|^top/")
COMMENT = re.compile(r"\[(id|tag):((?:\\\]|[^\]])*+)(\]?)")
"""A remark on the question that follows; possessive, and taken even where it never closes: it is read once from left to right."""
TITLE = re.compile(r"^\s*::(.*?)::", re.DOTALL)
FORMAT = re.compile(r"^\s*\[(html|markdown|moodle|plain)\]")
WEIGHT = re.compile(r"^%([^%]*)%")
TRUTH = re.compile(r"^(T|TRUE|F|FALSE)\s*(?:#(.*?))?(?:#(.*))?$", re.DOTALL)
TRUTHS = ("t", "true", "f", "false")
BLANK = "_____"
UNSUPPORTED = {
    "essay": "Essay questions are not supported: nobody could score them here.",
    "description": "Descriptions are not supported: they ask nothing.",
}


def likeness(head: str, name: str) -> int:
    """By its ending, or by braces with answers in them."""
    if name.endswith(ENDING):
        return 6
    if head.lstrip().startswith(("<?xml", "<!DOCTYPE", "PK", '{"', '[{"')):
        return 0
    shaped = re.search(r"\{[^{}]{0,2000}[=~#}]|\{\s*(?:T|F|TRUE|FALSE)\s*[#}]|^::|^\$CATEGORY:", head, re.MULTILINE)
    return 4 if shaped else int(name.endswith(".txt"))


@dataclass(slots=True)
class _Block:
    """The lines of one question, and what was said before it."""

    line: int
    topic: str
    lines: list[str] = field(default_factory=list)
    external_id: str = ""
    tags: list[str] = field(default_factory=list)


def read(data: bytes) -> Iterator[WrittenQuestion]:
    """The questions of a GIFT file. Raises `FileFault` for another encoding and for braces that never close."""
    return (_question(block) for block in _blocks(decode(data).split("\n")))


def _masked(line: str) -> str:
    return ESCAPE.sub(lambda found: MASKS[found[1]], without_controls(line))


def _unmasked(text: str) -> str:
    return text.translate(UNMASK).strip()


def _next_braces(lines: Sequence[str | None]) -> list[str]:
    """For every line the first brace in it or after it."""
    following = [""] * (len(lines) + 1)
    for index in range(len(lines) - 1, -1, -1):
        found = re.search("[{}]", lines[index] or "")
        following[index] = found[0] if found else following[index + 1]
    return following


def _blocks(raw: Sequence[str]) -> Iterator[_Block]:
    """The questions' lines, escapes masked. An empty line ends a question, except inside its braces."""
    lines = [None if line.lstrip().startswith("//") else _masked(line) for line in raw]
    braces = _next_braces(lines)
    block, opened = _Block(0, ""), 0
    for number, line in enumerate(lines, start=1):
        if line is None:
            _note(block, raw[number - 1])
        elif not line.strip():
            if opened and braces[number] != "}":
                raise _never_closed(opened)
            if block.lines and not opened:
                yield block
                block = _Block(0, block.topic)
        elif not block.lines and (found := CATEGORY.match(line)):
            block.topic = PLACE.sub("", _unmasked(found[1]))
        else:
            block.line = block.line or number
            opened = _opened(line, opened, number)
        if line is not None and block.line:
            block.lines.append(line)
    if opened:
        raise _never_closed(opened)
    if block.lines:
        yield block


def _opened(line: str, opened: int, number: int) -> int:
    """The line of the brace that is open after this one; 0 for none."""
    for brace in re.findall("[{}]", line):
        opened = (opened or number) if brace == "{" else 0
    return opened


def _never_closed(line: int) -> FileFault:
    return FileFault(f"The brace that opens in line {line} is never closed.", line)


def _note(block: _Block, comment: str) -> None:
    """What a comment before a question says of it."""
    if not block.lines:
        said = [(name, text.replace("\\]", "]").strip()) for name, text, closed in COMMENT.findall(comment) if closed]
        block.external_id = next((text for name, text in said if name == "id"), block.external_id)
        block.tags += [text for name, text in said if name == "tag"]


def _question(block: _Block) -> WrittenQuestion:
    text = "\n".join(block.lines)
    title = TITLE.match(text)
    found = WrittenQuestion(
        kind="description",
        external_id=block.external_id,
        title=" ".join(_unmasked(title[1]).split()) if title else "",
        topic=block.topic,
        line=block.line,
    )
    before, inner, after = _parts(text[title.end() :] if title else text)
    stem, form = _formatted(f"{before}{BLANK}{after}" if after.strip() else before, "moodle")
    found = replace(found, text=stem, warnings=_losses(text, form))
    answers, _, general = (inner or "").partition("####")
    found = replace(found, kind=_shape(inner, answers.strip()), rationale=_formatted(general, form)[0])
    if found.kind in UNSUPPORTED:
        return replace(read_tags(found, block.tags), unsupported=UNSUPPORTED[found.kind])
    try:
        if set("{}") & {*answers, *after}:
            raise QuestionFault("It has more than one block of answers. Write \\{ and \\} for braces in a text.")
        if answers.count("=") + answers.count("~") > MOST_OPTIONS:
            raise QuestionFault(f"It has more than {MOST_OPTIONS} answers.")
        found = READERS[found.kind](found, answers.strip(), form)
    except QuestionFault as fault:
        return replace(found, fault=str(fault))
    return read_tags(found, block.tags, kind_of(found.kind).RULES)


def _parts(text: str) -> tuple[str, str | None, str]:
    """What stands before, in and after the braces; None where there are none."""
    before, opened, rest = text.partition("{")
    inner, _, after = rest.partition("}")
    return before, inner if opened else None, after


def _shape(inner: str | None, answers: str) -> str:
    """The type that the answers have."""
    if inner is None or not answers:
        return "description" if inner is None else "essay"
    if answers.startswith("#"):
        return "numeric"
    if TRUTH.match(answers):
        return "true_false"
    if "~" in answers:
        return "single"
    entries = answers.split("=", MOST_OPTIONS)[1:]
    return "matching" if entries and all("->" in entry.partition("#")[0] for entry in entries) else "short_text"


def _formatted(text: str, inherited: str) -> tuple[str, str]:
    """The text as Markdown, and the format that it has."""
    marker = FORMAT.match(text)
    form = marker[1] if marker else inherited
    text = text[marker.end() :] if marker else text
    if form == "markdown":
        return _unmasked(text), form
    if form == "html" or (form == "moodle" and LOOKS_LIKE_HTML.search(text)):
        return markdown_of_html(_unmasked(text)), form
    pieces = [_unmasked("\n".join(line.strip() for line in piece.split("\n"))) for piece in text.split(NEWLINE)]
    while pieces and not pieces[-1]:
        pieces.pop()
    return "\\\n".join(markdown_of_plain(piece) for piece in pieces).strip(), form


def _literal(text: str) -> str:
    """What candidates type: the text as it stands, whatever its format."""
    return _unmasked(FORMAT.sub("", text))


def _losses(text: str, form: str) -> tuple[str, ...]:
    lost = losses_of_html(_unmasked(text)) if form in ("html", "moodle") else []
    return (f"Not taken over: {', '.join(lost)}.",) if lost else ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One answer of a block: whether = or ~ begins it, its weight, its text and feedback, both masked."""

    right: bool
    share: Decimal
    text: str
    feedback: str


def _entries(answers: str, *, weighted: bool = True) -> Iterator[_Entry]:
    """The answers of a block. Raises `QuestionFault` for text before the first one and for a weight that is none."""
    first, *rest = re.split("([=~])", answers)
    if first.strip() and rest:
        raise QuestionFault(f"“{_unmasked(first)[:40]}” stands before the first answer; = or ~ begins an answer.")
    for sign, body in zip(rest[::2], rest[1::2], strict=True) if rest else [("=", first)]:
        weight = WEIGHT.match(body.strip()) if weighted else None
        text, _, feedback = body.strip()[weight.end() if weight else 0 :].partition("#")
        share = percent(weight[1]) if weight else Decimal(sign == "=")
        yield _Entry(sign == "=", share, text.strip(), feedback)


def _choices(found: WrittenQuestion, answers: str, form: str) -> WrittenQuestion:
    """Options to choose from. Candidates choose one where = marks any, several where only weights do."""
    entries = list(_entries(answers))
    options = [
        WrittenOption(_formatted(one.text, form)[0], one.share, feedback=_formatted(one.feedback, form)[0])
        for one in entries
    ]
    kind, rule, lines, warnings = choice_of(options, one=any(one.right for one in entries))
    return replace(found, kind=kind, rule=rule, options=lines, warnings=(*found.warnings, *warnings))


def _truth(found: WrittenQuestion, answers: str, form: str) -> WrittenQuestion:
    """True or false. The first feedback is for whoever chooses the wrong one, the second for the right one."""
    parts = TRUTH.match(answers)
    word, *feedback = parts.groups() if parts else ("F", None, None)
    wrong, right = (_formatted(one or "", form)[0] for one in feedback)
    is_true = word in ("T", "TRUE")
    options = (
        WrittenOption("True", Decimal(is_true), True, feedback=right if is_true else wrong),
        WrittenOption("False", Decimal(not is_true), True, feedback=wrong if is_true else right),
    )
    return replace(found, options=options)


def _words(found: WrittenQuestion, answers: str, form: str) -> WrittenQuestion:
    if answers.lower() in TRUTHS:
        words = "It is read as words to type; TRUE and FALSE in capital letters are true or false."
        found = replace(found, warnings=(*found.warnings, words))
    options = (
        WrittenOption(_literal(one.text), one.share, feedback=_formatted(one.feedback, form)[0])
        for one in _entries(answers)
    )
    return replace(found, options=tuple(options))


def _numbers(found: WrittenQuestion, answers: str, form: str) -> WrittenQuestion:
    """Numbers; an answer without one stands for every other number."""
    options = (
        WrittenOption(_literal(one.text) or "*", one.share, feedback=_formatted(one.feedback, form)[0])
        for one in _entries(answers.removeprefix("#").strip())
    )
    return replace(found, options=tuple(options))


def _pairs(found: WrittenQuestion, answers: str, form: str) -> WrittenQuestion:
    return replace(found, options=tuple(_pair(one, form) for one in _entries(answers, weighted=False)))


def _pair(entry: _Entry, form: str) -> WrittenOption:
    left, _, right = entry.text.partition("->")
    text = _formatted(left, form)[0]
    return WrittenOption(
        text,
        Decimal(bool(text)),
        match=markdown_of_plain(" ".join(_unmasked(right).split("\n"))),
        feedback=_formatted(entry.feedback, form)[0],
    )


READERS = {
    "single": _choices,
    "true_false": _truth,
    "short_text": _words,
    "numeric": _numbers,
    "matching": _pairs,
}

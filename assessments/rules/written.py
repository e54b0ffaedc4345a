"""Questions on their way in or out of a file, whatever its format. Nothing here knows a database."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from assessments.rules.kinds import WrittenOption

MOST_BYTES = 50_000_000
MOST_QUESTIONS = 20_000
MOST_OPTIONS = 200
MOST_LINES = 200_000
"""Options, accepted answers, steps and pairs of a whole file."""
MOST_LETTERS = 30_000
"""Of one text: a question, an option, a feedback."""
MOST_LETTERS_OF_QUESTION = 300_000
MOST_LETTERS_OF_FILE = 20_000_000
"""Of all texts that its questions keep, marks and elements apart."""
SHOWN = 200
"""Letters that tell which question is meant, where it can't be taken as a whole."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that show nothing; those of the category Cf apart."""
ROUNDING = Decimal("0.001")


class FileFault(Exception):
    """A fault of the whole file: nothing of it is taken. `line` counts from 1; 0 where no line is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.line = message, line


class QuestionFault(Exception):
    """One question can't be taken; the message says why. The others can."""


@dataclass(frozen=True, slots=True)
class FileError:
    """What is wrong, and in which line of the file; line 0 is the file as a whole."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenQuestion:
    """A question as a file has it. `kind` is a type of ours, or the file's own word where the type is not supported.

    Texts are Markdown. Empty words say nothing: what stands in the bank stays. `objective` is "course/objective".
    `unsupported` names why the type can't be taken, `fault` why this question can't.
    """

    kind: str
    text: str = ""
    options: tuple[WrittenOption, ...] = ()
    rule: str = ""
    rationale: str = ""
    external_id: str = ""
    title: str = ""
    topic: str = ""
    objective: str = ""
    difficulty: str = ""
    practice_only: bool | None = None
    line: int = 0
    warnings: tuple[str, ...] = ()
    unsupported: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds. `fault` is one of the whole file; questions found before it are still listed."""

    format: str
    questions: Sequence[WrittenQuestion] = ()
    fault: FileError | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A question that a format can't hold, and why."""

    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """A file, and what stayed out of it."""

    content: bytes
    left_out: Sequence[LeftOut] = ()


def decode(data: bytes) -> str:
    """The text of a UTF-8 file, with or without a byte order mark, line ends as one sign. Raises `FileFault`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
        byte = f"0x{data[error.start]:02X}"
        raise FileFault(
            f"Byte {byte} at place {column} of line {line} is not UTF-8. Save the file as UTF-8.", line
        ) from None
    if (place := text.find("\0")) >= 0:
        raise FileFault(
            "The file holds a NUL byte: it is no text, or text in UTF-16. Save it as UTF-8.",
            text.count("\n", 0, place) + 1,
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def plain_id(text: str) -> str:
    """An id as people tell it apart from others: composed letters, none that nobody sees, single blanks, none at the ends.

    Source: Unicode Standard Annex 15 (NFC), and its property Default_Ignorable_Code_Point.
    """
    visible = "".join(sign for sign in unicodedata.normalize("NFC", text) if not _is_invisible(sign))
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _is_invisible(sign: str) -> bool:
    return not sign.isspace() and (unicodedata.category(sign) in ("Cf", "Cc", "Cs") or bool(INVISIBLE.match(sign)))


def texts_of(question: WrittenQuestion) -> list[str]:
    """Every text of a question."""
    own = [question.text, question.rationale, question.title, question.topic, question.external_id]
    return own + [text for one in question.options for text in (one.text, one.match, one.feedback)]


def why_too_large(question: WrittenQuestion) -> str:
    """Why a question is more than one may be; empty where it isn't. Source: rules.md 3.27."""
    if len(question.options) > MOST_OPTIONS:
        return f"It has more than {MOST_OPTIONS} options."
    lengths = [len(text) for text in texts_of(question)]
    if max(lengths) > MOST_LETTERS:
        return f"One of its texts is longer than {MOST_LETTERS} letters."
    if sum(lengths) > MOST_LETTERS_OF_QUESTION:
        return f"Its texts are longer than {MOST_LETTERS_OF_QUESTION} letters together."
    return ""


def within_limits(questions: Iterable[WrittenQuestion]) -> Iterator[WrittenQuestion]:
    """The questions as they come, one that is too large by its beginning only.

    Raises `FileFault` as soon as they are more than a file may hold, so that nobody has to keep the rest.
    """
    found = lines = letters = 0
    for one in questions:
        one = _beginning(one)
        found, lines = found + 1, lines + len(one.options)
        letters += sum(map(len, texts_of(one))) + sum(map(len, one.warnings))
        for count, most, things in (
            (found, MOST_QUESTIONS, "questions"),
            (lines, MOST_LINES, "options and answers"),
            (letters, MOST_LETTERS_OF_FILE, "letters"),
        ):
            if count > most:
                raise FileFault(f"The file holds more than {most:,} {things}. Split it.", one.line)
        yield one


def _beginning(question: WrittenQuestion) -> WrittenQuestion:
    """The question, or where it is too large what tells which one it is."""
    reason = why_too_large(question)
    if not reason:
        return question
    return replace(
        question,
        text=question.text[:SHOWN],
        title=question.title[:SHOWN],
        topic=question.topic[:SHOWN],
        external_id=question.external_id if len(question.external_id) <= SHOWN else "",
        rationale="",
        options=(),
        fault=question.fault or reason,
    )


def without_controls(text: str) -> str:
    """The text without invisible control signs; line breaks and tabs stay."""
    return CONTROLS.sub("", text)


def decimal_of(text: str) -> Decimal | None:
    """The number in a text of at most forty signs; None where there is none."""
    try:
        number = Decimal(text.strip()) if len(text.strip()) <= 40 else Decimal("NaN")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def percent(text: str) -> Decimal:
    """A share of the mark from its percent, -1 to 1. Raises `QuestionFault`."""
    number = decimal_of(text)
    if number is None or abs(number) > 100:
        raise QuestionFault(f"“{text.strip()[:40]}” is no weight between -100 and 100 percent.")
    return number / 100 + 0


def as_percent(share: Decimal) -> str:
    """The percent of a share, without an exponent."""
    return f"{(share * 100).normalize():f}"


def topped_up(options: Sequence[WrittenOption]) -> tuple[WrittenOption, ...]:
    """Weights such as three times 33.33333 % made whole: the first takes what rounding left."""
    total = sum((one.fraction for one in options if one.fraction > 0), Decimal(0))
    if not 0 < 1 - total < ROUNDING:
        return tuple(options)
    first = next(index for index, one in enumerate(options) if one.fraction > 0)
    whole = replace(options[first], fraction=options[first].fraction + 1 - total)
    return (*options[:first], whole, *options[first + 1 :])


def choice_of(options: Sequence[WrittenOption], *, one: bool) -> tuple[str, str, tuple[WrittenOption, ...], list[str]]:
    """(kind, rule, options, warnings) of a question to choose from. `one`: the file lets candidates choose one only.

    Several options that each give the whole mark are read as several right answers: a question with one right answer has one.
    """
    right = sum(option.fraction == 1 for option in options)
    if one and right < 2:
        return "single", "fraction", tuple(options), []
    if right > 1 or (one and right):
        words = "Several options give the whole mark: it is read as a question with several right answers."
        return "multiple", "balanced", tuple(options), [words]
    return "multiple", "weighted", topped_up(options), []


def weight_warnings(options: Iterable[WrittenOption]) -> list[str]:
    """What weights let happen that an author may not want."""
    shares = [one.fraction for one in options]
    most = sum((share for share in shares if share > 0), Decimal(0))
    if 0 < most < 1:
        return [f"Its weights add up to {as_percent(most)} %, so nobody can reach the whole mark."]
    if shares and sum(shares) >= 1:
        return ["Choosing every option gives the whole mark; the rule “balanced” prevents that."]
    return []

"""What a reader sees of each question of a file before accepting it: its wording, its line, and whether it repeats one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import MD5

from assessments.models import Question
from assessments.rules.banks import question_hash
from assessments.rules.imports import IMPORTABLE, IMPORTED, REFUSED, UNCHANGED, UNSUPPORTED, Judged, Report
from assessments.rules.kinds import kinds
from assessments.rules.written import WrittenQuestion
from courses.lib.words import in_readers_language

LETTERS = 160
STATUS_WORDS = {
    IMPORTABLE: "can be taken",
    IMPORTED: "was written",
    UNCHANGED: "stood there already",
    REFUSED: "can’t be taken",
    UNSUPPORTED: "of a type that isn’t supported",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A bank as it is: id -> hash of its content, and digest of a wording -> the id that asks it."""

    contents: Mapping[str, str]
    wordings: Mapping[str, str]


def rows_before(report: Report, bank_slug: str) -> list[dict[str, Any]]:
    """The report's entries, each with "line", "text" (its beginning) and "repeats" (a sentence, or empty). One query."""
    bank, seen = _standing(bank_slug), dict[str, int]()
    rows = []
    for one in report.questions:
        line = seen.setdefault(_digest(one.question.text), one.question.line)
        repeats = _repeats(one.question, bank, line) if one.status == IMPORTABLE else ""
        rows.append(_row(one, repeats))
    return rows


def rows_after(report: Report) -> list[dict[str, Any]]:
    """The same once it was decided: what repeats is said by its status by now."""
    return [_row(one, "") for one in report.questions]


def _row(one: Judged, repeats: str) -> dict[str, Any]:
    text = " ".join(one.question.text.split())
    shown = text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
    return one.as_json() | {"line": one.question.line, "text": shown, "repeats": repeats}


def _standing(bank_slug: str) -> Standing:
    """What the bank asks now; withdrawn questions too, since accepting would write their next version."""
    rows = Question.objects.filter(bank__slug=bank_slug).exclude(current_version=None)
    found = rows.values_list("external_id", "current_version__content_hash", MD5("current_version__text"))
    contents, wordings = {}, {}
    for name, content, wording in found:
        contents[name], wordings[wording] = content, name
    return Standing(contents, wordings)


def _digest(text: str) -> str:
    return hashlib.md5(text.strip().encode(), usedforsecurity=False).hexdigest()


def _repeats(question: WrittenQuestion, bank: Standing, first_line: int) -> str:
    known = bank.contents.get(question.external_id)
    if known is not None:
        content = question_hash(question.kind, question.text, question.rule, question.options, question.rationale)
        if content == known:
            return "It stands in the bank already, word for word."
        return f"It becomes the next version of “{question.external_id}”."
    if other := bank.wordings.get(_digest(question.text)):
        return f"The bank asks the same under “{other}”."
    return f"Line {first_line} asks the same." if first_line != question.line else ""


def in_words(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored entries as a page shows them: type and status in words. Entries from before lines were kept have none."""
    known = kinds()
    return [
        {
            **one,
            "type": in_readers_language(known[one["type"]].LABEL) if one["type"] in known else one["type"],
            "becomes": STATUS_WORDS[one["status"]],
        }
        for one in rows
    ]

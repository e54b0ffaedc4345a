"""What a file of questions comes to: which can be taken, under which id, and the report that says so."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from assessments.models import ImportState, QuestionImport
from assessments.rules.banks import rule_or_default, why_not_write
from assessments.rules.kinds import WrittenOption
from assessments.rules.written import (
    MOST_BYTES,
    SHOWN,
    FileError,
    Parsed,
    WrittenQuestion,
    plain_id,
    weight_warnings,
    why_too_large,
    without_controls,
)
from courses.lib.refusals import Refusal

LONGEST_ID, LONGEST_TITLE, LONGEST_SLUG = 120, 200, 80
SLUG = re.compile(r"[a-zA-Z0-9_-]+")
LONGEST_KIND, LONGEST_MESSAGE = 40, 500
HASHED = 12
IMPORTABLE, IMPORTED, UNCHANGED, REFUSED, UNSUPPORTED = "importable", "imported", "unchanged", "refused", "unsupported"


@dataclass(frozen=True, slots=True)
class Judged:
    """A question of a file, tidy and under its id in the bank, and what becomes of it."""

    question: WrittenQuestion
    status: str
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Its entry in the report."""
        return {
            "type": self.question.kind,
            "title": self.question.title,
            "status": self.status,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds and what became of it. `imported` counts new questions and new versions."""

    format: str
    questions: Sequence[Judged] = ()
    errors: Sequence[FileError] = ()
    imported: int = 0

    @property
    def takes(self) -> list[Judged]:
        """The questions that can be taken, or were."""
        return [one for one in self.questions if one.status in (IMPORTABLE, IMPORTED, UNCHANGED)]

    def as_json(self) -> dict[str, Any]:
        """{"format", "found", "importable", "imported", "questions", "errors"}."""
        return {
            "format": self.format,
            "found": len(self.questions),
            "importable": len(self.takes),
            "imported": self.imported,
            "questions": [one.as_json() for one in self.questions],
            "errors": [{"line": error.line, "message": error.message} for error in self.errors],
        }


def judge(parsed: Parsed) -> Report:
    """The report on a file before anything is written. One id twice, or any fault of the whole file, takes nothing."""
    tidy = [_tidy(question) for question in parsed.questions]
    fault = parsed.fault or _id_twice(tidy)
    judged = [_judged(question) for question in _with_ids(tidy)]
    judged = _without_twins(judged)
    errors = [FileError(one.question.line, one.warnings[-1]) for one in judged if one.status == REFUSED]
    if fault:
        judged = [replace(one, status=REFUSED) if one.status == IMPORTABLE else one for one in judged]
        errors = [fault, *errors]
    return Report(parsed.format, judged, errors)


def _tidy(question: WrittenQuestion) -> WrittenQuestion:
    """Without what a database can't keep; titles on one line, and no longer than their column."""
    title = plain_id(question.title)
    shortened = ["The title was shortened."] if len(title) > LONGEST_TITLE else []
    return replace(
        question,
        text=without_controls(question.text).strip(),
        rationale=without_controls(question.rationale).strip(),
        options=tuple(_tidy_option(one) for one in question.options),
        external_id=plain_id(question.external_id),
        title=title[:LONGEST_TITLE],
        topic=" ".join(without_controls(question.topic).split())[:LONGEST_TITLE],
        rule=rule_or_default(question.kind, question.rule),
        warnings=(*question.warnings, *shortened),
    )


def _tidy_option(option: WrittenOption) -> WrittenOption:
    texts = (without_controls(text).strip() for text in (option.text, option.match, option.feedback))
    text, match, feedback = texts
    return replace(option, text=text, match=match, feedback=feedback)


def _id_twice(questions: Sequence[WrittenQuestion]) -> FileError | None:
    """The first id that stands for two questions."""
    lines: dict[str, int] = {}
    for question in questions:
        name = question.external_id
        if name and name in lines:
            message = (
                f"The id “{name[:SHOWN]}” stands for two questions, in line {lines[name]} and line {question.line}."
            )
            return FileError(question.line, message)
        lines[name] = question.line
    return None


def _with_ids(questions: Sequence[WrittenQuestion]) -> list[WrittenQuestion]:
    """Each under its own id, else its title where no other bears it, else what it says."""
    taken = Counter(one.external_id for one in questions) + Counter({one.title for one in questions})
    titles = Counter(one.title for one in questions)
    ids = {one.external_id for one in questions if one.external_id}
    unique = {title for title in taken if title and titles[title] == 1 and title not in ids}
    return [replace(one, external_id=_fitting(_id_of(one, unique))) for one in questions]


def _id_of(question: WrittenQuestion, unique: set[str]) -> str:
    if question.external_id:
        return question.external_id
    return question.title if question.title in unique else f"content-{_content(question)[:HASHED]}"


def _content(question: WrittenQuestion) -> str:
    """The hash of what a question says, whether or not its type is one of ours."""
    said = repr((question.kind, question.text, question.rule, question.options, question.rationale))
    return hashlib.sha256(said.encode()).hexdigest()


def _fitting(name: str) -> str:
    """An id that its column holds; a longer one ends in its hash, so that two stay two."""
    if len(name) <= LONGEST_ID:
        return name
    return f"{name[: LONGEST_ID - HASHED - 1]}-{hashlib.sha256(name.encode()).hexdigest()[:HASHED]}"


def _judged(question: WrittenQuestion) -> Judged:
    question = replace(question, kind=question.kind[:LONGEST_KIND], warnings=tuple(map(_short, question.warnings)))
    if question.unsupported:
        return Judged(question, UNSUPPORTED, (*question.warnings, question.unsupported))
    if reason := question.fault or _why_not(question):
        return Judged(question, REFUSED, (*question.warnings, _short(reason)))
    weights = weight_warnings(question.options) if question.rule == "weighted" else []
    return Judged(question, IMPORTABLE, (*question.warnings, *weights))


def _short(message: str) -> str:
    """A message that fits into a report, however long the words that it cites."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


def _why_not(question: WrittenQuestion) -> str:
    """Why a question can't be written; empty where it can."""
    if reason := why_too_large(question):
        return reason
    refusal = why_not_write(question.kind, question.text, question.options, question.rule)
    return refusal.sentence if refusal else ""


def _without_twins(judged: Sequence[Judged]) -> list[Judged]:
    """Two questions without a name that say the same are one: the second isn't taken."""
    seen: dict[str, int] = {}
    kept = []
    for one in judged:
        line = seen.setdefault(one.question.external_id, one.question.line)
        if line != one.question.line and one.status == IMPORTABLE:
            one = replace(one, status=REFUSED, warnings=(*one.warnings, f"It says the same as line {line}."))
        kept.append(one)
    return kept


def why_not_bank(slug: str) -> Refusal | None:
    """Why no bank can bear this slug."""
    if len(slug) <= LONGEST_SLUG and SLUG.fullmatch(slug):
        return None
    words = f"A bank's slug has letters, digits, - and _ only, at most {LONGEST_SLUG} of them."
    return Refusal(
        "bad-slug", _("“%(slug)s” can't name a bank. %(words)s") % {"slug": slug[:LONGEST_SLUG], "words": words}
    )


def why_not_upload(slug: str, size: int) -> Refusal | None:
    """Why a file can't be uploaded for a bank; `size` in bytes."""
    if size > MOST_BYTES:
        return Refusal(
            "too-large", _("A file of questions has at most %(value)s MB. Split it.") % {"value": MOST_BYTES // 1000000}
        )
    if not size:
        return Refusal("empty-file", _("The file is empty."))
    return why_not_bank(slug)


def why_not_so_often(deed: str, wait: int) -> Refusal | None:
    """Why a person can't do this once more now; `deed` in words, `wait` in seconds, 0 where they can. Source: rules.md 3.30."""
    if not wait:
        return None
    minutes = -(-wait // 60)
    return Refusal(
        "too-many",
        _("You %(deed)s very often in the last hour. Go on in %(minutes)s minute%(value)s.")
        % {"deed": deed, "minutes": minutes, "value": "s" * (minutes > 1)},
    )


def why_not_accept_import(row: QuestionImport) -> Refusal | None:
    """Why an import can't be accepted now."""
    if row.state in (ImportState.UPLOADED, ImportState.PARSING):
        return Refusal("not-read-yet", _("The file is still being read. Load this page again in a moment."))
    if row.state != ImportState.PARSED:
        return Refusal(
            "decided",
            _("This import is %(state)s. To import the file again, upload it again.")
            % {"state": row.get_state_display()},
        )
    return None

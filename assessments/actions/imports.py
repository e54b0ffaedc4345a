"""Taking questions from files, and giving them to files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from assessments.actions.question_rows import Draft, write_questions
from assessments.models import Question, QuestionBank
from assessments.question_files import read_confined
from assessments.rules.banks import as_kept
from assessments.rules.exports import BankFile, export_bank
from assessments.rules.imports import (
    IMPORTABLE,
    IMPORTED,
    UNCHANGED,
    Judged,
    Report,
    judge,
    why_not_bank,
    why_not_so_often,
)
from assessments.rules.practice import why_not_use_otherwise
from assessments.rules.written import FileError, plain_id
from courses.actions.audit import record_event
from courses.lib.limits import seconds_to_wait
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Objective

BATCH = 500
EXPORTS_AN_HOUR = 200
PLAIN = r"^[!-~]+( [!-~]+)*$"
"""Ids that are the same however they are made plain."""


def import_questions(
    *,
    bank_slug: str,
    data: bytes,
    name: str = "",
    format: str = "",
    accept: bool = False,
    by: Person | None = None,
) -> Report:
    """Read a file of questions and report on it; with `accept` its good questions are written, all or none of them.

    A bank that doesn't exist is created when something is written. The file is read in a child with limits. Nothing is
    refused by raising: faults of the file are in the report. Source: rules.md 3.23–3.27.
    """
    if refusal := why_not_bank(bank_slug):
        return Report(format, errors=[FileError(0, refusal.sentence)])
    report = judge(read_confined(data, name=name, form=format))
    return accept_report(bank_slug=bank_slug, report=report, by=by) if accept and report.takes else report


def preview_export(*, bank: QuestionBank, format: str, by: Person) -> BankFile:
    """The bank as a file, with what it leaves out. Refused: more than two hundred in an hour."""
    wait = seconds_to_wait("question-export", f"person {by.pk}", allowed=EXPORTS_AN_HOUR, per_seconds=3600)
    refuse_if(why_not_so_often("exported banks", wait))
    return export_bank(bank, format)


def export_questions(*, bank: QuestionBank, format: str, by: Person) -> BankFile:
    """Give the bank to somebody as a file, and keep that they have it: it holds the key. Refused as `preview_export`."""
    file = preview_export(bank=bank, format=format, by=by)
    record_event(event="bank_exported", by=by, subject=f"assessments.questionbank:{bank.pk}", format=format)
    return file


@transaction.atomic
def accept_report(*, bank_slug: str, report: Report, by: Person | None) -> Report:
    """Write what a report says can be taken, in one transaction. Returns the report with what became of each question."""
    bank, _ = QuestionBank.objects.get_or_create(slug=bank_slug, defaults={"title": _title_of(bank_slug)})
    QuestionBank.objects.select_for_update().only("pk").get(pk=bank.pk)
    report = replace(report, questions=_under_known_ids(bank, report.questions))
    takes = [one for one in report.questions if one.status == IMPORTABLE]
    objectives = _objectives(takes)
    became: dict[str, Judged] = {}
    for start in range(0, len(takes), BATCH):
        batch = _where_they_stay(bank, takes[start : start + BATCH])
        written = write_questions(bank=bank, drafts=[_draft(one, objectives) for one in batch], by=by)
        for one, outcome in zip(batch, written, strict=True):
            became[one.question.external_id] = _became(one, outcome.changed, objectives)
    judged = [became[one.question.external_id] if one.status == IMPORTABLE else one for one in report.questions]
    return replace(report, questions=judged, imported=sum(one.status == IMPORTED for one in judged))


def _under_known_ids(bank: QuestionBank, questions: Sequence[Judged]) -> list[Judged]:
    """The questions under the ids that the bank has for them: one written before ids were made plain keeps its own. One query."""
    odd = Question.objects.filter(bank=bank).exclude(external_id__regex=PLAIN).order_by("-pk")
    known = {plain_id(name): name for name in odd.values_list("external_id", flat=True)}
    names = ((one, known.get(one.question.external_id, one.question.external_id)) for one in questions)
    return [replace(one, question=replace(one.question, external_id=name)) for one, name in names]


def _where_they_stay(bank: QuestionBank, batch: Sequence[Judged]) -> list[Judged]:
    """The questions as the file says, but those that may not move between exams and practice stay, with a warning.

    One query, and one more for each that would move.
    """
    wanted = {one.question.external_id: one.question.practice_only for one in batch}
    known = Question.objects.filter(bank=bank, external_id__in=wanted).exclude(current_version=None)
    moving = {row.external_id: row for row in known if wanted[row.external_id] not in (None, row.practice_only)}
    refusals = {
        name: refusal.sentence
        for name, row in moving.items()
        if (refusal := why_not_use_otherwise(row, practice_only=not row.practice_only))
    }
    return [_staying(one, refusals.get(one.question.external_id, "")) for one in batch]


def _staying(one: Judged, sentence: str) -> Judged:
    if not sentence:
        return one
    question = replace(one.question, practice_only=None)
    return replace(one, question=question, warnings=(*one.warnings, f"It stays where it is used. {sentence}"))


def _title_of(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").strip().capitalize() or slug


def _objectives(takes: Sequence[Judged]) -> dict[str, Objective]:
    """The objectives that the questions name, by "course/objective". One query, or none."""
    names = {one.question.objective for one in takes if one.question.objective}
    if not names:
        return {}
    slugs = {name.partition("/")[2] for name in names}
    rows = Objective.objects.filter(slug__in=slugs).select_related("course")
    return {f"{row.course.slug}/{row.slug}": row for row in rows if f"{row.course.slug}/{row.slug}" in names}


def _draft(one: Judged, objectives: dict[str, Objective]) -> Draft:
    question = one.question
    place: dict[str, Any] = {
        "title": question.title,
        "topic": question.topic,
        "difficulty": question.difficulty,
        "practice_only": question.practice_only,
        "objective": objectives.get(question.objective),
    }
    said = {name: value for name, value in place.items() if value is not None and value != ""}
    options = as_kept(question.kind, question.options)
    return Draft(question.external_id, question.kind, question.text, options, question.rule, question.rationale, said)


def _became(one: Judged, changed: bool, objectives: dict[str, Objective]) -> Judged:
    name = one.question.objective
    unknown = [f"There is no objective “{name}”."] if name and name not in objectives else []
    return replace(one, status=IMPORTED if changed else UNCHANGED, warnings=(*one.warnings, *unknown))

"""Writing questions. Editing makes a version; whoever sits an exam keeps the one they were asked."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from assessments.models import AnswerKey, Option, Question, QuestionBank, QuestionVersion
from assessments.rules.banks import question_hash, read_options, rule_or_default, why_not_write
from assessments.rules.kinds import WrittenOption
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Objective


@transaction.atomic
def author_question(
    *,
    bank: QuestionBank,
    external_id: str,
    kind: str,
    objective: Objective,
    difficulty: str,
    text: str,
    options: Iterable[Mapping[str, Any]] = (),
    rationale: str = "",
    rule: str = "",
    by: Person | None = None,
) -> QuestionVersion:
    """Write a question or its next version; the same content again returns the version that stands.

    `options`: mappings with `text`, `correct` (or `fraction` as decimal text) and `last` (stays last in a shuffle).
    Refused: what its type doesn't allow (`rules/banks.py`, `rules/kinds/`).
    """
    written, rule = read_options(options), rule_or_default(kind, rule)
    refuse_if(why_not_write(kind, text, written, rule))
    question = _identity(bank, external_id, objective, difficulty)
    content = question_hash(kind, text, rule, written, rationale)
    current = question.current_version
    if current is not None and current.content_hash == content:
        return current
    version = QuestionVersion.objects.create(
        question=question,
        number=current.number + 1 if current else 1,
        kind=kind,
        text=text.strip(),
        rule=rule,
        content_hash=content,
        created_by_id=by.pk if by else None,
    )
    _write_key(version, _write_options(version, written, current), written, rationale)
    question.current_version = version
    question.save(update_fields=["current_version"])
    return version


def _identity(bank: QuestionBank, external_id: str, objective: Objective, difficulty: str) -> Question:
    """The question's row, locked and then read with its version, its place in the blueprint as given."""
    place = {"objective": objective, "difficulty": difficulty}
    question, _ = Question.objects.get_or_create(bank=bank, external_id=external_id, defaults=place)
    Question.objects.select_for_update().only("pk").get(pk=question.pk)
    question = Question.objects.select_related("current_version").get(pk=question.pk)
    if (question.objective_id, question.difficulty) != (objective.pk, difficulty):
        question.objective, question.difficulty = objective, difficulty
        question.save(update_fields=["objective", "difficulty"])
    return question


def _write_options(
    version: QuestionVersion, written: Sequence[WrittenOption], previous: QuestionVersion | None
) -> list[Option]:
    """The options; one whose text stood before keeps its key, so that statistics can follow it."""
    keys = dict(previous.options.values_list("text", "key")) if previous else {}
    rows = [
        Option(version=version, key=keys.get(one.text) or uuid.uuid4(), text=one.text, position=n, pinned_last=one.last)
        for n, one in enumerate(written)
    ]
    return Option.objects.bulk_create(rows)


def _write_key(
    version: QuestionVersion, rows: Sequence[Option], written: Sequence[WrittenOption], rationale: str
) -> None:
    fractions = {str(row.pk): f"{one.fraction.normalize():f}" for row, one in zip(rows, written, strict=True)}
    AnswerKey.objects.create(version=version, fractions=fractions, rationale=rationale.strip())


@transaction.atomic
def withdraw_question(*, question: Question, by: Person) -> Question:
    """No further attempt draws the question; those who have it keep it. Doing it again changes nothing."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    if question.withdrawn_at is None:
        question.withdrawn_at = database_now()
        question.save(update_fields=["withdrawn_at"])
    return question


@transaction.atomic
def restore_question(*, question: Question, by: Person) -> Question:
    """Let attempts draw a withdrawn question again."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    question.withdrawn_at = None
    question.save(update_fields=["withdrawn_at"])
    return question

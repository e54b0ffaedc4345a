"""Writing questions. Editing makes a version; whoever sits an exam keeps the one they were asked."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from assessments.models import AnswerKey, Difficulty, Option, Question, QuestionBank, QuestionVersion
from assessments.rules.banks import as_kept, question_hash, read_options, rule_or_default, why_not_write
from assessments.rules.kinds import OptionRow, WrittenOption, kind_of
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
    text: str,
    objective: Objective | None = None,
    difficulty: str = Difficulty.MEDIUM,
    topic: str = "",
    title: str = "",
    practice_only: bool = False,
    options: Iterable[Mapping[str, Any]] = (),
    rationale: str = "",
    rule: str = "",
    by: Person | None = None,
) -> QuestionVersion:
    """Write a question or its next version; the same content again returns the version that stands.

    `options`: mappings with `text`, `correct` (or `fraction` as decimal text), `last` (stays last in a shuffle), `match`
    (the other half of a pair) and `feedback`: the lines that the type's EXAMPLE shows.
    Refused: what its type doesn't allow (`rules/banks.py`, `rules/kinds/`).
    """
    written, rule = read_options(options), rule_or_default(kind, rule)
    refuse_if(why_not_write(kind, text, written, rule))
    place = {
        "objective": objective,
        "difficulty": difficulty,
        "topic": topic,
        "title": title,
        "practice_only": practice_only,
    }
    question = _identity(bank, external_id, place)
    written = as_kept(kind, written)
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
    ids = _write_options(version, kind_of(kind).rows(written), current)
    _write_key(version, ids, written, rationale)
    question.current_version = version
    question.save(update_fields=["current_version"])
    return version


def _identity(bank: QuestionBank, external_id: str, place: Mapping[str, Any]) -> Question:
    """The question's row, locked and then read with its version, its place in the blueprint as given."""
    question, _ = Question.objects.get_or_create(bank=bank, external_id=external_id, defaults=place)
    Question.objects.select_for_update().only("pk").get(pk=question.pk)
    question = Question.objects.select_related("current_version", "objective").get(pk=question.pk)
    changed = [name for name, value in place.items() if getattr(question, name) != value]
    for name in changed:
        setattr(question, name, place[name])
    if changed:
        question.save(update_fields=changed)
    return question


def _write_options(version: QuestionVersion, rows: Sequence[OptionRow], previous: QuestionVersion | None) -> list[int]:
    """The options' ids; one whose text stood before keeps its key, so that statistics can follow it."""
    known = previous.options.values_list("group", "text", "key") if previous else ()
    keys = {(group, text): key for group, text, key in known}
    options = [
        Option(
            version=version,
            key=keys.get((row.group, row.text)) or uuid.uuid4(),
            text=row.text,
            position=position,
            pinned_last=row.last,
            group=row.group,
        )
        for position, row in enumerate(rows)
    ]
    return [option.pk for option in Option.objects.bulk_create(options)]


def _write_key(version: QuestionVersion, ids: Sequence[int], written: Sequence[WrittenOption], rationale: str) -> None:
    AnswerKey.objects.create(
        version=version,
        answers=kind_of(version.kind).key_for(written, ids),
        feedback={str(index): one.feedback for index, one in enumerate(written) if one.feedback},
        rationale=rationale.strip(),
    )


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


def count_exposures() -> int:
    """Count how often each question was given in scored attempts of the last 90 days; how many counts changed.

    One statement over all questions. Source: Chen, Ankenmann and Spray 2003.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT_EXPOSURES)
        return cursor.rowcount


COUNT_EXPOSURES = """
UPDATE assessments_question q SET recent_exposures = counted.times
FROM (
    SELECT question.id, count(attempt.id) AS times
    FROM assessments_question question
    LEFT JOIN assessments_attemptitem item ON item.question_id = question.id
    LEFT JOIN assessments_attempt attempt
        ON attempt.id = item.attempt_id AND attempt.scored AND attempt.started_at > now() - interval '90 days'
    GROUP BY question.id
) counted
WHERE counted.id = q.id AND counted.times <> q.recent_exposures
"""

"""Writing questions. Editing makes a version; whoever sits an exam keeps the one they were asked."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from django.db import connection, transaction

from assessments.actions.question_rows import KEEP, Draft, Source, write_questions
from assessments.models import Difficulty, Question, QuestionBank, QuestionVersion
from assessments.rules.banks import as_kept, one_line_end, read_options, rule_or_default, why_not_write
from assessments.rules.regrades import why_not_restore
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models import Competency, Objective


class Place(TypedDict, total=False):
    """Where a question stands in its bank, as the fields of `Question` say."""

    objective: Objective | None
    competency: Competency | None
    difficulty: str
    topic: str
    title: str
    practice_only: bool


NOWHERE = Place(objective=None, difficulty=Difficulty.MEDIUM, topic="", title="", practice_only=False)


@transaction.atomic
def author_question(
    *,
    bank: QuestionBank,
    external_id: str,
    kind: str,
    text: str,
    options: Iterable[Mapping[str, Any]] = (),
    rationale: str = "",
    rule: str = "",
    source: Source = KEEP,
    by: Person | None = None,
    **place: Unpack[Place],
) -> QuestionVersion:
    """Write a question or its next version; the same content again returns the version that stands.

    `options`: mappings with `text`, `correct` (or `fraction` as decimal text), `last` (stays last in a shuffle), `match`
    (the other half of a pair) and `feedback`: the lines that the type's EXAMPLE shows. `place`: what isn't given is emptied,
    but for the competency, which stays. `source`: the revision that it is checked against; another one is another version.
    Refused: what its type doesn't allow (`rules/banks.py`, `rules/kinds/`).
    """
    text, rationale = one_line_end(text), one_line_end(rationale)
    written, rule = read_options(options), rule_or_default(kind, rule)
    refuse_if(why_not_write(kind, text, written, rule))
    kept, stands = tuple(as_kept(kind, written)), {**NOWHERE, **place}
    draft = Draft(external_id, kind, text.strip(), kept, rule, rationale.strip(), stands, source)
    return write_questions(bank=bank, drafts=[draft], by=by)[0].version


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
    """Let attempts draw a withdrawn question again. Refused as `why_not_restore`."""
    question = Question.objects.select_for_update().get(pk=question.pk)
    refuse_if(why_not_restore(question))
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

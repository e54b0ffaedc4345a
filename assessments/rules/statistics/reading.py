"""What statistics rest on, read from the database: first scored attempts, their marks, what was chosen, what was given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assessments.models import AnswerKey, Exam, QuestionVersion
from assessments.rules.statistics.tables import Bools, Floats, MarkTable

MOST_PERSONS = 10_000
EXPOSURE = timedelta(days=90)

# A person's first attempt that counts: scored, ended, not void; of more than MOST_PERSONS people the newest.
PERSONS = """
WITH firsts AS MATERIALIZED (
    SELECT DISTINCT ON (learner_id) id, current_run_id, closed_at FROM assessments_attempt
    WHERE exam_id = %(exam)s AND scored AND state = 'graded' ORDER BY learner_id, number
), persons AS MATERIALIZED (
    SELECT id, current_run_id, row_number() OVER (ORDER BY closed_at DESC, id) - 1 AS place FROM firsts
    ORDER BY closed_at DESC, id LIMIT %(most)s
)
"""
# What is put together in this file are its own constants; values go in as parameters.
MARKS = f"""{PERSONS}
SELECT persons.place, item.version_id, score.mark::float8, score.max_mark::float8 FROM persons
JOIN assessments_itemscore score ON score.run_id = persons.current_run_id
JOIN assessments_attemptitem item ON item.id = score.item_id AND NOT item.voided
"""  # noqa: S608
CHOSEN = f"""{PERSONS}
SELECT persons.place, chosen.id::bigint FROM persons
JOIN assessments_attemptitem item ON item.attempt_id = persons.id AND NOT item.voided AND item.version_id = ANY(%(versions)s)
JOIN assessments_responseevent event ON event.id = item.current_event_id AND jsonb_typeof(event.value) = 'array'
CROSS JOIN LATERAL jsonb_array_elements_text(event.value) AS chosen (id)
"""  # noqa: S608
GIVEN = """
WITH recent AS MATERIALIZED (
    SELECT id FROM assessments_attempt WHERE exam_id = %(exam)s AND scored AND started_at > %(since)s
), given AS MATERIALIZED (
    SELECT item.question_id, count(*) AS times FROM recent JOIN assessments_attemptitem item ON item.attempt_id = recent.id
    GROUP BY item.question_id
), total AS MATERIALIZED (SELECT count(*) AS attempts FROM recent)
SELECT question.id, coalesce(given.times, 0), total.attempts FROM total CROSS JOIN assessments_question question
LEFT JOIN given ON given.question_id = question.id
WHERE given.times IS NOT NULL OR (
    question.bank_id = %(bank)s AND question.withdrawn_at IS NULL AND NOT question.practice_only
    AND question.current_version_id IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Sittings:
    """The marks of an exam; names of the table are ids of question versions, `places` its persons among those read."""

    table: MarkTable
    versions: tuple[int, ...]
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A question to choose from, with what each person of the table chose: `seen` persons × options."""

    version: int
    options: tuple[int, ...]
    keys: tuple[bool, ...]
    column: int
    seen: Bools
    chosen: Bools


@dataclass(frozen=True, slots=True)
class Given:
    """How often each question of the bank was given in attempts of the last 90 days, of whatever outcome."""

    questions: tuple[int, ...]
    times: Floats
    attempts: int


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def read_sittings(exam: Exam) -> Sittings:
    """Marks of everybody's first attempt. An item's full mark is its usual one; other attempts are scaled to it.

    One query, at most 10,000 people.
    """
    rows = _rows(MARKS, {"exam": exam.pk, "most": MOST_PERSONS})
    if not rows:
        return Sittings(MarkTable((), np.empty((0, 0)), np.empty(0)), (), np.empty(0, dtype=np.int64))
    data = np.array(rows, dtype=np.float64)
    places, row_of = np.unique(data[:, 0].astype(np.int64), return_inverse=True)
    versions, column_of = np.unique(data[:, 1].astype(np.int64), return_inverse=True)
    maxima = np.zeros(len(versions))
    np.maximum.at(maxima, column_of, data[:, 3])
    marks = np.full((len(places), len(versions)), np.nan)
    marks[row_of, column_of] = data[:, 2] / data[:, 3] * maxima[column_of]
    ids = tuple(int(version) for version in versions)
    return Sittings(MarkTable(tuple(map(str, ids)), marks, maxima), ids, places)


def read_choices(exam: Exam, sittings: Sittings) -> list[Choice]:
    """What was chosen in each question to choose from. Four queries, however many questions."""
    wanted = _choice_versions(sittings.versions)
    if not wanted:
        return []
    rows = _rows(CHOSEN, {"exam": exam.pk, "most": MOST_PERSONS, "versions": list(wanted)})
    picked: dict[int, list[int]] = {}
    known = {int(place): row for row, place in enumerate(sittings.places)}
    for place, option in rows:
        if place in known:
            picked.setdefault(option, []).append(known[place])
    columns = {version: column for column, version in enumerate(sittings.versions)}
    seen = sittings.table.seen
    return [
        _choice(version, columns[version], keys, seen[:, columns[version]], picked) for version, keys in wanted.items()
    ]


def _choice(version: int, column: int, keys: dict[int, bool], seen: Bools, picked: dict[int, list[int]]) -> Choice:
    chosen = np.zeros((len(seen), len(keys)), dtype=np.bool_)
    for place, option in enumerate(keys):
        chosen[picked.get(option, []), place] = True
    return Choice(version, tuple(keys), tuple(keys.values()), column, seen, chosen[seen])


def _choice_versions(versions: tuple[int, ...]) -> dict[int, dict[int, bool]]:
    """Of these versions those whose key gives every option a share of the mark, each option with whether it is right."""
    found = {}
    rows = QuestionVersion.objects.filter(pk__in=versions).select_related("answer_key__correction")
    for version in rows.prefetch_related("options"):
        answers, options = _answers_of(version.answer_key), [option.pk for option in version.options.all()]
        if options and isinstance(answers, dict) and all(_is_share(answers.get(str(pk))) for pk in options):
            found[version.pk] = {pk: float(answers[str(pk)]) > 0 for pk in options}
    return found


def _answers_of(key: AnswerKey) -> Any:
    """What is right now: the key as corrected, else as written."""
    corrected = key.correction.answers if key.correction else None
    return key.answers if corrected is None else corrected


def _is_share(value: object) -> bool:
    try:
        return isinstance(value, str) and np.isfinite(float(value))
    except ValueError:
        return False


def read_given(exam: Exam, now: datetime) -> Given:
    """Counts over the bank's questions, those that were never given included. One query."""
    rows = _rows(GIVEN, {"exam": exam.pk, "bank": exam.bank_id, "since": now - EXPOSURE})
    return Given(
        tuple(question for question, _, _ in rows),
        np.array([times for _, times, _ in rows], dtype=np.float64),
        int(rows[0][2]) if rows else 0,
    )

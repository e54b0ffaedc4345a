"""Practice rounds: begun, answered as often as one likes, and ended. Lock order: learner, then attempt."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import transaction

from assessments.actions.attempts import hold_questions, new_attempt, new_items
from assessments.actions.closing import submit_attempt
from assessments.actions.responses import save_responses
from assessments.models import Attempt, AttemptItem, AttemptState, Exam
from assessments.rules.blueprints import pool_of
from assessments.rules.draws import Candidate, Cell, draw
from assessments.rules.practice import MOST, open_round, rounds_of, why_not_answer, why_not_practise
from assessments.rules.saves import Entry
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if

OPEN_FOR = timedelta(days=30)
CLIENT = "practice"


@transaction.atomic
def start_practice(*, exam: Exam, by: Person) -> Attempt:
    """Begin a round of at most ten practice questions, unseen ones first; with one open at this exam, that one.

    It stands beside an exam that is going on: practice is apart. Refused as `why_not_practise`, and where questions
    are moved into exams meanwhile.
    """
    get_user_model()._default_manager.select_for_update(no_key=True).only("pk").get(pk=by.pk)
    now, rounds = database_now(), rounds_of(by, exam)
    if opened := open_round(rounds, now):
        return opened
    pool = pool_of(exam.bank_id, by, practice=True)
    refuse_if(why_not_practise(exam, len(pool)))
    assert exam.current_version is not None  # refused otherwise
    attempt = new_attempt(exam, by, rounds, scored=False)
    attempt.state, attempt.exam_version = AttemptState.IN_PROGRESS, exam.current_version
    attempt.started_at, attempt.deadline_at = now, now + OPEN_FOR
    drawn = _draw(pool, attempt)
    hold_questions(drawn, practice=True)
    attempt.policy_snapshot = {"practice": True, "minutes": OPEN_FOR // timedelta(minutes=1), "questions": len(drawn)}
    attempt.save(force_insert=True)
    AttemptItem.objects.bulk_create(new_items(attempt, drawn))
    return attempt


def _draw(pool: Sequence[Candidate], attempt: Attempt) -> Sequence[Candidate]:
    """As many as there are, up to a round; enemies may meet here, nothing is measured."""
    friends = [replace(one, enemies=frozenset()) for one in pool]
    return draw([Cell(min(len(friends), MOST))], friends, attempt.seed) or []


def answer_practice(*, attempt_id: uuid.UUID, by: Person, entry: Entry) -> None:
    """Keep an answer of a round; the page then says what is right. Any number of times. Refused outside a running round.

    Raises Attempt.DoesNotExist where it isn't theirs.
    """
    attempt = Attempt.objects.visible_to(by).get(pk=attempt_id)
    refuse_if(why_not_answer(attempt))
    save_responses(attempt_id=attempt_id, by=by, client_id=CLIENT, epoch=attempt.writer_epoch, entries=[entry])


def end_practice(*, attempt_id: uuid.UUID, by: Person) -> Attempt:
    """End a round; doing it again changes nothing. Raises Attempt.DoesNotExist where it isn't a round of theirs."""
    attempt = Attempt.objects.visible_to(by).get(pk=attempt_id, scored=False)
    return submit_attempt(
        attempt_id=attempt_id, by=by, client_id=attempt.writer_client or CLIENT, epoch=attempt.writer_epoch
    ).attempt

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import tasks
from assessments.actions.closing import (
    close_attempt,
    close_if_overdue,
    close_overdue_attempts,
    close_overdue_of,
    submit_attempt,
)
from assessments.models import AnswerKey, Attempt, AttemptItem, AttemptState, CloseReason, ScoringRun
from assessments.rules.exams import has_passed_exam
from assessments.signals import attempt_graded
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, entry, item, past_deadline, save
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def submit(attempt, client="tab", epoch=1, by=None, **fields):
    return submit_attempt(attempt_id=attempt.pk, by=by or attempt.learner, client_id=client, epoch=epoch, **fields)


@pytest.fixture
def news():
    heard = []

    def listen(sender, attempt, passed, first_time_graded, **kwargs):
        heard.append((attempt.pk, passed, first_time_graded))

    attempt_graded.connect(listen)
    yield heard
    attempt_graded.disconnect(listen)


@pytest.fixture
def broken_scoring(monkeypatch):
    def fail(**kwargs):
        raise RuntimeError("a broken question")

    monkeypatch.setattr("assessments.actions.closing.score_attempt", fail)


def test_submit_scores_and_gives_a_receipt(news):
    attempt = begin()
    answer_all(attempt)

    closed = submit(attempt, submission_id="one").attempt

    assert (closed.state, closed.close_reason, closed.answered_count) == ("graded", CloseReason.CANDIDATE, 4)
    assert (closed.current_run.score, closed.current_run.max_score, closed.current_run.passed) == (4, 4, True)
    assert len(closed.answers_hash) == 64
    assert closed.receipt == f"{closed.answers_hash[:4]}-{closed.answers_hash[4:8]}"
    assert news == [(attempt.pk, True, True)]
    assert has_passed_exam(attempt.learner, attempt.exam)


@pytest.mark.parametrize(("right", "passed"), [(8, True), (7, False), (0, False)])
def test_pass_is_at_the_pass_mark(right, passed):
    attempt = begin(ExamFactory(published__questions=10, published__draw=10))
    answer_all(attempt, right=right)

    run = submit(attempt).attempt.current_run

    assert (run.score, run.passed) == (right, passed)
    assert [score.mark for score in run.scores.order_by("item__position")] == [1] * right + [0] * (10 - right)


def test_blank_attempt_scores_nothing():
    run = submit(begin()).attempt.current_run

    assert (run.score, run.max_score, run.passed) == (0, 4, False)


def test_submit_again_gets_the_same_receipt(news):
    attempt = begin()
    first = submit(attempt, submission_id="one").attempt

    again = submit(attempt, client="other", epoch=9, submission_id="two").attempt

    assert (again.receipt, again.closed_at, again.submission_id) == (first.receipt, first.closed_at, "one")
    assert ScoringRun.objects.count() == len(news) == 1


def test_digests_that_differ_close_nothing_and_are_named():
    attempt = begin()
    digest = save(attempt, entry(attempt)).items[0].digest

    done = submit(attempt, digests={1: "other", 2: "typed", 99: "none"})

    assert {one.item: one.digest for one in done.differing} == {1: digest, 2: "", 99: ""}
    assert done.attempt.state == AttemptState.IN_PROGRESS
    assert not submit(attempt, digests={1: digest}).differing


def test_tab_that_lost_the_pen_does_not_hand_in():
    attempt = begin()
    save(attempt, entry(attempt))

    with pytest.raises(Refused) as refused:
        submit(attempt, client="other")

    assert refused.value.refusal.code == "moved"


@pytest.mark.parametrize("state", [AttemptState.PAUSED, AttemptState.VOID])
def test_what_does_not_run_is_not_handed_in(state):
    attempt = begin()
    paused_at = attempt.started_at if state == AttemptState.PAUSED else None
    Attempt.objects.filter(pk=attempt.pk).update(state=state, paused_at=paused_at)

    with pytest.raises(Refused) as refused:
        submit(attempt)

    assert refused.value.refusal.code == "wrong-state"


def test_others_do_not_hand_in():
    with pytest.raises(Attempt.DoesNotExist):
        submit(begin(), by=make_person())


@pytest.mark.parametrize(("seconds", "reason"), [(-10, "candidate"), (10, "time"), (60, "time")])
def test_submit_around_the_deadline(seconds, reason):
    attempt = begin()
    answer_all(attempt)
    past_deadline(attempt, seconds=seconds)

    closed = submit(attempt).attempt

    assert closed.close_reason == reason
    assert (closed.closed_at == closed.deadline_at) is (reason == "time")
    assert closed.current_run.passed


def test_lost_pen_after_the_end_still_gets_the_result():
    attempt = begin()
    save(attempt, entry(attempt))
    past_deadline(attempt, seconds=60)

    assert submit(attempt, client="other").attempt.state == AttemptState.GRADED


def test_sweep_closes_and_scores_what_is_overdue(news):
    overdue, running = begin(), begin()
    answer_all(overdue)
    past_deadline(overdue, seconds=31)

    assert tasks.close_overdue_attempts() == 1
    assert tasks.close_overdue_attempts() == 0

    overdue.refresh_from_db()
    running.refresh_from_db()
    assert (overdue.state, overdue.close_reason, overdue.closed_at) == ("graded", "time", overdue.deadline_at)
    assert overdue.current_run.passed
    assert running.state == AttemptState.IN_PROGRESS
    assert len(news) == 1


def test_sweep_waits_for_the_grace():
    past_deadline(begin(), seconds=25)

    assert close_overdue_attempts() == 0


def test_sweep_takes_no_more_than_its_limit():
    for _ in range(3):
        past_deadline(begin(), seconds=60)

    assert close_overdue_attempts(limit=2) == 2
    assert close_overdue_attempts() == 1


def test_fault_in_scoring_keeps_the_closing_and_the_sweep_scores_later(monkeypatch, caplog):
    attempt = begin()
    with monkeypatch.context() as broken:
        broken.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
        assert submit(attempt).attempt.state == AttemptState.SUBMITTED
        assert close_overdue_attempts() == 0

    assert close_overdue_attempts() == 1

    attempt.refresh_from_db()
    assert (attempt.state, attempt.close_reason) == ("graded", "candidate")
    assert "not scored" in caplog.text


def test_one_broken_attempt_does_not_stop_the_sweep(monkeypatch):
    broken, sound = begin(), begin()
    for attempt in (broken, sound):
        past_deadline(attempt, seconds=60)
    bad_key = item(broken).version.answer_key
    real = AnswerKey.objects.get(pk=bad_key.pk)
    monkeypatch.setattr(
        "assessments.actions.scoring.mark_of",
        lambda item: 1 / 0 if item.version.answer_key.pk == real.pk else Decimal(1),
    )

    close_overdue_attempts()

    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, sound.state) == ("submitted", "graded")


def test_receiver_that_fails_does_not_keep_the_attempt_open(caplog):
    def fail(**kwargs):
        raise RuntimeError("no evidence today")

    attempt = begin()
    attempt_graded.connect(fail)
    try:
        assert submit(attempt).attempt.state == AttemptState.SUBMITTED
    finally:
        attempt_graded.disconnect(fail)

    assert not ScoringRun.objects.exists()
    assert close_overdue_attempts() == 1


def test_any_read_closes():
    attempt, running = begin(), begin()
    past_deadline(attempt, seconds=31)

    for one in (attempt, running):
        close_if_overdue(attempt_id=one.pk)
        one.refresh_from_db()

    assert (attempt.state, running.state) == ("graded", "in_progress")


def test_voided_item_counts_neither_way():
    attempt = begin()
    answer_all(attempt, right=3)
    AttemptItem.objects.filter(attempt=attempt, position=4).update(voided=True)

    run = submit(attempt).attempt.current_run

    assert (run.score, run.max_score, run.passed) == (3, 3, True)


@pytest.mark.parametrize("questions", [10, 100])
def test_submit_takes_the_same_statements_whatever_the_questions(questions, monkeypatch):
    monkeypatch.setattr(attempt_graded, "send", lambda **kwargs: [])
    attempt = begin(ExamFactory(published__questions=questions, published__draw=questions))
    save(attempt, *[entry(attempt, n) for n in range(1, 11)])

    with CaptureQueriesContext(connection) as captured:
        submit(attempt)

    statements = [one["sql"] for one in captured]
    assert len([sql for sql in statements if "SAVEPOINT" not in sql]) == 6
    assert len(statements) <= 10


def test_pass_is_not_counted_when_void():
    attempt = begin()
    answer_all(attempt)
    submit(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.VOID)

    assert not has_passed_exam(attempt.learner, attempt.exam)


def test_closed_at_is_never_before_the_start():
    attempt = begin()
    past_deadline(attempt, seconds=3600)
    close_overdue_attempts()

    attempt.refresh_from_db()
    assert attempt.closed_at - attempt.started_at == timedelta(minutes=60)


def test_close_that_lost_the_race_leaves_the_winners_result():
    attempt = begin()
    stale = Attempt.objects.get(pk=attempt.pk)
    won = submit(attempt).attempt

    assert close_attempt(attempt=stale, now=won.closed_at) is False
    assert (stale.state, stale.receipt) == (AttemptState.GRADED, won.receipt)
    assert ScoringRun.objects.count() == 1


def test_rules_page_closes_what_is_overdue():
    attempt = begin()
    past_deadline(attempt, seconds=31)

    close_overdue_of(learner=attempt.learner)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.GRADED

"""The same moment, with real threads on the real database."""

import threading

import pytest
from django.db import connection

from assessments.actions.attempts import start_attempt, take_over
from assessments.actions.banks import author_question
from assessments.actions.closing import close_if_overdue, close_overdue_attempts, submit_attempt
from assessments.actions.exams import publish_exam
from assessments.models import (
    Attempt,
    AttemptState,
    Disposition,
    ExamVersion,
    QuestionVersion,
    ResponseEvent,
    ScoringRun,
)
from assessments.rules.draws import Cell
from assessments.rules.saves import Entry
from assessments.tests.factories_exams import BankFactory, ExamFactory, ObjectiveFactory, QuestionFactory
from assessments.tests.sittings import answer_all, begin, entry, item, past_deadline, save
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)


def together(*deeds):
    """Run every deed in a thread of its own, let go at once; their results or errors in order."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n, deed):
        try:
            gate.wait()
            results[n] = deed()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twenty_starts_open_one_attempt():
    exam, learner = ExamFactory(), make_person()

    results = together(*[lambda: start_attempt(exam=exam, by=learner)] * 20)

    assert len({result.pk for result in results}) == 1
    assert Attempt.objects.count() == 1


def test_starts_of_two_exams_open_one():
    learner, exams = make_person(), [ExamFactory(), ExamFactory()]

    results = together(*[lambda exam=exam: start_attempt(exam=exam, by=learner) for exam in exams * 4])

    assert Attempt.objects.count() == 1
    assert {type(result) for result in results} == {Attempt, Refused}


def test_thirty_two_learners_start_at_once():
    exam = ExamFactory(published__questions=20, published__draw=10)
    learners = [make_person() for _ in range(32)]

    results = together(*[lambda one=one: start_attempt(exam=exam, by=one) for one in learners])

    assert len({result.pk for result in results}) == 32
    assert all(result.items.count() == 10 for result in results)


def test_forty_submits_give_one_receipt_and_one_run():
    attempt = begin()
    answer_all(attempt)

    def submit():
        return submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt.receipt

    assert len(set(together(*[submit] * 40))) == 1
    assert ScoringRun.objects.count() == 1


def test_the_three_closers_at_once_close_once():
    attempt = begin()
    answer_all(attempt)
    past_deadline(attempt, seconds=31)

    together(
        lambda: submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1),
        close_overdue_attempts,
        lambda: close_if_overdue(attempt_id=attempt.pk),
        lambda: save(attempt, entry(attempt, seq=9)),
        lambda: start_attempt(exam=attempt.exam, by=attempt.learner),
    )

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.GRADED
    assert ScoringRun.objects.filter(attempt=attempt).count() == 1
    assert attempt.current_run.passed


def test_sweeps_share_the_work():
    attempts = [begin() for _ in range(12)]
    for attempt in attempts:
        past_deadline(attempt, seconds=60)

    counts = together(*[close_overdue_attempts] * 4)

    assert sum(counts) == 12
    assert ScoringRun.objects.count() == 12


def test_same_save_many_times_at_once_is_kept_once():
    attempt = begin()
    one = entry(attempt)

    replies = [result.items[0].status for result in together(*[lambda: save(attempt, one)] * 16)]

    assert sorted(replies) == ["duplicate"] * 15 + ["stored"]
    assert ResponseEvent.objects.count() == 1


def test_two_tabs_at_once_keep_every_value_and_one_writer():
    attempt = begin(ExamFactory(published__questions=1, published__draw=1))
    options = list(item(attempt).tokens)

    def tab(name):
        for seq in range(1, 26):
            if seq % 5 == 0:
                epoch = take_over(attempt_id=attempt.pk, by=attempt.learner, client_id=name).writer_epoch
            else:
                epoch = Attempt.objects.get(pk=attempt.pk).writer_epoch
            save(attempt, Entry(1, seq, (options[seq % 4],)), client=name, epoch=epoch)

    together(*[lambda name=name: tab(name) for name in ("a", "b", "c")])

    events = ResponseEvent.objects.filter(item__attempt=attempt)
    assert events.count() == 75
    assert item(attempt).current_event == events.filter(disposition=Disposition.CHAIN).latest("pk")


def test_submit_during_saves_scores_what_was_acknowledged():
    attempt = begin(ExamFactory(published__questions=10, published__draw=10))
    entries = [entry(attempt, n) for n in range(1, 11)]

    results = together(
        *[lambda one=one: save(attempt, one) for one in entries],
        lambda: submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1),
    )

    stored = sum(result.items[0].status == "stored" for result in results[:-1])
    attempt.refresh_from_db()
    assert attempt.current_run.score == stored == attempt.answered_count
    assert ResponseEvent.objects.count() == 10


def test_same_question_written_at_once_is_one_version():
    bank, objective = BankFactory(), ObjectiveFactory()

    def write(text):
        return author_question(
            bank=bank, external_id="q", kind="single", objective=objective, difficulty="easy", text=text,
            options=[{"text": "a", "correct": True}, {"text": "b"}],
        ).pk  # fmt: skip

    assert len(set(together(*[lambda: write("What?")] * 8))) == 1
    together(*[lambda n=n: write(f"What {n}?") for n in range(6)])
    assert sorted(QuestionVersion.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]


def test_same_exam_published_at_once_is_one_version():
    exam = ExamFactory(published=False)
    for _ in range(3):
        QuestionFactory(bank=exam.bank)

    results = together(*[lambda: publish_exam(exam=exam, cells=[Cell(1)])] * 8)

    assert len({result.version.pk for result in results}) == 1
    assert ExamVersion.objects.count() == 1

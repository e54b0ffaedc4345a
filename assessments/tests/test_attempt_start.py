from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.actions.attempts import start_attempt
from assessments.actions.exams import withdraw_exam
from assessments.models import Attempt, AttemptItem, AttemptState, Question
from assessments.signals import attempt_opening
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.sittings import answer_all, begin, past_deadline
from courses.lib.refusals import Refusal, Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_start_draws_the_blueprint_and_sets_the_deadline():
    attempt = begin(published__questions=6, published__draw=4, published__minutes=45)

    assert attempt.state == AttemptState.IN_PROGRESS
    assert attempt.number == 1
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=45)
    assert [item.position for item in attempt.items.order_by("position")] == [1, 2, 3, 4]
    assert attempt.policy_snapshot["questions"] == 4


def test_start_again_goes_on_with_the_open_attempt():
    attempt = begin()

    assert start_attempt(exam=attempt.exam, by=attempt.learner) == attempt
    assert Attempt.objects.count() == 1


def test_start_is_refused_while_another_exam_is_open():
    attempt = begin()

    with pytest.raises(Refused) as refused:
        start_attempt(exam=ExamFactory(), by=attempt.learner)

    assert refused.value.refusal.code == "attempt-open"
    assert refused.value.refusal.link == attempt.get_absolute_url()


def test_start_closes_what_is_overdue_first():
    attempt = begin()
    past_deadline(attempt, seconds=31)

    other = start_attempt(exam=ExamFactory(), by=attempt.learner)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.GRADED
    assert other.state == AttemptState.IN_PROGRESS


@pytest.mark.parametrize("published", [False, True])
def test_start_is_refused_for_what_is_not_published(published):
    exam = ExamFactory(published=published or False) if not published else withdraw_exam(exam=ExamFactory(), by=None)

    with pytest.raises(Refused) as refused:
        start_attempt(exam=exam, by=make_person())

    assert refused.value.refusal.code == "exam-not-open"


def test_gate_refuses_and_nothing_is_written():
    def close(**kwargs):
        raise Refused(Refusal("closed", "Not you."))

    attempt_opening.connect(close)
    try:
        with pytest.raises(Refused):
            begin()
    finally:
        attempt_opening.disconnect(close)
    assert not Attempt.objects.exists()


def test_short_cell_refuses_the_start_and_never_shortens_the_exam(caplog):
    exam = ExamFactory(published__questions=4, published__draw=4)
    Question.objects.filter(pk=exam.bank.questions.first().pk).update(withdrawn_at="2026-01-01T00:00Z")

    with pytest.raises(Refused) as refused:
        start_attempt(exam=exam, by=make_person())

    assert refused.value.refusal.code == "exam-short"
    assert exam.slug in caplog.text
    assert not Attempt.objects.exists()


def test_second_try_asks_unseen_questions():
    exam = ExamFactory(published__questions=8, published__draw=4, published__waits_hours=[])
    first = begin(exam)
    past_deadline(first, seconds=31)

    second = start_attempt(exam=exam, by=first.learner)

    seen = set(first.items.values_list("question_id", flat=True))
    assert second.number == 2
    assert not seen & set(second.items.values_list("question_id", flat=True))


def test_pinned_options_stay_last_and_the_ids_are_new_for_each_attempt():
    exam = ExamFactory(published__questions=0, published__draw=1, published=None)
    question = QuestionFactory(bank=exam.bank, written__options=6, written__pinned=(4, 5))
    pinned = list(question.current_version.options.filter(pinned_last=True).values_list("pk", flat=True))

    items = [begin(exam).items.get() for _ in range(4)]

    assert all(item.option_order[-2:] == pinned for item in items)
    assert len({tuple(item.option_order) for item in items}) > 1
    assert len({token for item in items for token in item.option_tokens}) == 24


def test_draw_is_stored_and_stays():
    attempt = begin()
    order = list(attempt.items.order_by("position").values_list("question_id", "option_order"))

    answer_all(attempt)

    assert list(AttemptItem.objects.order_by("position").values_list("question_id", "option_order")) == order


@pytest.mark.parametrize("questions", [10, 100])
def test_start_takes_the_same_statements_for_10_and_100_questions(questions):
    exam = ExamFactory(published__questions=questions, published__draw=questions)
    learner = make_person()
    exam = type(exam).objects.select_related("current_version").get(pk=exam.pk)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        start_attempt(exam=exam, by=learner)

    statements = [one["sql"] for one in captured if "SAVEPOINT" not in one["sql"]]
    assert len(statements) == 8

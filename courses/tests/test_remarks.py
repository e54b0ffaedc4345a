"""Remarks on lessons: told, answered, closed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from courses.actions.feedback import answer_feedback, close_feedback, tell_us
from courses.lib.refusals import Refused
from courses.models import LessonFeedback
from courses.rules.feedback import REMARKS_PER_HOUR, why_not_answer, why_not_tell
from courses.signals import feedback_answered
from courses.tests.at_once import at_once
from courses.tests.factories import LessonFactory, RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers():
    heard = []

    def hear(feedback, **_):
        heard.append(feedback)

    feedback_answered.connect(hear)
    yield heard
    feedback_answered.disconnect(hear)


def refused(deed):
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value.refusal.code


def test_a_remark_is_kept_without_its_margins():
    learner = make_person()

    remark = tell_us(lesson=LessonFactory(), kind="idea", text=" An example. \n", page="/p/" + "x" * 400, by=learner)

    assert (remark.author, remark.text, remark.state) == (learner, "An example.", "open")
    assert len(remark.page) == 300


def test_twenty_remarks_an_hour_are_enough():
    learner, now = make_person(), timezone.now()
    RemarkFactory.create_batch(REMARKS_PER_HOUR - 1, author=learner)
    RemarkFactory()
    assert why_not_tell(learner, now) is None

    last = RemarkFactory(author=learner)

    assert why_not_tell(learner, now).code == "too-many-remarks"
    assert why_not_tell(learner, last.created_at + timedelta(hours=1, seconds=1)) is None


def test_the_remark_past_the_limit_is_refused():
    learner, lesson = make_person(), LessonFactory()
    RemarkFactory.create_batch(REMARKS_PER_HOUR, author=learner)

    deed = refused(lambda: tell_us(lesson=lesson, kind="idea", text="One more", page="/", by=learner))

    assert deed == "too-many-remarks"
    assert LessonFeedback.objects.count() == REMARKS_PER_HOUR


def test_an_answer_is_told(answers):
    remark, author = RemarkFactory(), make_person()

    answered = answer_feedback(feedback=remark, answer=" A runner runs jobs. ", by=author)

    assert (answered.state, answered.answer, answered.answered_by) == ("answered", "A runner runs jobs.", author)
    assert answers == [answered]


@pytest.mark.parametrize(
    ("state", "answer", "code"),
    [
        ("open", "Yes.", None),
        ("answered", "No, this.", None),
        ("open", "  ", "empty-answer"),
        ("closed", "Yes.", "wrong-state"),
    ],
)
def test_who_may_be_answered(state, answer, code):
    refusal = why_not_answer(RemarkFactory(state=state), answer)

    assert (refusal and refusal.code) == code


def test_a_closed_remark_is_not_answered_and_nobody_is_told(answers):
    remark = RemarkFactory(state="closed")

    assert refused(lambda: answer_feedback(feedback=remark, answer="Yes.", by=make_person())) == "wrong-state"
    assert answers == []


def test_a_remark_is_closed_once():
    remark = RemarkFactory()

    assert close_feedback(feedback=remark, by=make_person()).state == "closed"
    assert refused(lambda: close_feedback(feedback=remark, by=make_person())) == "wrong-state"


@pytest.mark.django_db(transaction=True)
def test_of_five_who_close_at_the_same_moment_one_does():
    remark, author = RemarkFactory(), make_person()

    results = at_once([lambda: close_feedback(feedback=remark, by=author)] * 5)

    assert results.count("wrong-state") == 4

"""A question moves between exams and practice at the moment at which somebody is given it."""

import time

import pytest
from django.db import connection

from assessments.actions import attempts, practice
from assessments.actions.attempts import start_attempt
from assessments.actions.banks import author_question
from assessments.actions.practice import start_practice
from assessments.models import Attempt, AttemptItem, Question
from assessments.rules.option_lines import rows_of, written_options
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from courses.lib.refusals import Refused
from courses.tests.at_once import start
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)


def move(question, *, practice_only):
    """As an author does who saves the question with the other use."""
    version = question.current_version
    lines = [{"text": one.text, "fraction": str(one.fraction)} for one in written_options(version, rows_of(version))]
    return author_question(
        bank=question.bank, external_id=question.external_id, kind=version.kind, text=version.text, options=lines,
        rule=version.rule, objective=question.objective, practice_only=practice_only,
    )  # fmt: skip


def somebody_waits():
    """Whether within five seconds a statement waits for a lock."""
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.01)
    return False


def after(monkeypatch, module, name, deed):
    """Let something happen right after a step of a start, with what the step gave."""
    step = getattr(module, name)

    def then(*arguments):
        given = step(*arguments)
        deed(given)
        return given

    monkeypatch.setattr(module, name, then)


@pytest.mark.parametrize(
    ("module", "deed", "practice_only"), [(attempts, start_attempt, True), (practice, start_practice, False)]
)
def test_question_that_moved_since_the_draw_is_not_given(monkeypatch, module, deed, practice_only):
    exam, learner = ExamFactory(), make_person()
    for _ in range(2):
        QuestionFactory(bank=exam.bank, practice_only=True)

    def let_it_move(drawn):
        question = Question.objects.get(pk=drawn[0].question_id)
        start(lambda: move(question, practice_only=practice_only))()

    with monkeypatch.context() as patched:
        after(patched, module, "_draw", let_it_move)
        with pytest.raises(Refused) as refused:
            deed(exam=exam, by=learner)

    assert refused.value.refusal.code == "questions-moved"
    assert not Attempt.objects.exists()
    assert Question.objects.filter(practice_only=practice_only).exists()


def test_question_that_is_being_given_stays(monkeypatch):
    exam, learner, waits = ExamFactory(), make_person(), []

    def try_to_move(items):
        question = Question.objects.get(pk=items[0].question_id)
        waits.append(start(lambda: move(question, practice_only=True)))
        assert somebody_waits()

    after(monkeypatch, attempts, "new_items", try_to_move)
    start_attempt(exam=exam, by=learner)

    refused = waits[0]()
    assert refused.refusal.code == "asked-now"
    assert not AttemptItem.objects.filter(question__practice_only=True).exists()

"""Results that are released on a date: until then nobody can tell a pass from a fail, because there is neither."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from assessments.actions.closing import close_overdue_attempts, submit_attempt
from assessments.actions.exams import publish_exam
from assessments.models import ExamVersion, ScoringRun
from assessments.rules.draws import Cell
from assessments.rules.exams import has_passed_exam
from assessments.signals import attempt_graded, attempt_received
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.sittings import answer_all, begin

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    news = []
    attempt_graded.connect(lambda **told: news.append("graded"), weak=False, dispatch_uid="held-graded")
    attempt_received.connect(lambda **told: news.append("received"), weak=False, dispatch_uid="held-received")
    yield news
    attempt_graded.disconnect(dispatch_uid="held-graded")
    attempt_received.disconnect(dispatch_uid="held-received")


def handed_in(exam, *, right=None):
    attempt = begin(exam)
    answer_all(attempt, right=right)
    return submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt


def held_exam(**fields):
    return ExamFactory(published__results_at=timezone.now() + timedelta(days=1), **fields)


def release(exam):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE assessments_examversion SET results_at = now() WHERE exam_id = %s", [exam.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_held_result_is_not_computed_until_its_date(heard):
    exam = held_exam()
    attempt = handed_in(exam)

    assert (attempt.state, attempt.receipt != "", heard) == ("submitted", True, ["received"])
    assert close_overdue_attempts() == 0
    assert not ScoringRun.objects.exists()
    release(exam)
    assert close_overdue_attempts() == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.current_run.passed, heard) == ("graded", True, ["received", "graded"])


def test_pass_and_fail_look_the_same(client):
    exam, pages = held_exam(), []
    for right in (4, 0):
        attempt = handed_in(exam, right=right)
        client.force_login(attempt.learner)
        bodies = [client.get(attempt.result_url).content.decode(), client.get(exam.get_absolute_url()).content.decode()]
        answer = client.post(reverse("assessments:attempt-submit", args=[attempt.pk]), {"epoch": 1}).status_code
        assert not has_passed_exam(attempt.learner, exam)
        assert "are released on" in bodies[0]
        pages.append((answer, [body.count("<li") for body in bodies], "passed" in bodies[0], "Not yet" in bodies[0]))

    assert pages[0] == pages[1]


def test_date_is_part_of_what_was_published_and_shown_before_the_start(client):
    exam = ExamFactory(published=False)
    QuestionFactory(bank=exam.bank)
    first = publish_exam(exam=exam, cells=[Cell(1)]).version
    when = timezone.now() + timedelta(days=3)
    second = publish_exam(exam=exam, cells=[Cell(1)], results_at=when).version

    assert (first.number, second.number) == (1, 2)
    assert publish_exam(exam=exam, cells=[Cell(1)], results_at=when).version == second
    assert ExamVersion.objects.count() == 2
    client.force_login(begin(ExamFactory()).learner)
    exam.refresh_from_db()
    assert "when the results are released, on" in client.get(exam.get_absolute_url()).content.decode()

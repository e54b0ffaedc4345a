from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from assessments.actions.closing import submit_attempt
from assessments.models import Attempt, AttemptItem, AttemptState, Question, ScoringRun
from assessments.rules.exams import (
    day_and_time,
    has_passed_exam,
    is_passed,
    pause_after,
    percent_of,
    rules_page,
    tries_left,
    why_not_start,
)
from assessments.rules.limits import limits_of
from assessments.rules.results import plain, result_of
from assessments.rules.scoring import profile_of
from assessments.tests.factories_exams import AttemptFactory, ExamFactory
from assessments.tests.sittings import answer_all, begin
from courses.tests.people import make_person

NOW = timezone.make_aware(timezone.datetime(2026, 11, 20, 12, 0))


@pytest.mark.parametrize(
    ("score", "maximum", "passed"),
    [
        ("80", "100", True),
        ("79.9999", "100", False),
        ("32", "40", True),
        ("31.9999", "40", False),
        ("18", "22.5", True),
    ],
)
def test_pass_is_exact(score, maximum, passed):
    assert is_passed(Decimal(score), Decimal(maximum), Decimal(80)) is passed


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_percent_shown_never_passes_more_than_the_truth(score, maximum):
    score = min(score, maximum)

    shown = percent_of(Decimal(score), Decimal(maximum))

    assert not (shown >= 80) or is_passed(Decimal(score), Decimal(maximum), Decimal(80))


def failed(exam, learner, *, days=0.0, number=1, passed=False):
    closed = NOW - timedelta(days=days)
    attempt = AttemptFactory(
        exam=exam, learner=learner, number=number, started_at=closed - timedelta(hours=1), state=AttemptState.SUBMITTED,
        closed_at=closed, close_reason="candidate",
    )  # fmt: skip
    run = ScoringRun.objects.create(
        attempt=attempt, score=int(passed), max_score=1, passed=passed, reason="closed", made_at=closed
    )
    Attempt.objects.filter(pk=attempt.pk).update(current_run=run, state=AttemptState.GRADED)
    return attempt


def code(exam, learner, now=NOW):
    refusal = why_not_start(learner, exam, now)
    return refusal.code if refusal else None


@pytest.fixture
def no_sums(db):
    """Runs without item scores: these tests never commit them."""
    yield
    connection.cursor().execute("SET CONSTRAINTS ALL DEFERRED")
    connection.set_rollback(True)


@pytest.mark.usefixtures("no_sums")
@pytest.mark.parametrize(
    ("tries_days_ago", "expected"),
    [
        ([], None),
        ([0.9], "too-soon"),
        ([1.1], None),
        ([10, 6], "too-soon"),
        ([10, 7.1], None),
        ([60, 40, 29], "too-soon"),
        ([90, 60, 31], None),
        ([200, 150, 100, 50], "attempts-used"),
        ([366, 150, 100, 50], None),
    ],
)
def test_retake_ladder(tries_days_ago, expected):
    exam, learner = ExamFactory(), make_person()
    for number, days in enumerate(tries_days_ago, start=1):
        failed(exam, learner, days=days, number=number)

    assert code(exam, learner) == expected


@pytest.mark.usefixtures("no_sums")
def test_void_tries_and_those_of_others_do_not_count():
    exam, learner = ExamFactory(), make_person()
    attempt = failed(exam, learner, days=0.1)
    failed(exam, make_person(), days=0.1)
    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.VOID)

    assert code(exam, learner) is None
    assert tries_left([attempt], exam, limits_of(exam.current_version), NOW) == 3


@pytest.mark.usefixtures("no_sums")
def test_passing_ends_the_exam_for_good():
    exam, learner = ExamFactory(), make_person()
    attempt = failed(exam, learner, days=500, passed=True)

    refusal = why_not_start(learner, exam, NOW)

    assert (refusal.code, refusal.link) == ("already-passed", attempt.result_url)
    assert has_passed_exam(learner, exam)


@pytest.mark.usefixtures("no_sums")
def test_sentences_name_the_moment():
    exam, learner = ExamFactory(), make_person()
    failed(exam, learner, days=0.5)

    assert why_not_start(learner, exam, NOW).sentence == "You may try the exam again tomorrow, 00:00."


@pytest.mark.parametrize(
    ("hours", "words"), [(1, "today, 13:00"), (24, "tomorrow, 12:00"), (24 * 15, "on 5 December, 12:00")]
)
def test_day_and_time_as_the_reader_says_it(hours, words):
    with timezone.override("UTC"):
        assert day_and_time(NOW + timedelta(hours=hours), NOW) == words


@pytest.mark.django_db
def test_exam_without_version_is_not_open_and_has_no_figures():
    exam, learner = ExamFactory(published=False), make_person()

    assert code(exam, learner) == "exam-not-open"
    assert rules_page(learner, exam, NOW) is None


@pytest.mark.django_db
def test_rules_page_figures():
    exam = ExamFactory(published__questions=11, published__draw=11, published__waits_hours=[1, 24, 48])

    page = rules_page(make_person(), exam, NOW)

    assert (page.questions, page.points_needed, page.tries_left) == (11, 9, 4)
    assert page.rules == ["One right answer, one point."]
    assert page.waits == "after 1 hour, then after 24 hours, then after 2 days"


@pytest.mark.django_db
def test_no_ladder_means_at_once():
    exam = ExamFactory(published__waits_hours=[])

    assert rules_page(make_person(), exam, NOW).waits == "at once"
    assert pause_after(3, exam.current_version.waits_hours) == timedelta(0)


@pytest.mark.django_db
def test_profile_names_courses_and_lost_objectives_only():
    attempt = begin()
    answer_all(attempt, right=3)
    closed = submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt

    (row,) = profile_of(closed)
    result = result_of(attempt.learner, closed, NOW)

    objective = AttemptItem.objects.filter(attempt=attempt).first().question.objective
    assert (row.title, row.score, row.maximum, row.percent) == (objective.course.title, 3, 4, 75)
    assert [(one.text, one.link) for one in row.again] == [(objective.text, objective.course.get_absolute_url())]
    assert row.link == objective.course.get_absolute_url()
    assert (result.percent, result.needed, result.passed) == (75, Decimal("3.2"), False)
    assert result.missing == Decimal("0.2")


@pytest.mark.django_db
def test_open_attempt_has_no_result():
    attempt = begin()

    assert result_of(attempt.learner, attempt, NOW) is None


def test_plain_numbers_have_no_exponent():
    assert [str(plain(Decimal(one))) for one in ("32.0000", "0.0000", "3.2500", "100")] == ["32", "0", "3.25", "100"]


@pytest.mark.django_db
@pytest.mark.parametrize(("topic", "heading"), [("Basics", "Basics"), ("", "Other questions")])
def test_profile_names_the_topic_where_no_objective_is_known(topic, heading):
    attempt = begin()
    Question.objects.update(objective=None, topic=topic)
    answer_all(attempt, right=0)
    closed = submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1).attempt

    (row,) = profile_of(closed)

    assert (row.title, row.maximum, row.again) == (heading, 4, [])

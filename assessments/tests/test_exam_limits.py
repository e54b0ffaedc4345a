"""How long and when: the exam's limits, what was agreed with the person, the window, and what the start says of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.actions.accommodations import apply_accommodations
from assessments.actions.attempts import start_attempt
from assessments.actions.closing import submit_attempt
from assessments.actions.exams import publish_exam
from assessments.actions.timekeeping import adjust_time
from assessments.models import Accommodation, Attempt, ExamVersion
from assessments.rules.draws import Cell
from assessments.rules.exams import rules_page, tries_left, why_not_start
from assessments.rules.limits import Agreed, agreed_with, limits_of
from assessments.tests.agreements import agree
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, past_deadline, save
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def version(**fields):
    return ExamVersion(minutes=60, **fields)


@pytest.mark.parametrize(
    ("window_minutes", "agreed", "minutes"),
    [
        (None, Agreed(), 60),
        (None, Agreed(time_percent=150), 90),
        (None, Agreed(extra_minutes=7), 67),
        (None, Agreed(time_percent=400, extra_minutes=1), 241),
        (45, Agreed(), 45),
        (45, Agreed(time_percent=150), 45),
        (45, Agreed(window_extension_minutes=10), 55),
        (45, Agreed(time_percent=150, window_extension_minutes=60), 90),
        (45, Agreed(closes_at=NOON + 2 * HOUR), 60),
        (45, Agreed(closes_at=NOON + HOUR / 2, window_extension_minutes=5), 35),
        (60, Agreed(), 60),
    ],
)
def test_deadline_is_the_earlier_of_the_time_and_the_window(window_minutes, agreed, minutes):
    closes_at = NOON + timedelta(minutes=window_minutes) if window_minutes else None

    limits = limits_of(version(closes_at=closes_at), [agreed])

    assert limits.deadline(NOON) == NOON + timedelta(minutes=minutes)
    assert limits.minutes_from(NOON) == minutes
    assert limits.is_cut(NOON) is (minutes < limits.full_minutes)


def test_of_several_accommodations_each_limit_is_the_most_generous_one():
    rows = [
        Agreed(time_percent=125, extra_minutes=30, opens_at=NOON),
        Agreed(time_percent=150, break_minutes=10, extra_attempts=2, large_print=True, opens_at=NOON - HOUR),
    ]

    limits = limits_of(version(opens_at=NOON + HOUR), rows)

    assert (limits.full_minutes, limits.break_minutes, limits.max_attempts) == (120, 10, 6)
    assert (limits.large_print, limits.opens_at) == (True, NOON - HOUR)


def test_half_minutes_are_rounded_up_never_down():
    limits = limits_of(ExamVersion(minutes=45), [Agreed(time_percent=101)])

    assert (limits.seconds, limits.full_minutes) == (2727, 46)


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({}, True),
        ({"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 2)}, True),
        ({"valid_until": date(2026, 3, 1)}, False),
        ({"valid_from": date(2026, 3, 3)}, False),
    ],
)
def test_an_accommodation_holds_on_its_days(fields, holds):
    learner, exam = make_person(), ExamFactory()
    agree(learner, time_percent=200, closes_at=NOON, **fields)

    assert agreed_with(learner, exam.pk, NOON) == ([Agreed(time_percent=200, closes_at=NOON)] if holds else [])


def test_an_accommodation_is_the_persons_and_the_exams():
    learner, exam = make_person(), ExamFactory()
    agree(learner, exam=ExamFactory(), extra_minutes=1)
    agree(make_person(), extra_minutes=2)
    agree(learner, exam=exam, extra_minutes=3)

    assert [one.extra_minutes for one in agreed_with(learner, exam.pk, NOON)] == [3]


@pytest.mark.parametrize(
    "fields",
    [
        {"time_percent": 99}, {"time_percent": 401}, {"valid_until": date(2019, 1, 1)}, {"reason": ""},
        {"opens_at": NOON, "closes_at": NOON},
    ],
)  # fmt: skip
def test_the_database_refuses_what_is_no_accommodation(fields):
    learner = make_person()

    with pytest.raises(IntegrityError), transaction.atomic():
        agree(learner, **fields)


def test_nobody_approves_their_own():
    learner = make_person()

    with pytest.raises(IntegrityError), transaction.atomic():
        agree(learner, approved_by=learner)


def test_a_sitting_resolves_what_was_agreed_and_keeps_it():
    learner, exam = make_person(), ExamFactory()
    agree(learner, time_percent=150, extra_minutes=5, break_minutes=10, large_print=True)

    attempt = begin(exam, learner)
    Accommodation.objects.all().delete()

    attempt.refresh_from_db()
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=95)
    snapshot = attempt.policy_snapshot
    assert (snapshot["minutes"], snapshot["seconds"], snapshot["break_minutes"]) == (60, 5700, 10)
    assert (snapshot["large_print"], snapshot["closes_at"]) == (True, None)


def test_what_was_agreed_costs_the_start_no_statement():
    learner, exam = make_person(), ExamFactory()
    agree(learner, time_percent=150)
    exam = type(exam).objects.select_related("current_version").get(pk=exam.pk)

    with CaptureQueriesContext(connection) as captured:
        start_attempt(exam=exam, by=learner)

    assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 8


def windowed(opens=None, closes=None):
    """A published exam whose window opens and closes so many minutes from now."""
    now = timezone.now()
    fields = {"opens_at": opens, "closes_at": closes}
    moments = {name: now + timedelta(minutes=value) for name, value in fields.items() if value is not None}
    return ExamFactory(**{f"published__{name}": value for name, value in moments.items()})


@pytest.mark.parametrize(
    ("opens", "closes", "code"), [(5, None, "not-open-yet"), (-60, -5, "window-over"), (-5, 600, ""), (None, 600, "")]
)
def test_an_exam_is_open_in_its_window(opens, closes, code):
    exam = windowed(opens, closes)

    refusal = why_not_start(make_person(), exam, timezone.now())

    assert (refusal.code if refusal else "") == code


def test_another_window_stands_in_for_the_exams():
    learner, exam = make_person(), windowed(opens=60)
    agree(learner, exam=exam, opens_at=timezone.now() - HOUR)

    assert begin(exam, learner).started_at


def test_a_start_that_the_window_cuts_needs_consent():
    exam, learner = windowed(closes=23), make_person()

    with pytest.raises(Refused) as refused:
        start_attempt(exam=exam, by=learner)
    assert not Attempt.objects.exists()
    attempt = start_attempt(exam=exam, by=learner, with_less=True)

    assert refused.value.refusal.code == "less-time"
    assert "22 of 60 minutes" in refused.value.refusal.sentence
    assert attempt.deadline_at == exam.current_version.closes_at


def test_adjustments_reach_beyond_the_window():
    attempt = start_attempt(exam=windowed(closes=23), by=make_person(), with_less=True)

    moved = adjust_time(attempt=attempt, seconds=600, reason="Alarm", by=make_person())

    assert moved.deadline_at == attempt.exam_version.closes_at + timedelta(minutes=10)


def test_rules_page_states_the_true_time_and_asks_for_consent(client):
    exam, learner = windowed(closes=24), make_person()
    client.force_login(learner)

    html = client.get(exam.get_absolute_url()).content.decode()
    start = reverse("assessments:start-attempt", args=[exam.slug])

    assert "if you start now, rather than 60" in html
    assert "I agree to start with 23 of 60 minutes" in html
    assert client.post(start).status_code == 409
    assert client.post(start, {"with_less": "on"}).status_code == 302


def test_rules_page_shows_the_persons_own_limits(client):
    exam, learner = ExamFactory(), make_person()
    agree(learner, time_percent=150, break_minutes=15, extra_attempts=1, large_print=True)
    client.force_login(learner)

    html = client.get(exam.get_absolute_url()).content.decode()

    for words in (
        "90 minutes rather than 60", "Breaks of 15 minutes", "5 tries rather than 4", "large print", "left of 5 in 365 days",
        "I have 90 minutes now", "after 24 hours, then after 7 days, then after 30 days",
    ):  # fmt: skip
        assert words in html


def test_rules_page_says_nothing_of_agreements_where_there_is_none(client):
    client.force_login(make_person())

    assert "Agreed with you" not in client.get(ExamFactory().get_absolute_url()).content.decode()


def test_extra_attempts_lengthen_the_ladder():
    exam, learner = ExamFactory(published__max_attempts=1, published__waits_hours=[0]), make_person()
    attempt = begin(exam, learner)
    answer_all(attempt, right=0)
    submit_attempt(attempt_id=attempt.pk, by=learner, client_id="tab", epoch=1)
    now = timezone.now() + timedelta(minutes=1)

    assert why_not_start(learner, exam, now).code == "attempts-used"
    agree(learner, extra_attempts=1)

    assert why_not_start(learner, exam, now) is None
    page = rules_page(learner, exam, now)
    assert (page.tries_left, page.limits.max_attempts) == (1, 2)
    assert tries_left([attempt], exam, page.limits, now) in (1, 2)


def test_applying_now_moves_the_deadline_of_a_running_exam():
    attempt = begin()
    adjust_time(attempt=attempt, seconds=300, reason="Alarm", by=make_person())
    agree(attempt.learner, time_percent=200, break_minutes=10)

    applied = apply_accommodations(attempt=attempt, by=make_person())

    attempt.refresh_from_db()
    assert applied.seconds == 3600
    assert attempt.deadline_at == applied.deadline_after == attempt.started_at + timedelta(minutes=125)
    assert save(attempt).remaining_ms > 7_490_000
    assert attempt.policy_snapshot["break_minutes"] == 10
    assert attempt.adjustments.latest("pk").kind == "agreed"


def test_applying_never_takes_time_away_and_breaks_alone_move_nothing():
    attempt = begin()
    adjust_time(attempt=attempt, seconds=-600, reason="Late", by=make_person())
    agree(attempt.learner, break_minutes=10)

    applied = apply_accommodations(attempt=attempt, by=make_person())

    assert (applied.seconds, attempt.adjustments.count()) == (0, 1)
    with pytest.raises(Refused) as refused:
        apply_accommodations(attempt=attempt, by=make_person())
    assert refused.value.refusal.code == "nothing-new"


@pytest.mark.parametrize(("seconds", "own", "code"), [(31, False, "wrong-state"), (-60, True, "own-attempt")])
def test_what_is_over_or_ones_own_is_not_applied_to(seconds, own, code):
    attempt = begin()
    agree(attempt.learner, time_percent=200)
    past_deadline(attempt, seconds=seconds)

    with pytest.raises(Refused) as refused:
        apply_accommodations(attempt=attempt, by=attempt.learner if own else make_person())

    assert refused.value.refusal.code == code


def test_the_same_limits_with_another_window_are_another_version():
    exam = ExamFactory()
    first = publish_exam(exam=exam, cells=[Cell(2)]).version

    second = publish_exam(exam=exam, cells=[Cell(2)], closes_at=NOON).version

    assert second.number == first.number + 1
    assert publish_exam(exam=exam, cells=[Cell(2)], closes_at=NOON).version == second


def test_the_database_refuses_a_window_that_ends_before_it_begins():
    with pytest.raises(IntegrityError), transaction.atomic():
        windowed(opens=10, closes=5)

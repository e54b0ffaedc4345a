"""Promised dates: what they are reckoned from, and what happens when they are at risk."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from assessments.actions.practicals import hand_in
from assessments.actions.promises import watch_promises
from assessments.models import DutyHours, GraderProfile, Lease, PriorityClass, ReviewTask
from assessments.rules.promises import Due, minutes_of_reading, promised_at, risk_of
from assessments.signals import promises_at_risk
from assessments.tests.factories_practicals import (
    PracticalFactory,
    SubmissionFactory,
    make_grader,
    make_lease,
    make_recording,
    make_task,
)
from assessments.tests.test_duty import MONDAY, MORNINGS, at

pytestmark = pytest.mark.django_db
ALL_DAY = (time(0), time(23, 59))


def on_duty(*hours):
    """A grader on duty every day between these hours, all day unless told."""
    profile = GraderProfile.objects.create(grader=make_grader())
    starts_at, ends_at = hours or ALL_DAY
    for weekday in range(7):
        DutyHours.objects.create(profile=profile, weekday=weekday, starts_at=starts_at, ends_at=ends_at)
    return profile.grader


def test_promise_is_the_practicals_days_while_nobodys_hours_are_known():
    practical = PracticalFactory(review_days=4)

    assert promised_at(practical, MONDAY, 25) == MONDAY + timedelta(days=4)


def test_empty_queue_promises_a_day_at_the_earliest():
    on_duty()

    assert promised_at(PracticalFactory(), MONDAY, 25) == MONDAY + timedelta(days=1)


def test_promise_comes_later_the_more_waits_and_the_more_is_read_twice():
    on_duty(time(9), time(11))
    practical = PracticalFactory()
    empty = promised_at(practical, MONDAY, 0)
    for _ in range(3):
        make_task()

    longer, twice = promised_at(practical, MONDAY, 0), promised_at(practical, MONDAY, 100)

    assert empty < longer < twice
    assert longer == at(3, 10)  # 4 readings × 66.25 minutes × 1.5 = 397.5, of 120 a day: 9:37:30, up to the hour


def test_promise_beyond_the_practicals_days_is_the_honest_one():
    on_duty(time(9), time(10))
    for _ in range(6):
        make_task()

    assert promised_at(PracticalFactory(review_days=1), MONDAY, 0) > MONDAY + timedelta(days=7)


def test_hand_in_carries_its_promise_to_the_queue():
    on_duty()
    submission = SubmissionFactory()
    make_recording(submission)

    hand_in(submission=submission, by=submission.learner)

    submission.refresh_from_db()
    assert timedelta(days=1) <= submission.promised_at - submission.submitted_at <= timedelta(hours=25)
    assert submission.review_tasks.get().due_at == submission.promised_at


def test_reading_takes_what_the_last_ones_took_once_there_are_ten():
    practical = PracticalFactory()
    task = make_task(practical=practical)
    now = timezone.now()
    for _ in range(9):
        _sent(task, now, minutes=30)
    estimate = minutes_of_reading(practical)

    _sent(task, now, minutes=30)

    assert (estimate, minutes_of_reading(practical)) == (45 * 1.25 + 10, 30)


def _sent(task, now, minutes):
    taken = now - timedelta(minutes=minutes)
    Lease.objects.create(
        task=task, grader=make_grader(), taken_at=taken, seconds=1, expires_at=now, released_at=now, end="sent"
    )


@pytest.mark.parametrize(
    ("due", "worst"),
    [
        ([], None),
        ([(at(0, 12), 180)], None),
        ([(at(0, 12), 181)], at(0, 12)),
        ([(at(0, 12), 181), (at(1, 12), 300)], at(0, 12)),
        ([(at(0, 12), 10), (at(1, 12), 361), (at(2, 12), 541)], at(2, 12)),
    ],
)
def test_risk_is_the_furthest_moment_that_the_hours_cant_reach(due, worst):
    risk = risk_of([Due(until, 1, minutes) for until, minutes in due], [MORNINGS], MONDAY)

    assert (risk and risk.until) == worst


def test_work_at_risk_is_drawn_first_and_the_lead_hears_of_it():
    on_duty(time(9), time(9, 1))
    task = make_task()
    ReviewTask.objects.update(due_at=timezone.now() + timedelta(days=3))
    heard = []
    promises_at_risk.connect(receiver := lambda risk, **_: heard.append(risk))

    watch_promises()

    promises_at_risk.disconnect(receiver)
    task.refresh_from_db()
    assert task.priority_class == PriorityClass.PROMISED
    assert (heard[0].tasks, heard[0].on_duty < heard[0].minutes) == (1, True)


def test_promises_that_can_be_kept_change_nothing():
    on_duty()
    task = make_task()
    ReviewTask.objects.update(due_at=timezone.now() + timedelta(days=5))

    assert watch_promises() == []
    task.refresh_from_db()
    assert task.priority_class == PriorityClass.FIRST


def test_held_work_is_no_risk():
    on_duty(time(9), time(9, 1))
    make_lease()

    assert watch_promises() == []

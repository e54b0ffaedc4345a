"""How long a grader marks: pauses, the end of a day, and what the claim makes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.actions.claims import claim_next
from assessments.models import Lease
from assessments.rules.fatigue import Spell, at_a_stretch, why_not_go_on, worked_since
from assessments.tests.factories_practicals import make_grader, make_lease, make_task
from assessments.tests.grading import refusal_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIDNIGHT = NOON - timedelta(hours=12)


def spells(*minutes):
    """Spells by minutes before noon: (60, 10) began at 11:00 and ended at 11:50."""
    return [Spell(NOON - timedelta(minutes=since), NOON - timedelta(minutes=until)) for since, until in minutes]


@pytest.mark.parametrize(
    ("worked", "code"),
    [
        ([], None),
        ([(49, 0)], None),
        ([(50, 0)], "pause-due"),
        ([(54, 4)], "pause-due"),
        ([(55, 5)], None),
        ([(60, 30), (26, 1)], "pause-due"),
        ([(60, 30), (25, 1)], None),
        ([(500, 130), (20, 10)], "day-full"),
        ([(490, 131), (20, 10)], "day-full"),
        ([(480, 131), (20, 10)], None),
    ],
)
def test_rest_is_due_after_50_minutes_and_after_six_hours(worked, code):
    refusal = why_not_go_on(spells(*worked), midnight=MIDNIGHT, now=NOON)

    assert (refusal and refusal.code) == code


def test_work_before_midnight_counts_for_the_day_before():
    over_midnight = [Spell(MIDNIGHT - timedelta(hours=3), MIDNIGHT + timedelta(hours=1))]

    assert worked_since(over_midnight, MIDNIGHT) == timedelta(hours=1)


def test_stretch_goes_back_over_short_gaps_only():
    assert at_a_stretch(spells((100, 70), (60, 40), (38, 10), (6, 0))) == timedelta(minutes=60)


@pytest.mark.django_db
def test_grader_who_worked_without_a_pause_takes_nothing_and_is_told_when():
    lease = make_lease()
    make_task()
    ended = timezone.now() - timedelta(minutes=1)
    Lease.objects.filter(pk=lease.pk).update(
        taken_at=ended - timedelta(minutes=70), expires_at=ended, released_at=ended, end="sent"
    )

    refusal = refusal_of(claim_next, by=lease.grader)

    assert refusal.code == "pause-due"
    assert "70 minutes" in refusal.sentence


@pytest.mark.django_db
def test_queue_page_says_that_it_is_time_for_a_rest(client):
    grader = make_grader()
    lease = make_lease(grader)
    make_task()
    ended = timezone.now() - timedelta(minutes=1)
    Lease.objects.filter(pk=lease.pk).update(
        taken_at=ended - timedelta(minutes=70), expires_at=ended, released_at=ended, end="sent"
    )
    client.force_login(grader)

    page = client.get(reverse("assessments:grading")).content.decode()

    assert "Time for a rest" in page
    assert "Take it" not in page


@pytest.mark.django_db
def test_lease_that_ran_out_counts_until_its_last_sign_of_life():
    lease = make_lease()
    long_ago = timezone.now() - timedelta(hours=3)
    Lease.objects.filter(pk=lease.pk).update(taken_at=long_ago, expires_at=long_ago + timedelta(hours=2), seconds=7200)
    make_task()

    assert claim_next(by=lease.grader) is not None

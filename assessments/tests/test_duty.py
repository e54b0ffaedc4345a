"""The on-duty calendar: shifts, capacity, and when a given amount of work is done."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from assessments.rules.duty import Roster, is_on_duty, minutes_until, shifts_of, when_done

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NINE, NOON, FIVE = time(9), time(12), time(17)
MORNINGS = Roster("UTC", tuple((day, NINE, NOON) for day in range(5)))


def at(day, hour, minute=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def test_shifts_follow_the_week_and_begin_no_earlier_than_now():
    assert list(shifts_of(MORNINGS, at(4, 10), days=4)) == [(at(4, 10), at(4, 12)), (at(7, 9), at(7, 12))]


def test_days_away_have_no_shifts():
    away = Roster("UTC", MORNINGS.hours, ((date(2026, 11, 23), date(2026, 11, 24)),))

    assert next(shifts_of(away, MONDAY)) == (at(2, 9), at(2, 12))


def test_hours_are_those_of_the_graders_own_time_zone():
    tokyo = Roster("Asia/Tokyo", ((0, NINE, NOON),))

    assert next(shifts_of(tokyo, MONDAY)) == (at(0, 0), at(0, 3))


def test_nobody_marks_for_more_than_six_hours_a_day():
    long_day = Roster("UTC", ((0, time(8), NOON), (0, time(13), time(19))))

    assert list(shifts_of(long_day, MONDAY, days=1)) == [(at(0, 8), at(0, 12)), (at(0, 13), at(0, 15))]


@pytest.mark.parametrize(
    ("minutes", "graders", "done"),
    [(60, 1, at(0, 10)), (180, 1, at(0, 12)), (181, 1, at(1, 9, 1)), (240, 2, at(0, 11)), (16 * 60, 1, at(7, 10))],
)
def test_work_is_done_as_soon_as_the_hours_on_duty_allow(minutes, graders, done):
    assert when_done([MORNINGS] * graders, minutes, MONDAY) == done


def test_work_that_nobody_is_on_duty_for_is_never_done():
    assert when_done([], 1, MONDAY) is None
    assert when_done([MORNINGS], 1_000_000, MONDAY) is None


def test_minutes_until_counts_every_grader_and_stops_at_the_moment():
    assert minutes_until([MORNINGS, MORNINGS], MONDAY, at(1, 10)) == 2 * (180 + 60)


@pytest.mark.parametrize(("since", "on_duty"), [(at(0, 8), True), (at(4, 13), False), (at(6, 10), True)])
def test_on_duty_within_a_day(since, on_duty):
    assert is_on_duty(MORNINGS, since, timedelta(days=1)) is on_duty


def test_grader_without_hours_is_always_on_duty():
    assert is_on_duty(Roster("UTC", ()), MONDAY, timedelta(days=1))

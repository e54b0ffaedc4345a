"""When graders are on duty, and when a given amount of work will be done. Pure: rosters come in, moments come out.

Source: rules.md 5.10.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assessments.rules.fatigue import DAY

HORIZON_DAYS = 90


@dataclass(frozen=True, slots=True)
class Roster:
    """One grader's week in their own time zone, (weekday from Monday = 0, from, to), and the days they are away."""

    zone: str
    hours: tuple[tuple[int, time, time], ...]
    absences: tuple[tuple[date, date], ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether they are away all day."""
        return any(first <= day <= last for first, last in self.absences)


Shift = tuple[datetime, datetime]


def shifts_of(roster: Roster, since: datetime, days: int = HORIZON_DAYS) -> Iterator[Shift]:
    """The stretches of duty that end after this moment, in their order; a day's stretches end after six hours of work."""
    zone = ZoneInfo(roster.zone)
    first = since.astimezone(zone).date()
    for day in (first + timedelta(days=number) for number in range(days)):
        if not roster.is_away(day):
            yield from _shifts_on(roster, day, zone, since)


def _shifts_on(roster: Roster, day: date, zone: ZoneInfo, since: datetime) -> Iterator[Shift]:
    left = DAY
    for weekday, starts_at, ends_at in sorted(roster.hours):
        if weekday != day.weekday() or left <= timedelta(0):
            continue
        begins, ends = (datetime.combine(day, one, zone).astimezone(since.tzinfo) for one in (starts_at, ends_at))
        ends = min(ends, begins + left)
        left -= ends - begins
        if ends > since:
            yield max(begins, since), ends


def is_on_duty(roster: Roster, since: datetime, within: timedelta) -> bool:
    """Whether the grader is on duty at some time from this moment on; one without hours always is."""
    if not roster.hours:
        return True
    days = within.days + 2
    return any(begins < since + within for begins, _ in shifts_of(roster, since, days))


def minutes_until(rosters: Iterable[Roster], since: datetime, until: datetime) -> float:
    """How many minutes of duty all of them have between two moments."""
    days = (until - since).days + 2
    shifts = (shift for roster in rosters for shift in shifts_of(roster, since, days))
    worked = (min(ends, until) - begins for begins, ends in shifts if begins < until)
    return sum((one.total_seconds() / 60 for one in worked), 0.0)


def when_done(rosters: Sequence[Roster], minutes: float, since: datetime) -> datetime | None:
    """When so many minutes of work are done by all on duty together; None when not within 90 days."""
    edges = sorted(
        edge for roster in rosters for begins, ends in shifts_of(roster, since) for edge in ((begins, 1), (ends, -1))
    )
    on_duty, at, left = 0, since, minutes
    for moment, change in edges:
        done = on_duty * (moment - at).total_seconds() / 60
        if on_duty and done >= left:
            return at + timedelta(minutes=left / on_duty)
        left, on_duty, at = left - done, on_duty + change, moment
    return None

"""When a person's e-mails may come: quiet hours, and the moments of their digests. All in the person's own time zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from accreditation.models import MailTimes, Manner, User
from accreditation.models.notices import URGENT
from courses.lib.clock import zone_of

STEP = timedelta(minutes=15)
"""Every zone's offset, and every change of one since 1972, is a multiple of it."""
USUAL = MailTimes()


def times_of(person: User) -> MailTimes:
    """What the person chose, or the usual: no quiet hours, digests at eight, weekly ones on Monday. One query at most."""
    return getattr(person, "mail_times", None) or USUAL


def quiet_end(*, person: User, kind: str, now: datetime) -> datetime | None:
    """When the quiet hours are over in which an e-mail of this kind would come; None where it may go now.

    The clock on the person's wall decides: an hour that comes twice is quiet twice, one that is left out is not waited for.
    Kinds that would come too late don't wait. Source: rules.md 9.6.
    """
    times, zone = times_of(person), zone_of(person.time_zone) or UTC
    if kind in URGENT or not _is_quiet(times, now, zone):
        return None
    moment = datetime.fromtimestamp(now.timestamp() // STEP.total_seconds() * STEP.total_seconds(), UTC)
    while _is_quiet(times, moment, zone):
        moment += STEP
    return moment


def _is_quiet(times: MailTimes, moment: datetime, zone: tzinfo) -> bool:
    if times.quiet_from is None or times.quiet_until is None:
        return False
    hour = moment.astimezone(zone).hour
    if times.quiet_from < times.quiet_until:
        return times.quiet_from <= hour < times.quiet_until
    return hour >= times.quiet_from or hour < times.quiet_until


def next_digest(*, person: User, period: str, after: datetime) -> tuple[datetime, date]:
    """The first moment of a daily or weekly digest at or after `after`, and the day of it in the person's zone.

    Source: rules.md 9.7.
    """
    times, zone = times_of(person), zone_of(person.time_zone) or UTC
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(times.digest_hour), zone).astimezone(UTC)
        if moment >= after and (period == Manner.DAILY or day.weekday() == times.digest_weekday):
            return moment, day
        day += timedelta(days=1)


def last_digest(*, person: User, period: str, now: datetime) -> tuple[datetime, date]:
    """The newest moment of a digest that has come by now, and its day: what is gathered late goes with that one."""
    span = timedelta(days=1 if period == Manner.DAILY else 7)
    moment, day = next_digest(person=person, period=period, after=now - span - timedelta(hours=3))
    while (further := next_digest(person=person, period=period, after=moment + timedelta(hours=4)))[0] <= now:
        moment, day = further
    return moment, day

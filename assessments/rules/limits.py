"""How long a sitting may take and when: the exam's limits, what was agreed with the person, and the window, resolved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Accommodation, Attempt, ExamVersion
from assessments.models.attempts import LIVE
from assessments.rules.attempts import is_overdue
from courses.lib.people import Person
from courses.lib.refusals import Refusal

MINUTE = timedelta(minutes=1)
NOTHING_NEW = Refusal("nothing-new", gettext_noop("All of this holds for the running exam already."))


@dataclass(frozen=True, slots=True)
class Agreed:
    """One accommodation as it counts; times in UTC."""

    time_percent: int = 100
    extra_minutes: int = 0
    break_minutes: int = 0
    extra_attempts: int = 0
    window_extension_minutes: int = 0
    large_print: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Agreed":
        """From the database's JSON, whose times are texts."""
        moments = {name: datetime.fromisoformat(row[name]) for name in ("opens_at", "closes_at") if row[name]}
        return cls(**dict(row) | {"opens_at": None, "closes_at": None} | moments)


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one person at one exam. `seconds`: the time to work in, breaks apart; the window in UTC."""

    minutes: int
    seconds: int
    break_minutes: int
    max_attempts: int
    within_days: int
    waits_hours: tuple[int, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    large_print: bool

    def deadline(self, started_at: datetime) -> datetime:
        """min(start + limit × multiplier + extra, end of the window + extension). Source: rules.md 3.6."""
        full = started_at + timedelta(seconds=self.seconds)
        return min(full, self.closes_at) if self.closes_at else full

    def is_cut(self, started_at: datetime) -> bool:
        """Whether the window leaves less than the whole time."""
        return self.deadline(started_at) < started_at + timedelta(seconds=self.seconds)

    def minutes_from(self, started_at: datetime) -> int:
        """Whole minutes between a start at this moment and its end."""
        return max((self.deadline(started_at) - started_at) // MINUTE, 0)

    @property
    def full_minutes(self) -> int:
        """The whole time in minutes, rounded up."""
        return ceil(self.seconds / 60)

    def as_snapshot(self) -> dict[str, Any]:
        """As JSON, for the attempt that starts under these limits."""
        pairs = {one.name: getattr(self, one.name) for one in fields(self)}
        moments = {name: pairs[name].isoformat() if pairs[name] else None for name in ("opens_at", "closes_at")}
        return pairs | moments | {"waits_hours": list(self.waits_hours)}


def agreed_json(learner: Any, exam: Any, day: Any) -> QuerySet[Any, Any]:
    """The accommodations of a sitting as JSON, for `Agreed.read`. Takes values or expressions: it may be a subquery."""
    names = [one.name for one in fields(Agreed)]
    rows = Accommodation.objects.for_sitting(learner, exam, day).order_by()
    return rows.annotate(agreed=JSONObject(**{name: name for name in names})).values_list("agreed", flat=True)


def agreed_with(learner: Person, exam_id: int, now: datetime) -> list[Agreed]:
    """What holds for the learner at this exam now. One query."""
    return [Agreed.read(row) for row in agreed_json(learner.pk, exam_id, now.astimezone(UTC).date())]


def limits_of(version: ExamVersion, agreed: Iterable[Agreed] = (), scheduled: Attempt | None = None) -> Limits:
    """The limits of one person. Where several accommodations hold, each limit is the most generous one of them.

    A scheduled sitting's own window stands in for the exam's. Source: rules.md 3.15, 3.16.
    """
    rows = [Agreed(), *agreed]
    opens_at, closes_at = _window(version, rows, scheduled)
    extension = timedelta(minutes=max(one.window_extension_minutes for one in rows))
    percent, extra = max(one.time_percent for one in rows), max(one.extra_minutes for one in rows)
    return Limits(
        minutes=version.minutes,
        seconds=ceil(version.minutes * 60 * percent / 100) + extra * 60,
        break_minutes=max(one.break_minutes for one in rows),
        max_attempts=version.max_attempts + max(one.extra_attempts for one in rows),
        within_days=version.within_days,
        waits_hours=tuple(version.waits_hours),
        opens_at=opens_at,
        closes_at=closes_at + extension if closes_at else None,
        large_print=any(one.large_print for one in rows),
    )


def _window(
    version: ExamVersion, rows: Iterable[Agreed], scheduled: Attempt | None
) -> tuple[datetime | None, datetime | None]:
    """(opens, closes) before the extension: the scheduled sitting's, else the agreed one, else the exam's."""
    if scheduled is not None:
        return scheduled.opens_at, scheduled.closes_at
    opens = [one.opens_at for one in rows if one.opens_at]
    closes = [one.closes_at for one in rows if one.closes_at]
    return min(opens, default=version.opens_at), max(closes, default=version.closes_at)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying today's agreements does to a running attempt; `seconds` is how far its deadline moves, never back.

    `before` and `after` are its limits as JSON.
    """

    deadline_before: datetime
    seconds: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def deadline_after(self) -> datetime:
        """The deadline that it becomes."""
        return self.deadline_before + timedelta(seconds=self.seconds)

    @property
    def changes(self) -> bool:
        """Whether anything would be other than it is."""
        return bool(self.seconds) or self.before != self.after


def why_not_apply(attempt: Attempt) -> Refusal | None:
    """Why what is agreed can't reach this attempt any more: it isn't live, or its time is over. `attempt` read with its time."""
    if attempt.state not in LIVE or is_overdue(attempt, attempt.now):
        return Refusal("wrong-state", _("This exam isn't running any more."))
    return None


def applied_to(attempt: Attempt, limits: Limits, adjusted_seconds: int) -> Applied:
    """The deadline as if the limits had held from the start, plus what was adjusted since. Nothing is taken away.

    `adjusted_seconds`: the sum of the attempt's time adjustments, those for agreements apart. Source: rules.md 3.15.
    """
    assert attempt.started_at is not None  # a running attempt has both
    assert attempt.deadline_at is not None
    before = attempt.policy_snapshot
    anew = limits.deadline(attempt.started_at) + timedelta(seconds=adjusted_seconds)
    kept = {
        "break_minutes": max(before.get("break_minutes", 0), limits.break_minutes),
        "large_print": before.get("large_print", False) or limits.large_print,
    }
    return Applied(
        deadline_before=attempt.deadline_at,
        seconds=max(ceil((anew - attempt.deadline_at).total_seconds()), 0),
        before=before,
        after=before | limits.as_snapshot() | kept,
    )

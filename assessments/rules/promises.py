"""By when an answer is promised, and which promises are at risk.

Source: rules.md 5.10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, Q

from assessments.models import EndOfLease, Lease, Practical, ReviewTask
from assessments.rules.duty import HORIZON_DAYS, Roster, minutes_until, when_done
from assessments.rules.graders import readers_of, rosters_of, with_hours

SHORTEST = NEAR_PROMISE = timedelta(hours=24)
MARGIN = 1.5
ENOUGH_LEASES, RECENT_LEASES = 10, 50
WRITTEN_MINUTES, BESIDE_MINUTES, WATCHING = 30, 10, 1.25
"""Until leases tell: reading what was written; writing beside a recording; how much longer than it one watches."""


def minutes_of_reading(practical: Practical) -> float:
    """How long a reading takes: the mean of the last fifty that were sent, or an estimate while there are fewer than ten."""
    sent = Lease.objects.filter(task__submission__practical=practical, end=EndOfLease.SENT).order_by("-token")
    pairs = sent.values_list("taken_at", "released_at")[:RECENT_LEASES]
    spans = [done - begun for begun, done in pairs if done is not None]
    if len(spans) >= ENOUGH_LEASES:
        return max(1.0, sum(one.total_seconds() for one in spans) / 60 / len(spans))
    recorded = practical.recordings_required * practical.max_minutes
    return recorded * WATCHING + BESIDE_MINUTES if recorded else WRITTEN_MINUTES


def promised_at(practical: Practical, handed_in_at: datetime, further_percent: int) -> datetime:
    """By when the learner has an answer: when graders on duty have done what waits before it, half as much again, and it.

    At least a day ahead, rounded up to the hour. Later than the practical's days only where the hours on duty don't
    allow them: an honest date beats one that will be broken. The practical's days where nobody's hours are known.
    At most six queries.
    """
    rosters = with_hours(rosters_of(readers_of(practical)))
    if not rosters:
        return handed_in_at + timedelta(days=practical.review_days)
    ahead = ReviewTask.objects.waiting().filter(submission__practical__reviewer_pool=practical.reviewer_pool_id).count()
    minutes = (ahead + 1) * (1 + further_percent / 100) * minutes_of_reading(practical) * MARGIN
    done = when_done(rosters, minutes, handed_in_at)
    return _up_to_the_hour(max(done or handed_in_at + timedelta(days=HORIZON_DAYS), handed_in_at + SHORTEST))


def _up_to_the_hour(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """How many readings are due until a moment, and how many minutes they take."""

    until: datetime
    tasks: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Risk:
    """Work due `until` a moment needs more minutes than graders have on duty before it. `pool`: "" for every grader."""

    until: datetime
    tasks: int
    minutes: float
    on_duty: float
    pool: str = ""
    pool_id: int | None = None

    @property
    def hours(self) -> float:
        """What the work takes, in hours."""
        return self.minutes / 60

    @property
    def hours_on_duty(self) -> float:
        """What graders have, in hours."""
        return self.on_duty / 60


def risks_at(now: datetime) -> list[Risk]:
    """Promises that the hours on duty can't keep, pool by pool. Pools whose graders have no hours are left out: nothing is
    known of them. One query, and six for each pool and two for each practical that something waits of.
    """
    waiting = ReviewTask.objects.waiting().filter(submission__practical=OuterRef("pk"))
    practicals = Practical.objects.filter(Exists(waiting)).select_related("reviewer_pool")
    pools = groupby(practicals.order_by("reviewer_pool_id", "pk"), key=lambda one: one.reviewer_pool_id)
    found = (_risk_in(list(group), now) for _, group in pools)
    return [risk for risk in found if risk]


def _risk_in(practicals: list[Practical], now: datetime) -> Risk | None:
    rosters = with_hours(rosters_of(readers_of(practicals[0])))
    risk = risk_of(due_by_day(practicals, now), rosters, now) if rosters else None
    pool = practicals[0].reviewer_pool
    return replace(risk, pool=pool.title, pool_id=pool.pk) if risk and pool else risk


def risk_of(due: Sequence[Due], rosters: Sequence[Roster], now: datetime) -> Risk | None:
    """The furthest moment until which the work due is more than the hours on duty, None where all can be kept."""
    worst = None
    for one in sorted(due, key=lambda one: one.until):
        on_duty = minutes_until(rosters, now, one.until)
        if one.minutes > on_duty:
            worst = Risk(one.until, one.tasks, one.minutes, on_duty)
    return worst


def due_by_day(practicals: Iterable[Practical], now: datetime, days: int = 14) -> list[Due]:
    """What waits of these practicals and is due until the end of each of the next days. One query, and two a practical."""
    ends = [now + timedelta(days=number) for number in range(1, days + 1)]
    counts = {f"until_{number}": Count("pk", filter=Q(due_at__lte=end)) for number, end in enumerate(ends)}
    minutes = {practical.pk: minutes_of_reading(practical) for practical in practicals}
    waiting = ReviewTask.objects.waiting().filter(submission__practical__in=minutes).order_by()
    rows = list(waiting.values("submission__practical").annotate(**counts))
    return [
        Due(
            end,
            sum(row[f"until_{number}"] for row in rows),
            sum(row[f"until_{number}"] * minutes[row["submission__practical"]] for row in rows),
        )
        for number, end in enumerate(ends)
    ]

"""Keeping promised dates: what is at risk is drawn earlier, and the lead is told while it can still be mended."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Exists, OuterRef

from assessments.models import Practical, PriorityClass, ReviewTask
from assessments.models.reviews import ReviewTaskQuerySet
from assessments.rules.graders import readers_of, rosters_of, with_hours
from assessments.rules.promises import NEAR_PROMISE, Risk, due_by_day, risk_of
from assessments.signals import promises_at_risk
from courses.lib.clock import database_now

RAISED = (PriorityClass.FIRST, PriorityClass.FURTHER)


@transaction.atomic
def raise_priorities() -> int:
    """Move readings that are past their promised date, or due within a day, before the others; how many were moved."""
    return _raise(ReviewTask.objects.waiting(), database_now() + NEAR_PROMISE)


def _raise(tasks: ReviewTaskQuerySet, until: datetime) -> int:
    return tasks.filter(priority_class__in=RAISED, due_at__lte=until).update(priority_class=PriorityClass.PROMISED)


@transaction.atomic
def watch_promises() -> list[Risk]:
    """Find promises that the hours on duty can't keep, pool by pool: draw their work first and tell the lead.

    Pools whose graders have no hours are left out: nothing is known of them.
    """
    now = database_now()
    found = []
    for practicals in _by_pool():
        if risk := _risk_in(practicals, now):
            _raise(ReviewTask.objects.waiting().filter(submission__practical__in=practicals), risk.until)
            promises_at_risk.send(ReviewTask, risk=risk)
            found.append(risk)
    return found


def _by_pool() -> Iterator[list[Practical]]:
    waiting = ReviewTask.objects.waiting().filter(submission__practical=OuterRef("pk"))
    practicals = (
        Practical.objects.filter(Exists(waiting)).select_related("reviewer_pool").order_by("reviewer_pool_id", "pk")
    )
    for _, group in groupby(practicals, key=lambda one: one.reviewer_pool_id):
        yield list(group)


def _risk_in(practicals: list[Practical], now: datetime) -> Risk | None:
    rosters = with_hours(rosters_of(readers_of(practicals[0])))
    pool = practicals[0].reviewer_pool
    return risk_of(due_by_day(practicals, now), rosters, now, pool.title if pool else "") if rosters else None

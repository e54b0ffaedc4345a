"""Keeping promised dates: what is at risk is drawn earlier, and the lead is told while it can still be mended."""

from datetime import datetime

from django.db import transaction

from assessments.models import PriorityClass, ReviewTask
from assessments.models.reviews import ReviewTaskQuerySet
from assessments.rules.promises import NEAR_PROMISE, Risk, risks_at
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
    risks = risks_at(database_now())
    for risk in risks:
        waiting = ReviewTask.objects.waiting().filter(submission__practical__reviewer_pool=risk.pool_id)
        _raise(waiting, risk.until)
        promises_at_risk.send(ReviewTask, risk=risk)
    return risks

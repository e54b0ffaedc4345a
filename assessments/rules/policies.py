"""What the lead decided about further readings, and how much of the budget is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from assessments.models import ReviewKind, ReviewPolicy, ReviewTask, TaskState
from assessments.models.reviews import OUTSIDE_BUDGET

WINDOW = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Budget:
    """Readings of the last 28 days that were asked for: first ones, and further ones that the budget pays."""

    firsts: int
    further: int

    @property
    def percent(self) -> float | None:
        """Further readings for each hundred first ones; None while there are none."""
        return 100 * self.further / self.firsts if self.firsts else None


def policy_now() -> ReviewPolicy:
    """The newest decision; the defaults, unsaved, while nobody decided. One query."""
    return ReviewPolicy.objects.first() or ReviewPolicy(reason="the default")


def budget_at(now: datetime) -> Budget:
    """What was asked for in the 28 days before. One query."""
    recent = ReviewTask.objects.filter(created_at__gt=now - WINDOW).exclude(state=TaskState.CANCELLED).order_by()
    row = recent.aggregate(
        firsts=Count("pk", filter=Q(kind=ReviewKind.FIRST)),
        further=Count("pk", filter=~Q(asked_because__in=OUTSIDE_BUDGET)),
    )
    return Budget(row["firsts"], row["further"])

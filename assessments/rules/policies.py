"""What the lead decided about further readings, and how much of the budget is used."""

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from assessments.models import AskedBecause, ReviewKind, ReviewPolicy, ReviewTask, TaskState
from assessments.rules.allocation import BUDGET_DAYS, OUTSIDE_BUDGET, Budget, Reason

FURTHER = tuple(AskedBecause(reason.value) for reason in Reason)
"""Why a reading is asked for that nobody's rules demand."""
PAID = tuple(AskedBecause(reason.value) for reason in Reason if reason not in OUTSIDE_BUDGET)
"""Those of them that the budget pays."""


def policy_now() -> ReviewPolicy:
    """The newest decision; the defaults, unsaved, while nobody decided. One query."""
    return ReviewPolicy.objects.first() or ReviewPolicy(reason=_("the default"))


def budget_of(policy: ReviewPolicy, now: datetime, rubric_id: int | None = None) -> Budget:
    """What was read and asked for over the days of the budget, with one rubric or with all. One query."""
    recent = ReviewTask.objects.filter(created_at__gt=now - timedelta(days=BUDGET_DAYS)).order_by()
    if rubric_id is not None:
        recent = recent.filter(submission__rubric_version__rubric=rubric_id)
    paid = Q(asked_because__in=PAID) & ~Q(state=TaskState.CANCELLED)
    row = recent.aggregate(
        firsts=Count("pk", filter=Q(kind=ReviewKind.FIRST, state=TaskState.DONE)),
        further=Count("pk", filter=paid),
        forced=Count("pk", filter=paid & ~Q(asked_because=AskedBecause.VALUE)),
    )
    return Budget(policy.further_percent / 100, row["firsts"], row["further"], row["forced"])

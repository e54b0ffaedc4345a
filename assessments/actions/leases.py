"""How a lease ends, whoever ends it."""

from datetime import datetime

from assessments.models import EndOfLease, Lease, ReviewTask, TaskState


def end_lease(lease: Lease, *, end: EndOfLease, at: datetime, task_state: TaskState, reason: str = "") -> None:
    """Write the end of a lease and what becomes of its task. The caller holds the lease's lock."""
    lease.released_at, lease.end, lease.reason = at, end, reason[:500]
    lease.save(update_fields=["released_at", "end", "reason"])
    ReviewTask.objects.filter(pk=lease.task_id, state=TaskState.LEASED).update(state=task_state)

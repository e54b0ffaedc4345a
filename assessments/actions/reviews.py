"""Leases: holding work, giving it back, losing it. Lock order: lease, task, submission (rules.md 5.3)."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from assessments.actions.conflicts import declare_conflict
from assessments.actions.gold import drop_gold
from assessments.actions.leases import end_lease
from assessments.models import ConflictKind, EndOfLease, Lease, ReviewKind, ReviewTask, TaskState
from assessments.rules.reviews import (
    why_not_give_back,
    why_not_hold,
    why_not_open_to_all,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if

NOBODY_HOLDS_IT = Refusal("wrong-state", gettext_noop("No grader holds this now."))
EXPIRE = """
WITH overdue AS (
    SELECT token FROM assessments_lease WHERE released_at IS NULL AND expires_at <= %s
    ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
),
ended AS (
    UPDATE assessments_lease SET released_at = %s, "end" = 'expired' FROM overdue
    WHERE assessments_lease.token = overdue.token RETURNING assessments_lease.task_id
)
UPDATE assessments_reviewtask SET state = 'waiting' FROM ended
WHERE assessments_reviewtask.id = ended.task_id AND assessments_reviewtask.state = 'leased'
"""


def locked_lease(task: ReviewTask, token: int, by: Person) -> Lease | None:
    """The lease with this fencing token, locked; None where it is not this grader's on this task."""
    return Lease.objects.select_for_update().filter(pk=token, task=task, grader_id=by.pk).first()


@transaction.atomic
def heartbeat(*, task: ReviewTask, token: int, by: Person) -> Lease:
    """Renew a lease because its grader plays, types or marks. Raises `Refused` ("stale-lease") when it is over."""
    now = database_now()
    lease = locked_lease(task, token, by)
    refuse_if(why_not_hold(lease, now))
    assert lease is not None
    lease.expires_at = now + timedelta(seconds=lease.seconds)
    lease.save(update_fields=["expires_at"])
    return lease


@transaction.atomic
def give_back(*, task: ReviewTask, token: int, reason: str, knows_learner: bool, by: Person) -> Lease:
    """Put work back into its place in the queue, with a reason; knowing the learner is written down as a conflict.

    Raises `Refused` for a stale lease, and when the day's skips are used (a conflict is none).
    """
    now = database_now()
    lease = locked_lease(task, token, by)
    refuse_if(why_not_hold(lease, now))
    assert lease is not None
    if task.kind == ReviewKind.GOLD:
        drop_gold(task=task)
    if knows_learner:
        end_lease(lease, end=EndOfLease.TAKEN_BACK, at=now, task_state=TaskState.WAITING, reason=reason)
        learner_id = task.submission.learner_id
        declare_conflict(grader_id=by.pk, learner_id=learner_id, kind=ConflictKind.DECLARED, source="desk", by=by)
        return lease
    refuse_if(why_not_give_back(by, now))
    end_lease(lease, end=EndOfLease.GIVEN_BACK, at=now, task_state=TaskState.WAITING, reason=reason)
    return lease


@transaction.atomic
def take_back(*, task: ReviewTask, by: Person) -> Lease:
    """Take work back from the grader who holds it, for another to draw. What they wrote stays with them.

    Raises `Refused` where nobody holds it.
    """
    lease = Lease.objects.live().select_for_update().filter(task=task).first()
    if lease is None:
        raise Refused(NOBODY_HOLDS_IT)
    end_lease(lease, end=EndOfLease.TAKEN_BACK, at=database_now(), task_state=TaskState.WAITING, reason="by the lead")
    return lease


@transaction.atomic
def open_to_all(*, task: ReviewTask, by: Person) -> ReviewTask:
    """Let every grader without conflict draw work that waits for some of them, or for the one who sat in.

    Refused for calibration: it was asked of this grader alone.
    """
    task = ReviewTask.objects.select_for_update().get(pk=task.pk)
    refuse_if(why_not_open_to_all(task))
    task.wanted_grader, task.offered_until = None, None
    task.save(update_fields=["wanted_grader", "offered_until"])
    return task


def expire_leases(limit: int = 100) -> int:
    """End leases that are past their time and put their tasks back; how many. Drafts stay. One statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        now = database_now()
        cursor.execute(EXPIRE, [now, limit, now])
        return cursor.rowcount

"""Leases: taking work, holding it, giving it back, losing it. Lock order: lease, task, submission (rules.md 5.3)."""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from assessments.actions.conflicts import declare_conflict
from assessments.actions.leases import end_lease
from assessments.actions.practicals import move
from assessments.models import ConflictKind, EndOfLease, Lease, PriorityClass, ReviewTask, Submission, TaskState
from assessments.models.practicals import SubmissionState
from assessments.models.reviews import ReviewTaskQuerySet
from assessments.rules.reviews import (
    HOLDS_ONE,
    NEAR_PROMISE,
    NOT_FOR_YOU,
    TAKEN,
    claimable_by,
    why_not_claim,
    why_not_give_back,
    why_not_hold,
    why_not_resume,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refused, refuse_if

# One statement picks, marks and leases, so no moment exists in which two graders hold the same work. A candidate that
# another claim has locked is skipped, never waited for.
CLAIM = """
WITH candidate AS ({candidate}),
taken AS (
    UPDATE assessments_reviewtask SET state = 'leased' FROM candidate
    WHERE assessments_reviewtask.id = candidate.id RETURNING assessments_reviewtask.id, candidate.seconds
)
INSERT INTO assessments_lease (task_id, grader_id, taken_at, seconds, expires_at, "end", reason)
SELECT id, %s, %s, seconds, %s + make_interval(secs => seconds), '', '' FROM taken
RETURNING token
"""
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


@transaction.atomic
def claim_next(*, by: Person) -> Lease | None:
    """Give the grader the next work without conflict, or None when nothing waits for them.

    Raises `Refused` when they hold one already, also when two presses race.
    """
    now = database_now()
    _end_overdue(grader=by, now=now)
    refuse_if(why_not_claim(by, now))
    return _claim(claimable_by(by, now), by, now)


@transaction.atomic
def claim_task(*, task: ReviewTask, by: Person) -> Lease:
    """Give the grader work that only they can mark. Raises `Refused` when they hold some already, or have a conflict."""
    now = database_now()
    _end_overdue(grader=by, now=now)
    refuse_if(why_not_claim(by, now))
    lease = _claim(claimable_by(by, now).filter(pk=task.pk), by, now)
    if lease is None:
        raise Refused(NOT_FOR_YOU)
    return lease


@transaction.atomic
def resume(*, task: ReviewTask, by: Person) -> Lease:
    """Take work again whose lease the grader lost, as long as nobody else has it: their draft waits there.

    Raises `Refused` as `why_not_resume` says.
    """
    now = database_now()
    _end_overdue(grader=by, now=now)
    task.refresh_from_db(fields=["state"])
    refuse_if(why_not_resume(by, task, now))
    again = ReviewTask.objects.filter(pk=task.pk).visible_to(by).values("pk")
    lease = _claim(claimable_by(by, now).filter(pk__in=again), by, now)
    if lease is None:
        raise Refused(TAKEN)
    return lease


def _claim(tasks: ReviewTaskQuerySet, by: Person, now: datetime) -> Lease | None:
    candidate = tasks.only("pk").select_for_update(of=("self",), skip_locked=True)[:1]
    sql, params = candidate.query.get_compiler(connection=connection).as_sql()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM.format(candidate=sql), [*params, by.pk, now, now])
            row = cursor.fetchone()
    except IntegrityError:  # the same grader pressed twice: lease_one_per_grader let one of them through
        raise Refused(HOLDS_ONE) from None
    if row is None:
        return None
    lease = Lease.objects.select_related("task").get(pk=row[0])
    _begin_review(lease.task, by, now)
    return lease


def _begin_review(task: ReviewTask, by: Person, now: datetime) -> None:
    submission = Submission.objects.select_for_update().get(pk=task.submission_id)
    if submission.state == SubmissionState.SUBMITTED:
        move(submission, to=SubmissionState.IN_REVIEW, at=now, by=by)


def _end_overdue(*, grader: Person, now: datetime) -> None:
    for lease in Lease.objects.live().filter(grader_id=grader.pk, expires_at__lte=now).select_for_update():
        end_lease(lease, end=EndOfLease.EXPIRED, at=now, task_state=TaskState.WAITING)


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
    if knows_learner:
        end_lease(lease, end=EndOfLease.TAKEN_BACK, at=now, task_state=TaskState.WAITING, reason=reason)
        learner_id = task.submission.learner_id
        declare_conflict(grader_id=by.pk, learner_id=learner_id, kind=ConflictKind.DECLARED, source="desk", by=by)
        return lease
    refuse_if(why_not_give_back(by, now))
    end_lease(lease, end=EndOfLease.GIVEN_BACK, at=now, task_state=TaskState.WAITING, reason=reason)
    return lease


def expire_leases(limit: int = 100) -> int:
    """End leases that are past their time and put their tasks back; how many. Drafts stay. One statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        now = database_now()
        cursor.execute(EXPIRE, [now, limit, now])
        return cursor.rowcount


def raise_priorities() -> int:
    """Move first readings near or past their promised date into the class that is drawn before others; how many."""
    with transaction.atomic():
        near = database_now() + NEAR_PROMISE
        firsts = ReviewTask.objects.waiting().filter(priority_class=PriorityClass.FIRST, due_at__lte=near)
        return firsts.update(priority_class=PriorityClass.PROMISED)


def sweep_queue() -> None:
    """What the clock does to the queue: leases end, promises near. May run at any time, any number of times."""
    expire_leases()
    raise_priorities()

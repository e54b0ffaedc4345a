"""Taking work: the next, the work that only one grader can mark, or again what was lost. Lock order: lease, task, submission."""

from functools import cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from assessments.actions.gold import draw_gold
from assessments.actions.leases import end_lease
from assessments.models import EndOfLease, Lease, ReviewTask, TaskState
from assessments.rules.claims import (
    HOLDS_ONE,
    NOT_FOR_YOU,
    TAKEN,
    GraderFacts,
    claimable,
    facts_of,
    values_of,
    why_not_claim,
    why_not_resume,
)
from courses.lib.compiled import Compiled
from courses.lib.people import Person
from courses.lib.prepared import Prepared
from courses.lib.refusals import Refused, refuse_if

# One statement picks, marks and leases, so no moment exists in which two graders hold the same work. A candidate that
# another claim has locked is skipped, never waited for. The first reading of a submission puts it in review.
CLAIM = """
WITH candidate AS ({candidate}),
taken AS (
    UPDATE assessments_reviewtask SET state = 'leased' FROM candidate WHERE assessments_reviewtask.id = candidate.id
    RETURNING assessments_reviewtask.id, assessments_reviewtask.submission_id, candidate.seconds
),
leased AS (
    INSERT INTO assessments_lease (task_id, grader_id, taken_at, seconds, expires_at, "end", reason)
    SELECT id, {grader}, {now}, seconds, {now} + make_interval(secs => seconds), '', '' FROM taken
    RETURNING token, task_id, taken_at, seconds, expires_at
),
begun AS (
    UPDATE assessments_submission SET state = 'in_review' FROM taken
    WHERE assessments_submission.id = taken.submission_id AND assessments_submission.state = 'submitted'
    RETURNING assessments_submission.id
),
noted AS (
    INSERT INTO assessments_submissionevent (submission_id, happened_at, old, new, by_id, reason)
    SELECT id, {now}, 'submitted', 'in_review', {grader}, '' FROM begun
)
SELECT token, task_id, taken_at, seconds, expires_at FROM leased
"""


def claim_next(*, by: Person) -> Lease | None:
    """Give the grader the next work without conflict, or None when nothing waits for them.

    Gold comes in between where it is due, and looks like any other work. Raises `Refused` when they hold one already, also
    when two presses race, and as `why_not_claim` says. Two statements, a few more where there is gold.
    """

    def draw(facts: GraderFacts) -> Lease | None:
        gold = draw_gold(grader=by, midnight=facts.midnight, now=facts.now) if facts.has_gold else None
        return _drawn(_this, by, facts, task=gold.pk) if gold else _drawn(_next, by, facts)

    return _one_at_a_time(draw, by)


def claim_task(*, task: ReviewTask, by: Person) -> Lease:
    """Give the grader work that only they can mark. Raises `Refused` as `why_not_claim` says, or for a conflict."""
    lease = _one_at_a_time(lambda facts: _drawn(_this, by, facts, task=task.pk), by)
    if lease is None:
        raise Refused(NOT_FOR_YOU)
    return lease


def resume(*, task: ReviewTask, by: Person) -> Lease:
    """Take work again whose lease the grader lost, as long as nobody else has it: their draft waits there.

    Raises `Refused` as `why_not_resume` says.
    """

    def again(facts: GraderFacts) -> Lease | None:
        task.refresh_from_db(fields=["state"])
        refuse_if(why_not_resume(facts, task))
        held_before = ReviewTask.objects.filter(pk=task.pk).visible_to(by).exists()
        return _drawn(_this, by, facts, task=task.pk) if held_before else None

    lease = _one_at_a_time(again, by)
    if lease is None:
        raise Refused(TAKEN)
    return lease


def _one_at_a_time(draw: Any, by: Person) -> Lease | None:
    """Draw in one transaction; where the same grader pressed twice, `lease_one_per_grader` lets one of them through."""
    try:
        with transaction.atomic():
            facts = facts_of(by)
            if facts.lost_one:
                _end_overdue(by, facts)
            refuse_if(why_not_claim(facts))
            return draw(facts)
    except IntegrityError:
        raise Refused(HOLDS_ONE) from None


def _end_overdue(by: Person, facts: GraderFacts) -> None:
    for lease in Lease.objects.live().filter(grader_id=by.pk, expires_at__lte=facts.now).select_for_update():
        end_lease(lease, end=EndOfLease.EXPIRED, at=facts.now, task_state=TaskState.WAITING)


@Compiled
def _next(
    grader: Any, manager: Any, organisation: Any, languages: Any, personas: Any, now: Any, day_ago: Any
) -> QuerySet[Any]:
    tasks = claimable.queryset(grader, manager, organisation, languages, personas, now, day_ago)
    return tasks.only("pk").select_for_update(of=("self",), skip_locked=True)[:1]


@Compiled
def _this(
    grader: Any, manager: Any, organisation: Any, languages: Any, personas: Any, now: Any, day_ago: Any, task: UUID
) -> QuerySet[Any]:
    tasks = claimable.queryset(grader, manager, organisation, languages, personas, now, day_ago).filter(pk=task)
    return tasks.only("pk").select_for_update(of=("self",), skip_locked=True)[:1]


@cache
def _claim_of(candidate: Compiled) -> Prepared:
    text, names = candidate.text_and_names()
    place = {name: f"${number}" for number, name in enumerate(names, 1)}
    return Prepared("claim", CLAIM.format(candidate=text, grader=place["grader"], now=place["now"]), names)


def _drawn(candidate: Compiled, by: Person, facts: GraderFacts, **more: Any) -> Lease | None:
    with connection.cursor() as cursor:
        _claim_of(candidate).execute(cursor, values_of(by, facts) | more)
        row = cursor.fetchone()
    if row is None:
        return None
    token, task_id, taken_at, seconds, expires_at = row
    lease = Lease(
        token=token, task_id=task_id, grader_id=by.pk, taken_at=taken_at, seconds=seconds, expires_at=expires_at
    )
    lease._state.adding, lease._state.db = False, connection.alias
    return lease

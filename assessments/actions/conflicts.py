"""Conflicts of interest: declared ones, and what is left of a relation that ended. Who is related now, the claim itself asks."""

from django.db import transaction

from assessments.actions.history import save_as
from assessments.actions.leases import end_lease
from assessments.models import Conflict, ConflictKind, EndOfLease, Lease, TaskState
from courses.lib.clock import database_now
from courses.lib.people import Person


@transaction.atomic
def declare_conflict(
    *, grader_id: int, learner_id: int, kind: ConflictKind, source: str, by: Person | None
) -> Conflict:
    """Write that a grader may not read a learner's work, once per kind and source; work they hold goes to another."""
    conflict = Conflict.objects.live().filter(
        grader_id=grader_id, learner_id=learner_id, kind=kind, source=source
    ).first() or Conflict(grader_id=grader_id, learner_id=learner_id, kind=kind, source=source)
    save_as(conflict, by)
    void_leases(conflict)
    return conflict


@transaction.atomic
def end_conflict(*, conflict: Conflict, by: Person | None) -> Conflict:
    """Write that a conflict no longer stands; its row stays."""
    conflict.ended_at = conflict.ended_at or database_now()
    save_as(conflict, by)
    return conflict


@transaction.atomic
def note_end_of_relation(*, grader_id: int, learner_id: int, kind: ConflictKind, by: Person | None) -> Conflict:
    """Write that a grader was a learner's manager or of their organisation until now: it stands for earlier hand-ins.

    Source: rules.md 5.2.
    """
    now = database_now()
    conflict = Conflict(grader_id=grader_id, learner_id=learner_id, kind=kind, source="former", ended_at=now)
    save_as(conflict, by)
    return conflict


@transaction.atomic
def note_start_of_relation(*, grader_id: int, learner_id: int) -> None:
    """Take back what a grader holds of somebody to whom they are related now; the claim itself asks who is."""
    void_leases(Conflict(grader_id=grader_id, learner_id=learner_id))


def void_leases(conflict: Conflict) -> None:
    """End the live leases that a conflict makes void; their tasks wait again. Lock order: lease, task."""
    leases = Lease.objects.live().filter(grader_id=conflict.grader_id, task__submission__learner_id=conflict.learner_id)
    for lease in leases.select_for_update(of=("self",)):
        reason = "conflict of interest"
        end_lease(lease, end=EndOfLease.TAKEN_BACK, at=database_now(), task_state=TaskState.WAITING, reason=reason)

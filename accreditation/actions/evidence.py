"""Evidence is recorded once, withdrawn by another row, and never changed."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accreditation.models import Evidence, EvidenceKind, Reassessment, User
from accreditation.rules.evidence import why_not_withdraw
from accreditation.signals import reassessment_asked
from courses.lib.inserts import append
from courses.lib.refusals import refuse_if

# Waits for a reassessment that is running: it may have read the evidence before ours, so it doesn't count.
ASK = """
INSERT INTO accreditation_reassessment (learner_id, due_at) VALUES (%s, %s)
ON CONFLICT (learner_id) WHERE done_at IS NULL DO UPDATE SET due_at = accreditation_reassessment.due_at
RETURNING *, xmax = 0 AS is_fresh
"""
ASK_ALL = """
INSERT INTO accreditation_reassessment (learner_id, due_at) SELECT unnest(%s::bigint[]), %s
ON CONFLICT (learner_id) WHERE done_at IS NULL DO UPDATE SET due_at = accreditation_reassessment.due_at
"""


@transaction.atomic(savepoint=False)
def record_evidence(*, learner_id: int, kind: str, source: str, performed_on: date, **details: Any) -> None:
    """Record a fact that stands on no row of ours, once per `source`, and ask for a reassessment of the learner.

    A second call changes nothing. What stands on a row is settled by `actions.ledger`. Two statements.
    """
    row = Evidence(learner_id=learner_id, kind=kind, source=source, performed_on=performed_on, **details)
    append([row], ignore_conflicts=True)
    ask_for_reassessment(learner_id=learner_id)


@transaction.atomic
def withdraw_evidence(*, evidence: Evidence, reason: str, by: User) -> Evidence:
    """Undo a fact by a new row that names it and says why. Refused as `why_not_withdraw` says, also in a race."""
    evidence = (
        Evidence.objects.select_for_update(of=("self",), no_key=True).select_related("learner").get(pk=evidence.pk)
    )
    refuse_if(why_not_withdraw(evidence, reason))
    return _undo(evidence, f"{reason} ({by})")


def _undo(evidence: Evidence, reason: str) -> Evidence:
    """The row that withdraws a locked fact, and the reassessment that it asks for."""
    row = Evidence.objects.create(
        learner_id=evidence.learner_id,
        kind=EvidenceKind.WITHDRAWAL,
        source=f"withdrawal:{evidence.pk}",
        performed_on=timezone.now().date(),
        withdraws=evidence,
        reason=reason,
    )
    ask_for_reassessment(learner_id=evidence.learner_id)
    return row


def ask_for_reassessment(*, learner_id: int) -> Reassessment:
    """Write the row that a task hurries and a sweep finds; one open row per learner is enough. One statement."""
    row: Any = Reassessment.objects.raw(ASK, [learner_id, timezone.now()])[0]
    if row.is_fresh:
        reassessment_asked.send(sender=Reassessment, reassessment=row)
    return row


def ask_for_reassessments(*, learner_ids: Collection[int]) -> None:
    """Write the rows of many learners; the sweep finds them, no task is hurried. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(ASK_ALL, [sorted(learner_ids), timezone.now()])

"""Evidence is recorded once, withdrawn by another row, and never changed."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accreditation.models import Evidence, EvidenceKind, Reassessment, User
from accreditation.signals import reassessment_asked
from courses.lib.refusals import Refusal, refuse_if


@transaction.atomic
def record_evidence(*, learner_id: int, kind: str, source: str, performed_on: date, **details: Any) -> Evidence:
    """Record a fact once per `source`, and ask for a reassessment of the learner. A second call changes nothing."""
    row, _ = Evidence.objects.get_or_create(
        source=source, defaults={"learner_id": learner_id, "kind": kind, "performed_on": performed_on, **details}
    )
    ask_for_reassessment(learner_id=row.learner_id)
    return row


@transaction.atomic
def withdraw_evidence(*, evidence: Evidence, reason: str, by: User) -> Evidence:
    """Undo a fact by a new row that names it and says why."""
    refuse_if(_why_not_withdraw(evidence, reason))
    row = Evidence.objects.create(
        learner=evidence.learner,
        kind=EvidenceKind.WITHDRAWAL,
        source=f"withdrawal:{evidence.pk}",
        performed_on=timezone.now().date(),
        withdraws=evidence,
        reason=f"{reason} ({by})",
    )
    ask_for_reassessment(learner_id=evidence.learner_id)
    return row


def _why_not_withdraw(evidence: Evidence, reason: str) -> Refusal | None:
    if evidence.kind == EvidenceKind.REVOCATION:
        return Refusal("revocation-stays", "A revocation is never undone. Newer proof brings the standing back.")
    if evidence.kind == EvidenceKind.WITHDRAWAL or Evidence.objects.filter(withdraws=evidence).exists():
        return Refusal("already-withdrawn", "This evidence was withdrawn before.")
    if not reason.strip():
        return Refusal("no-reason", "Say why it is withdrawn; the reason stays in the record.")
    return None


@transaction.atomic
def ask_for_reassessment(*, learner_id: int) -> Reassessment:
    """Write the row that a task hurries and a sweep finds; one open row per learner is enough.

    The lock waits for a reassessment that is running: it may have read the evidence before ours, so it doesn't count.
    """
    waiting = _open_and_locked(learner_id)
    while waiting is None:
        try:
            with transaction.atomic():
                row = Reassessment.objects.create(learner_id=learner_id, due_at=timezone.now())
        except IntegrityError:  # somebody was faster: theirs counts while we hold it, and is settled already otherwise
            waiting = _open_and_locked(learner_id)
        else:
            reassessment_asked.send(sender=Reassessment, reassessment=row)
            return row
    return waiting


def _open_and_locked(learner_id: int) -> Reassessment | None:
    return Reassessment.objects.select_for_update().filter(learner_id=learner_id, done_at=None).first()

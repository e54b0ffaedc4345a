"""Attesting, entering credits from elsewhere, and taking either back. The ledger follows."""

from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from accreditation.actions.ledger import settle_fact
from accreditation.actions.standing import lock_learner
from accreditation.models import Attestation, GivenAttestation, GivenCredit, User
from accreditation.rules.ledger import ATTESTATIONS, CREDITS
from accreditation.rules.statements import why_not_attest, why_not_enter_credit, why_not_take_back
from accreditation.signals import attested
from courses.lib.refusals import refuse_if

Given = TypeVar("Given", GivenAttestation, GivenCredit)


@transaction.atomic
def attest(*, attestation: Attestation, learner: User, by: User, on: date, note: str = "") -> GivenAttestation:
    """Say this of the learner, of a day. Refused as `why_not_attest` says, also in a race."""
    lock_learner(learner.pk)
    refuse_if(why_not_attest(attestation, learner, by, on, timezone.now().date()))
    row = GivenAttestation.objects.create(attestation=attestation, learner=learner, by=by, performed_on=on, note=note)
    settle_fact(source=ATTESTATIONS, key=row.pk)
    attested.send(sender=GivenAttestation, given=row)
    return row


@transaction.atomic
def enter_credit(*, given: GivenCredit) -> GivenCredit:
    """Enter a credit that was seen; `given` is not saved yet. Refused as `why_not_enter_credit` says."""
    lock_learner(given.learner_id)
    refuse_if(why_not_enter_credit(given, timezone.now().date()))
    given.save(force_insert=True)
    settle_fact(source=CREDITS, key=given.pk)
    return given


@transaction.atomic
def take_back(*, given: Given, reason: str, by: User) -> Given:
    """Take a statement back; what stood on it is withdrawn. Refused without a reason, or twice."""
    lock_learner(given.learner_id)
    row: Any = type(given)._default_manager.select_for_update(of=("self",)).get(pk=given.pk)
    refuse_if(why_not_take_back(row, reason))
    row.withdrawn_at, row.withdrawn_by, row.reason = timezone.now(), by, reason.strip()
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    source = ATTESTATIONS if isinstance(row, GivenAttestation) else CREDITS
    settle_fact(source=source, key=row.pk, reason=f"taken back: {row.reason} ({by})")
    return row

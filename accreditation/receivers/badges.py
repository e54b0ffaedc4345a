"""What happens to badges and to what is said for them.

Each receiver writes a row, and its task is hurried after the commit.
"""

from typing import Any

from django.dispatch import receiver

from accreditation.actions import (
    awards,
    news,
    tiers,
)
from accreditation.actions.ledger import settle_fact
from accreditation.rules.ledger import CREDENTIALS
from accreditation.rules.people import why_not_second_person
from badges import tasks as badge_tasks
from badges.signals import (
    credential_issued,
    credential_reissued,
    credential_revoked,
    credentials_exported,
    endorsement_resigned,
    endorsement_withdrawn,
    endorsement_written,
    revocation_confirming,
    signing_key_withdrawn,
)
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if
from courses.lib.tasks import nudge


@receiver(credential_issued)
def audit_badge(credential: Any, **_: Any) -> None:
    """Issued badges stand in the audit trail."""
    record_event(event="badge issued", by=None, subject=f"badges.credential:{credential.pk}")


@receiver(credentials_exported)
def audit_export(by: Any, query: str, **_: Any) -> None:
    """Who took the register with them, and which part of it."""
    record_event(event="badges exported", by=by, subject="badges.credential:", query=query[:500])


@receiver(credential_revoked)
def audit_revocation(credential: Any, request: Any, **_: Any) -> None:
    """So do revocations, with both people."""
    people_of = {"asked_by": request.asked_by_id, "confirmed_by": request.confirmed_by_id}
    record_event(
        event="badge revoked", by=request.confirmed_by, subject=f"badges.credential:{credential.pk}", **people_of
    )


@receiver(signing_key_withdrawn)
def sign_anew(**_: Any) -> None:
    """Awards of a withdrawn key are signed anew at once, not with the next sweep."""
    nudge(badge_tasks.sweep_reissues)


@receiver(credential_reissued)
def follow_badge(credential: Any, predecessor: Any, **_: Any) -> None:
    """An award that was signed anew takes the place of the one before, in the audit trail too, and its holder is told."""
    record_event(
        event="badge signed anew", by=None, subject=f"badges.credential:{credential.pk}", before=str(predecessor.pk)
    )
    awards.follow_credential(credential=credential, predecessor=predecessor)
    news.tell_of_new_signature(credential=credential)


@receiver(endorsement_written)
def tell_of_endorsement(endorsement: Any, **_: Any) -> None:
    """An endorsement stands in the audit trail, and the holder of the award is told."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(
        event="endorsement written", by=endorsement.author, subject=subject, award=str(endorsement.credential_id)
    )
    news.tell_of_endorsement(endorsement=endorsement)


@receiver(endorsement_withdrawn)
def tell_of_withdrawn_endorsement(endorsement: Any, by: Any, **_: Any) -> None:
    """So does taking it back; its reason stays with the row."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(event="endorsement withdrawn", by=by, subject=subject, award=str(endorsement.credential_id))
    news.tell_of_withdrawn_endorsement(endorsement=endorsement)


@receiver(endorsement_resigned)
def audit_endorsement(endorsement: Any, predecessor: Any, **_: Any) -> None:
    """An endorsement was signed anew by the system."""
    subject = f"badges.endorsement:{endorsement.pk}"
    record_event(event="endorsement signed anew", by=None, subject=subject, before=str(predecessor.pk))


@receiver(credential_issued)
def tell_of_badge(credential: Any, **_: Any) -> None:
    """A badge is news."""
    news.tell_of_badge(credential=credential)


@receiver(credential_revoked)
def undo_standing(credential: Any, **_: Any) -> None:
    """A revoked badge is evidence against the standing it stood for, and news."""
    settle_fact(source=CREDENTIALS, key=credential.pk)
    news.tell_of_revocation(credential=credential)


@receiver(credential_revoked)
def undo_tier(credential: Any, **_: Any) -> None:
    """The badge of a tier takes the tier along."""
    tiers.follow_revocation(credential=credential)


@receiver(revocation_confirming)
def refuse_one_person_twice(request: Any, by: Any, **_: Any) -> None:
    """The two people of a revocation are two."""
    refuse_if(why_not_second_person(request.asked_by, by))

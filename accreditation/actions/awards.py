"""Issuing what is due. The system alone awards; an award is the consequence of a standing."""

import logging

from django.db import transaction
from django.utils import timezone

from accreditation.actions.standing import lock_learner
from accreditation.models import Accreditation, TierHolding
from accreditation.rules.awards import award_facts, awards_due, current_standing
from badges.actions.credentials import issue_credential
from badges.models import Credential
from courses.lib.refusals import Refused

log = logging.getLogger(__name__)


def follow_credential(*, credential: Credential, predecessor: Credential) -> int:
    """Let accreditations and tiers name the credential that was signed anew instead of the one before it."""
    rows: list[Accreditation | TierHolding] = [
        *Accreditation.objects.filter(credential=predecessor),
        *TierHolding.objects.filter(credential=predecessor),
    ]
    for row in rows:
        row.credential = credential
        row.save(update_fields=["credential"])
    return len(rows)


@transaction.atomic
def issue_award(*, accreditation_id: int) -> Credential | None:
    """Issue the credential of one accreditation if it is due and still earned; None when there is nothing to do.

    One that the badge's own rules refuse is put off until there is newer evidence, so that no sweep tries it forever.

    Locks the learner, as every deed on their standing does, so that fifty at once issue one.
    """
    now = timezone.now()
    learner = Accreditation.objects.filter(pk=accreditation_id).values_list("learner_id", flat=True).first()
    if learner is None:
        return None
    lock_learner(learner)
    rows = Accreditation.objects.select_related("learner", "program__achievement", "version", "credential")
    accreditation = rows.filter(pk=accreditation_id, pk__in=awards_due(now).values("pk")).first()
    if accreditation is None:
        return None
    achievement, found = accreditation.program.achievement, current_standing(accreditation, now)
    if achievement is None or not found.is_in_force:
        return None
    facts = award_facts(accreditation, found)
    try:
        credential = issue_credential(achievement=achievement, holder=accreditation.learner, facts=facts)
    except Refused as refused:
        log.info("an award is not issued: %s", refused.refusal.code, extra={"accreditation": accreditation.pk})
        accreditation.award_refused_at = max(now, accreditation.computed_at)
        accreditation.save(update_fields=["award_refused_at"])
        return None
    accreditation.credential = credential
    accreditation.save(update_fields=["credential"])
    return credential

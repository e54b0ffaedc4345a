"""Issuing the badges of tiers: by the system alone, each its own achievement, a higher one in place of the lower."""

import logging

from django.db import transaction
from django.utils import timezone

from accreditation.actions.standing import lock_learner
from accreditation.models import TierHolding
from accreditation.rules.tier_awards import badge_of, current_tier, lower_badges, tier_awards_due, tier_facts
from badges.actions.credentials import issue_credential, supersede_credential
from badges.models import Credential
from courses.lib.refusals import Refused

log = logging.getLogger(__name__)


@transaction.atomic
def issue_tier_award(*, holding_id: int) -> Credential | None:
    """Issue the badge of one person's tier if it is due and still held; None when there is nothing to do.

    Badges of lower tiers that still count point to it from then on and stay valid to their dates. Locks the learner, so
    that fifty at once issue one. One that the badge's own rules refuse waits for newer evidence. Source: rules.md 7.33.
    """
    now = timezone.now()
    learner = TierHolding.objects.filter(pk=holding_id).values_list("learner_id", flat=True).first()
    if learner is None:
        return None
    lock_learner(learner)
    due = tier_awards_due(now).filter(pk=holding_id).values("pk")
    holding = TierHolding.objects.select_related("learner").filter(pk__in=due).first()
    badge = badge_of(holding) if holding else None
    if holding is None or badge is None:
        return None
    tier, achievement = badge
    found = current_tier(holding.learner, now)
    if found.tier is None or found.tier.slug != tier.slug:
        return None
    lower = list(lower_badges(tier, holding.learner, now))
    facts = tier_facts(tier, holding.learner, found)
    try:
        credential = issue_credential(
            achievement=achievement, holder=holding.learner, facts=facts, supersedes=lower[0] if lower else None
        )
    except Refused as refused:
        log.info("the badge of a tier is not issued: %s", refused.refusal.code, extra={"holding": holding.pk})
        _keep(holding, award_refused_at=max(now, holding.computed_at))
        return None
    for one in lower:
        supersede_credential(credential=one, by_newer=credential)
    _keep(holding, credential=credential)
    return credential


def _keep(holding: TierHolding, **values: object) -> None:
    for name, value in values.items():
        setattr(holding, name, value)
    holding.save(update_fields=list(values))

"""Tiers in the public directory: those of persons who want to be found, and of organisations that chose to say theirs."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Count, Exists, OuterRef, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Organisation, TierHolding, User
from accreditation.rules.organisation_tiers import ends_in
from accreditation.rules.tier_holdings import tiers_of_organisations

FEWEST = 5
"""With fewer accredited people the tier of an organisation would say something of each one, also of who isn't listed."""


def shows_tier(organisations: Collection[int] | None, today: date) -> set[int]:
    """Which of these (of all, without a choice) have their tier in the directory. One query. Source: rules.md 7.55.

    They chose to, they are in the directory at all, and at least five of their people hold an accreditation today.
    """
    held = Accreditation.objects.filter(learner=OuterRef("pk"), state__in=IN_FORCE, valid_until__gte=today)
    rows = Organisation.objects.filter(shows_tier=True, is_listed=True)
    rows = rows if organisations is None else rows.filter(pk__in=organisations)
    people = User.objects.filter(Exists(held), organisation__in=rows, is_active=True).order_by()
    counted = people.values("organisation").annotate(count=Count("pk")).filter(count__gte=FEWEST)
    return set(counted.values_list("organisation", flat=True))


def public_tiers(organisations: Collection[int] | None, today: date) -> Mapping[int, str]:
    """The slugs of the tiers that the directory says of these organisations. Three queries, one where none chose to."""
    shown = shows_tier(organisations, today)
    if not shown:
        return {}
    tiers = tiers_of_organisations()
    found = {pk: ends.tier(tiers).tier for pk, ends in ends_in(today, shown).items()}
    return {pk: tier.slug for pk, tier in found.items() if tier}


def held_today(today: date) -> QuerySet[TierHolding]:
    """Tiers of persons as stored that have not ended: one that midnight took is shown as none until it is computed again."""
    return TierHolding.objects.exclude(tier="").filter(valid_until__gte=today)

"""Who is reminded that their tier ends: 30 and 7 days before, once each, with what keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accreditation.models import IN_FORCE, Accreditation, Notice, TierHolding
from accreditation.rules.organisation_tiers import ends_of_person, in_words, use_case_names
from accreditation.rules.tier_holdings import tiers_here
from accreditation.rules.tiers import Drop, drop_of, tier_from

RUNGS = (7, 30)
"""Days before the end; who comes to a tier with less left is reminded at once, by the rung they stand on."""


@dataclass(frozen=True, slots=True)
class TierEnding:
    """A tier that ends soon. `rung` names the reminder; `ending` is what ends then, `renewals` the programs that end then."""

    holding: TierHolding
    rung: int
    drop: Drop
    ending: str
    renewals: Sequence[str]

    @property
    def key(self) -> str:
        """Names the fact: the tier, its last day and the reminder."""
        return key_of(self.holding, self.rung)


def key_of(holding: TierHolding, rung: int) -> str:
    """As `unreminded` writes it in the database."""
    return f"tier-ends:{holding.pk}:{holding.tier}:{holding.valid_until}:{rung}"


def unreminded(rung: int, today: date) -> QuerySet[TierHolding]:
    """Tiers of active people that end so many days from now, or sooner but beyond the next rung, and were not told of yet."""
    nearer = max((one for one in RUNGS if one < rung), default=-1)
    days = (today + timedelta(days=nearer + 1), today + timedelta(days=rung))
    rows = TierHolding.objects.exclude(tier="").filter(valid_until__range=days, learner__is_active=True)
    parts = [Value("tier-ends:"), Cast("pk", CharField()), Value(":"), F("tier"), Value(":")]
    key = Concat(*parts, Cast("valid_until", CharField()), Value(f":{rung}"), output_field=CharField())
    told = Notice.objects.filter(recipient=OuterRef("learner"), key=OuterRef("wanted"))
    return rows.annotate(wanted=key).exclude(Exists(told)).select_related("learner").order_by("valid_until", "pk")


def ending_of(holding: TierHolding, rung: int, today: date) -> TierEnding | None:
    """What to tell of one of these; None where it holds on after all. Four queries."""
    tiers, ends = tiers_here(), ends_of_person(holding.learner_id, today)
    drop = drop_of(tiers, tier_from(tiers, ends.use_cases, ends.complex_until, holding.revoked))
    if drop is None or drop.tier.slug != holding.tier or drop.day != holding.valid_until:
        return None
    held = Accreditation.objects.filter(learner=holding.learner_id, state__in=IN_FORCE, valid_until=drop.day)
    renewals = list(held.order_by("program__title").values_list("program__title", flat=True))
    return TierEnding(holding, rung, drop, in_words(ends.ending(drop.day), use_case_names()), renewals)

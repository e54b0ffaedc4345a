"""Which badges of tiers are due, and what they say. Nothing in them names a person or a customer."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accreditation.models import IN_FORCE, Accreditation, Evidence, Tier, TierHolding, User
from accreditation.rules.reasons import day_in_words
from accreditation.rules.tier_holdings import in_force_of, practical_facts, revocations_of, tier_book, tier_day
from accreditation.rules.tiers import TierStanding
from badges.models import Achievement, Credential
from badges.openbadges import AwardFacts, EvidenceFacts
from badges.rules.issuing import RENEWAL_WINDOW
from courses.models import UseCase


def tier_awards_due(now: datetime) -> QuerySet[TierHolding]:
    """Tiers held without their badge: none yet, revoked, run out, or in its last days while the tier lasts longer.

    As with accreditations, one whose badge was refused waits for newer evidence. Source: rules.md 7.33, 8.12.
    """
    today = tier_day(now)
    soon = today + RENEWAL_WINDOW
    longer = Q(valid_until__gt=F("credential__valid_until"))
    ends_soon = Q(credential__valid_until__lte=soon, valid_until__gt=soon) & longer
    missing = Q(credential=None) | Q(credential__state=Credential.State.REVOKED) | ends_soon
    missing |= Q(credential__valid_until__lt=today) & longer
    newer = Evidence.objects.filter(learner=OuterRef("learner"), recorded_at__gt=OuterRef("award_refused_at"))
    tried = Q(award_refused_at=None) | Q(award_refused_at__lt=F("computed_at")) | Exists(newer)
    badge = Tier.objects.filter(slug=OuterRef("tier")).values("achievement")
    rows = TierHolding.objects.exclude(tier="").annotate(achievement_id=Subquery(badge))
    return rows.filter(missing, tried, achievement_id__isnull=False, valid_until__gte=today).order_by("computed_at")


def current_tier(learner: User, now: datetime) -> TierStanding:
    """The tier as it is now, by the standings as stored and the evidence. Seven queries."""
    book, pk = tier_book(), learner.pk
    facts, revoked = practical_facts(book, [pk]).get(pk, ()), revocations_of([pk]).get(pk)
    return book.standing(in_force_of([pk]).get(pk, ()), facts, now, revoked)


def lower_badges(tier: Tier, learner: User, now: datetime) -> QuerySet[Credential]:
    """The live badges of lower tiers that still count and point to no newer one, the highest first."""
    lower = list(Tier.objects.filter(use_cases__lt=tier.use_cases, achievement__isnull=False).order_by("-use_cases"))
    live = Credential.objects.live().filter(
        holder=learner, achievement__in=[one.achievement_id for one in lower], superseded_by=None, expires_at__gte=now
    )
    asked = Tier.objects.filter(achievement=OuterRef("achievement")).values("use_cases")
    return live.annotate(asked=Subquery(asked)).order_by("-asked").defer("png", "document", "jwt")


def tier_facts(tier: Tier, learner: User, found: TierStanding) -> AwardFacts:
    """What the badge states: the use cases with the month they were shown in and the day until which they count."""
    rows = Evidence.objects.filter(pk__in=found.facts).select_related("practical", "use_case").order_by("performed_on")
    shown = list(rows)
    count = len(found.use_cases)
    what = f"{count} use case{'' if count == 1 else 's'}" + (" and a complex solution" if found.complex_until else "")
    return AwardFacts(
        awarded_at=_awarded_at(learner, shown),
        rule_version=_rule_of(tier),
        statement=f"holds an accreditation and has shown {what} in practicals that graders passed.",
        valid_until=found.valid_until,
        evidence=tuple(_proof(row, found) for row in shown),
        tags=tuple(UseCase.objects.filter(pk__in=found.use_cases).values_list("name", flat=True)),
    )


def _rule_of(tier: Tier) -> str:
    """The threshold as it stood, in words: it is data and may be another one later."""
    count = f"{tier.use_cases} use case{'' if tier.use_cases == 1 else 's'}"
    return f"{tier.title}: {count} or more{', or one complex solution' if tier.complex_is_enough else ''}"


def _awarded_at(learner: User, shown: Sequence[Evidence]) -> datetime:
    """When the last of its proofs was there, but not before there was an accreditation to count within.

    As with accreditations, a proof entered later is dated by the end of the day that it was performed on.
    """
    held = Accreditation.objects.filter(learner=learner, state__in=IN_FORCE, completed_on__lte=tier_day(timezone.now()))
    since = held.order_by("completed_on").values_list("completed_on", flat=True).first()
    moments = [min(row.recorded_at, datetime.combine(row.performed_on, time(23, 59, 59), UTC)) for row in shown]
    moments += [datetime.combine(since, time(), UTC)] if since else []
    return max(moments).replace(microsecond=0)


def _proof(row: Evidence, found: TierStanding) -> EvidenceFacts:
    """One proof in words for anyone: never the customer of its brief."""
    name = str(row.use_case) if row.use_case else "Complex solution"
    end = found.use_cases.get(row.use_case_id) if row.use_case_id else None
    words = f"Shown in {row.practical}, passed in {row.performed_on:%B %Y}"
    words += ", a complex solution" if row.is_complex else ""
    return EvidenceFacts("show", name, f"{words}; it counts until {day_in_words(end or found.complex_until)}.")


def badge_of(holding: TierHolding) -> tuple[Tier, Achievement] | None:
    """The tier that is held and its badge; None where either is missing. One query."""
    tier = Tier.objects.select_related("achievement").filter(slug=holding.tier, achievement__isnull=False).first()
    return (tier, tier.achievement) if tier and tier.achievement else None

"""Tiers of many people at once: what counts for them, and what of it is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accreditation.models import IN_FORCE, Accreditation, Evidence, EvidenceKind, Program, Tier, TierHolding
from accreditation.rules.programs import FACT_COLUMNS, fact_from, facts_that_stand, rules_of, with_rules
from accreditation.rules.proofs import Fact, Key
from accreditation.rules.tiers import USUAL_TIERS, Depth, TierRules, TierStanding, depth_of, tier_in_force
from badges.models import Credential, Reissue
from courses.models import ContentState

Stored = tuple[str, date | None, dict[str, str], date | None, dict[str, dict[str, str]], list[str]]
STORED_COLUMNS = ("tier", "valid_until", "use_cases", "complex_until", "verticals", "revoked")


@dataclass(frozen=True, slots=True)
class TierBook:
    """The tiers of this installation, and what of each program counts for them."""

    tiers: Sequence[TierRules]
    depths: Mapping[int, Depth]

    def standing(
        self,
        in_force: Iterable[tuple[int, date]],
        facts: Iterable[Fact],
        now: datetime,
        revoked: Mapping[str, date] | None = None,
    ) -> TierStanding:
        """The tier of one person: the programs in force, each with its last day, and their evidence. No query.

        `revoked`: tiers whose badge was revoked, with the day.
        """
        known = [(self.depths[program], until) for program, until in in_force if program in self.depths]
        return tier_in_force(self.tiers, known, facts, tier_day(now), revoked)


def tier_day(now: datetime) -> date:
    """Tiers belong to no program, so their days are those of UTC. Source: rules.md 7.31."""
    return now.astimezone(UTC).date()


def tiers_here() -> Sequence[TierRules]:
    """The tiers that were written, from the lowest; the usual ones where none were. One query."""
    rows = Tier.objects.values_list("slug", "title", "use_cases", "complex_is_enough")
    return [TierRules(*row) for row in rows] or USUAL_TIERS


def tiers_of_organisations() -> Sequence[TierRules]:
    """The same for organisations, by their own thresholds where those are written. One query. Source: rules.md 7.52."""
    asked = Coalesce("organisation_use_cases", "use_cases")
    rows = Tier.objects.annotate(asked=asked).values_list("slug", "title", "asked", "complex_is_enough")
    return [TierRules(*row) for row in rows] or USUAL_TIERS


def tier_book(programs: Iterable[Program] | None = None) -> TierBook:
    """The book, of programs loaded by `with_rules` where there are such. One query then, four otherwise."""
    if programs is None:
        programs = with_rules(Program.objects.exclude(state=ContentState.DRAFT).exclude(current_version=None))
    depths = {one.pk: depth_of(rules_of(one)) for one in programs}
    return TierBook(tiers_here(), {pk: depth for pk, depth in depths.items() if depth.months})


def practical_facts(book: TierBook, learners: Sequence[int]) -> Mapping[int, list[Fact]]:
    """What each of them has shown that a program counts, and what was revoked. One query."""
    named: set[Any] = {key for depth in book.depths.values() for key in depth.months}
    mine = facts_that_stand(Evidence.objects.filter(learner__in=learners))
    shown = mine.filter(kind=EvidenceKind.PRACTICAL, practical__in=named)
    revoked = mine.filter(kind=EvidenceKind.REVOCATION)
    rows = (shown | revoked).order_by("learner_id").values_list(*FACT_COLUMNS, "learner_id")
    return {pk: [fact_from(row) for row in theirs] for pk, theirs in groupby(rows, key=lambda row: row[-1])}


def in_force_of(learners: Iterable[int]) -> Mapping[int, list[tuple[int, date]]]:
    """The accreditations in force of each of them, as last computed, with their last days. One query."""
    rows = Accreditation.objects.filter(learner__in=learners, state__in=IN_FORCE).order_by()
    found: dict[int, list[tuple[int, date]]] = {}
    for learner, program, until in rows.values_list("learner_id", "program_id", "valid_until"):
        if until is not None:
            found.setdefault(learner, []).append((program, until))
    return found


def revocations_of(learners: Iterable[int]) -> Mapping[int, Mapping[str, date]]:
    """Of each of them the tiers whose badge was revoked, with the last day of that. One query.

    Of an award that was signed anew the newest signing speaks.
    """
    newest = Q(reissue=None) | Q(reissue__state__in=[Reissue.State.WAITING, Reissue.State.NEEDLESS])
    slug = Tier.objects.filter(achievement=OuterRef("achievement")).values("slug")
    rows = Credential.objects.filter(newest, holder__in=learners, state=Credential.State.REVOKED).order_by("revoked_at")
    found: dict[int, dict[str, date]] = {}
    named = rows.annotate(tier=Subquery(slug)).exclude(tier=None)
    for learner, tier, revoked_at in named.values_list("holder_id", "tier", "revoked_at"):
        if revoked_at is not None:
            found.setdefault(learner, {})[tier] = tier_day(revoked_at)
    return found


def as_stored(found: TierStanding) -> Stored:
    """What a row of `TierHolding` says of a tier."""
    verticals = {str(key): _days(found.verticals[key]) for key in sorted(found.verticals, key=str)}
    tier = found.tier.slug if found.tier else ""
    return (tier, found.valid_until, _days(found.use_cases), found.complex_until, verticals, list(found.revoked))


def _days(ends: Mapping[Key, date]) -> dict[str, str]:
    return {str(key): day.isoformat() for key, day in sorted(ends.items(), key=str)}


def read_days(stored: Mapping[str, str], today: date) -> dict[Key, date]:
    """Use cases with their last days as a row holds them, without those that have ended."""
    days = ((int(key), date.fromisoformat(day)) for key, day in stored.items())
    return {key: day for key, day in days if day >= today}


def stored_of(learners: Iterable[int]) -> Mapping[int, Stored]:
    """What is stored of each of them. One query."""
    rows = TierHolding.objects.filter(learner__in=learners).order_by()
    return {row[0]: row[1:] for row in rows.values_list("learner_id", *STORED_COLUMNS)}


def holdings_to_compute(today: date) -> QuerySet[TierHolding, int]:
    """Ids of learners of whom a use case, or the complex solution, ended by midnight."""
    rows = TierHolding.objects.filter(changes_after__lt=today).order_by("learner_id")
    return rows.values_list("learner_id", flat=True)

"""What a person's page says of their tier: what it stands on, until when, and what lifts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accreditation.models import Program, TierHolding, User
from accreditation.rules.lifts import CouldProve, could_prove
from accreditation.rules.proofs import Key
from accreditation.rules.tier_holdings import read_days, tier_day, tiers_here
from accreditation.rules.tiers import TierRules, TierStanding, next_in_words, tier_from
from courses.models import UseCase, Vertical


@dataclass(frozen=True, slots=True)
class ShownUseCase:
    """A use case that counts, and its last day."""

    use_case: UseCase
    until: date


@dataclass(frozen=True, slots=True)
class VerticalDepth:
    """How many distinct use cases count within one vertical, and until when the first of them does."""

    vertical: Vertical
    use_cases: int
    until: date


@dataclass(frozen=True, slots=True)
class TierPage:
    """A tier as pages show it. `lift`: what lifts to the next one, empty at the top. `revoked`: higher ones, by title."""

    standing: TierStanding
    lift: str
    shown: Sequence[ShownUseCase]
    depth: Sequence[VerticalDepth] = ()
    revoked: Sequence[str] = ()
    could: Sequence[CouldProve] = ()


def tier_on_home(learner: User, now: datetime) -> TierPage | None:
    """The same without what could lift it, which the sheet says. One query for who has shown nothing, else four at most."""
    row = TierHolding.objects.filter(learner=learner).first()
    if row is None or not (row.use_cases or row.complex_until):
        return None
    return _page(row, tiers_here(), [], "you", tier_day(now))


def tier_page(learner: User, now: datetime, whom: str = "you") -> TierPage | None:
    """The person's tier as last computed, less what has ended since, with what could lift it. At most eight queries.

    None for who has shown nothing and holds nothing that would count. Source: rules.md 7.34, 7.51, 7.53, 7.56.
    """
    row, today, tiers = _stored(learner), tier_day(now), tiers_here()
    found = _as_of(row, tiers, today)
    could = could_prove(learner, list(found.use_cases)) if found.next_tier else []
    return _page(row, tiers, could, whom, today)


def _page(
    row: TierHolding, tiers: Sequence[TierRules], could: Sequence[CouldProve], whom: str, today: date
) -> TierPage | None:
    found = _as_of(row, tiers, today)
    ends = found.use_cases
    if not ends and found.complex_until is None and not could:
        return None
    words: dict[Key, UseCase] = {one.pk: one for one in UseCase.objects.filter(pk__in=ends)}
    shown = sorted((ShownUseCase(words[key], day) for key, day in ends.items()), key=lambda one: one.until)
    lower = found.tier.use_cases if found.tier else 0
    revoked = [one.title for one in tiers if one.slug in found.revoked and one.use_cases > lower]
    return TierPage(found, next_in_words(found, whom), shown, depth_in(row.verticals, today), revoked, could)


def depth_in(verticals: Mapping[str, Mapping[str, str]], today: date) -> list[VerticalDepth]:
    """The verticals of a holding by how many use cases count in each, the deepest first. One query where there are any."""
    counting = {int(key): days for key, ends in verticals.items() if (days := read_days(ends, today))}
    rows = Vertical.objects.filter(pk__in=counting) if counting else []
    found = [VerticalDepth(row, len(counting[row.pk]), min(counting[row.pk].values())) for row in rows]
    return sorted(found, key=lambda one: -one.use_cases)


def lifts_in(learner: User, program: Program, now: datetime) -> TierPage | None:
    """What one program in force could still add to the tier; None where it has nothing to add. Seven queries at most."""
    found = _as_of(_stored(learner), tiers_here(), tier_day(now))
    programs = Program.objects.filter(pk=program.pk)
    could = could_prove(learner, list(found.use_cases), programs) if found.next_tier else []
    return TierPage(found, next_in_words(found), (), could=could) if could else None


def _stored(learner: User) -> TierHolding:
    """What was computed last, a holding of nothing where nothing was. One query."""
    return TierHolding.objects.filter(learner=learner).first() or TierHolding(learner=learner)


def _as_of(row: TierHolding, tiers: Sequence[TierRules], today: date) -> TierStanding:
    """A holding less what has ended since."""
    complex_until = row.complex_until if row.complex_until and row.complex_until >= today else None
    return tier_from(tiers, read_days(row.use_cases, today), complex_until, row.revoked)

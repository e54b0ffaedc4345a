"""What a person's page says of their tier: what it stands on, until when, and what lifts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accreditation.models import TierHolding, User
from accreditation.rules.proofs import Key
from accreditation.rules.tier_holdings import tier_day, tiers_here
from accreditation.rules.tiers import TierStanding, next_in_words, tier_from
from courses.models import UseCase


@dataclass(frozen=True, slots=True)
class ShownUseCase:
    """A use case that counts, and its last day."""

    use_case: UseCase
    until: date


@dataclass(frozen=True, slots=True)
class TierPage:
    """A tier as pages show it. `lift`: what lifts to the next one, empty at the top."""

    standing: TierStanding
    lift: str
    shown: Sequence[ShownUseCase]


def tier_page(learner: User, now: datetime) -> TierPage | None:
    """The person's tier as last computed, less what has ended since; None for who has shown nothing. At most three queries.

    Source: rules.md 7.34.
    """
    row = TierHolding.objects.filter(learner=learner).only("use_cases", "complex_until").first()
    if row is None:
        return None
    today = tier_day(now)
    days: dict[Key, date] = {int(key): date.fromisoformat(day) for key, day in row.use_cases.items()}
    ends = {key: day for key, day in days.items() if day >= today}
    complex_until = row.complex_until if row.complex_until and row.complex_until >= today else None
    if not ends and complex_until is None:
        return None
    found = tier_from(tiers_here(), ends, complex_until)
    words: dict[Key, UseCase] = {row.pk: row for row in UseCase.objects.filter(pk__in=ends)}
    shown = sorted((ShownUseCase(words[key], day) for key, day in ends.items()), key=lambda one: one.until)
    return TierPage(found, next_in_words(found), shown)

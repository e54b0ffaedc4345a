"""Tiers: crawl, walk, run, by the distinct use cases that a person proves within accreditations in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from accreditation.models import EvidenceKind, RequirementKind
from accreditation.rules.proofs import Fact, Key, end_of
from accreditation.rules.standing import ProgramRules, Standing, revoked_on


@dataclass(frozen=True, slots=True)
class TierRules:
    """From how many use cases on a tier is held; `complex_is_enough`: one complex solution does as well."""

    slug: str
    title: str
    use_cases: int
    complex_is_enough: bool = False


USUAL_TIERS = (
    TierRules("crawl", "Crawl", 1),
    TierRules("walk", "Walk", 2),
    TierRules("run", "Run", 5, complex_is_enough=True),
)
"""What holds where an installation has written no tiers of its own, lowest first. Source: the design, "never false"."""


@dataclass(frozen=True, slots=True)
class TierStanding:
    """The tier that is held, and what it stands on: each use case, and the complex solution, with its last day.

    `valid_until`: the last day on which this tier is held without newer proof. `next_tier` needs `missing` more use cases.
    """

    tier: TierRules | None
    use_cases: Mapping[Key, date] = field(default_factory=dict)
    complex_until: date | None = None
    valid_until: date | None = None
    next_tier: TierRules | None = None
    missing: int = 0


def tier_standing(
    tiers: Sequence[TierRules],
    held: Iterable[tuple[ProgramRules, Standing]],
    evidence: Collection[Fact],
    today: date,
) -> TierStanding:
    """The tier of a person from their programs with the standing in each. Without one in force there is none.

    A use case counts by a practical that such a program names, to the end of that proof or of the accreditation,
    whichever comes first. Source: rules.md 7.10.
    """
    ends: dict[Key, date] = {}
    complex_until: date | None = None
    for rules, standing in held:
        if not standing.is_in_force or standing.valid_until is None:
            continue
        for fact, end in _depth(rules, standing.valid_until, evidence):
            if end < today:
                continue
            if fact.use_case is not None:
                ends[fact.use_case] = max(end, ends.get(fact.use_case, end))
            if fact.is_complex:
                complex_until = max(end, complex_until or end)
    return tier_from(tiers, ends, complex_until)


def tier_from(tiers: Sequence[TierRules], ends: Mapping[Key, date], complex_until: date | None) -> TierStanding:
    """The highest tier that these reach, until when, and what the next one lacks."""
    reached = [one for one in tiers if _until(one, ends, complex_until) is not None]
    tier = reached[-1] if reached else None
    above = next(
        (one for one in tiers if one not in reached and (tier is None or one.use_cases > tier.use_cases)), None
    )
    return TierStanding(
        tier,
        dict(ends),
        complex_until,
        _until(tier, ends, complex_until) if tier else None,
        above,
        above.use_cases - len(ends) if above else 0,
    )


def _until(tier: TierRules, ends: Mapping[Key, date], complex_until: date | None) -> date | None:
    """The last day on which these reach a tier; None where they don't."""
    enough = sorted(ends.values(), reverse=True)[tier.use_cases - 1] if len(ends) >= tier.use_cases else None
    deep = complex_until if tier.complex_is_enough else None
    return max((day for day in (enough, deep) if day), default=None)


def _depth(rules: ProgramRules, until: date, evidence: Iterable[Fact]) -> Iterable[tuple[Fact, date]]:
    """The practicals of a program that were passed, each with its last day."""
    months = _months(rules)
    facts = list(evidence)
    revoked = revoked_on(facts, rules.program_id)
    for fact in facts:
        if fact.kind != EvidenceKind.PRACTICAL or fact.target is None or fact.target not in months:
            continue
        if revoked is None or fact.performed_on > revoked:
            yield fact, min(until, end_of(fact, months[fact.target]))


def _months(rules: ProgramRules) -> Mapping[Key, int | None]:
    """How long a proof holds, by practical that the program names; the longest where it names one twice."""
    found: dict[Key, int | None] = {}
    for one in (one for group in (*rules.groups, *rules.renewal) for one in group.everything()):
        targets = one.count.targets if one.count else (one.target,) if one.kind == RequirementKind.PRACTICAL else ()
        for target in targets:
            known = found.get(target, 0)
            found[target] = None if known is None or one.valid_months is None else max(known, one.valid_months)
    return found

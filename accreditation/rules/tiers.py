"""Tiers: crawl, walk, run, by the distinct use cases that a person proves within accreditations in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    `facts`: primary keys of the evidence, of each use case and of the complex solution the one that lasts longest.
    """

    tier: TierRules | None
    use_cases: Mapping[Key, date] = field(default_factory=dict)
    complex_until: date | None = None
    valid_until: date | None = None
    next_tier: TierRules | None = None
    missing: int = 0
    facts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Depth:
    """What of a program counts for tiers: its practicals, each with how many months a proof of it holds (None: no limit)."""

    program_id: Key
    months: Mapping[Key, int | None]


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
    in_force = [(depth_of(rules), one.valid_until) for rules, one in held if one.is_in_force and one.valid_until]
    return tier_in_force(tiers, in_force, evidence, today)


def tier_in_force(
    tiers: Sequence[TierRules], in_force: Iterable[tuple[Depth, date]], evidence: Iterable[Fact], today: date
) -> TierStanding:
    """The same from accreditations that are known to be in force, each with its last day; cheap for many people."""
    ends: dict[Key, tuple[date, int]] = {}
    complex_: tuple[date, int] | None = None
    facts = [one for one in evidence if one.kind in (EvidenceKind.PRACTICAL, EvidenceKind.REVOCATION)]
    for depth, until in in_force:
        for fact, end in _proofs(depth, until, facts):
            if end < today:
                continue
            if fact.use_case is not None:
                ends[fact.use_case] = max((end, fact.pk), ends.get(fact.use_case, (end, fact.pk)))
            if fact.is_complex:
                complex_ = max((end, fact.pk), complex_ or (end, fact.pk))
    found = tier_from(tiers, {key: end for key, (end, _) in ends.items()}, complex_[0] if complex_ else None)
    return replace(found, facts=tuple(sorted({pk for _, pk in (*ends.values(), *((complex_,) if complex_ else ()))})))


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


def _proofs(depth: Depth, until: date, facts: Sequence[Fact]) -> Iterable[tuple[Fact, date]]:
    """The practicals of a program that were passed, each with its last day."""
    revoked = revoked_on(facts, depth.program_id)
    for fact in facts:
        if fact.kind != EvidenceKind.PRACTICAL or fact.target is None or fact.target not in depth.months:
            continue
        if revoked is None or fact.performed_on > revoked:
            yield fact, min(until, end_of(fact, depth.months[fact.target]))


def depth_of(rules: ProgramRules) -> Depth:
    """What of a program counts: the practicals that it names anywhere, with the longest time where it names one twice."""
    found: dict[Key, int | None] = {}
    for one in (one for group in (*rules.groups, *rules.renewal) for one in group.everything()):
        targets = one.count.targets if one.count else (one.target,) if one.kind == RequirementKind.PRACTICAL else ()
        for target in targets:
            known = found.get(target, 0)
            found[target] = None if known is None or one.valid_months is None else max(known, one.valid_months)
    return Depth(rules.program_id, found)


def next_in_words(found: TierStanding) -> str:
    """What lifts to the next tier, in one sentence; nothing where there is none above."""
    above = found.next_tier
    if above is None:
        return ""
    count = f"{_number(found.missing)} more use case{'' if found.missing == 1 else 's'}"
    lifts = "lift" if found.missing != 1 else "lifts"
    complex_ = ", or one complex solution," if above.complex_is_enough else ""
    return f"{count[0].upper()}{count[1:]}{complex_} {lifts} you to {above.title.lower()}."


def _number(count: int) -> str:
    return ("no", "one", "two", "three", "four", "five")[count] if count < 6 else str(count)

"""Tiers: crawl, walk, run, by the distinct use cases that a person proves within accreditations in force."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext, ngettext

from accreditation.models import EvidenceKind, RequirementKind
from accreditation.rules.program_rules import ProgramRules
from accreditation.rules.proofs import Fact, Key, end_of
from accreditation.rules.standing import Standing, revoked_on
from courses.lib.words import number_in_words


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
    `verticals`: the use cases shown in each vertical, with their last day in it. `revoked`: slugs of tiers that these reach
    and whose badge was revoked since, lowest first.
    """

    tier: TierRules | None
    use_cases: Mapping[Key, date] = field(default_factory=dict)
    complex_until: date | None = None
    valid_until: date | None = None
    next_tier: TierRules | None = None
    missing: int = 0
    facts: tuple[int, ...] = ()
    verticals: Mapping[Key, Mapping[Key, date]] = field(default_factory=dict)
    revoked: tuple[str, ...] = ()


@dataclass(slots=True)
class _Best:
    """Of each thing shown the proof that lasts longest: its last day, its primary key and its day."""

    use_cases: dict[Key, tuple[date, int, date]] = field(default_factory=dict)
    complex_: tuple[date, int, date] | None = None
    verticals: dict[Key, dict[Key, date]] = field(default_factory=dict)

    def take(self, fact: Fact, end: date) -> None:
        """One proof that still counts."""
        found = (end, fact.pk, fact.performed_on)
        if fact.use_case is not None:
            self.use_cases[fact.use_case] = max(found, self.use_cases.get(fact.use_case, found))
            if fact.vertical is not None:
                known = self.verticals.setdefault(fact.vertical, {})
                known[fact.use_case] = max(end, known.get(fact.use_case, end))
        if fact.is_complex:
            self.complex_ = max(found, self.complex_ or found)

    @property
    def all(self) -> list[tuple[date, int, date]]:
        """What a tier stands on."""
        return [*self.use_cases.values(), *([self.complex_] if self.complex_ else [])]


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
    tiers: Sequence[TierRules],
    in_force: Iterable[tuple[Depth, date]],
    evidence: Iterable[Fact],
    today: date,
    revoked: Mapping[str, date] | None = None,
) -> TierStanding:
    """The same from accreditations that are known to be in force, each with its last day; cheap for many people.

    `revoked`: when the badge of a tier was revoked last. That tier isn't held until one of the proofs it stands on is newer
    than that day. Source: rules.md 7.51.
    """
    best = _Best()
    facts = [one for one in evidence if one.kind in (EvidenceKind.PRACTICAL, EvidenceKind.REVOCATION)]
    for depth, until in in_force:
        for fact, end in _proofs(depth, until, facts):
            if end >= today:
                best.take(fact, end)
    newest = max((day for _, _, day in best.all), default=date.min)
    barred = {slug for slug, day in (revoked or {}).items() if newest <= day}
    ends = {key: end for key, (end, _, _) in best.use_cases.items()}
    found = tier_from(tiers, ends, best.complex_[0] if best.complex_ else None, barred)
    facts_used = tuple(sorted({pk for _, pk, _ in best.all}))
    return replace(found, facts=facts_used, verticals=best.verticals)


def tier_from(
    tiers: Sequence[TierRules], ends: Mapping[Key, date], complex_until: date | None, barred: Collection[str] = ()
) -> TierStanding:
    """The highest tier that these reach, until when, and what the next one lacks. `barred`: slugs of tiers not to be held."""
    reached = [one for one in tiers if _until(one, ends, complex_until) is not None]
    held = [one for one in reached if one.slug not in barred]
    tier = held[-1] if held else None
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
        revoked=tuple(one.slug for one in reached if one.slug in barred),
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
    """What of a program counts: the practicals that it names anywhere, with the longest time where it names one twice.

    The rules before these count too: whoever keeps the accreditation by them keeps its tier.
    """
    found: dict[Key, int | None] = {}
    for one in rules.asked:
        targets = one.count.targets if one.count else (one.target,) if one.kind == RequirementKind.PRACTICAL else ()
        for target in targets:
            known = found.get(target, 0)
            found[target] = None if known is None or one.valid_months is None else max(known, one.valid_months)
    return Depth(rules.program_id, found)


def next_in_words(found: TierStanding, whom: str = "you") -> str:
    """What lifts to the next tier, in one sentence; nothing where there is none above. `whom`: you, or an organisation."""
    above = found.next_tier
    if above is None:
        return ""
    count = ngettext("%(count)s more use case", "%(count)s more use cases", found.missing) % {
        "count": number_in_words(found.missing, up_to=5)
    }
    lifts = "lift" if found.missing != 1 else "lifts"
    complex_ = gettext(", or one complex solution,") if above.complex_is_enough else ""
    return gettext("%(upper)s%(count)s%(complex)s %(lifts)s %(whom)s to %(lower)s.") % {
        "upper": count[0].upper(),
        "count": count[1:],
        "complex": complex_,
        "lifts": lifts,
        "whom": whom,
        "lower": above.title.lower(),
    }


@dataclass(frozen=True, slots=True)
class Drop:
    """A tier ends on `day`, its last one; `then` is the one that is held from the day after, None for none."""

    tier: TierRules
    day: date
    then: TierRules | None


def drop_of(tiers: Sequence[TierRules], found: TierStanding) -> Drop | None:
    """When the tier ends if nothing newer is shown, and what is held then; None where none is held. No query."""
    if found.tier is None or found.valid_until is None:
        return None
    day = found.valid_until
    later = {key: end for key, end in found.use_cases.items() if end > day}
    complex_until = found.complex_until if found.complex_until and found.complex_until > day else None
    return Drop(found.tier, day, tier_from(tiers, later, complex_until, found.revoked).tier)

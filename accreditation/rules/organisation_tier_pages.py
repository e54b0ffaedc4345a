"""What an organisation's page says of its tier: the ladder, what carries it, what endangers it and what would lift it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accreditation.models import Organisation, User
from accreditation.rules.lifts import CouldProve, could_prove_in
from accreditation.rules.organisation_tiers import (
    AHEAD,
    Carried,
    carried_in,
    depth_by_vertical,
    ends_of,
    in_words,
    leaving_of,
    tier_name,
    use_case_names,
)
from accreditation.rules.people import members_of
from accreditation.rules.proofs import Key
from accreditation.rules.reasons import day_in_words
from accreditation.rules.tier_holdings import tier_day, tiers_of_organisations
from accreditation.rules.tiers import TierRules, TierStanding, drop_of, next_in_words
from courses.lib.words import number_in_words
from courses.models import Vertical

MOST_BEADS = 12
"""Of more use cases than these no ladder is drawn: the steps below it say the same."""


@dataclass(frozen=True, slots=True)
class Bead:
    """One use case on the ladder, from the left in percent. `state`: on, fading (ends within 90 days), or empty."""

    x: int
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier on the ladder. `state`: now, reached, or empty; `missing`: how many use cases it lacks."""

    tier: TierRules
    state: str
    missing: int
    text: str


@dataclass(frozen=True, slots=True)
class ShownCarried:
    """A use case (or the complex solution), its last day, in how many hands; `only`: the person, where it is in one hand."""

    name: str
    until: date
    hands: int
    only: str
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class OrganisationTierPage:
    """The tier of an organisation as its page shows it. `risks`: sentences, what may take the tier within 90 days."""

    standing: TierStanding
    beads: Sequence[Bead]
    rungs: Sequence[Rung]
    carried: Sequence[ShownCarried]
    risks: Sequence[str]
    lift: str
    could: Sequence[CouldProve]
    depth: Sequence[tuple[Vertical, int]]

    @property
    def rail(self) -> int:
        """How far the ladder is climbed, from the left in percent."""
        return max((one.x for one in self.beads if one.state), default=0)


def organisation_tier_page(organisation: Organisation, now: datetime) -> OrganisationTierPage:
    """The tier of an organisation today. Eleven queries at most, whatever the number of its people.

    Source: rules.md 7.52, 7.53, 7.54.
    """
    today = tier_day(now)
    tiers, carried = tiers_of_organisations(), carried_in(organisation, today)
    names, ends = use_case_names(), ends_of(carried)
    found = ends.tier(tiers)
    people = _people(carried)
    return OrganisationTierPage(
        standing=found,
        beads=_beads(tiers, found, today),
        rungs=[_rung(one, found) for one in tiers],
        carried=_shown(carried, names, people, today),
        risks=[*_drops(tiers, found, names, carried, today), *_leavings(tiers, found, carried, people)],
        lift=next_in_words(found, organisation.name),
        could=could_prove_in(members_of(organisation), list(ends.use_cases)) if found.next_tier else (),
        depth=_depth(organisation, today),
    )


def _people(carried: Sequence[Carried]) -> Mapping[int, str]:
    """The names of those who carry anything. One query."""
    return dict(User.objects.filter(pk__in={one.person for one in carried}).values_list("pk", "name"))


def _beads(tiers: Sequence[TierRules], found: TierStanding, today: date) -> list[Bead]:
    """As many as the highest tier asks for, those that last longest first."""
    many = tiers[-1].use_cases
    if many > MOST_BEADS:
        return []
    lasting = sorted(found.use_cases.values(), reverse=True)
    states = ["fading" if day <= today + AHEAD else "on" for day in lasting[:many]]
    states += [""] * (many - len(states))
    labels = {one.use_cases: one.title for one in tiers}
    step = 80 / max(many - 1, 1)
    return [Bead(round(10 + step * n), state, labels.get(n + 1, "")) for n, state in enumerate(states)]


def _rung(tier: TierRules, found: TierStanding) -> Rung:
    lacks = max(tier.use_cases - len(found.use_cases), 0)
    is_reached = not lacks or (tier.complex_is_enough and found.complex_until is not None)
    count = ngettext("%(count)s use case", "%(count)s use cases", tier.use_cases) % {
        "count": number_in_words(tier.use_cases, up_to=5).capitalize()
    }
    asked = f"{count}{', or one complex solution' if tier.complex_is_enough else ''}."
    if found.tier == tier:
        return Rung(
            tier,
            "now",
            0,
            _("%(asked)s It holds until %(valid_until)s.")
            % {"asked": asked, "valid_until": day_in_words(found.valid_until)},
        )
    return Rung(tier, "reached" if is_reached else "", lacks, asked)


def _shown(
    carried: Sequence[Carried], names: Mapping[Key, str], people: Mapping[int, str], today: date
) -> list[ShownCarried]:
    """What carries the tier, what ends first at the top."""
    rows = [
        ShownCarried(
            _("Complex solution") if one.use_case is None else names.get(one.use_case, ""),
            one.until,
            one.hands,
            people[one.person] if one.hands == 1 else "",
            one.until <= today + AHEAD,
        )
        for one in carried
    ]
    return sorted(rows, key=lambda row: (row.until, row.name))


def _drops(
    tiers: Sequence[TierRules],
    found: TierStanding,
    names: Mapping[Key, str],
    carried: Sequence[Carried],
    today: date,
) -> list[str]:
    """The end of the tier, where it comes within 90 days."""
    drop = drop_of(tiers, found)
    if drop is None or drop.day > today + AHEAD:
        return []
    ending = in_words(ends_of(carried).ending(drop.day), names)
    return [
        _("%(tier)s ends after %(day)s, with %(ending)s; then it is %(then)s.")
        % {"tier": drop.tier.title, "day": day_in_words(drop.day), "ending": ending, "then": tier_name(drop.then)}
    ]


def _leavings(
    tiers: Sequence[TierRules], found: TierStanding, carried: Sequence[Carried], people: Mapping[int, str]
) -> list[str]:
    """Who alone holds the tier up."""
    return [
        _("If %(people)s leaves, %(tier)s goes with them at once; then it is %(then)s.")
        % {"people": people[one.person], "tier": tier_name(found.tier), "then": tier_name(one.then)}
        for one in leaving_of(tiers, carried)
    ]


def _depth(organisation: Organisation, today: date) -> list[tuple[Vertical, int]]:
    """Verticals with how many distinct use cases count in each, the deepest first. Two queries at most."""
    counts = depth_by_vertical(organisation, today)
    rows = Vertical.objects.filter(pk__in=counts) if counts else []
    return sorted(((row, counts[row.pk]) for row in rows), key=lambda one: -one[1])

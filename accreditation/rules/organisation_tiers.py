"""The tier of an organisation: what its people of today have shown together, in how many hands it is, and when it drops.

Computed whenever it is asked for, from the tiers that are stored of persons, so a move changes it at once. Its days are
those of UTC, as for persons. Source: rules.md 7.52.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.utils.translation import gettext

from accreditation.models import Organisation, TierHolding
from accreditation.rules.proofs import Key
from accreditation.rules.reasons import day_in_words
from accreditation.rules.tier_holdings import read_days, tiers_of_organisations
from accreditation.rules.tiers import Drop, TierRules, TierStanding, drop_of, tier_from
from courses.models import UseCase

AHEAD = timedelta(days=90)
"""So long before it happens an organisation is told that its tier drops."""
# What each holding shows: its use cases by primary key, and the complex solution under no key.
SHOWN = """
FROM accreditation_tierholding holding
JOIN accreditation_user person ON person.id = holding.learner_id AND person.is_active AND person.organisation_id IS NOT NULL
CROSS JOIN LATERAL (
    SELECT key::bigint AS key, value::date AS until FROM jsonb_each_text(holding.use_cases)
    UNION ALL SELECT NULL, holding.complex_until WHERE holding.complex_until IS NOT NULL
) shown
WHERE shown.until >= %(today)s AND (%(organisations)s::bigint[] IS NULL OR person.organisation_id = ANY(%(organisations)s))
"""
CARRIED = f"""
SELECT organisation_id, key, until, hands, id, lead(until) OVER (PARTITION BY organisation_id, key ORDER BY place) FROM (
    SELECT person.organisation_id, shown.key, shown.until, person.id,
        count(*) OVER (PARTITION BY person.organisation_id, shown.key) AS hands,
        row_number() OVER (PARTITION BY person.organisation_id, shown.key ORDER BY shown.until DESC, person.id) AS place
    {SHOWN}
) ranked WHERE place <= 2 ORDER BY organisation_id, key, place
"""  # noqa: S608 - constants
ENDS = f"SELECT person.organisation_id, shown.key, max(shown.until) {SHOWN} GROUP BY 1, 2"
DEPTH = """
SELECT shown.key::bigint, count(DISTINCT inner_.key)
FROM accreditation_tierholding holding
JOIN accreditation_user person ON person.id = holding.learner_id AND person.is_active
CROSS JOIN LATERAL jsonb_each(holding.verticals) shown
CROSS JOIN LATERAL jsonb_each_text(shown.value) inner_
WHERE person.organisation_id = %(organisation)s AND inner_.value::date >= %(today)s
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Carried:
    """What an organisation's people show of one use case (None: a complex solution).

    `until`: its last day, by `person`, who shows it longest; `hands` people show it. `without`: its last day if that person
    leaves, None where nobody else shows it.
    """

    use_case: Key | None
    until: date
    hands: int
    person: int
    without: date | None


@dataclass(frozen=True, slots=True)
class Ends:
    """The last day of each use case and of the complex solution that somebody shows."""

    use_cases: Mapping[Key, date] = field(default_factory=dict)
    complex_until: date | None = None

    def tier(self, tiers: Sequence[TierRules]) -> TierStanding:
        """What they reach together."""
        return tier_from(tiers, self.use_cases, self.complex_until)

    def joined(self, other: "Ends") -> "Ends":
        """With those of others."""
        keys = {*self.use_cases, *other.use_cases}
        both = {key: max(one.use_cases[key] for one in (self, other) if key in one.use_cases) for key in keys}
        return Ends(both, max((day for day in (self.complex_until, other.complex_until) if day), default=None))

    def ending(self, until: date) -> list[Key | None]:
        """What ends up to a day, the soonest first; None for the complex solution."""
        ends: list[tuple[date, Key | None]] = [(day, key) for key, day in self.use_cases.items() if day <= until]
        if self.complex_until and self.complex_until <= until:
            ends.append((self.complex_until, None))
        return [key for _, key in sorted(ends, key=lambda one: one[0])]


def ends_of(carried: Iterable[Carried], *, without: int | None = None) -> Ends:
    """When what is carried ends; `without`: as if this person had left."""
    days = ((one.use_case, one.without if one.person == without else one.until) for one in carried)
    left = {key: day for key, day in days if day is not None}
    return Ends({key: day for key, day in left.items() if key is not None}, left.get(None))


@dataclass(frozen=True, slots=True)
class Leaving:
    """A person whose leaving takes the tier down: to `then`, None for none."""

    person: int
    then: TierRules | None


def leaving_of(tiers: Sequence[TierRules], carried: Sequence[Carried]) -> list[Leaving]:
    """Everybody on whom alone the tier rests: without them it is a lower one at once. No query."""
    held = ends_of(carried).tier(tiers).tier
    found = [(one, ends_of(carried, without=one).tier(tiers).tier) for one in sorted({row.person for row in carried})]
    return [Leaving(person, then) for person, then in found if then != held]


def carried_in(organisation: Organisation, today: date) -> list[Carried]:
    """What the people of an organisation show today, in how many hands. One query, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(CARRIED, {"organisations": [organisation.pk], "today": today})
        rows = cursor.fetchall()
    seen: set[Key | None] = set()
    found = []
    for _, key, until, hands, person, without in rows:
        if key not in seen:
            found.append(Carried(key, until, hands, person, without))
        seen.add(key)
    return found


def ends_in(today: date, organisations: Collection[int] | None = None) -> Mapping[int, Ends]:
    """When what is shown ends, by organisation; of all of them without a choice. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS, {"organisations": None if organisations is None else list(organisations), "today": today})
        rows = cursor.fetchall()
    days: dict[int, dict[Key | None, date]] = {}
    for organisation, key, until in rows:
        days.setdefault(organisation, {})[key] = until
    return {
        pk: Ends({key: day for key, day in ends.items() if key is not None}, ends.get(None))
        for pk, ends in days.items()
    }


def ends_of_person(person_id: int, today: date) -> Ends:
    """When what a person shows ends. One query."""
    row = TierHolding.objects.filter(learner=person_id).only("use_cases", "complex_until").first()
    if row is None:
        return Ends()
    complex_until = row.complex_until if row.complex_until and row.complex_until >= today else None
    return Ends(read_days(row.use_cases, today), complex_until)


def depth_by_vertical(organisation: Organisation, today: date) -> Mapping[int, int]:
    """How many distinct use cases its people show within each vertical, by primary key. One query. Source: rules.md 7.53."""
    with connection.cursor() as cursor:
        cursor.execute(DEPTH, {"organisation": organisation.pk, "today": today})
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Dropping:
    """An organisation whose tier ends soon, with the names of what ends by then."""

    organisation: Organisation
    drop: Drop
    ending: str


def dropping(today: date) -> list[Dropping]:
    """Every organisation whose tier drops within 90 days unless something newer is shown. Four queries, whatever their number."""
    tiers = tiers_of_organisations()
    soon = {
        pk: (ends, drop)
        for pk, ends in ends_in(today).items()
        if (drop := drop_of(tiers, ends.tier(tiers))) and drop.day <= today + AHEAD
    }
    if not soon:
        return []
    names = use_case_names()
    rows = Organisation.objects.in_bulk(soon)
    return [
        Dropping(rows[pk], drop, in_words(ends.ending(drop.day), names)) for pk, (ends, drop) in sorted(soon.items())
    ]


def use_case_names() -> Mapping[Key, str]:
    """The names of all use cases by primary key. One query."""
    return dict(UseCase.objects.values_list("pk", "name"))


def in_words(keys: Iterable[Key | None], names: Mapping[Key, str]) -> str:
    """Use cases, and the complex solution, as a sentence lists them."""
    words = [gettext("a complex solution") if key is None else names.get(key, "a use case") for key in keys]
    return (
        gettext("%(join)s and %(words)s") % {"join": ", ".join(words[:-1]), "words": words[-1]}
        if len(words) > 1
        else "".join(words)
    )


def tier_name(tier: TierRules | None) -> str:
    """A tier within a sentence."""
    return tier.title.lower() if tier else gettext("no tier")


def departure_in_words(
    tiers: Sequence[TierRules], gone: Ends, left: Ends, names: Mapping[Key, str], today: date
) -> str:
    """What a departure does to the tier: at once, and within the next 90 days. `left`: what is shown without them.

    Empty where there was no tier before. No query. Source: rules.md 7.54.
    """
    before, after = gone.joined(left).tier(tiers), left.tier(tiers)
    if before.tier is None:
        return ""
    if after.tier != before.tier:
        only = [key for key in (*sorted(gone.use_cases, key=str), None) if _is_alone(key, gone, left)]
        now = (
            gettext("Your tier is %(tier)s now") % {"tier": tier_name(after.tier)}
            if after.tier
            else gettext("You hold no tier now")
        )
        said = gettext("%(now)s, it was %(tier)s: only they showed %(only)s.") % {
            "now": now,
            "tier": tier_name(before.tier),
            "only": in_words(only, names),
        }
    else:
        until = (
            gettext(" It now holds until %(valid_until)s.") % {"valid_until": day_in_words(after.valid_until)}
            if after.valid_until != before.valid_until
            else ""
        )
        said = gettext("Your tier stays %(tier)s.%(until)s") % {"tier": tier_name(after.tier), "until": until}
    drop = drop_of(tiers, after)
    if drop is None or drop.day > today + AHEAD:
        return gettext("%(said)s Nothing ends it within 90 days.") % {"said": said} if drop else said
    then = (
        gettext("Within 90 days it drops to %(then)s") % {"then": tier_name(drop.then)}
        if drop.then
        else gettext("Within 90 days it ends")
    )
    return gettext("%(said)s %(then)s, after %(day)s: %(ending)s will have ended.") % {
        "said": said,
        "then": then,
        "day": day_in_words(drop.day),
        "ending": in_words(left.ending(drop.day), names),
    }


def _is_alone(key: Key | None, gone: Ends, left: Ends) -> bool:
    """Whether those who left were the only ones to show it."""
    if key is None:
        return gone.complex_until is not None and left.complex_until is None
    return key not in left.use_cases

"""Which evidence meets a requirement on a day, and how long it does. Pure: no row is read here.

Whatever names a thing (a course, an exam, a use case) is a `Key`: the primary key of its row in the portal, its slug in
a simulation.
"""

import calendar
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from accreditation.models import EvidenceKind, GroupRule, RequirementKind

Key = int | str
Interval = tuple[date, date]
Held = Mapping[Key, Sequence[Interval]]
"""When other programs are or were held: program → first and last day of each time, both inclusive."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of evidence as the rules see it. `percent` is the score in percent of its maximum."""

    pk: int
    kind: str
    target: Key | None
    performed_on: date
    valid_until: date | None = None
    supervision: str = ""
    use_case: Key | None = None
    product: Key | None = None
    persona: Key | None = None
    is_complex: bool = False
    percent: Decimal | None = None
    vertical: Key | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What a proof has to be like; what is empty or None asks nothing. `supervision`: any of these."""

    supervision: tuple[str, ...] = ()
    use_case: Key | None = None
    product: Key | None = None
    persona: Key | None = None
    is_complex: bool = False
    min_percent: Decimal | None = None

    def fits(self, fact: Fact) -> bool:
        """Whether a proof is like that."""
        return (
            (not self.supervision or fact.supervision in self.supervision)
            and self.use_case in (None, fact.use_case)
            and self.product in (None, fact.product)
            and self.persona in (None, fact.persona)
            and (fact.is_complex or not self.is_complex)
            and (self.min_percent is None or (fact.percent is not None and fact.percent >= self.min_percent))
        )


@dataclass(frozen=True, slots=True)
class CountRules:
    """So many proofs, all like `condition`, and among them at least so many of each kind in `at_least`.

    `within_days`: only proofs of the last days count, today's and those performed exactly so many days ago among them.
    `targets`: practicals that count; empty for any.
    """

    number: int
    condition: Condition = Condition()
    at_least: tuple[tuple[int, Condition], ...] = ()
    within_days: int | None = None
    targets: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class RequirementRules:
    """One thing asked for. `courses` are the courses of a path, in order; empty for the other kinds.

    `valid_months`: how long its proof holds from the day it was performed; None for as long as the accreditation.
    """

    pk: int
    kind: str
    proof: str
    target: Key
    title: str
    courses: tuple[Key, ...] = ()
    valid_months: int | None = None
    count: CountRules | None = None


@dataclass(frozen=True, slots=True)
class GroupRules:
    """Requirements, and groups of requirements, that belong together."""

    title: str
    rule: str
    count: int | None
    requirements: tuple[RequirementRules, ...]
    groups: "tuple[GroupRules, ...]" = ()

    @property
    def size(self) -> int:
        """How many requirements and groups it names."""
        return len(self.requirements) + len(self.groups)

    @property
    def needed(self) -> int:
        """How many of them have to be met."""
        return self.size if self.rule == GroupRule.ALL_OF else self.count or 0

    def everything(self) -> list[RequirementRules]:
        """Its requirements and those of its groups."""
        return [*self.requirements, *(one for group in self.groups for one in group.everything())]


@dataclass(frozen=True, slots=True)
class RequirementStanding:
    """Whether a requirement is met, by which evidence, since and until when; `done` of `total` parts.

    `ended_on`: for what is not met, the last day on which a proof of it held. `lacks`: what a count of proofs misses.
    """

    rules: RequirementRules
    is_met: bool
    met_on: date | None = None
    facts: tuple[int, ...] = ()
    done: int = 0
    total: int = 1
    ends_on: date | None = None
    ended_on: date | None = None
    lacks: tuple[tuple[int, Condition], ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """How far a learner is: how many requirements are asked and met, and the primary keys of those that would help."""

    met: int = 0
    asked: int = 0
    open: tuple[int, ...] = ()

    @classmethod
    def of(cls, one: RequirementStanding) -> "Counters":
        """Of one requirement."""
        return cls(1, 1) if one.is_met else cls(0, 1, (one.rules.pk,))

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(self.met + other.met, self.asked + other.asked, self.open + other.open)


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group with its requirements and groups."""

    rules: GroupRules
    requirements: tuple[RequirementStanding, ...]
    groups: "tuple[GroupStanding, ...]" = ()

    @property
    def members(self) -> "tuple[RequirementStanding | GroupStanding, ...]":
        """What is counted in it."""
        return (*self.requirements, *self.groups)

    @property
    def met(self) -> int:
        """How many members are met."""
        return sum(one.is_met for one in self.members)

    @property
    def is_met(self) -> bool:
        """Whether enough of them are; a group that asks nothing is never met by accident."""
        return bool(self.members) and self.met >= self.rules.needed

    @property
    def ends_on(self) -> date | None:
        """The last day on which enough of them still hold; None where none of those has an end of its own."""
        ends = sorted((one.ends_on or date.max for one in self.members if one.is_met), reverse=True)
        return None if ends[self.rules.needed - 1] == date.max else ends[self.rules.needed - 1]

    def everything(self) -> list[RequirementStanding]:
        """Its requirements and those of its groups, in order."""
        return [*self.requirements, *(one for group in self.groups for one in group.everything())]

    @property
    def counters(self) -> "Counters":
        """What it asks and what of it is met; of more than are needed, those that are furthest."""
        members = [Counters.of(one) for one in self.requirements] + [one.counters for one in self.groups]
        members.sort(key=lambda one: one.met / one.asked if one.asked else 0, reverse=True)
        whole = sum(members[: self.rules.needed], Counters())
        return replace(whole, open=() if self.is_met else tuple(pk for one in members for pk in one.open))

    def counted(self) -> list[RequirementStanding]:
        """The met requirements that make it met; none where it is not."""
        if not self.is_met:
            return []
        mine = [one for one in self.requirements if one.is_met]
        return [*mine, *(one for group in self.groups for one in group.counted())]


@dataclass(frozen=True, slots=True)
class _Line:
    """Facts about one thing by day, and for each the place of the nearest one before that lasts longer; -1 without."""

    facts: Sequence[Fact]
    days: Sequence[date]
    longer: Sequence[int]

    @classmethod
    def of(cls, facts: Iterable[Fact], valid_months: int | None) -> "_Line":
        """Sort them once."""
        rows = sorted(((fact.performed_on, end_of(fact, valid_months), fact.pk, fact) for fact in facts), key=_by_day)
        longer, open_ = [], list[int]()
        for place, (_, end, _, _) in enumerate(rows):
            while open_ and rows[open_[-1]][1] <= end:
                open_.pop()
            longer.append(open_[-1] if open_ else -1)
            open_.append(place)
        return cls([row[3] for row in rows], [row[0] for row in rows], longer)

    def telling(self, known: date, since: date) -> list[Fact]:
        """Those of these days that no later one outlasts, newest first."""
        found, place = [], bisect_right(self.days, known) - 1
        while place >= 0 and self.days[place] >= since:
            found.append(self.facts[place])
            place = self.longer[place]
        return found


def _by_day(row: tuple[date, date, int, Fact]) -> tuple[date, date, int]:
    return row[:3]


@dataclass(frozen=True)
class Proofs:
    """A learner's evidence, sorted for the questions that requirements ask. `held`: other programs."""

    facts: Sequence[Fact]
    held: Held = field(default_factory=dict)
    lines: dict[tuple[str, Key, int | None], "_Line"] = field(default_factory=dict, compare=False, repr=False)
    counts: dict[int, Sequence[tuple[Fact, date]]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def by_subject(self) -> Mapping[tuple[str, Key | None], Sequence[Fact]]:
        """Facts by kind and target."""
        sorted_: dict[tuple[str, Key | None], list[Fact]] = {}
        for fact in self.facts:
            sorted_.setdefault((fact.kind, fact.target), []).append(fact)
        return sorted_

    def of(self, kind: str, targets: Iterable[Key]) -> Iterable[Fact]:
        """The facts of a kind about any of these."""
        return (fact for target in targets for fact in self.by_subject.get((kind, target), ()))

    def telling(self, kind: str, target: Key, valid_months: int | None, known: date, since: date) -> list[Fact]:
        """The facts about a thing, of the days from `since` to `known`, that no later one outlasts: the others decide nothing.

        So a day is looked at without looking at every fact again, however many there are.
        """
        line = self.lines.get((kind, target, valid_months))
        if line is None:
            line = self.lines[(kind, target, valid_months)] = _Line.of(
                self.by_subject.get((kind, target), ()), valid_months
            )
        return line.telling(known, since)

    def fitting(self, rules: RequirementRules, wanted: CountRules) -> Sequence[tuple[Fact, date]]:
        """The proofs that a count may take, each with its last day in it, by the day performed. Read once for all days."""
        if id(rules) not in self.counts:
            rows = (
                (fact, end_of(fact, rules.valid_months)) for fact in self.about(rules) if wanted.condition.fits(fact)
            )
            if wanted.within_days is not None:
                days = wanted.within_days
                rows = ((fact, min(end, days_later(fact.performed_on, days))) for fact, end in rows)
            self.counts[id(rules)] = sorted(rows, key=_performed_on)
        return self.counts[id(rules)]

    def about(self, rules: RequirementRules) -> list[Fact]:
        """Every fact that could meet a requirement, whatever its date."""
        if rules.count:
            of_kind = [fact for fact in self.facts if fact.kind == EvidenceKind.PRACTICAL]
            return [f for f in of_kind if f.target in rules.count.targets] if rules.count.targets else of_kind
        own = list(self.of(rules.kind, (rules.target,)))
        return own + list(self.of(EvidenceKind.COURSE, rules.courses)) if rules.courses else own


def months_later(day: date, months: int) -> date:
    """The same day some months on, or the last day of that month where it is shorter; the calendar's last day beyond it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_later(day: date, days: int) -> date:
    """So many days on, or before where negative; the calendar's first or last day beyond it."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def end_of(fact: Fact, valid_months: int | None) -> date:
    """The last day on which a proof holds: its own end, or its age limit where that comes first; `date.max` without."""
    own = fact.valid_until or date.max
    return own if valid_months is None else min(own, months_later(fact.performed_on, valid_months))


def group_standing(
    rules: GroupRules, proofs: Proofs, day: date, *, is_today: bool, since: date = date.min
) -> GroupStanding:
    """A group on a day. `since`: what was performed before counts no more, but for counts with days of their own.

    `is_today`: everything recorded counts, also what another time zone dates tomorrow; a day that is past knows only
    what was performed up to it.
    """
    known = date.max if is_today else day
    return GroupStanding(
        rules,
        tuple(_requirement(one, proofs, day, known, since) for one in rules.requirements),
        tuple(group_standing(one, proofs, day, is_today=is_today, since=since) for one in rules.groups),
    )


def _requirement(rules: RequirementRules, proofs: Proofs, day: date, known: date, since: date) -> RequirementStanding:
    if rules.kind == RequirementKind.PROGRAM:
        return _nested(rules, proofs.held.get(rules.target, ()), day)
    if rules.count:
        return _counted(rules, rules.count, proofs, day, known)
    whole = proofs.telling(rules.kind, rules.target, rules.valid_months, known, since)
    if rules.kind != RequirementKind.PATH or _holding(whole, rules, day):
        return _met_by(rules, [whole], day)
    months = rules.valid_months
    parts = [proofs.telling(EvidenceKind.COURSE, one, months, known, since) for one in rules.courses]
    return _met_by(rules, parts, day)


def _holding(facts: Collection[Fact], rules: RequirementRules, day: date) -> list[Fact]:
    return [fact for fact in facts if end_of(fact, rules.valid_months) >= day]


def _met_by(rules: RequirementRules, parts: Sequence[Sequence[Fact]], day: date) -> RequirementStanding:
    """Each part needs a fact that holds: a path has a part for each course, the others have one."""
    holding = [found for part in parts if (found := _holding(part, rules, day))]
    if not parts or len(holding) < len(parts):
        ends = [max(end_of(fact, rules.valid_months) for fact in part) for part in parts if part]
        ended = max((end for end in ends if end < day), default=None)
        return RequirementStanding(rules, False, done=len(holding), total=len(parts), ended_on=ended)
    return RequirementStanding(
        rules,
        is_met=True,
        met_on=max(fact.performed_on for found in holding for fact in found),
        facts=tuple(sorted({fact.pk for found in holding for fact in _taken(found, rules)})),
        done=len(holding),
        total=len(parts),
        ends_on=_or_none(min(max(end_of(fact, rules.valid_months) for fact in found) for found in holding)),
    )


def _taken(proofs: Sequence[Fact], rules: RequirementRules) -> tuple[Fact, Fact]:
    """The proofs that the standing stands on: the latest, and the one that lasts longest."""
    latest = max(proofs, key=lambda fact: (fact.performed_on, end_of(fact, rules.valid_months), fact.pk))
    lasting = max(proofs, key=lambda fact: (end_of(fact, rules.valid_months), fact.performed_on, fact.pk))
    return latest, lasting


def _nested(rules: RequirementRules, held: Sequence[Interval], day: date) -> RequirementStanding:
    now = [one for one in held if one[0] <= day <= one[1]]
    if not now:
        ended = max((one[1] for one in held if one[1] < day), default=None)
        return RequirementStanding(rules, False, ended_on=ended)
    end = _or_none(max(until for _, until in now))
    return RequirementStanding(rules, True, met_on=max(start for start, _ in now), done=1, ends_on=end)


def _counted(
    rules: RequirementRules, wanted: CountRules, proofs: Proofs, day: date, known: date
) -> RequirementStanding:
    """So many proofs of a kind: it ends on the last day on which enough of those that count now still count."""
    fitting = proofs.fitting(rules, wanted)
    fitting = fitting[: bisect_right(fitting, known, key=_performed_on)]
    ends = {fact.pk: end for fact, end in fitting if end >= day}
    counting = [fact for fact, end in fitting if end >= day]
    asked = [(wanted.number, Condition()), *wanted.at_least]
    lacks = tuple((missing, like) for number, like in asked if (missing := number - _how_many(counting, like)) > 0)
    done = min(len(counting), wanted.number)
    if lacks:
        ended = max((end for _, end in fitting if end < day), default=None)
        return RequirementStanding(rules, False, done=done, total=wanted.number, ended_on=ended, lacks=lacks)
    return RequirementStanding(
        rules,
        is_met=True,
        met_on=max(fact.performed_on for fact in counting),
        facts=tuple(sorted(fact.pk for fact in counting)),
        done=done,
        total=wanted.number,
        ends_on=_or_none(min(_last_day(counting, number, like, ends) for number, like in asked)),
    )


def _how_many(facts: Iterable[Fact], like: Condition) -> int:
    return sum(like.fits(fact) for fact in facts)


def _last_day(facts: Iterable[Fact], number: int, like: Condition, ends: Mapping[int, date]) -> date:
    """The last day on which so many of these still count."""
    return sorted((ends[fact.pk] for fact in facts if like.fits(fact)), reverse=True)[number - 1]


def _performed_on(row: tuple[Fact, date]) -> date:
    return row[0].performed_on


def _or_none(end: date) -> date | None:
    return None if end == date.max else end

"""What an update asks of a person, and since when they have caught up with it. Pure: no row is read here.

Proofs of what changed, from before the change, go stale; whatever else was proved stays good. A part of an update is shown by
evidence of its own, or by proving the course, exam or practical itself since the change. Source: rules.md 7.61 to 7.63.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accreditation.models import EvidenceKind, PartKind
from accreditation.rules.proofs import Fact, Interval, Key

FirstMet = Callable[[Sequence[Fact], date], date | None]
"""The first day, from a day on, on which these facts meet the whole way of a program; None where they never do."""
DEEDS: Mapping[str, tuple[str, str]] = {
    PartKind.COURSE: ("read", "lesson"),
    PartKind.EXAM: ("answer", "question"),
    PartKind.PRACTICAL: ("pass", "practical"),
}


@dataclass(frozen=True, slots=True)
class UpdatePartRules:
    """What changed of one course, exam or practical. `count`: how many lessons or questions are asked; 1 for a practical."""

    pk: int
    kind: str
    target: Key
    count: int = 1


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """One published update of a program."""

    pk: int
    number: int
    title: str
    changed_on: date
    due_on: date
    parts: tuple[UpdatePartRules, ...]


@dataclass(frozen=True, slots=True)
class UpdateStanding:
    """An update that somebody has not caught up with. `is_needed`: the accreditation ends, or has ended, on its day."""

    rules: UpdateRules
    shown: Mapping[int, date | None]
    is_needed: bool = True

    @property
    def open_parts(self) -> list[UpdatePartRules]:
        """What is still to be done."""
        return [one for one in self.rules.parts if self.shown[one.pk] is None]

    @property
    def deed(self) -> str:
        """The same in words: "read 2 lessons and answer 3 questions"."""
        return deed_in_words(self.open_parts)


def deed_in_words(parts: Iterable[UpdatePartRules]) -> str:
    """What these parts ask, counted by kind: "read 2 lessons, answer 1 question and pass 1 practical"."""
    counts = {kind: sum(one.count for one in parts if one.kind == kind) for kind in DEEDS}
    said = [f"{verb} {n} {noun}{'' if n == 1 else 's'}" for kind, (verb, noun) in DEEDS.items() if (n := counts[kind])]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def shown_on(part: UpdatePartRules, changed_on: date, facts: Iterable[Fact]) -> date | None:
    """The first day on which a part was shown: by its own evidence, or by proving what it is about since the change."""
    days = [
        one.performed_on
        for one in facts
        if (one.kind == EvidenceKind.UPDATE and one.target == part.pk)
        or (one.kind == part.kind and one.target == part.target and one.performed_on >= changed_on)
    ]
    return min(days, default=None)


def parts_shown(update: UpdateRules, facts: Sequence[Fact]) -> dict[int, date | None]:
    """Since when each part of an update is shown."""
    return {part.pk: shown_on(part, update.changed_on, facts) for part in update.parts}


def caught_up_on(
    update: UpdateRules, facts: Sequence[Fact], shown: Mapping[int, date | None], first_met: FirstMet
) -> date | None:
    """The first day on which somebody had caught up: with every part, or with so many that no stale proof is needed any more.

    So whoever proved everything since the change is asked for nothing, nor is whoever doesn't stand on what changed.
    """
    if not update.parts:
        return date.min
    known = [day for day in shown.values() if day is not None]
    done = max(known) if len(known) == len(shown) else None
    stages = sorted({date.min, *known} - ({done} if done else set()))
    for since, until in zip(stages, [*stages[1:], done or date.max], strict=True):
        day = first_met([one for one in facts if not _is_stale(one, update, shown, since)], since)
        if day is not None and day < until:
            return day
    return done


def _is_stale(fact: Fact, update: UpdateRules, shown: Mapping[int, date | None], day: date) -> bool:
    """Whether a proof is from before the change of what it is about, and that part isn't shown on a day."""
    if fact.performed_on >= update.changed_on:
        return False
    return any(
        (part.kind, part.target) == (fact.kind, fact.target) and (shown[part.pk] or date.max) > day
        for part in update.parts
    )


def held_between(times: Iterable[Interval], due_on: date, back_on: date | None) -> list[tuple[int, Interval]]:
    """What is left of times of holding where an update was caught up with late, or never: (place, first and last day)."""
    left: list[tuple[int, Interval]] = []
    for place, (start, end) in enumerate(times):
        if start <= due_on:
            left.append((place, (start, min(end, due_on))))
        if back_on is not None and end > due_on and end >= back_on:
            left.append((place, (max(start, back_on), end)))
    return left

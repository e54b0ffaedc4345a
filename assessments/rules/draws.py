"""Which questions an attempt asks, in which order. Pure: the same seed gives the same draw."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

MOST_TRIALS = 500
"""How often a draw with enemies in its way is tried; enough for any bank whose cells hold twice what they ask."""


@dataclass(frozen=True, slots=True)
class Cell:
    """So many questions of a course, an objective or a topic, and of a difficulty; None or empty means any.

    `question_id`: exactly this one.
    """

    count: int
    course_id: int | None = None
    objective_id: int | None = None
    difficulty: str = ""
    topic: str = ""
    question_id: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be drawn. `seen`: this learner has had it before; `exposures`: times given lately, to anyone;
    `enemies`: questions that one attempt never asks beside it.
    """

    question_id: int
    version_id: int
    course_id: int | None
    objective_id: int | None
    difficulty: str
    topic: str = ""
    seen: bool = False
    exposures: int = 0
    enemies: frozenset[int] = frozenset()

    def fits(self, cell: Cell) -> bool:
        """Whether the cell may hold this question."""
        return (
            cell.course_id in (None, self.course_id)
            and cell.objective_id in (None, self.objective_id)
            and cell.difficulty in ("", self.difficulty)
            and cell.topic in ("", self.topic)
            and cell.question_id in (None, self.question_id)
        )


def seed_of(attempt_id: object) -> str:
    """The seed of an attempt: nobody without the installation's secret can tell its draw."""
    return salted_hmac("assessments.draw", str(attempt_id), algorithm="sha256").hexdigest()


def draw(cells: Sequence[Cell], pool: Sequence[Candidate], seed: str) -> list[Candidate] | None:
    """Every cell filled, no two enemies, unseen questions first, then shuffled; None when that can't be done.

    Among questions equally new to the learner one given e times lately has the weight 1/(1 + e) (Efraimidis and Spirakis
    2006). Cells may overlap: a question moves to another cell where that fills both (augmenting paths, Kuhn 1955).
    Source: rules.md 3.3.
    """
    dice = random.Random(seed)  # noqa: S311 - the seed is the secret, and 256 bits long
    by_id = {one.question_id: one for one in sorted(pool, key=lambda one: one.question_id)}
    lots = {one.question_id: dice.expovariate(1) * (1 + one.exposures) for one in by_id.values()}
    ordered = sorted(by_id.values(), key=lambda one: (one.seen, lots[one.question_id]))
    chosen = _fill(cells, _without_enemies(ordered)) or _fill_by_trials(cells, ordered)
    if chosen is None:
        return None
    drawn = [by_id[question] for question in sorted(chosen)]
    dice.shuffle(drawn)
    return drawn


def _without_enemies(ordered: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of which no earlier one is an enemy: where they fill the cells, nothing better is wanted."""
    kept: dict[int, Candidate] = {}
    for one in ordered:
        if not one.enemies & kept.keys():
            kept[one.question_id] = one
    return list(kept.values())


def _fill_by_trials(cells: Sequence[Cell], ordered: Sequence[Candidate]) -> set[int] | None:
    """Fill from all; where two enemies were chosen try without the later one, then without the earlier one.

    Finds a draw wherever there is one within `MOST_TRIALS`.
    """
    place = {one.question_id: number for number, one in enumerate(ordered)}
    waiting: list[frozenset[int]] = [frozenset()]
    for _ in range(MOST_TRIALS):
        if not waiting:
            break
        banned = waiting.pop()
        chosen = _fill(cells, [one for one in ordered if one.question_id not in banned])
        if chosen is None:
            continue
        clash = next(({one.question_id, *(one.enemies & chosen)} for one in ordered if _clashes(one, chosen)), None)
        if clash is None:
            return chosen
        earlier, later = sorted(clash, key=place.__getitem__)[:2]
        waiting += [banned | {earlier}, banned | {later}]
    return None


def _clashes(one: Candidate, chosen: set[int]) -> bool:
    return one.question_id in chosen and bool(one.enemies & chosen)


def _fill(cells: Sequence[Cell], ordered: Sequence[Candidate]) -> set[int] | None:
    """Question ids that fill every cell, earlier candidates first; None where there are none."""
    slots = [[one for one in ordered if one.fits(cell)] for cell in cells for _ in range(cell.count)]
    holders: dict[int, int] = {}
    for slot in range(len(slots)):
        if not _place(slot, slots, holders, set()):
            return None
    return set(holders)


def _place(slot: int, slots: list[list[Candidate]], holders: dict[int, int], tried: set[int]) -> bool:
    """Put a question into the slot, moving others on where nothing is free."""
    for one in slots[slot]:
        if one.question_id not in holders:
            holders[one.question_id] = slot
            return True
    for one in slots[slot]:
        if one.question_id in tried:
            continue
        tried.add(one.question_id)
        if _place(holders[one.question_id], slots, holders, tried):
            holders[one.question_id] = slot
            return True
    return False


def order_options(options: Sequence[tuple[int, bool, str]], seed: str, question_id: int) -> list[int]:
    """Option ids, each group shuffled in its place; pinned ones stay last in theirs. `options`: (id, pinned, group)."""
    groups: dict[str, list[tuple[int, bool]]] = {}
    for option, pinned, group in options:
        groups.setdefault(group, []).append((option, pinned))
    return [option for name, rows in groups.items() for option in _shuffled(rows, f"{seed}:{question_id}{name}")]


def _shuffled(options: Sequence[tuple[int, bool]], seed: str) -> list[int]:
    free = [option for option, pinned in options if not pinned]
    random.Random(seed).shuffle(free)  # noqa: S311 - as above
    return free + [option for option, pinned in options if pinned]

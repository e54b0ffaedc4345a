"""Comparative judgement: which pair comes next, who may see it, and the order that follows.

Source: rules.md 5.22; reviews.md, comparative judgement and gold.
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from assessments.models import Comparison, JudgedWork, JudgingSet, Recording, Rubric, SubmissionVersion
from assessments.models.retention import GONE_STATES
from assessments.rules.comparisons import is_shown, open_pair, works_for
from assessments.rules.handins import Proof, proof_of, remarks
from assessments.rules.statistics.paired import fits_of, pairs_of, reliability_of, scale_of, split_half
from courses.lib.people import Person
from courses.lib.refusals import Refusal

A_WORK = 10
"""Comparisons wanted of each work. Source: Kinnear, Jones & Davies 2025."""
FEWEST, MOST = 3, 100
MISFIT, ENOUGH_TO_SAY = 1.5, 10


def why_not_compare(version: SubmissionVersion, rubric: Rubric) -> Refusal | None:
    """Why a work can't be in a set: not decided, another rubric, or its recordings are deleted. Two queries."""
    if version.submission.rubric_version.rubric_id != rubric.pk:
        return Refusal("other-rubric", _("%(receipt)s was not marked with this rubric.") % {"receipt": version.receipt})
    if not version.decisions.exists():
        return Refusal("not-decided", _("%(receipt)s is not decided yet.") % {"receipt": version.receipt})
    if version.recordings.filter(stored__in=GONE_STATES).exists():
        return Refusal("gone", _("A recording of %(receipt)s was deleted.") % {"receipt": version.receipt})
    return None


def why_not_open(works: int, judges: int) -> Refusal | None:
    """Why a set of this size can't be judged."""
    if not FEWEST <= works <= MOST:
        return Refusal(
            "number-of-works",
            _("Give %(fewest)s to %(most)s works; 30 to 50 are usual.") % {"fewest": FEWEST, "most": MOST},
        )
    return None if judges else Refusal("no-judges", _("Choose at least one judge; three to ten are usual."))


def target_of(works: int) -> int:
    """How many comparisons a set wants: ten for each work, and each has two works."""
    return ceil(works * A_WORK / 2)


def draw_pair(
    works: Collection[int], shown: Mapping[int, int], seen: Collection[frozenset[int]], dice: random.Random
) -> tuple[int, int] | None:
    """The next pair for a judge, left and right; None where they have seen every pair.

    Among works with a pair left, at random one of those shown least so far, then at random one of those shown least that it
    was not beside. What was judged never plays a part: adaptive pairs would inflate reliability.
    """
    partners = {one: [two for two in works if two != one and frozenset((one, two)) not in seen] for one in works}
    open_ones = [one for one in works if partners[one]]
    if not open_ones:
        return None
    first = _least_shown(open_ones, shown, dice)
    pair = [first, _least_shown(partners[first], shown, dice)]
    dice.shuffle(pair)
    return pair[0], pair[1]


def _least_shown(works: Collection[int], shown: Mapping[int, int], dice: random.Random) -> int:
    least = min(shown.get(one, 0) for one in works)
    return dice.choice([one for one in sorted(works) if shown.get(one, 0) == least])


def next_pair(judging: JudgingSet, judge: Person, dice: random.Random) -> tuple[int, int] | None:
    """The pair that this judge is asked next; None when the set has what it wants, or they have seen every pair."""
    rows = Comparison.objects.filter(judging=judging).values_list("first_id", "second_id", "judge_id", "passed_at")
    counted = [row for row in rows if row[3] is None]
    if len(counted) >= target_of(judging.works.count()):
        return None
    shown = Counter(work for row in counted for work in row[:2])
    seen = {frozenset(row[:2]) for row in rows if row[2] == judge.pk}
    works = list(works_for(judging, judge).values_list("pk", flat=True))
    return draw_pair(works, shown, seen, dice)


@dataclass(frozen=True, slots=True)
class ShownWork:
    """One of two works as a judge sees it: no name, no marks, no receipt."""

    side: str
    version: SubmissionVersion
    recordings: tuple[Recording, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class JudgePage:
    """What a judge sees of a set: the pair that waits, and how far they and all have come."""

    judging: JudgingSet
    pair: Comparison | None
    is_hidden: bool
    works: tuple[ShownWork, ...]
    mine: int
    share: int
    all_judged: int
    target: int
    is_over: bool


def judge_page(judging: JudgingSet, judge: Person) -> JudgePage:
    """The page of one judge. `is_over`: nothing is left to ask them, or the set is closed."""
    pair = open_pair(judging, judge) if judging.closed_at is None else None
    shown = pair is not None and is_shown(pair, judge)
    sides = (("Left", pair.first), ("Right", pair.second)) if pair and shown else ()
    target, judged = target_of(judging.works.count()), Comparison.objects.judged().filter(judging=judging)
    mine = judged.filter(judge_id=judge.pk).count()
    over = pair is None and (judging.closed_at is not None or next_pair(judging, judge, random.Random(0)) is None)  # noqa: S311
    return JudgePage(
        judging=judging,
        pair=pair,
        is_hidden=pair is not None and not shown,
        works=tuple(_shown(side, work.version) for side, work in sides),
        mine=mine,
        share=ceil(target / max(1, judging.judges.count())),
        all_judged=judged.count(),
        target=target,
        is_over=over,
    )


def _shown(side: str, version: SubmissionVersion) -> ShownWork:
    recordings = tuple(version.recordings.order_by("place"))
    said = remarks().filter(booking__submission=version.submission_id).values_list("text", flat=True).first() or ""
    proof = proof_of(version.submission.practical, version, is_blind=True, remark=said)
    return ShownWork(side, version, recordings, proof)


@dataclass(frozen=True, slots=True)
class Placed:
    """A work in the order: its place from 1, estimate and 95 % interval in logits, and how often it was compared."""

    place: int
    work: JudgedWork
    estimate: float
    low: float
    high: float
    compared: int
    chosen: int


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A judge beside the order. `agreed` is a whole percent; `stands_out`: less predictable than the model expects."""

    judge: Any
    judged: int
    agreed: int
    infit: float
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What a set came to. Reliabilities are None where too little was judged."""

    judging: JudgingSet
    placed: tuple[Placed, ...]
    judges: tuple[JudgeRow, ...]
    judged: int
    target: int
    reliability: float | None
    split_half: float | None


def order_of(judging: JudgingSet) -> Order:
    """The order of a set's works, the best first. Three queries."""
    works = list(judging.works.select_related("version__submission__practical"))
    numbers = {work.pk: number for number, work in enumerate(works)}
    judged = list(Comparison.objects.judged().filter(judging=judging).select_related("judge"))
    people = {one.judge_id: one.judge for one in judged}
    pairs = pairs_of(
        len(works), [(numbers[one.better_id], numbers[_worse(one)], one.judge_id) for one in judged if one.better_id]
    )
    scale = scale_of(pairs)
    won, compared = Counter(pairs.won.tolist()), Counter([*pairs.won.tolist(), *pairs.lost.tolist()])
    best_first = sorted(range(len(works)), key=lambda one: -scale.estimates[one])
    fits = fits_of(pairs, scale)
    return Order(
        judging=judging,
        placed=tuple(
            _placed(place, works[one], scale.estimates[one], scale.errors[one], compared[one], won[one])
            for place, one in enumerate(best_first, 1)
        ),
        judges=tuple(
            JudgeRow(
                people[fit.judge],
                fit.judged,
                round(100 * fit.agreed),
                fit.infit,
                fit.judged >= ENOUGH_TO_SAY and fit.infit > MISFIT,
            )
            for fit in fits
        ),
        judged=len(judged),
        target=target_of(len(works)),
        reliability=reliability_of(scale) if judged else None,
        split_half=split_half(pairs, seed=judging.pk),
    )


def _worse(one: Comparison) -> int:
    return one.second_id if one.better_id == one.first_id else one.first_id


def _placed(place: int, work: JudgedWork, estimate: Any, error: Any, compared: int, chosen: int) -> Placed:
    value, half = float(estimate), 1.96 * float(error)
    return Placed(place, work, value, value - half, value + half, compared, chosen)

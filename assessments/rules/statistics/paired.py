"""Putting works in order from comparisons of two: the model of Bradley and Terry, with a weak prior.

The chance that A is judged better than B is 1 / (1 + exp(b - a)). Estimates are in logits around zero. The prior (normal
around zero, standard deviation 4) keeps works finite that were always or never chosen. Source: Bradley & Terry 1952;
reliability as in Pollitt 2012, whose figure adaptive pairing would inflate (Bramley 2015): pairs are drawn at random here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessments.rules.statistics.tables import Floats

Ints = NDArray[np.int_]
PRECISION = 1 / 4**2
STEPS, ENOUGH, LONGEST_STEP = 100, 1e-10, 2.0
SPLITS = 50


@dataclass(frozen=True, slots=True)
class Pairs:
    """Comparisons between `works` works, numbered from 0: who won, who lost, and which judge said so."""

    works: int
    won: Ints
    lost: Ints
    judges: Ints

    def only(self, kept: NDArray[np.bool_]) -> "Pairs":
        """Some of the comparisons."""
        return Pairs(self.works, self.won[kept], self.lost[kept], self.judges[kept])


@dataclass(frozen=True, slots=True)
class Scale:
    """Estimates and standard errors in logits, by work."""

    estimates: Floats
    errors: Floats


@dataclass(frozen=True, slots=True)
class JudgeFit:
    """How a judge goes with the order of all: whole share of judgements that agree with it, and the infit mean square.

    Infit near 1 is what the model expects; above it a judge is less predictable than that.
    """

    judge: int
    judged: int
    agreed: float
    infit: float


def pairs_of(works: int, rows: Sequence[tuple[int, int, int]]) -> Pairs:
    """Comparisons from rows (winner, loser, judge), works numbered from 0."""
    columns = np.array(rows, dtype=int).reshape(-1, 3)
    return Pairs(works, columns[:, 0], columns[:, 1], columns[:, 2])


def scale_of(pairs: Pairs, precision: float = PRECISION) -> Scale:
    """Estimates and standard errors by Newton's method; `precision` of the prior in 1 / logit², above 0."""
    theta = np.zeros(pairs.works)
    for _ in range(STEPS):
        slope, curve = _slope_and_curve(pairs, theta, precision)
        step = np.linalg.solve(curve, slope)
        longest = float(np.abs(step).max(initial=0.0))
        theta += step * min(1.0, LONGEST_STEP / longest) if longest else step
        if longest < ENOUGH:
            break
    _, curve = _slope_and_curve(pairs, theta, precision)
    centre = np.eye(pairs.works) - 1 / max(1, pairs.works)
    spread = centre @ np.linalg.inv(curve) @ centre
    return Scale(theta - theta.mean() if pairs.works else theta, np.sqrt(np.maximum(np.diag(spread), 0.0)))


def _slope_and_curve(pairs: Pairs, theta: Floats, precision: float) -> tuple[Floats, Floats]:
    """The first derivative of the log posterior, and its second with the sign turned."""
    count = pairs.works
    missed = 1 - expected(theta, pairs)
    weights = missed * (1 - missed)
    slope = np.bincount(pairs.won, missed, count) - np.bincount(pairs.lost, missed, count) - precision * theta
    curve = np.diag(np.bincount(pairs.won, weights, count) + np.bincount(pairs.lost, weights, count) + precision)
    np.add.at(curve, (pairs.won, pairs.lost), -weights)
    np.add.at(curve, (pairs.lost, pairs.won), -weights)
    return slope, curve


def expected(theta: Floats, pairs: Pairs) -> Floats:
    """The chance of each judgement as it was made."""
    return np.asarray(1 / (1 + np.exp(theta[pairs.lost] - theta[pairs.won])))


def reliability_of(scale: Scale) -> float | None:
    """Scale separation reliability: the share of the spread of estimates that is not error, from 0 to 1.

    None with fewer than three works, or where they don't differ.
    """
    if len(scale.estimates) < 3:
        return None
    spread = float(scale.estimates.var(ddof=1))
    if spread < 1e-12:
        return None
    return max(0.0, 1 - float((scale.errors**2).mean()) / spread)


def split_half(pairs: Pairs, *, seed: int, splits: int = SPLITS) -> float | None:
    """The mean correlation of two orders, each from one half of the judges, over random halves.

    None with fewer than two judges or three works, or where an order is flat in every split.
    """
    judges = np.unique(pairs.judges)
    if len(judges) < 2 or pairs.works < 3:
        return None
    dice = np.random.default_rng(seed)
    found = [_halves_agree(pairs, dice.permutation(judges)[: len(judges) // 2]) for _ in range(splits)]
    told = [one for one in found if one is not None]
    return float(np.mean(told)) if told else None


def _halves_agree(pairs: Pairs, half: Ints) -> float | None:
    in_half = np.isin(pairs.judges, half)
    one, other = (scale_of(pairs.only(kept)).estimates for kept in (in_half, ~in_half))
    if one.std() < 1e-9 or other.std() < 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def fits_of(pairs: Pairs, scale: Scale) -> list[JudgeFit]:
    """How each judge goes with the order, in the order of their numbers."""
    chance = expected(scale.estimates, pairs)
    found = []
    for judge in np.unique(pairs.judges):
        mine = chance[pairs.judges == judge]
        infit = float(((1 - mine) ** 2).sum() / (mine * (1 - mine)).sum())
        found.append(JudgeFit(int(judge), len(mine), float((mine > 0.5).mean()), infit))
    return found

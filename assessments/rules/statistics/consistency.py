"""How often a second sitting would decide the same, and how often the decision fits the true score."""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np
from scipy.special import bdtrc, ndtr, owens_t

from assessments.rules.statistics.tables import CONSTANT, Floats
from assessments.rules.statistics.true_scores import BetaScores, fit

NODES = 200
ROUNDING = 1e-9
"""0.55 × 100 is 55.00000000000001 in floats; a cut is not raised by that."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Shares of 1: `consistency` two sittings that decide alike, `kappa` the same beyond chance (None where chance alone
    explains all), `accuracy` decisions that fit the true score, `false_pass`, `false_fail` those that don't.

    `length`: the effective test length before rounding; `points`: how many of that rounded length a pass needs.
    """

    consistency: float
    kappa: float | None
    accuracy: float
    false_pass: float
    false_fail: float
    length: float
    points: int
    parameters: int


@dataclass(frozen=True, slots=True)
class QuickCheck:
    """Consistency and kappa of two normal scores with one correlation."""

    consistency: float
    kappa: float | None


def effective_length(mean: float, variance: float, reliability: float) -> float:
    """How many equal items of 0 or 1 would measure as reliably: (m(1 - m) - r s²) / (s²(1 - r)), scores as shares of 1.

    NaN where the variance is 0 or the reliability isn't between 0 and 1. Source: Livingston & Lewis 1995.
    """
    if not (0 < reliability < 1 and variance > CONSTANT):
        return float("nan")
    return (mean * (1 - mean) - reliability * variance) / (variance * (1 - reliability))


def decisions(
    moments: Floats, variance: float, *, reliability: float, cut: float, nodes: int = NODES
) -> Decisions | None:
    """Consistency and accuracy at a cut (share of 1) from the raw moments of observed scores as shares of 1.

    The effective length is rounded to whole items, and the cut on it is rounded up: that many are needed to reach it.
    None where the reliability isn't between 0 and 1 or scores don't vary. Source: Livingston & Lewis 1995; Hanson 1991.
    """
    length = effective_length(float(moments[0]), variance, reliability)
    if not np.isfinite(length) or length < 2:
        return None
    scores = fit(moments, length)
    if scores is None:
        return None
    items = floor(length + 0.5)
    return _decided(scores, length, items, points_needed(cut, items), cut, nodes)


def points_needed(cut: float, full: float) -> int:
    """The least whole number of points that reaches the cut: 80 % of 43 is 35."""
    return ceil(cut * full - ROUNDING)


def _decided(scores: BetaScores, length: float, items: int, points: int, cut: float, nodes: int) -> Decisions:
    below = scores.below(cut)
    fails, fail_weights = _nodes(0.0, below, nodes)
    passes, pass_weights = _nodes(below, 1.0, nodes)
    pass_below, pass_above = (_pass_rate(scores.at(part), items, points) for part in (fails, passes))
    rates, weights = np.concatenate([pass_below, pass_above]), np.concatenate([fail_weights, pass_weights])
    passing = float(weights @ rates)
    same = float(weights @ (rates**2 + (1 - rates) ** 2))
    false_pass = float(fail_weights @ pass_below)
    false_fail = float(pass_weights @ (1 - pass_above))
    accuracy = 1 - false_pass - false_fail
    return Decisions(same, _kappa(same, passing), accuracy, false_pass, false_fail, length, points, scores.parameters)


def _pass_rate(true: Floats, items: int, points: int) -> Floats:
    """The chance of so many points or more of so many items, for each true score."""
    if points <= 0:
        return np.ones_like(true)
    return bdtrc(points - 1, items, true) if points <= items else np.zeros_like(true)


def _nodes(start: float, end: float, count: int) -> tuple[Floats, Floats]:
    """Points and weights of an integral over the true scores between two shares of them."""
    points, weights = _unit_nodes(count)
    return start + (end - start) * points, weights * (end - start)


@lru_cache
def _unit_nodes(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights between 0 and 1, closer together at both ends.

    The quantile function may bend without bound at 0 and 1; the smooth step between takes that edge off.
    """
    points, weights = np.polynomial.legendre.leggauss(count)
    place = (points + 1) / 2
    return place**2 * (3 - 2 * place), weights * 3 * place * (1 - place)


def _kappa(same: float, passing: float) -> float | None:
    """Agreement beyond what two independent draws with this pass rate would have; None where that is all there is."""
    chance = passing**2 + (1 - passing) ** 2
    return (same - chance) / (1 - chance) if 1 - chance > 1e-9 else None


def quick_check(mean: float, sd: float, *, reliability: float, points: float) -> QuickCheck | None:
    """Consistency of two sittings with bivariate normal scores, at z = (cut - ½ - mean) / sd, in points.

    None where scores don't vary or the reliability isn't between 0 and 1. Source: Peng & Subkoviak 1980.
    """
    if not (sd > CONSTANT and 0 <= reliability <= 1):
        return None
    z = (points - 0.5 - mean) / sd
    # P(one passes, the other fails) for two equal thresholds: 2 (Φ(z) - Φ2(z, z; r)) = 4 T(z, √((1 - r)/(1 + r))).
    same = 1 - 4 * float(owens_t(z, ((1 - reliability) / (1 + reliability)) ** 0.5))
    return QuickCheck(same, _kappa(same, 1 - float(ndtr(z))))

"""What a further mark is worth: how much it is expected to lower the chance of a wrong decision.

The true total of a work is normal given its marks, corrected by what is believed of their graders. The decision is the
mean of the raw totals, rounded half up, against the pass mark. A further raw total passes or fails the work from some
point on, so the chance of a wrong decision after it is a bivariate normal probability, exact by Owen's T function.
Source: reviews.md, The best policy found so far; Owen 1956.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, owens_t

from assessments.rules.allocation.scales import Scale
from assessments.rules.allocation.tables import Floats

TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Standing:
    """Where works stand: the normal posterior of their true totals, and the raw totals given so far. Arrays of works."""

    mean: Floats
    variance: Floats
    raw_sum: Floats
    count: Floats


def posterior(prior_mean: Floats, prior_variance: float, precision: Floats, weighted: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of true totals; `precision`: sum of 1/noise, `weighted`: sum of corrected totals/noise."""
    variance = 1 / (1 / prior_variance + precision)
    return variance * (prior_mean / prior_variance + weighted), variance


def chance_wrong(standing: Standing, cut: float) -> Floats:
    """The chance that deciding now by the raw mean is wrong: a pass below the cut, or a fail at or above it."""
    below = ndtr((cut - standing.mean) / np.sqrt(standing.variance))
    passes = standing.raw_sum >= cut * standing.count - TINY
    return np.where(passes, below, 1 - below)


def chance_wrong_after(standing: Standing, scale: Scale, shift: Floats, noise: Floats) -> Floats:
    """The same chance once a further raw total is in: true total + `shift`, with error variance `noise`.

    `shift` and `noise` have one number for each grader; the result is works × graders.
    """
    mean, variance = standing.mean[:, None], standing.variance[:, None]
    deviation = np.sqrt(variance + noise)
    needed = _least_passing(standing, scale.cut)[:, None]
    below = (scale.cut - mean) / np.sqrt(variance)
    fails = (needed - 0.5 - mean - shift) / deviation
    both = _both_below(below, fails, np.sqrt(variance) / deviation)
    share_below = ndtr(below)
    wrong = share_below + ndtr(fails) - 2 * both
    wrong = np.where(needed > scale.maximum, 1 - share_below, wrong)
    return np.where(needed <= scale.minimum, share_below, wrong)


def values(standing: Standing, scale: Scale, shift: Floats, noise: Floats) -> Floats:
    """The drop of the chance of a wrong decision that one more mark by each grader would bring: works × graders.

    Zero where no mark can change the decision, negative where it would rather spoil it.
    """
    return chance_wrong(standing, scale.cut)[:, None] - chance_wrong_after(standing, scale, shift, noise)


def _least_passing(standing: Standing, cut: float) -> Floats:
    """The least whole total that, as the next one, makes the mean pass. A half is kept for rounding: totals are whole."""
    return np.ceil(cut * (standing.count + 1) - standing.raw_sum - TINY)


def _both_below(first: Floats, second: Floats, correlation: Floats) -> Floats:
    """The chance that two standard normals of this correlation both lie below their bounds."""
    one = np.where(np.abs(first) < TINY, TINY, first)
    two = np.where(np.abs(second) < TINY, TINY, second)
    rest = np.sqrt(1 - correlation**2)
    apart = np.where(one * two < 0, 0.5, 0.0)
    return (
        (ndtr(one) + ndtr(two)) / 2
        - owens_t(one, (two - correlation * one) / (one * rest))
        - owens_t(two, (one - correlation * two) / (two * rest))
        - apart
    )

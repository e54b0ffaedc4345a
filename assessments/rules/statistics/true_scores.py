"""The distribution of true scores behind observed ones: a beta distribution by the method of moments."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import betainc, betaincinv

from assessments.rules.statistics.tables import Floats

SMALLEST_VARIANCE = 1e-10


@dataclass(frozen=True, slots=True)
class BetaScores:
    """True scores as shares of 1: beta(a, b) between `low` and `high`; `parameters` is 4 or, after the fallback, 2."""

    a: float
    b: float
    low: float
    high: float
    parameters: int

    def below(self, score: float) -> float:
        """The share of true scores below this one."""
        place = min(max((score - self.low) / (self.high - self.low), 0.0), 1.0)
        return float(betainc(self.a, self.b, place))

    def at(self, shares: Floats) -> Floats:
        """The true scores below which these shares lie."""
        return self.low + (self.high - self.low) * betaincinv(self.a, self.b, shares)


def raw_moments(shares: Floats) -> Floats:
    """The means of p, p², p³ and p⁴ of observed scores as shares of 1."""
    return np.array([(shares**power).mean() for power in range(1, 5)])


def fit(moments: Floats, length: float) -> BetaScores | None:
    """The true scores behind observed ones with these raw moments on a test of so many equal items of 0 or 1.

    Four parameters where that gives a distribution within 0 and 1, else two between 0 and 1; None where that isn't
    possible either. Source: Hanson 1991.
    """
    mean, second, third, fourth = true_moments(moments, length)
    variance = second - mean**2
    if length < 2 or variance <= SMALLEST_VARIANCE or not 0 < mean < 1:
        return None
    four = _four_parameters(mean, variance, third, fourth) if length > 3 else None
    return four or _two_parameters(mean, variance)


def true_moments(moments: Floats, length: float) -> tuple[float, float, float, float]:
    """Raw moments of the true score: E[x(x-1)…] / (n(n-1)…), from the observed ones, x = n · p. NaN from n on."""
    n = length
    x1, x2, x3, x4 = (float(moment) * n**power for power, moment in enumerate(moments, start=1))
    falling = (x1, x2 - x1, x3 - 3 * x2 + 2 * x1, x4 - 6 * x3 + 11 * x2 - 6 * x1)
    sizes = (n, n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3))
    first, second, third, fourth = (
        part / size if n > order else float("nan")
        for order, (part, size) in enumerate(zip(falling, sizes, strict=True))
    )
    return first, second, third, fourth


def _four_parameters(mean: float, variance: float, third: float, fourth: float) -> BetaScores | None:
    """Beta by mean, variance, skewness and kurtosis; None where no such one lies within 0 and 1."""
    m3 = third - 3 * mean * variance - mean**3
    m4 = fourth - 4 * mean * third + 6 * mean**2 * (variance + mean**2) - 3 * mean**4
    skew, kurtosis = m3 / variance**1.5, m4 / variance**2
    below = 6 + 3 * skew**2 - 2 * kurtosis
    total = 6 * (kurtosis - skew**2 - 1) / below if abs(below) > 1e-12 else float("nan")
    under = (total + 2) ** 2 * skew**2 + 16 * (total + 1)
    if not (total > 0 and under > 0):
        return None
    lean = (total + 2) * abs(skew) / sqrt(under)
    small, large = total / 2 * (1 - lean), total / 2 * (1 + lean)
    a, b = (small, large) if skew > 0 else (large, small)
    width = sqrt(variance * (total + 1) / (a * b)) * total
    low = mean - width * a / total
    found = BetaScores(a, b, low, low + width, 4)
    return found if found.low >= 0 and found.high <= 1 else None


def _two_parameters(mean: float, variance: float) -> BetaScores | None:
    """Beta between 0 and 1 by mean and variance."""
    total = mean * (1 - mean) / variance - 1
    return BetaScores(mean * total, (1 - mean) * total, 0.0, 1.0, 2) if total > 0 else None

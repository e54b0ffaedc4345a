"""How often questions are given, and how much two forms have in common."""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.tables import Floats

ALARM_ABOVE = 0.3
REVIEW_ABOVE = 0.5


@dataclass(frozen=True, slots=True)
class Exposure:
    """`rates`: share of attempts that were given each question of the bank; `overlap`: mean share that two forms have in
    common, None without attempts."""

    attempts: int
    rates: tuple[float, ...]
    overlap: float | None


def exposure_of(given: Floats, *, attempts: int) -> Exposure:
    """Rates of the bank's questions and the mean overlap of a pair of forms: (N/k) · var(rates) + k/N.

    `given`: how often each question of the bank was given in these attempts, never given ones as 0. k is the mean number
    of questions a form; the variance is that of all N questions of the bank, not of a sample.
    Source: Chen, Ankenmann & Spray 2003.
    """
    if attempts < 1 or not given.size or given.sum() == 0:
        return Exposure(attempts, tuple(0.0 for _ in given), None)
    rates = given / attempts
    bank, each = len(given), float(rates.sum())
    overlap = bank / each * float(rates.var()) + each / bank
    return Exposure(attempts, tuple(float(rate) for rate in rates), float(np.clip(overlap, 0, 1)))


def alarm_of(rate: float) -> str:
    """`review` above a half (think of retiring it), `alarm` above 0.3, else nothing."""
    if rate > REVIEW_ABOVE:
        return "review"
    return "alarm" if rate > ALARM_ABOVE else ""

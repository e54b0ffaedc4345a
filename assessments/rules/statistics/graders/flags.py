"""Which graders to talk to, and why: tests that honest graders of usual differences don't fail by chance.

A grader is flagged where a figure lies beyond what honest graders differ by (the tolerances below), by more than chance
explains: one-sided tests with an error of ALPHA for all graders together in each kind of flag (Bonferroni). Thresholds were
tried on pools of 4 to 50 graders of the specified worlds. Source: rules.md 12.4; Myford & Wolfe 2003 (kinds of effects).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2, norm

from assessments.rules.statistics.agreement import wilson
from assessments.rules.statistics.graders import habits
from assessments.rules.statistics.graders.readings import FULL, LEAST, Readings
from assessments.rules.statistics.scores import Codes
from assessments.rules.statistics.severity import Severity, linked_severity
from assessments.rules.statistics.tables import CONSTANT, Floats, mean_of

ALPHA = 0.01
ALPHA_SEVERE = 0.015
"""Severity has no tolerance but the pool's own differences, so a clear case needs more room."""
FEWEST = 12
"""Readings, or readings shared with others, below which nobody is flagged."""
USUAL_SEVERITY = 1.4
"""How far honest graders differ, as a standard deviation in points of 25, before a pool of its own shows."""
PRIOR_GRADERS = 15
LEAST_SEVERITY = 2.0
MOST_NOISE, MOST_SCATTER = 1.7, 1.8
LEAST_SPREAD, LEAST_SPREAD_AT_ALL = 0.64, 0.25
LEAST_SCATTER = 0.4
LEAST_CORRELATION = 0.5
MOST_FAST, FEWEST_FAST = 0.1, 5


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that is odd: its name, the grader's figure, the pool's, and how many readings it rests on."""

    name: str
    own: float
    pool: float
    n: int


def flags_of(readings: Readings, severities: Sequence[Severity]) -> list[list[Flag]]:
    """The flags of each grader of `readings`; `severities` are theirs, in points of 25."""
    tests = (
        _severe(readings, severities),
        _random(readings, severities),
        _spread(readings),
        _halo(readings),
        _hasty(readings),
    )
    return [[flag for found in tests for flag in found[grader]] for grader in range(len(readings.graders))]


def _severe(readings: Readings, severities: Sequence[Severity]) -> list[list[Flag]]:
    """Harsh or lenient: outside what the pool's graders differ by, the odd ones left out of that.

    Towards the nearer end of the scale marks have no room, so a lenient grader of good work hardly adds points. There
    totals are compared as log-odds, where room doesn't matter.
    """
    bent = readings.log_odds
    up = bool(bent.mean() > 0) if len(bent) else True
    slope = mean_of(1 / (readings.totals - LEAST + 0.5) + 1 / (FULL - readings.totals + 0.5)) if len(bent) else 1.0
    scores = readings.total_scores()
    odds = linked_severity(replace(scores, score=bent))
    plain = _outside(severities, USUAL_SEVERITY)
    towards = _outside(odds, USUAL_SEVERITY * slope)
    found: list[list[Flag]] = [[] for _ in severities]
    for place, one in enumerate(severities):
        side = towards if (towards[place] > 0) == up and towards[place] else plain
        if one.estimate is not None and side[place] and abs(one.estimate) >= LEAST_SEVERITY:
            name = "lenient" if side[place] > 0 else "harsh"
            found[place].append(Flag(name, one.estimate, USUAL_SEVERITY, one.shared))
    return found


def _outside(severities: Sequence[Severity], prior: float) -> list[int]:
    """For each grader 1 or -1 where they add or take more than usual graders do, else 0."""
    tested = [place for place, one in enumerate(severities) if one.plain is not None and one.shared >= FEWEST]
    found = [0] * len(severities)
    if len(tested) < 3:
        return found
    plain = np.array([severities[place].plain for place in tested], dtype=np.float64)
    errors = np.array([severities[place].plain_error for place in tested], dtype=np.float64)
    centre, spread = usual_severity(plain, errors, prior)
    limit = norm.isf(ALPHA_SEVERE / 2 / len(tested))
    for place, value, error in zip(tested, plain - centre, errors, strict=True):
        if abs(value) > limit * (spread**2 + error**2) ** 0.5:
            found[place] = 1 if value > 0 else -1
    return found


def usual_severity(plain: Floats, errors: Floats, prior: float) -> tuple[float, float]:
    """The middle and the standard deviation of severities among usual graders: those near the middle, and a prior."""
    centre = float(np.median(plain))
    variance = prior**2
    for _ in range(10):
        near = np.abs(plain - centre) <= 2.5 * np.sqrt(variance + errors**2)
        centre = float(np.mean(plain[near])) if near.any() else centre
        squares = float(((plain[near] - centre) ** 2 - errors[near] ** 2).sum()) / 0.911
        variance = max(PRIOR_GRADERS * prior**2 + squares, CONSTANT) / (PRIOR_GRADERS + int(near.sum()))
    return centre, variance**0.5


def _random(readings: Readings, severities: Sequence[Severity]) -> list[list[Flag]]:
    """Marks that say little about the work, by any of three signs.

    They scatter over the criteria of one work; they differ from others' marks on the same work beyond severity; their
    totals don't rise and fall with the others'.
    """
    third = ALPHA / 3
    scatters = habits.scatters(readings)
    noises = noises_of(readings, severities)
    found: list[list[Flag]] = [[] for _ in severities]
    for grader in range(len(severities)):
        signs = (
            _above(scatters[grader], MOST_SCATTER, third / _tested(scatters)),
            _above(noises[grader], MOST_NOISE, third / _tested(noises)),
        )
        sign = next((one for one, hit in zip((scatters[grader], noises[grader]), signs, strict=True) if hit), None)
        if sign is not None and sign.own is not None and sign.pool is not None:
            found[grader].append(Flag("random", sign.own, sign.pool, sign.n))
    for grader, flag in _unrelated(readings, third).items():
        if not found[grader]:
            found[grader].append(flag)
    return found


def noises_of(readings: Readings, severities: Sequence[Severity]) -> list[habits.Compared]:
    """Mean squared difference from others' marks on the same criterion, severities taken off, by grader."""
    own, other = readings.own_pairs
    effects = np.array([one.estimate or 0.0 for one in severities]) / 5
    marks = readings.marks - effects[readings.grader][:, None] if len(effects) else readings.marks
    squares = np.nanmean((marks[own] - marks[other]) ** 2, axis=1) if len(own) else np.zeros(0)
    by_grader = [squares[readings.grader[own] == grader] for grader in range(len(severities))]
    means = [float(values.mean()) if len(values) >= FEWEST else None for values in by_grader]
    found = []
    for place, values in enumerate(by_grader):
        others = [mean for at, mean in enumerate(means) if at != place and mean is not None]
        if means[place] is None or not others:
            found.append(habits.Compared(len(values)))
            continue
        found.append(habits.Compared(len(values), means[place], float(np.median(others)), habits.log_error(values)))
    return found


def _unrelated(readings: Readings, alpha: float) -> dict[int, Flag]:
    """Graders whose totals hardly rise and fall with those of others on the same work."""
    own, other = readings.own_pairs
    found: dict[int, tuple[float, int]] = {}
    for grader in range(len(readings.graders)):
        mine = readings.grader[own] == grader
        works = _by_work(readings, own[mine], other[mine])
        if len(works[0]) > FEWEST and min(one.std() for one in works) > CONSTANT:
            found[grader] = float(np.corrcoef(*works)[0, 1]), len(works[0])
    if len(found) < 3:
        return {}
    limit = norm.isf(alpha / len(found))
    flags = {}
    for grader, (value, n) in found.items():
        usual = float(np.median([other for at, (other, _) in found.items() if at != grader]))
        expected = np.arctanh(np.clip(LEAST_CORRELATION * usual, 0, 0.99))
        if (expected - np.arctanh(np.clip(value, -0.99, 0.99))) * (n - 3) ** 0.5 > limit:
            flags[grader] = Flag("unrelated", value, usual, n)
    return flags


def _by_work(readings: Readings, own: Codes, other: Codes) -> tuple[Floats, Floats]:
    """A grader's totals and the mean of the others', a value for each work."""
    rows, place = np.unique(own, return_inverse=True)
    others = np.bincount(place, weights=readings.totals[other]) / np.maximum(np.bincount(place), 1)
    return readings.totals[rows], others


def _spread(readings: Readings) -> list[list[Flag]]:
    """Nearly the same total for everybody, or totals that keep to the middle.

    Totals at the end of the scale lie close together by themselves, so keeping to the middle must show in log-odds too.
    """
    spreads = habits.spreads(readings, readings.totals)
    bent = habits.spreads(readings, readings.log_odds)
    alpha = ALPHA / _tested(spreads)
    found: list[list[Flag]] = []
    for one, odds in zip(spreads, bent, strict=True):
        is_same = _narrow(one, LEAST_SPREAD_AT_ALL, alpha)
        is_central = _narrow(one, LEAST_SPREAD, alpha) and _narrow(odds, LEAST_SPREAD, alpha)
        name = "same" if is_same else "central" if is_central else ""
        found.append([Flag(name, (one.own or 0.0) ** 0.5, (one.pool or 0.0) ** 0.5, one.n)] if name else [])
    return found


def _narrow(one: habits.Compared, least: float, alpha: float) -> bool:
    """Whether a variance lies below `least` of the pool's by more than chance."""
    if one.own is None or not one.pool or one.n < FEWEST:
        return False
    return bool(one.own * (one.n - 1) / (least * one.pool) < chi2.ppf(alpha, one.n - 1))


def _halo(readings: Readings) -> list[list[Flag]]:
    """Nearly the same mark on every criterion of a work."""
    scatters = habits.scatters(readings)
    alpha = ALPHA / _tested(scatters)
    return [
        [Flag("halo", one.own, one.pool, one.n)]
        if one.own is not None and one.pool is not None and _below(one, LEAST_SCATTER, alpha)
        else []
        for one in scatters
    ]


def _hasty(readings: Readings) -> list[list[Flag]]:
    """Marks without having heard the work, in less time than that takes, or twice as fast as before."""
    found: list[list[Flag]] = []
    for grader in range(len(readings.graders)):
        mine = readings.grader == grader
        heard = habits.heard(readings.heard[mine])
        paces = habits.pace(readings.seconds[mine], readings.length[mine])
        flags = _often("unheard", heard.below, heard.n) + _often("hasty", paces.fast, paces.n)
        if paces.earlier is not None and paces.lately is not None and paces.lately * 2 < paces.earlier:
            flags.append(Flag("faster", paces.lately, paces.earlier, habits.LATELY))
        found.append(flags)
    return found


def _often(name: str, times: int, n: int) -> list[Flag]:
    """The flag of what happens more often than it may, by more than chance."""
    interval = wilson(times, n)
    is_often = times >= FEWEST_FAST and interval is not None and interval[0] > MOST_FAST
    return [Flag(name, times / n, MOST_FAST, n)] if is_often else []


def _tested(figures: Sequence[habits.Compared]) -> int:
    return max(sum(one.own is not None and one.n >= FEWEST for one in figures), 1)


def _above(one: habits.Compared, most: float, alpha: float) -> bool:
    """Whether a ratio of variances lies above `most` by more than chance."""
    if one.n < FEWEST or not one.ratio or one.error is None:
        return False
    return bool(np.log(one.ratio / most) > norm.isf(alpha) * one.error)


def _below(one: habits.Compared, least: float, alpha: float) -> bool:
    """Whether a ratio of variances lies below `least` by more than chance; a variance of nothing does."""
    if one.n < FEWEST or one.ratio is None:
        return False
    if one.own == 0 or one.error is None:
        return True
    return bool(np.log(one.ratio / least) < -norm.isf(alpha) * one.error)

"""Everything that is said of graders and of all of them together, from one table of readings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.agreement import Z95, Share
from assessments.rules.statistics.graders import habits
from assessments.rules.statistics.graders.alphas import alpha_with_interval
from assessments.rules.statistics.graders.flags import Flag, flags_of
from assessments.rules.statistics.graders.readings import Readings
from assessments.rules.statistics.intraclass import complete_table, icc_2_1
from assessments.rules.statistics.scores import Codes
from assessments.rules.statistics.severity import Severity, linked_severity

BAND = 1.0
KNOWN_ERROR = 0.5
"""Points of 25: from here on a severity is worth naming, and up to here its error lets us name it."""
EXACT_HALF_WIDTH = 0.5
"""Points of 25: half the 95 % interval from which on the number itself is shown, at about 140 shared works."""

Span = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of pairs of marks on the same criterion the equal ones and those at most 1 apart; of pairs of readings those with
    the same result; `works` that they come from."""

    exact: Share
    adjacent: Share
    same_result: Share
    works: int


@dataclass(frozen=True, slots=True)
class SeverityBand:
    """`band`: severe, same, lenient or unknown. Points of 25, below 0 severe; `is_exact`: whether the number says more."""

    band: str
    estimate: float | None
    standard_error: float | None
    shared: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class GraderFigures:
    """One grader. `spread`, `pool_spread`: standard deviations of totals in points of 25; `halo` as `habits.halo`."""

    grader: int
    readings: int
    agreement: Agreement
    severity: SeverityBand
    spread: float | None
    pool_spread: float | None
    halo: float | None
    pool_halo: float | None
    pace: habits.Pace
    pool_pace: float | None
    heard: habits.Heard
    flags: list[Flag]


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """All graders together. `drawn`: agreement on work drawn at random, the only unbiased one; `gold_icc` with the number
    of works that all of `gold_graders` marked."""

    readings: int
    works: int
    graders: int
    agreement: Agreement
    alpha: float | None
    alpha_interval: Span
    drawn: Agreement
    drawn_alpha: float | None
    drawn_alpha_interval: Span
    gold_icc: float | None
    gold_icc_interval: Span
    gold_works: int
    gold_graders: int


def grader_figures(readings: Readings) -> list[GraderFigures]:
    """The figures of each grader who marked anything."""
    severities = linked_severity(readings.total_scores())
    flags = flags_of(readings, severities)
    spreads = habits.spreads(readings, readings.totals)
    rows = [readings.grader == grader for grader in range(len(readings.graders))]
    halos = [habits.halo(readings.marks[mine]) for mine in rows]
    paces = [habits.pace(readings.seconds[mine], readings.length[mine]) for mine in rows]
    own, other = readings.own_pairs
    return [
        GraderFigures(
            grader=pk,
            readings=int(rows[place].sum()),
            agreement=_agreement(readings, *_of(place, readings, own, other)),
            severity=band_of(severities[place]),
            spread=_root(spreads[place].own),
            pool_spread=_root(spreads[place].pool),
            halo=halos[place],
            pool_halo=_middle(halos, place),
            pace=paces[place],
            pool_pace=_middle([one.middle for one in paces], place),
            heard=habits.heard(readings.heard[rows[place]]),
            flags=flags[place],
        )
        for place, pk in enumerate(readings.graders)
        if rows[place].any()
    ]


def pool_figures(readings: Readings, gold: Readings) -> PoolFigures:
    """The figures of all graders, with alpha's interval from 2,000 draws of works. `gold`: readings of calibration."""
    alpha, interval = alpha_with_interval(readings)
    drawn = readings.only(readings.drawn)
    drawn_alpha, drawn_interval = alpha_with_interval(drawn)
    table = complete_table(gold.total_scores())
    intraclass = icc_2_1(table) if table is not None else None
    return PoolFigures(
        readings=len(readings.work),
        works=len(np.unique(readings.work)),
        graders=len(np.unique(readings.grader)),
        agreement=_agreement(readings, *readings.pairs),
        alpha=alpha,
        alpha_interval=interval,
        drawn=_agreement(drawn, *drawn.pairs),
        drawn_alpha=drawn_alpha,
        drawn_alpha_interval=drawn_interval,
        gold_icc=intraclass.value if intraclass else None,
        gold_icc_interval=intraclass.interval if intraclass else None,
        gold_works=len(np.unique(gold.work)),
        gold_graders=len(np.unique(gold.grader)),
    )


def _agreement(readings: Readings, first: Codes, second: Codes) -> Agreement:
    distance = np.abs(readings.marks[first] - readings.marks[second])
    distance = distance[~np.isnan(distance)]
    same = readings.passes[first] == readings.passes[second]
    return Agreement(
        exact=Share(int((distance == 0).sum()), len(distance)),
        adjacent=Share(int((distance <= 1).sum()), len(distance)),
        same_result=Share(int(same.sum()), len(same)),
        works=len(np.unique(readings.work[first])),
    )


def _of(grader: int, readings: Readings, own: Codes, other: Codes) -> tuple[Codes, Codes]:
    mine = readings.grader[own] == grader
    return own[mine], other[mine]


def band_of(severity: Severity) -> SeverityBand:
    """Severity in words, once its error is small enough or the case is clear all the same. Source: rules.md 12.3."""
    estimate, error = severity.estimate, severity.standard_error
    if estimate is None or error is None:
        return SeverityBand("unknown", None, None, severity.shared, False)
    is_clear = abs(estimate) - Z95 * error >= BAND
    if error > KNOWN_ERROR and not is_clear:
        band = "unknown"
    elif abs(estimate) < BAND:
        band = "same"
    else:
        band = "severe" if estimate < 0 else "lenient"
    return SeverityBand(band, estimate, error, severity.shared, Z95 * error <= EXACT_HALF_WIDTH)


def _middle(values: Sequence[float | None], without: int) -> float | None:
    """The middle one of the others' figures."""
    others = [value for place, value in enumerate(values) if place != without and value is not None]
    return float(np.median(others)) if others else None


def _root(variance: float | None) -> float | None:
    return None if variance is None else variance**0.5

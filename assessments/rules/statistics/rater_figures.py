"""Everything that `rater_agreement` says about scores of raters."""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics import agreement
from assessments.rules.statistics.intraclass import complete_table, icc_2_1
from assessments.rules.statistics.scores import Scores
from assessments.rules.statistics.severity import Severity, linked_severity
from assessments.rules.statistics.tables import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """The whole numbers from `low` to `high`: the categories of a scale."""

    low: int
    high: int

    def holds(self, scores: Floats) -> bool:
        """Whether all scores are categories."""
        return bool(((scores >= self.low) & (scores <= self.high) & (scores == np.round(scores))).all())


@dataclass(frozen=True, slots=True)
class RaterFigures:
    """Agreement, intraclass correlation and severities; None where undefined.

    Agreement is about units × criteria, ICC and severity about totals over criteria. `severity` is in points of a total.
    """

    units: int
    raters: int
    exact: agreement.Share
    adjacent: agreement.Share
    kappa_quadratic: float | None
    alpha_nominal: float | None
    alpha_ordinal: float | None
    alpha_interval: float | None
    icc_2_1: float | None
    icc_2_1_interval: tuple[float, float] | None
    severity: dict[str, Severity]


def rater_figures(scores: Scores, *, scale: Scale | None = None) -> RaterFigures:
    """Every figure of scores. `scale` sets the categories of kappa, which is None where a score is none of them.

    100,000 scores of 50 raters take a second.
    """
    items, values = scores.items, scores.score
    totals = scores.totals()
    table = complete_table(totals)
    intraclass = icc_2_1(table) if table is not None and _all_have_totals(scores, totals) else None
    return RaterFigures(
        units=len(scores.units),
        raters=len(scores.raters),
        exact=agreement.agreement_within(items, values, distance=0.0),
        adjacent=agreement.agreement_within(items, values, distance=agreement.ADJACENT),
        kappa_quadratic=_kappa(scores, scale),
        alpha_nominal=agreement.alpha_nominal(items, values),
        alpha_ordinal=agreement.alpha_ordinal(items, values),
        alpha_interval=agreement.alpha_interval(items, values),
        icc_2_1=intraclass.value if intraclass else None,
        icc_2_1_interval=intraclass.interval if intraclass else None,
        severity=dict(zip(scores.raters, linked_severity(totals), strict=True)),
    )


def _all_have_totals(scores: Scores, totals: Scores) -> bool:
    """Whether no unit and no rater is left out of the totals."""
    return len(totals.score) == len(scores.units) * len(scores.raters)


def _kappa(scores: Scores, scale: Scale | None) -> float | None:
    """Kappa over what both of two raters scored; None for any other number of raters."""
    if len(scores.raters) != 2:
        return None
    own, other = (scores.rater == rater for rater in (0, 1))
    _, first, second = np.intersect1d(scores.items[own], scores.items[other], return_indices=True)
    pair = scores.score[own][first], scores.score[other][second]
    if scale is not None and not scale.holds(np.concatenate(pair)):
        return None
    return agreement.kappa_quadratic(*pair)

"""How severe or lenient raters are, from units that several of them scored: differences within a unit, never raw means."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import connected_components

from assessments.rules.statistics.scores import Codes, Scores
from assessments.rules.statistics.tables import CONSTANT, Bools, Floats, number

MOST_RATERS = 2000
"""Raters up to whom the model is fitted: a matrix of their squares, ten seconds."""
GRID = 200
HIGHEST_RATIO = 1e4


@dataclass(frozen=True, slots=True)
class Severity:
    """What a rater adds to a score, against the other linked raters: below 0 severe, above 0 lenient; and its error.

    `shared`: units that the rater scored together with others. `plain`, `plain_error`: the same before shrinking. Figures
    are None where nothing can be said.
    """

    estimate: float | None
    standard_error: float | None
    shared: int
    plain: float | None = None
    plain_error: float | None = None


@dataclass(frozen=True, slots=True)
class _Links:
    """The normal equations of raters after units are taken out: weights · s = sums, their eigenvalues, what is left over.

    `rest` is the sum of squares that neither units nor raters explain, with `degrees` of freedom; `components` how many
    groups of raters have no unit in common.
    """

    values: Floats
    vectors: Floats
    projected: Floats
    rest: float
    degrees: int
    components: int

    def spread(self, ratio: Floats) -> Floats:
        """The weighted sum of squares for each ratio tau²/sigma²."""
        known = self.values > 0
        weights = self.values[known] * (1 + np.multiply.outer(ratio, self.values[known]))
        return self.rest + (self.projected[known] ** 2 / weights).sum(axis=-1)

    def likelihood(self, ratio: Floats) -> Floats:
        """Logarithm of the restricted likelihood, sigma² at its best."""
        known = self.values[self.values > 0]
        bent = np.log1p(np.multiply.outer(ratio, known)).sum(axis=-1)
        return -0.5 * (bent + (self.degrees + len(known)) * np.log(self.spread(ratio)))

    def predicted(self, ratio: Floats) -> Floats:
        """Shrunken effects: raters × ratios."""
        return self.vectors @ (self.projected[:, None] * _shrinking(self.values, ratio))


def linked_severity(totals: Scores) -> list[Severity]:
    """Each rater of `totals.raters` in the model y_ij = theta_i + s_j + e, s ~ N(0, tau²), theta_i free for each unit.

    tau² and sigma² by restricted maximum likelihood; s_j is its best linear prediction, which for a complete table is the
    rater's mean deviation times tau²/(tau² + sigma²/n_j). The error is that of s_j against the mean of all linked raters,
    averaged over what tau may be (half-Cauchy, scale sigma), so that few raters who happen to look alike aren't taken as
    known. Groups of raters without a unit in common are each set against their own mean; what may lie between the groups
    stands in the error. None for raters who share no unit, where there is no unit more than needed to link the raters, and
    for more than 2,000 raters. (Routing has beliefs of its own in `rules/allocation`, which may guess from the first reading on;
    what is told of a person may not.) Source: Linacre 1989 (linking); Henderson 1975; Kass & Steffey 1989.
    """
    rows = _shared(totals)
    raters, place = np.unique(totals.rater[rows], return_inverse=True)
    shared = np.bincount(totals.rater[rows], minlength=len(totals.raters))
    unknown = [Severity(None, None, int(count)) for count in shared]
    if not 2 <= len(raters) <= MOST_RATERS:
        return unknown
    unit = np.unique(totals.unit[rows], return_inverse=True)[1]
    scale = float(np.abs(totals.score[rows] - totals.score[rows].mean()).max()) or 1.0
    links = _links(unit, place, (totals.score[rows] - totals.score[rows].mean()) / scale)
    if links.degrees < 1:
        return unknown
    columns = (scale * column for column in (*_fitted(links), *_plain(links)))
    for rater, *figures in zip(raters, *columns, strict=True):
        estimate, error, plain, plain_error = (number(one) for one in figures)
        unknown[rater] = Severity(estimate, error, int(shared[rater]), plain, plain_error)
    return unknown


def _shared(totals: Scores) -> Bools:
    """Which rows belong to units that at least two raters scored."""
    sizes = np.bincount(totals.unit, minlength=len(totals.units))
    return sizes[totals.unit] > 1


def _links(unit: Codes, rater: Codes, score: Floats) -> _Links:
    shape = (int(unit.max()) + 1, int(rater.max()) + 1)
    seen = csr_matrix((np.ones(len(score)), (unit, rater)), shape=shape)
    sizes = np.bincount(unit)
    within: Floats = score - (np.bincount(unit, weights=score) / sizes)[unit]
    weights = np.diag(np.bincount(rater).astype(np.float64)) - (seen.T @ diags(1 / sizes) @ seen).toarray()
    values, vectors = np.linalg.eigh(weights)
    components = int(connected_components(seen.T @ seen, directed=False)[0])
    values[:components] = 0.0
    projected: Floats = vectors.T @ np.bincount(rater, weights=within)
    known = values > 0
    rest = float(within @ within) - float((projected[known] ** 2 / values[known]).sum())
    degrees = len(score) - shape[0] - int(known.sum())
    return _Links(values, vectors, projected, max(rest, 0.0), degrees, components)


def _fitted(links: _Links) -> tuple[Floats, Floats]:
    """Effects and their errors. Where units and raters explain everything, effects are exact."""
    if links.rest <= CONSTANT * links.degrees:
        exact, _ = _plain(links)
        return exact, np.full(len(exact), 0.0 if links.components == 1 else np.nan)
    best = np.array([_best_ratio(links)])
    return links.predicted(best)[:, 0], _errors(links)


def _plain(links: _Links) -> tuple[Floats, Floats]:
    """Effects by least squares and their errors, within each group of linked raters."""
    known = links.values > 0
    vectors, values = links.vectors[:, known], links.values[known]
    variances = vectors**2 @ (links.rest / links.degrees / values)
    return vectors @ (links.projected[known] / values), np.sqrt(variances)


def _best_ratio(links: _Links) -> float:
    """The tau²/sigma² of the highest likelihood; 0 where raters differ by no more than chance."""

    def loss(logarithm: float) -> float:
        return -float(links.likelihood(np.exp([logarithm]))[0])

    steps = np.linspace(-14, np.log(HIGHEST_RATIO), GRID)
    place = int(np.argmax(links.likelihood(np.exp(steps))))
    bounds = (steps[max(place - 1, 0)], steps[min(place + 1, GRID - 1)])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x)) if -found.fun > float(links.likelihood(np.zeros(1))[0]) else 0.0


def _errors(links: _Links) -> Floats:
    """Standard errors against the mean of all raters: the mean variance over ratios plus the variance of predictions."""
    quantiles = (np.arange(GRID) + 0.5) / GRID
    ratios = np.tan(np.pi / 2 * quantiles) ** 2
    chances = links.likelihood(ratios)
    weights = np.exp(chances - chances.max())
    weights /= weights.sum()
    noise = links.spread(ratios) / (links.degrees + int((links.values > 0).sum()))
    centred = links.vectors - links.vectors.mean(axis=0)
    variances = centred**2 @ (_shrinking(links.values, ratios) * noise)
    predicted = links.predicted(ratios)
    means = predicted @ weights
    return np.sqrt(variances @ weights + (predicted - means[:, None]) ** 2 @ weights)


def _shrinking(values: Floats, ratio: Floats) -> Floats:
    """1 / (d + sigma²/tau²) for each eigenvalue and ratio; 0 where tau is."""
    return ratio / (1 + np.multiply.outer(values, ratio))

"""Beliefs from past marks: one mixed model for levels, severities and cohorts, and an error variance for each grader.

A mark is read as mean + cohort of its first grader + level of the work - severity of the grader + error. Severities come
from differences within one recording, and from means of graders only as far as these can't be differences of the works:
the cohorts take up what work that was not handed out by chance explains. Shrinkage is tau²/(tau² + sigma²/n), as in any
such model. Source: statistics.md, severity; reviews.md, The best policy found so far.
"""

from dataclasses import dataclass

import numpy as np

from assessments.rules.allocation.beliefs import Beliefs, GraderBelief
from assessments.rules.allocation.tables import Floats, MarkTable

ROUNDS = 3
"""How often variances and effects are estimated in turn. More changed no decision."""
PRIOR_ERRORS, PRIOR_LEVELS, PRIOR_SEVERITIES, PRIOR_COHORTS = 60.0, 100.0, 16.0, 8.0
"""How many pairs, works and graders the base world's variances count for."""
PRIOR_SPREADS, PRIOR_OWN_SHARE = 15.0, 0.26
"""How many readings a grader's spread counts against the pool's; the variance of marks that is one criterion's own error."""
PRIOR_SURPRISES = 100.0
"""How many surprises of a grader weigh as much as the spread of their marks."""
LEAST_ERROR, MOST_ERROR = 0.4, 2.5
"""Bounds of a grader's error variance, as a multiple of the pool's."""


@dataclass(frozen=True, slots=True)
class _Effects:
    """Estimates of one round: the mean, then severity and cohort of each grader with their variances."""

    mean: float
    severity: Floats
    severity_doubt: Floats
    cohort: Floats
    cohort_doubt: Floats


@dataclass(frozen=True, slots=True)
class _Surprises:
    """How far each further reading lay from what the earlier ones of its work had led to expect.

    By grader of that reading: how many there are, and the sum of what is left of the squares once the doubt about the
    true level is taken off. Works are chosen for a further reading by their totals, so differences between readings would
    look too small; what is expected from the earlier totals takes the choice into account.
    """

    count: Floats
    squares: Floats


def learn(table: MarkTable, prior: Beliefs | None = None) -> Beliefs:
    """The beliefs that past marks support. Works from the first reading on; needs no pairs. No queries."""
    beliefs = start = prior or Beliefs()
    if not table.graders:
        return beliefs
    errors = _errors(table, beliefs)
    for _ in range(ROUNDS):
        effects = _effects(table, beliefs, errors)
        surprises = _surprises(table, beliefs, effects, errors)
        beliefs = _with_variances(table, start, effects, _pool_error(start, beliefs, surprises, errors))
        errors = _errors(table, beliefs, surprises)
    known = zip(effects.severity, effects.severity_doubt, errors, effects.cohort, strict=True)
    graders = {
        grader: GraderBelief(*(float(part) for part in parts))
        for grader, parts in zip(table.graders, known, strict=True)
    }
    return Beliefs(
        effects.mean, beliefs.variance, beliefs.error, beliefs.severity_variance, beliefs.cohort_variance,
        int(table.seen.sum()), table.pairs, graders,
    )  # fmt: skip


def _effects(table: MarkTable, beliefs: Beliefs, errors: Floats) -> _Effects:
    """Best linear predictions of severities and cohorts, the works themselves integrated out."""
    graders = len(table.graders)
    weights = table.seen / errors
    total = weights.sum(axis=1)
    left = 1 / (1 + beliefs.variance * total)
    own = weights * left[:, None]
    cohorts = np.eye(graders)[table.first]
    design = np.hstack([np.ones((len(total), 1)), cohorts])
    sums = (weights * table.points).sum(axis=1)
    level = beliefs.variance * left

    works = design.T @ (design * (total * left)[:, None])
    cross = -design.T @ own
    marks = np.diag(weights.sum(axis=0)) - weights.T @ (weights * level[:, None])
    matrix = np.block([[works, cross], [cross.T, marks]])
    penalty = [1e-9] + [1 / beliefs.cohort_variance] * graders + [1 / beliefs.severity_variance] * graders
    right = np.concatenate([
        design.T @ (sums * left),
        -((weights * table.points).sum(axis=0) - weights.T @ (level * sums)),
    ])  # fmt: skip
    covariance = np.linalg.inv(matrix + np.diag(penalty))
    found, doubt = covariance @ right, np.diag(covariance)
    works_end = 1 + graders
    return _Effects(
        float(found[0]), found[works_end:], doubt[works_end:], found[1:works_end], doubt[1:works_end]
    )  # fmt: skip


def _with_variances(table: MarkTable, start: Beliefs, effects: _Effects, error: float) -> Beliefs:
    """The variances that these effects leave, each held by its prior."""
    graders = len(table.graders)
    firsts = table.points[np.arange(len(table.points)), table.first]
    counts = np.bincount(table.first, minlength=graders)
    means = np.bincount(table.first, firsts, minlength=graders) / np.maximum(counts, 1)
    squares = float(((firsts - means[table.first]) ** 2).sum())
    freedom = len(firsts) - int((counts > 0).sum())
    level = (PRIOR_LEVELS * start.variance + squares - freedom * error) / (PRIOR_LEVELS + freedom)
    severity = float((effects.severity**2 + effects.severity_doubt).sum())
    cohort = float((effects.cohort**2 + effects.cohort_doubt).sum())
    return Beliefs(
        mean=effects.mean,
        variance=max(level, start.variance / 4),
        error=error,
        severity_variance=(PRIOR_SEVERITIES * start.severity_variance + severity) / (PRIOR_SEVERITIES + graders),
        cohort_variance=(PRIOR_COHORTS * start.cohort_variance + cohort) / (PRIOR_COHORTS + graders),
    )


def _pool_error(start: Beliefs, beliefs: Beliefs, surprises: _Surprises, errors: Floats) -> float:
    """The error variance of a usual grader: careful graders read more often again and count for what they are."""
    further, left = float((surprises.count * errors).sum()) / beliefs.error, float(surprises.squares.sum())
    return max((PRIOR_ERRORS * start.error + left) / (PRIOR_ERRORS + further), start.error / 5)


def _surprises(table: MarkTable, beliefs: Beliefs, effects: _Effects, errors: Floats) -> _Surprises:
    """The surprises of all second and third readings, with the beliefs of this round."""
    several = table.order.max(axis=1) > 1
    order = table.order[several]
    mended = table.points[several] + effects.severity
    prior = effects.mean + effects.cohort[table.first[several]]
    count, squares = np.zeros(len(errors)), np.zeros(len(errors))
    for number in (2, 3):
        early = (order > 0) & (order < number)
        rows, readers = np.nonzero(order == number)
        weights = np.where(early, 1 / errors, 0.0)[rows]
        doubt = 1 / (1 / beliefs.variance + weights.sum(axis=1))
        expected = doubt * (prior[rows] / beliefs.variance + (weights * mended[rows]).sum(axis=1))
        left = (mended[rows, readers] - expected) ** 2 - doubt
        count += np.bincount(readers, minlength=len(errors))
        squares += np.bincount(readers, left, minlength=len(errors))
    return _Surprises(count, squares)


def _errors(table: MarkTable, beliefs: Beliefs, surprises: _Surprises | None = None) -> Floats:
    """Each grader's error variance: the pool's, scaled by how much their marks differ between criteria of one work, and
    drawn towards what their surprises say.

    A careless grader's marks scatter over the criteria; the works' own differences are the same for all graders and are
    taken off by means of pairs. Marks that differ less than works do (all criteria alike) are no sign of care.
    """
    counts = table.seen.sum(axis=0)
    sums = np.where(table.seen, table.spreads, 0.0).sum(axis=0)
    usual = sums.sum() / max(counts.sum(), 1)
    own = _own_share(table)
    spread = np.divide(sums, counts, out=np.full(len(counts), usual), where=counts > 0)
    trust = counts / (counts + PRIOR_SPREADS)
    ratio = np.where(spread < usual - own, 1.0, 1 + trust * (spread - usual) / own)
    if surprises is not None:
        ratio = (PRIOR_SURPRISES * ratio + surprises.squares / beliefs.error) / (PRIOR_SURPRISES + surprises.count)
    return beliefs.error * np.clip(ratio, LEAST_ERROR, MOST_ERROR)


def _own_share(table: MarkTable) -> float:
    """The variance of one criterion's own error: half of how much differences of two readings scatter."""
    weight = table.pairs / (table.pairs + PRIOR_SPREADS)
    return float(weight * max(table.pair_spread / 2, 0.05) + (1 - weight) * PRIOR_OWN_SHARE)

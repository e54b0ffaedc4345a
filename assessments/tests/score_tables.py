"""Published and made scores of raters, and slow ways to the same figures, for the tests of agreement."""

import numpy as np

from assessments.rules.statistics.scores import Scores

# Twelve units, four observers, with gaps. Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section D.
KRIPPENDORFF = [
    [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None],
]  # fmt: skip


def rows_of(table):
    """(unit, rater, score) of a table of units × raters; None is a gap."""
    return [(u, r, score) for u, row in enumerate(table) for r, score in enumerate(row) if score is not None]


def scores_of(rows, *, units=None, raters=None):
    """Scores from (unit, rater, score) or (unit, rater, criterion, score), all but the score whole numbers from 0."""
    full = [row if len(row) == 4 else (row[0], row[1], 0, row[2]) for row in rows]
    unit, rater, criterion = (np.array([row[place] for row in full], dtype=np.int64) for place in range(3))
    names = [
        tuple(f"{word}{n}" for n in range(count if count is not None else codes.max(initial=-1) + 1))
        for word, count, codes in (("u", units, unit), ("r", raters, rater), ("c", None, criterion))
    ]
    return Scores(*names, unit, rater, criterion, np.array([row[3] for row in full], dtype=float))


def alpha_by_definition(table, difference):
    """Krippendorff's alpha through the matrix of coincidences, value by value; `difference(values, counts, c, k)`."""
    units = [[score for score in row if score is not None] for row in table]
    units = [unit for unit in units if len(unit) > 1]
    values = sorted({score for unit in units for score in unit})
    places = {value: place for place, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in units:
        for i, one in enumerate(unit):
            for j, other in enumerate(unit):
                if i != j:
                    coincidences[places[one], places[other]] += 1 / (len(unit) - 1)
    counts, n = coincidences.sum(axis=0), coincidences.sum()
    cells = [(c, k) for c in range(len(values)) for k in range(len(values))]
    observed = sum(coincidences[c, k] * difference(values, counts, c, k) for c, k in cells)
    expected = sum(counts[c] * counts[k] * difference(values, counts, c, k) for c, k in cells)
    return 1 - (n - 1) * observed / expected if expected else None


def nominal(values, counts, c, k):
    """1 for different values."""
    return c != k


def ordinal(values, counts, c, k):
    """The squared sum of counts from one value to the other, their own by half."""
    low, high = min(c, k), max(c, k)
    return (counts[low : high + 1].sum() - (counts[c] + counts[k]) / 2) ** 2


def interval(values, counts, c, k):
    """The squared difference."""
    return (values[c] - values[k]) ** 2


def kappa_by_definition(pairs, low, high):
    """Quadratic weighted kappa from the whole matrix of a scale."""
    size = high - low + 1
    observed = np.zeros((size, size))
    for one, other in pairs:
        observed[int(one) - low, int(other) - low] += 1
    observed /= observed.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    weights = np.subtract.outer(np.arange(size), np.arange(size)) ** 2
    return 1 - (weights * observed).sum() / (weights * expected).sum()


def severities_by_definition(rows, tau2, sigma2):
    """Best linear predictions of raters and their errors against the raters' mean, from the whole matrix of variances."""
    unit, rater = (np.array([row[place] for row in rows]) for place in (0, 1))
    y = np.array([row[2] for row in rows], dtype=float)
    x, z = np.eye(unit.max() + 1)[unit], np.eye(rater.max() + 1)[rater]
    inverse = np.linalg.inv(tau2 * z @ z.T + sigma2 * np.eye(len(y)))
    projection = inverse - inverse @ x @ np.linalg.pinv(x.T @ inverse @ x) @ x.T @ inverse
    k = z.shape[1]
    left = tau2 * np.eye(k) - tau2**2 * z.T @ projection @ z
    centre = np.eye(k) - 1 / k
    return tau2 * z.T @ projection @ y, np.sqrt(np.diag(centre @ left @ centre))


def linked_rows(generator, *, severities, units, each=2, spread=2.8, noise=2.1):
    """Rows of units that `each` of the raters scored, drawn at random."""
    rows = []
    for unit in range(units):
        true = generator.normal(18, spread)
        chosen = generator.choice(len(severities), each, replace=False)
        rows += [(unit, int(rater), true + severities[rater] + generator.normal(0, noise)) for rater in chosen]
    return rows

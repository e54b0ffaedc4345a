"""Reliability of drawn forms: variance components of persons × items with empty cells, and phi."""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.tables import CONSTANT, Floats, MarkTable, number

SINGULAR = 1e-9
"""A table whose empty cells leave the equations this close to dependent says nothing, e.g. one item a person."""


@dataclass(frozen=True, slots=True)
class Components:
    """Variance of persons, of items, and of what is left, in shares of 1; negative estimates are set to 0.

    `items_each`: how many items a person saw (harmonic mean). `phi` is None where nothing varies.
    """

    persons: float
    items: float
    rest: float
    items_each: float
    phi: float | None


def form_columns(table: MarkTable) -> Floats:
    """One row a person, whose sums over persons say everything about the components: for `components_of_sums`.

    Columns: share per item, seen per item, then five of the whole row (sum² / n, sum of squares, n², 1 / n, 1).
    """
    seen, shares = table.seen.astype(np.float64), table.shares
    n = seen.sum(axis=1)
    each = np.maximum(n, 1)
    own = [shares.sum(axis=1) ** 2 / each, (shares**2).sum(axis=1), n**2, (n > 0) / each, n > 0]
    return np.column_stack([shares, seen, *own])


def phis_of_sums(sums: Floats) -> Floats:
    """Phi of each row of column sums; NaN where it is undefined."""
    return _solved(sums)[-1]


def components(table: MarkTable) -> Components | None:
    """Variance components and phi = v_p / (v_p + v_i/k + v_pi/k). None without two persons, two items and a spare cell.

    Estimated from the analogous sums of squares of an unbalanced table, which for a complete one are the usual mean
    squares (phi is then ICC(2,k)). Source: Brennan 2001; Henderson 1953, method 1.
    """
    v_p, v_i, v_rest, items_each, phi = (float(part[0]) for part in _solved(form_columns(table).sum(axis=0)[None, :]))
    if not np.isfinite(v_p):
        return None
    return Components(v_p, v_i, v_rest, items_each, number(phi))


def _solved(sums: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Components, items each and phi for each row of sums. One observation a cell, so interaction and error are one."""
    items = (sums.shape[1] - 5) // 2
    per_item, seen = sums[:, :items], sums[:, items : 2 * items]
    t_persons, t_cells, n_squared, inverse, persons = sums[:, 2 * items :].T
    cells, used = seen.sum(axis=1), (seen > 0).sum(axis=1)
    t_items = (per_item**2 / np.maximum(seen, 1)).sum(axis=1)
    t_mean = per_item.sum(axis=1) ** 2 / np.maximum(cells, 1)
    by_person = n_squared / np.maximum(cells, 1)
    by_item = (seen**2).sum(axis=1) / np.maximum(cells, 1)
    left = np.stack([t_persons - t_mean, t_items - t_mean, t_cells - t_persons - t_items + t_mean], axis=1)
    right = np.stack(
        [
            np.stack([cells - by_person, persons - by_item, persons - 1], axis=1),
            np.stack([used - by_person, cells - by_item, used - 1], axis=1),
            np.stack([by_person - used, by_item - persons, cells - persons - used + 1], axis=1),
        ],
        axis=1,
    )
    sizes = np.prod(np.linalg.norm(right, axis=2), axis=1)
    solvable = (persons > 1) & (used > 1) & (np.abs(np.linalg.det(right)) > SINGULAR * sizes)
    found = np.full((len(sums), 3), np.nan)
    found[solvable] = np.linalg.solve(right[solvable], left[solvable][..., None])[..., 0]
    v_p, v_i, v_rest = np.maximum(found, 0).T
    each = persons / np.where(inverse > 0, inverse, np.nan)
    observed = v_p + (v_i + v_rest) / each
    phi = np.divide(v_p, observed, out=np.full(len(sums), np.nan), where=observed > CONSTANT)
    return v_p, v_i, v_rest, each, phi

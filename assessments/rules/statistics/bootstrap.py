"""95 % intervals by drawing persons again, with replacement. Everything drawn is a function of sums over persons."""

from collections.abc import Iterator

import numpy as np

from assessments.rules.statistics.tables import Floats

DRAWS = 2000
SEED = 1955
CELLS_AT_ONCE = 2_000_000
LEAST_DEFINED = 0.95


def resampled_sums(columns: Floats, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """Sums of the columns over persons in each draw: draws × columns. The same persons are drawn in every call.

    Memory: 16 MB of weights at a time beside the result, however many persons there are.
    """
    return np.concatenate([weights @ columns for weights in _weights(len(columns), draws, seed)])


def _weights(persons: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each person was drawn, some draws at a time."""
    generator = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // max(persons, 1))
    for first in range(0, draws, at_once):
        count = min(at_once, draws - first)
        drawn = generator.integers(persons, size=(count, persons)) + np.arange(count)[:, None] * persons
        yield np.bincount(drawn.ravel(), minlength=count * persons).reshape(count, persons).astype(np.float64)


def interval(figures: Floats) -> tuple[float, float] | None:
    """The middle 95 % of a drawn figure; None where it was undefined in more than one draw of twenty."""
    defined = figures[np.isfinite(figures)]
    if len(defined) == 0 or len(defined) < LEAST_DEFINED * len(figures):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)

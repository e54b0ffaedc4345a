"""How far raters agree: shares of pairs, quadratic weighted kappa, Krippendorff's alpha.

Rows are (item, value): an item is one unit on one criterion, a value what one rater gave it. Gaps are rows that aren't
there. Two raters of one item are a pair.
"""

from dataclasses import dataclass

import numpy as np

from assessments.rules.statistics.scores import Codes
from assessments.rules.statistics.tables import Floats, noise_of

ADJACENT = 1.0
Z95 = 1.959963984540054
NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share of 1; None of nothing."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of Wilson; None of nothing."""
        return wilson(self.hits, self.n)


def wilson(hits: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of a share, which holds for few cases and never leaves 0 to 1. None for n = 0.

    Source: Wilson 1927.
    """
    if n == 0:
        return None
    share, z2 = hits / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)) ** 0.5
    return (0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def agreement_within(items: Codes, values: Floats, *, distance: float) -> Share:
    """Of all pairs of raters of the same item, those whose values are at most `distance` apart.

    Every pair counts once, so an item of three raters counts three times that of two.
    """
    known, code = np.unique(values, return_inverse=True)
    reach = np.searchsorted(known, known + distance + NEAR, side="right") - 1
    width = max(len(known), 1)
    keys = np.sort(items * width + code)
    near = np.searchsorted(keys, keys - keys % width + reach[keys % width], side="right")
    _, sizes = np.unique(items, return_counts=True)
    hits = int((near - np.arange(len(keys)) - 1).sum())
    return Share(hits, int((sizes * (sizes - 1) // 2).sum()))


def kappa_quadratic(first: Floats, second: Floats) -> float | None:
    """Weighted kappa of two raters who scored the same items: 1 - Σ w·O / Σ w·E, w the squared difference of scores.

    With w from the scores themselves, a category in between that nobody used keeps its place: programs that number the
    used ones anew give another figure. None without items, and where both always gave the same one score.
    Source: Cohen 1968.
    """
    if len(first) == 0:
        return None
    observed = float(np.mean((first - second) ** 2))
    expected = float(first.var() + second.var() + (first.mean() - second.mean()) ** 2)
    return 1 - observed / expected if expected > noise_of(first, second) else None


def alpha_nominal(items: Codes, values: Floats) -> float | None:
    """Krippendorff's alpha where values are names. None without a pair, and where all paired values are the same.

    Source: Krippendorff 2004, chapter 11.
    """
    items, values = _paired(items, values)
    _, code = np.unique(values, return_inverse=True)
    width = int(code.max(initial=0)) + 1
    _, unit, sizes = np.unique(items, return_inverse=True, return_counts=True)
    cells, alike = np.unique(unit * width + code, return_counts=True)
    same = np.bincount(cells // width, weights=alike**2, minlength=len(sizes))
    observed = float(((sizes**2 - same) / (sizes - 1)).sum())
    n = len(values)
    expected = float(n**2 - (np.bincount(code) ** 2).sum()) if n else 0.0
    return 1 - (n - 1) * observed / expected if expected > 0 else None


def alpha_ordinal(items: Codes, values: Floats) -> float | None:
    """Krippendorff's alpha where values are an order: that of intervals on the ranks of all paired values.

    The ordinal difference (Σ_{c..k} n_g - (n_c + n_k)/2)² is the squared difference of the mean ranks of c and k.
    None as for `alpha_nominal`.
    """
    items, values = _paired(items, values)
    _, code, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - counts / 2
    return alpha_interval(items, ranks[code]) if len(values) else None


def alpha_interval(items: Codes, values: Floats) -> float | None:
    """Krippendorff's alpha where differences of values mean something. None as for `alpha_nominal`."""
    items, values = _paired(items, values)
    if len(values) == 0:
        return None
    centred = values - values.mean()
    _, unit, sizes = np.unique(items, return_inverse=True, return_counts=True)
    squares = np.bincount(unit, weights=centred**2)
    sums = np.bincount(unit, weights=centred)
    observed = float(((sizes * squares - sums**2) / (sizes - 1)).sum())
    n, spread = len(values), float((centred**2).sum())
    return 1 - (n - 1) * observed / (n * spread) if spread > n * noise_of(values) else None


def _paired(items: Codes, values: Floats) -> tuple[Codes, Floats]:
    """The rows of items that at least two raters scored."""
    _, place, sizes = np.unique(items, return_inverse=True, return_counts=True)
    kept = sizes[place] > 1 if len(items) else np.zeros(0, dtype=np.bool_)
    return items[kept], values[kept]

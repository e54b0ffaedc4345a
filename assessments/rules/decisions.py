"""How totals become an outcome, and marks what a learner reads. Pure functions; no personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from assessments.models.rubrics import HIGHEST_LEVEL

HUNDREDTH, TENTH, WHOLE = Decimal("0.01"), Decimal("0.1"), Decimal(1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`mean` of the counted totals, `total` the same rounded half up, and whether that passes."""

    mean: Decimal
    total: Decimal
    passed: bool


def outcome_of(totals: Sequence[int], pass_points: int) -> Outcome:
    """The outcome that counted totals give: their mean, rounded half up, against the pass mark. Source: rules.md 5.6.

    17.5 is 18. The rounding happens once, on the exact mean.
    """
    exact = Decimal(sum(totals)) / len(totals)
    total = exact.quantize(WHOLE, ROUND_HALF_UP)
    return Outcome(exact.quantize(HUNDREDTH, ROUND_DOWN), total, total >= pass_points)


def mean_points(points: Sequence[int]) -> Decimal:
    """What is reported for one criterion: the mean of its marks with one decimal, rounded half up."""
    return (Decimal(sum(points)) / len(points)).quantize(TENTH, ROUND_HALF_UP)


def level_of(points: Sequence[int]) -> int:
    """The level that marks stand for: their exact mean rounded down, so a level is shown only where it is reached."""
    return sum(points) // len(points)


def maximum_of(criteria: int) -> int:
    """The most points that so many criteria can give."""
    return criteria * HIGHEST_LEVEL


def is_near_the_cut(total: int, pass_points: int) -> bool:
    """Whether a total lies so near the pass mark that it needs evidence: two below to one above (16 to 19 at 18)."""
    return pass_points - 2 <= total <= pass_points + 1

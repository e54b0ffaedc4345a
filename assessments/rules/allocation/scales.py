"""The scale of a rubric: how many criteria, which levels, where it passes."""

from dataclasses import dataclass

APART_OF_MAXIMUM = 6 / 25
"""Two totals of one work that lie further apart than this share of the maximum ask for a third."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`criteria` of `lowest` to `highest` points each; a rounded mean total of `pass_points` passes. Usually 18 of 25."""

    criteria: int = 5
    lowest: int = 1
    highest: int = 5
    pass_points: int = 18

    @property
    def maximum(self) -> int:
        """The most points that a reading can give."""
        return self.criteria * self.highest

    @property
    def minimum(self) -> int:
        """The fewest points that a reading can give."""
        return self.criteria * self.lowest

    @property
    def cut(self) -> float:
        """The mean total that just passes once it is rounded half up; also the true total that should pass."""
        return self.pass_points - 0.5

    def are_apart(self, totals: list[int] | tuple[int, ...]) -> bool:
        """Whether totals lie more than 6 of 25 apart, as a share of this maximum. Source: reviews.md, Further marks."""
        return max(totals) - min(totals) > APART_OF_MAXIMUM * self.maximum + 1e-9

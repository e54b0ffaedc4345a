"""True or false: one right option of two, always in the author's order."""

from collections.abc import Sequence

from assessments.rules.choices import why_not_one_right, why_not_options
from assessments.rules.kinds import WrittenOption
from assessments.rules.kinds.single import deliver, is_answered, parse, render, score
from courses.lib.refusals import Refusal

NAME, LABEL = "true_false", "true or false"
RULES = {"fraction": "True or false: one point for the right one."}

__all__ = ["LABEL", "NAME", "RULES", "deliver", "is_answered", "parse", "render", "score", "why_not_written"]


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Exactly two options, pinned to their order, one of them right."""
    if len(options) != 2 or not all(option.last for option in options):
        return Refusal("not-true-or-false", "True or false needs exactly two options, both kept in their order.")
    return why_not_options(options) or why_not_one_right(options)

"""True or false: one right option of two, always in the author's order."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.rules.choices import why_not_one_right, why_not_options
from assessments.rules.kinds import OptionRow, WrittenOption
from assessments.rules.kinds.single import deliver, is_answered, key_for, met, parse, render, score, written
from courses.lib.refusals import Refusal

NAME, LABEL = "true_false", gettext_noop("true or false")
RULES = {"fraction": gettext_noop("True or false: one point for the right one.")}
EXAMPLE = "=! True\n~! False"

__all__ = [
    "EXAMPLE", "LABEL", "NAME", "RULES", "deliver", "is_answered", "key_for", "met", "parse", "render", "rows", "score",
    "why_not_written", "written",
]  # fmt: skip


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Exactly two options, one of them right."""
    if len(options) != 2:
        return Refusal("not-true-or-false", _("True or false needs exactly two options."))
    return why_not_options(options) or why_not_one_right(options)


def rows(options: Sequence[WrittenOption]) -> list[OptionRow]:
    """Both options, never shuffled."""
    return [OptionRow(one.text, last=True) for one in options]

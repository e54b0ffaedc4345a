"""Several right options. Blind guessing and choosing everything give nothing under the default rule."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.rules.choices import (
    EXAMPLE,
    deliver_choices,
    key_for,
    met,
    parse_choices,
    render_choices,
    rows,
    why_not_options,
    written,
)
from assessments.rules.kinds import ShownQuestion, WrittenOption
from assessments.rules.kinds.single import is_answered
from courses.lib.refusals import Refusal

NAME, LABEL = "multiple", gettext_noop("several right answers")
RULES = {
    "balanced": gettext_noop("Several right answers: right ones add, wrong ones take away, never below 0."),
    "exact": gettext_noop("Several right answers: one point for exactly the right ones, otherwise 0."),
    "weighted": gettext_noop(
        "Each option counts with a weight of its own; the sum is never below 0 or above one point."
    ),
}

__all__ = [
    "EXAMPLE", "LABEL", "NAME", "RULES", "deliver", "is_answered", "key_for", "met", "parse", "render", "rows", "score",
    "why_not_written", "written",
]  # fmt: skip


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Two options at least, one of them right; a balanced question needs a wrong one too."""
    if refusal := why_not_options(options):
        return refusal
    if not any(option.fraction > 0 for option in options):
        return Refusal("none-right", _("At least one option must be right."))
    if rule == "balanced" and all(option.fraction > 0 for option in options):
        return Refusal("none-wrong", _("At least one option must be wrong, or choosing everything would be right."))
    return None


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> list[int]:
    """The chosen options' row ids in the order shown."""
    return parse_choices(answer, tokens)


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """The chosen options' ids in this delivery."""
    return deliver_choices(value or [], tokens)


def score(value: Any, answers: Mapping[str, str], rule: str) -> Decimal:
    """The share by the question's rule, 0 to 1. Balanced: max(0, R/C - W/D). Source: rules.md 3.9."""
    chosen = {str(option) for option in value or []}
    right = {option for option, fraction in answers.items() if Decimal(fraction) > 0}
    wrong = answers.keys() - right
    if rule == "exact":
        return Decimal(chosen == right)
    if rule == "weighted":
        total = sum((Decimal(answers.get(option, "0")) for option in chosen), Decimal(0))
        return min(max(total, Decimal(0)), Decimal(1))
    gained = Decimal(len(chosen & right)) / max(len(right), 1)
    lost = Decimal(len(chosen & wrong)) / max(len(wrong), 1)
    return max(gained - lost, Decimal(0))


def render(question: ShownQuestion) -> SafeString:
    """Checkbox rows."""
    return render_choices(question, several=True)

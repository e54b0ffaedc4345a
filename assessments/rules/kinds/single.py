"""One right option: the fraction of the chosen one; unanswered 0."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_noop

from assessments.rules.choices import (
    EXAMPLE,
    deliver_choices,
    key_for,
    met,
    parse_choices,
    render_choices,
    rows,
    why_not_one_right,
    why_not_options,
    written,
)
from assessments.rules.kinds import ShownQuestion, WrittenOption
from courses.lib.refusals import Refusal

NAME, LABEL = "single", gettext_noop("one right answer")
RULES = {"fraction": gettext_noop("One right answer, one point.")}

__all__ = [
    "EXAMPLE", "LABEL", "NAME", "RULES", "deliver", "is_answered", "key_for", "met", "parse", "render", "rows", "score",
    "why_not_written", "written",
]  # fmt: skip


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Two options at least, one of them right."""
    return why_not_options(options) or why_not_one_right(options)


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> list[int]:
    """The chosen option's row id, in a list; empty when nothing is chosen."""
    return parse_choices(answer, tokens, at_most=1)


def is_answered(value: Any) -> bool:
    """Whether an option is chosen."""
    return bool(value)


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """The chosen option's id in this delivery."""
    return deliver_choices(value or [], tokens)


def score(value: Any, answers: Mapping[str, str], rule: str) -> Decimal:
    """The fraction of the chosen option, between 0 and 1."""
    chosen = Decimal(answers.get(str(value[0]), "0")) if value else Decimal(0)
    return min(max(chosen, Decimal(0)), Decimal(1))


def render(question: ShownQuestion) -> SafeString:
    """Radio rows."""
    return render_choices(question, several=False)

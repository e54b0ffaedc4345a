"""Things to put in order. What isn't placed yet, or shares a place, is neither before nor after."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from assessments.rules.kinds import OptionRow, ShownQuestion, Unanswerable, WrittenOption
from assessments.rules.placed import id_of, parse_placed, token_of
from courses.lib.refusals import Refusal

NAME, LABEL = "ordering", gettext_noop("things to put in order")
RULES = {
    "exact": gettext_noop("Put all of them in order: one point for the right order, otherwise 0."),
    "pairs": gettext_noop(
        "Put all of them in order: each two in the right order add, each two in the wrong order take away."
    ),
}
EXAMPLE = "= first\n= second\n= third"


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Two different things at least, in their right order."""
    texts = [option.text.strip() for option in options]
    if len(texts) < 2:
        return Refusal("too-few-options", gettext("Putting in order needs at least two things."))
    if "" in texts or len(set(texts)) < len(texts):
        return Refusal("options-alike", gettext("Every thing to put in order needs a text of its own."))
    return None


def rows(options: Sequence[WrittenOption]) -> list[OptionRow]:
    """The things; each delivery shuffles them."""
    return [OptionRow(one.text) for one in options]


def key_for(options: Sequence[WrittenOption], ids: Sequence[int]) -> dict[str, Any]:
    """{"order": row ids in the right order}."""
    return {"order": list(ids)}


def written(rows: Mapping[int, OptionRow], answers: Mapping[str, Any]) -> list[WrittenOption]:
    """The things in their right order."""
    return [WrittenOption(rows[pk].text, Decimal(1)) for pk in answers["order"]]


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> list[list[int | None]]:
    """[[row id, place from 1 or None]] in the order of the page. Raises `Unanswerable`."""
    return [[id_of(thing, tokens), _place(place, len(tokens))] for thing, place in parse_placed(answer)]


def _place(text: str, most: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= most):
        raise Unanswerable("unknown-place")
    return int(text)


def is_answered(value: Any) -> bool:
    """Whether any thing has a place."""
    return any(place for _, place in value or [])


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """The strings as the page sent them."""
    known = token_of(tokens)
    return [f"{known[pk]}:{place or ''}" for pk, place in value or []]


def score(value: Any, answers: Mapping[str, Any], rule: str) -> Decimal:
    """`exact`: 1 for the right order. `pairs`: max(0, (concordant − discordant) / all pairs). Source: rules.md 3.13."""
    places = {pk: place for pk, place in value or [] if place}
    order = answers["order"]
    if rule == "exact":
        return Decimal([places.get(pk) for pk in order] == list(range(1, len(order) + 1)))
    gained = sum(_compared(places.get(one), places.get(other)) for one, other in combinations(order, 2))
    return max(Decimal(gained) / (len(order) * (len(order) - 1) // 2), Decimal(0))


def _compared(earlier: int | None, later: int | None) -> int:
    """1 for a pair in order, -1 for one the other way round, 0 where one has no place or both have the same."""
    if not earlier or not later or earlier == later:
        return 0
    return 1 if earlier < later else -1


def met(value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
    """The things that stand in their right place."""
    places = dict(value or [])
    return [index for index, pk in enumerate(answers["order"]) if places.get(pk) == index + 1]


def render(question: ShownQuestion) -> SafeString:
    """A list with a place to choose for each thing; the script adds buttons that move it up and down."""
    chosen = dict(one.split(":", 1) for one in question.answer)
    places = [str(number) for number in range(1, len(question.options) + 1)]
    shown = sorted(question.options, key=lambda one: int(chosen.get(one.token) or 0) or len(places) + 1)
    rows = [(option, chosen.get(option.token, "")) for option in shown]
    return render_to_string("assessments/exams/ordering.html", {"question": question, "rows": rows, "places": places})

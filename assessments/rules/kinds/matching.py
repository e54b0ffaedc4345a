"""Pairs: each thing on the left gets one from the right. Spare entries on the right are allowed, wrong pairs cost nothing."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from assessments.rules.kinds import OptionRow, ShownQuestion, WrittenOption
from assessments.rules.placed import id_of, parse_placed, token_of
from courses.lib.refusals import Refusal

NAME, LABEL = "matching", gettext_noop("pairs to match")
RULES = {
    "pairs": gettext_noop("Choose one for each: every right pair counts the same, a wrong one takes nothing away.")
}
EXAMPLE = "= Prague\n-> Czechia\n= Vienna\n-> Austria\n~\n-> Hungary"
LEFT, RIGHT = "left", "right"


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Two pairs at least, each left side once, and two different right sides."""
    left = [option.text.strip() for option in options if option.text.strip()]
    right = [option.match.strip() for option in options]
    if len(left) < 2 or len(set(right)) < 2:
        words = gettext(
            "Matching needs at least two pairs with two different right sides, each on a line of its own: -> right."
        )
        return Refusal("too-few-pairs", words)
    if "" in right:
        return Refusal(
            "no-match", gettext("Every left side needs its right side, on a line of its own that begins with ->.")
        )
    if len(set(left)) < len(left):
        return Refusal("options-alike", gettext("Every left side needs a text of its own."))
    spare = [option.match.strip() for option in options if not option.text.strip()]
    if len(set(spare)) < len(spare) or _used(options) & set(spare):
        return Refusal("spare-alike", gettext("Every spare right side needs a text of its own, that no pair has."))
    return None


def _used(options: Sequence[WrittenOption]) -> set[str]:
    return {option.match.strip() for option in options if option.text.strip()}


def _right_sides(options: Sequence[WrittenOption]) -> dict[str, bool]:
    """Each right side once, in the author's order, and whether it stays last."""
    return {one.match: one.last for one in options}


def rows(options: Sequence[WrittenOption]) -> list[OptionRow]:
    """The left sides, then each right side once."""
    left = [OptionRow(one.text, group=LEFT) for one in options if one.text.strip()]
    return left + [OptionRow(text, last, RIGHT) for text, last in _right_sides(options).items()]


def key_for(options: Sequence[WrittenOption], ids: Sequence[int]) -> dict[str, Any]:
    """{"pairs": [[left row id, right row id], …]}."""
    left = [one for one in options if one.text.strip()]
    right = dict(zip(_right_sides(options), ids[len(left) :], strict=True))
    return {"pairs": [[pk, right[one.match]] for pk, one in zip(ids, left, strict=False)]}


def written(rows: Mapping[int, OptionRow], answers: Mapping[str, Any]) -> list[WrittenOption]:
    """The pairs in their order, then the spare right sides."""
    pairs = [
        WrittenOption(rows[left].text, Decimal(1), rows[right].last, rows[right].text)
        for left, right in answers["pairs"]
    ]
    used = {right for _, right in answers["pairs"]}
    spare = [row for pk, row in rows.items() if row.group == RIGHT and pk not in used]
    return pairs + [WrittenOption("", Decimal(0), row.last, row.text) for row in spare]


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> list[list[int | None]]:
    """[[left row id, right row id or None]] in the order of the page. Raises `Unanswerable`."""
    return [[id_of(left, tokens), id_of(right, tokens) if right else None] for left, right in parse_placed(answer)]


def is_answered(value: Any) -> bool:
    """Whether any left side has a right one."""
    return any(right for _, right in value or [])


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """The strings as the page sent them."""
    known = token_of(tokens)
    return [f"{known[left]}:{known[right] if right else ''}" for left, right in value or []]


def score(value: Any, answers: Mapping[str, Any], rule: str) -> Decimal:
    """Right pairs / pairs. Source: rules.md 3.14."""
    return Decimal(len(met(value, (), answers))) / len(answers["pairs"])


def met(value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
    """The pairs that are right."""
    chosen = dict(value or [])
    return [index for index, (left, right) in enumerate(answers["pairs"]) if chosen.get(left) == right]


def render(question: ShownQuestion) -> SafeString:
    """A row for each left side with all right sides to choose from."""
    chosen = dict(one.split(":", 1) for one in question.answer)
    left = [option for option in question.options if option.group == LEFT]
    right = [option for option in question.options if option.group == RIGHT]
    rows = [(option, chosen.get(option.token, "")) for option in left]
    return render_to_string("assessments/exams/matching.html", {"question": question, "rows": rows, "choices": right})

"""A number, compared in exact decimals with a tolerance or an interval; the highest matching share wins."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.rules import typed
from assessments.rules.kinds import ShownQuestion, WrittenOption
from assessments.rules.typed import deliver_typed, parse_typed
from assessments.rules.typed import is_typed as is_answered
from assessments.rules.typed import key_of_accepted as key_for
from assessments.rules.typed import no_rows as rows
from assessments.rules.typed import written_accepted as written
from courses.lib.refusals import Refusal

NAME, LABEL = "numeric", gettext_noop("a number")
RULES = {
    "point": gettext_noop("A number, with a decimal point if it needs one and without separators of thousands."),
    "comma": gettext_noop("A number, with a decimal comma if it needs one and without separators of thousands."),
}
EXAMPLE = "= 3.14:0.01\n=50% 3..3.3\n= 250:2%"
MOST_DIGITS = 30
EXACT = 300
"""Digits that hold any sum of two numbers of 30 digits and an exponent of two."""
SIGNS = {"point": (".", ","), "comma": (",", ".")}
"""The decimal sign of a rule, and the other one, which is read as a decimal sign too unless three digits follow it."""
AUTHORED = re.compile(r"^(?P<middle>[^:]+?)(?::(?P<tolerance>[^%]+)(?P<percent>%)?)?$")
NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?$", re.ASCII)

__all__ = [
    "EXAMPLE", "LABEL", "NAME", "RULES", "deliver", "is_answered", "key_for", "met", "parse", "render", "rows", "score",
    "why_not_written", "written",
]  # fmt: skip


def pattern_of(rule: str) -> str:
    """What a candidate may type under this rule, as a regular expression that the page and the scoring share."""
    sign, other = (re.escape(one) for one in SIGNS[rule])
    whole = rf"\d+(?:{sign}\d*)?|{sign}\d+|\d*{other}(?:\d{{1,2}}|\d{{4,}})"
    return rf"\s*[+\-\u2212]?(?:{whole})(?:[eE][+\-\u2212]?\d{{1,2}})?\s*"


def read_number(text: str, rule: str = "point") -> Decimal | None:
    """The number that was typed, or None for what isn't one: letters, NaN, infinity, thousands, more than 30 digits."""
    if not re.fullmatch(pattern_of(rule), text, re.ASCII):
        return None
    plain = text.strip().replace("\u2212", "-").replace(",", ".")
    if sum(letter.isdigit() for letter in plain) > MOST_DIGITS:
        return None
    return Decimal(plain)


def bounds_of(accepted: str) -> tuple[Decimal, Decimal] | None:
    """(lowest, highest) of an accepted answer: `3.14`, `3.14:0.01`, `250:2%` or `3..3.3`; None where it is none of them."""
    low, between, high = accepted.partition("..")
    with localcontext(prec=EXACT):
        try:
            return _ordered(_decimal(low), _decimal(high)) if between else _around(accepted.strip())
        except InvalidOperation:
            return None


def _around(accepted: str) -> tuple[Decimal, Decimal] | None:
    found = AUTHORED.match(accepted)
    middle = _decimal(found["middle"] if found else "")
    room = _decimal(found["tolerance"]) if found and found["tolerance"] else Decimal(0)
    if found and found["percent"]:
        room = abs(middle) * room / 100
    return _ordered(middle - room, middle + room)


def _decimal(text: str) -> Decimal:
    """An author's number, always with a point."""
    if not NUMBER.match(text.strip()) or sum(map(str.isdigit, text)) > MOST_DIGITS:
        raise InvalidOperation
    return Decimal(text.strip())


def _ordered(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal] | None:
    return (low, high) if low <= high else None


def why_not_written(options: Sequence[WrittenOption], rule: str) -> Refusal | None:
    """Accepted numbers or intervals, one of them for the whole mark; `*` stands for every other answer, and gives nothing."""
    if any(option.text.strip() == "*" and option.fraction > 0 for option in options):
        return Refusal("anything-right", _("A star for an answer would make every number right."))
    for option in options:
        if option.text.strip() != "*" and bounds_of(option.text) is None:
            words = _("is no number, number:tolerance, number:tolerance% or lowest..highest.")
            return Refusal("not-a-number", f"“{option.text}” {words}")
    return typed.why_not_accepted(options)


def parse(answer: Sequence[str], tokens: Mapping[str, int]) -> str:
    """The answer as it was typed."""
    return parse_typed(answer)


def deliver(value: Any, tokens: Mapping[str, int]) -> list[str]:
    """What was typed."""
    return deliver_typed(value)


def _fitting(value: Any, answers: Mapping[str, Any], rule: str) -> list[int]:
    number = read_number(value or "", rule)
    if number is None:
        return []
    found = typed.accepted_by(answers, lambda accepted: _holds(accepted, number))
    return found or typed.accepted_by(answers, lambda accepted: accepted.strip() == "*")


def _holds(accepted: str, number: Decimal) -> bool:
    bounds = bounds_of(accepted)
    return bounds is not None and bounds[0] <= number <= bounds[1]


def score(value: Any, answers: Mapping[str, Any], rule: str) -> Decimal:
    """The highest share of the accepted answers that hold the number; what isn't a number gives 0.

    Source: rules.md 3.11.
    """
    return typed.best_share(answers, _fitting(value, answers, rule))


def met(value: Any, rows: Sequence[int], answers: Mapping[str, Any]) -> list[int]:
    """The accepted answer that gave the share."""
    return (_fitting(value, answers, "point") or _fitting(value, answers, "comma"))[:1]


def render(question: ShownQuestion) -> SafeString:
    """One field with the keyboard of numbers."""
    rule = question.rule or "point"
    example = f"1000 or 3{SIGNS[rule][0]}14"
    return typed.render_typed(
        question, label=_("Your answer, a number"), mode="decimal", pattern=pattern_of(rule), example=example
    )

"""Worksheets: questions, numbers and results that follow from them. Pure; no query.

A worksheet is a list of fields as authored: {"slug", "label", "kind": text | number | result, "group", "hint", "unit",
"least", "most", "formula", "required"}. A formula names other fields by slug and knows + - * / ( ) and numbers; a
result is right within one percent of what its formula gives from the numbers as they were typed, or where it is that
rounded to two digits or more.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Any

from django.utils.translation import gettext

from courses.lib.refusals import Refusal

FIELD_KINDS = ("text", "number", "result")
LONGEST = 10_000
LONGEST_FORMULA = 500
TOLERANCE = Decimal("0.01")
MOST_DIGITS = 30
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
OPERATORS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
Values = Mapping[str, str]


FIELD_NAMES = frozenset({
    "slug", "label", "kind", "group", "hint", "unit", "least", "most", "formula", "required"
})  # fmt: skip
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class WorksheetRow:
    """One field with what was typed. `fault` says why it doesn't do yet, in a sentence; empty where it does."""

    slug: str
    label: str
    kind: str
    group: str
    hint: str
    unit: str
    required: bool
    value: str
    fault: str


def parse_number(text: str) -> Decimal | None:
    """A number as people write it: 12,000.50 · 12 000.50 · 12'000 · 1,5.

    A single comma before one or two digits is a decimal mark. None where it is none, or longer than thirty digits.
    """
    plain = SPACES.sub("", text.strip())
    if plain.count(",") == 1 and "." not in plain and re.search(r",\d{1,2}$", plain):
        plain = plain.replace(",", ".")
    elif re.fullmatch(r"[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    if len(plain) > MOST_DIGITS or (not plain.isascii() and "−" not in plain) or NUMBER.fullmatch(plain) is None:
        return None
    return Decimal(plain.replace("−", "-"))


def why_not_formula(formula: str, slugs: Sequence[str]) -> str:
    """What is wrong with a formula as authored, in words; empty where nothing is."""
    if len(formula) > LONGEST_FORMULA:
        return gettext("a formula has at most %(longest_formula)s signs") % {"longest_formula": LONGEST_FORMULA}
    try:
        names = _names(_tree(formula))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return gettext("`%(formula)s` is no formula: use names of fields, numbers, + - * / and brackets") % {
            "formula": formula
        }
    unknown = sorted(names - set(slugs))
    return (
        gettext("`%(formula)s` names %(join)s, which is no number of this worksheet")
        % {"formula": formula, "join": ", ".join(unknown)}
        if unknown
        else ""
    )


def _tree(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def why_not_author(worksheet: Any) -> str:
    """What is wrong with a worksheet as authored, in words; empty where nothing is."""
    if not isinstance(worksheet, list) or not all(isinstance(field, dict) for field in worksheet):
        return gettext("a worksheet is a list of fields")
    for number, (_, fault) in faults_of(worksheet).items():
        return gettext("field %(value)s: %(fault)s") % {"value": number + 1, "fault": fault}
    return ""


def faults_of(worksheet: Sequence[Mapping[str, Any]]) -> dict[int, tuple[str, str]]:
    """The first fault of each field that has one, by its place from 0: the key that it is about, and what is wrong."""
    slugs = [field.get("slug") for field in worksheet]
    numbers = [field.get("slug") for field in worksheet if field.get("kind", "text") != "text"]
    found = (
        (place, _field_fault(field, slugs, [str(slug) for slug in numbers if slug != field.get("slug")]))
        for place, field in enumerate(worksheet)
    )
    return {place: fault for place, fault in found if fault is not None}


def _field_fault(field: Mapping[str, Any], slugs: Sequence[Any], numbers: Sequence[str]) -> tuple[str, str] | None:
    kind, formula = field.get("kind", "text"), field.get("formula", "")
    if unknown := sorted(set(field) - FIELD_NAMES):
        return "label", gettext("there is no `%(unknown)s`") % {"unknown": unknown[0]}
    if not isinstance(field.get("slug"), str) or not SLUG.fullmatch(field["slug"]) or slugs.count(field["slug"]) > 1:
        return "slug", gettext("its slug is small letters, digits and underscores, and stands once")
    if not field.get("label") or kind not in FIELD_KINDS:
        return "label", gettext("it needs a label, and a kind of %(join)s") % {"join": ", ".join(FIELD_KINDS)}
    if (kind == "result") != bool(formula):
        return "formula", gettext("a field of kind result has a formula, and no other does")
    if not all(_is_bound(field.get(bound)) for bound in ("least", "most")):
        return "least", gettext("least and most are numbers")
    fault = why_not_formula(str(formula), numbers) if formula else ""
    return ("formula", fault) if fault else None


def _is_bound(value: Any) -> bool:
    return isinstance(value, int | None) or (isinstance(value, float) and math.isfinite(value))


def _names(node: ast.expr) -> set[str]:
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return set()
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _names(left) | _names(right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _names(operand)
    raise ValueError(ast.dump(node)[:80])


def value_of(formula: str, numbers: Mapping[str, Decimal]) -> Decimal | None:
    """What a formula gives from these numbers; None where one is missing, or it divides by zero."""
    try:
        with localcontext() as context:
            context.prec = 40
            return _value(_tree(formula), numbers)
    except (KeyError, DivisionByZero, InvalidOperation, Overflow):
        return None


def _value(node: ast.expr, numbers: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Name(id=name):
            return numbers[name]
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, numbers), _value(right, numbers))
        case ast.UnaryOp(operand=operand):
            return -_value(operand, numbers)
    raise KeyError


def rows_of(worksheet: Sequence[Mapping[str, Any]], values: Values) -> list[WorksheetRow]:
    """Every field with what was typed and what is wrong with it."""
    numbers = {
        field["slug"]: number
        for field in worksheet
        if _kind_of(field) != "text" and (number := parse_number(values.get(field["slug"], ""))) is not None
    }
    return [_row(field, values.get(field["slug"], ""), numbers) for field in worksheet]


def _kind_of(field: Mapping[str, Any]) -> str:
    return str(field.get("kind", "text"))


def _row(field: Mapping[str, Any], value: str, numbers: Mapping[str, Decimal]) -> WorksheetRow:
    words = {name: field.get(name, "") for name in ("slug", "label", "group", "hint", "unit")}
    return WorksheetRow(
        **words,
        kind=_kind_of(field),
        required=field.get("required", True),
        value=value,
        fault=_fault(field, value.strip(), numbers),
    )


def _fault(field: Mapping[str, Any], value: str, numbers: Mapping[str, Decimal]) -> str:
    if not value:
        return gettext("Still empty.") if field.get("required", True) else ""
    if _kind_of(field) == "text":
        return ""
    number = numbers.get(field["slug"])
    if number is None:
        return gettext("This is no number. Write digits, with a point before decimals.")
    return _out_of_range(field, number) or _does_not_follow(field, number, numbers)


def _out_of_range(field: Mapping[str, Any], number: Decimal) -> str:
    least, most = field.get("least"), field.get("most")
    if least is not None and number < Decimal(str(least)):
        return gettext("At least %(least)s is expected here.") % {"least": _plain(least)}
    if most is not None and number > Decimal(str(most)):
        return gettext("At most %(most)s is expected here.") % {"most": _plain(most)}
    return ""


def _plain(bound: float) -> str:
    return f"{Decimal(str(bound)).normalize():,f}"


def _does_not_follow(field: Mapping[str, Any], number: Decimal, numbers: Mapping[str, Decimal]) -> str:
    if _kind_of(field) != "result":
        return ""
    expected = value_of(field["formula"], numbers)
    if expected is None:
        return gettext("This can’t be checked before the numbers that it follows from are there.")
    if abs(number - expected) <= max(abs(expected) * TOLERANCE, _rounding(number)):
        return ""
    return gettext("This doesn’t follow from your numbers: they give %(expected)s.") % {"expected": _shown(expected)}


def _rounding(number: Decimal) -> Decimal:
    """How far a number may be off by rounding to its last digit; none where it has but one digit: 3 is not 3.4."""
    digits, exponent = number.as_tuple()[1:]
    return Decimal(1).scaleb(int(exponent)) / 2 if len(digits) > 1 else Decimal(0)


def _shown(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.01')):,f}".removesuffix(".00") if abs(number) < 10**15 else f"{number:.4g}"


def why_not_fill(worksheet: Sequence[Mapping[str, Any]], values: Values) -> Refusal | None:
    """Why a worksheet can't be handed in: the first field that doesn't do. Source: rules.md 4.6."""
    faulty = next((row for row in rows_of(worksheet, values) if row.fault), None)
    return Refusal("worksheet", f"{faulty.label}: {faulty.fault}") if faulty else None


def cleaned(worksheet: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, str]:
    """What was typed, for the fields that there are; each at most 10,000 signs."""
    return {field["slug"]: str(values[field["slug"]])[:LONGEST] for field in worksheet if values.get(field["slug"])}

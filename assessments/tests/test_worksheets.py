"""Worksheets: numbers as people write them, formulas, and what is wrong with a field."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.worksheets import (
    cleaned,
    parse_number,
    rows_of,
    value_of,
    why_not_author,
    why_not_fill,
    why_not_formula,
)

SHEET = [
    {"slug": "why", "label": "Why now?", "kind": "text", "group": "The case"},
    {"slug": "people", "label": "People", "kind": "number", "least": 1, "most": 5000},
    {"slug": "hours", "label": "Hours a week", "kind": "number"},
    {"slug": "cost", "label": "Cost a year", "kind": "result", "formula": "people * hours * 52 * 40"},
    {"slug": "remark", "label": "Remark", "kind": "text", "required": False},
]
GOOD = {"why": "Audit in May.", "people": "12", "hours": "1.5", "cost": "37,440"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        (" 12,000.50 ", "12000.50"),
        ("12 000.50", "12000.50"),
        ("12\u202f000", "12000"),
        ("12'000", "12000"),
        ("1,5", "1.5"),
        ("1,500", "1500"),
        ("1,500,000", "1500000"),
        ("-3", "-3"),
        ("−3.5", "-3.5"),
        ("1,50,00", None),
        ("12 k", None),
        ("1e9", None),
        ("", None),
        ("NaN", None),
        ("٣", None),
        ("1" * 31, None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text) == (None if number is None else Decimal(number))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_every_number_with_separators_is_read_back(number):
    assert parse_number(f"{number:,}") == number


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text):
    assert parse_number(text) is None or isinstance(parse_number(text), Decimal)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("a + b * 2", "16"),
        ("(a + b) * 2", "20"),
        ("b / a - 1", "0.5"),
        ("-a", "-4"),
        ("0.1 + 0.2", "0.3"),
        ("a / (b - 6)", None),
        ("c", None),
    ],
)
def test_formulas_count_in_decimals(formula, value):
    assert value_of(formula, {"a": Decimal(4), "b": Decimal(6)}) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "a +",
        "a ** 99",
        "__import__('os')",
        "a.real",
        "a if a else b",
        "True",
        "'x'",
        "a, b",
        "f(a)",
        "(" * 300,
        "a @ b",
    ],
)
def test_anything_but_arithmetic_is_no_formula(formula):
    assert "is no formula" in why_not_formula(formula, ["a", "b"])


def test_formula_names_fields_that_are_there():
    assert why_not_formula("people * hours", ["people", "hours"]) == ""
    assert "names days, which" in why_not_formula("people * days", ["people", "hours"])


@pytest.mark.parametrize(
    ("worksheet", "words"),
    [
        ({"slug": "a"}, "a list of fields"),
        (["a"], "a list of fields"),
        ([{"slug": "a", "label": "A", "colour": "red"}], "field 1: there is no `colour`"),
        ([{"slug": "A b", "label": "A"}], "field 1: its slug"),
        ([{"slug": 7, "label": "A"}], "field 1: its slug"),
        ([SHEET[0], SHEET[0]], "field 1: its slug"),
        ([{"slug": "a"}], "needs a label"),
        ([{"slug": "a", "label": "A", "kind": "picture"}], "needs a label, and a kind of"),
        ([{"slug": "a", "label": "A", "kind": "result"}], "field 1: a field of kind result"),
        ([{"slug": "a", "label": "A", "kind": "number", "formula": "1"}], "field 1: a field of kind result"),
        ([{"slug": "a", "label": "A", "kind": "number", "least": "1"}], "least and most are numbers"),
        ([{"slug": "a", "label": "A", "kind": "result", "formula": "a + 1"}], "names a, which"),
        ([{"slug": "a", "label": "A", "kind": "result", "formula": "why + 1"}, SHEET[0]], "names why, which"),
    ],
)
def test_a_worksheet_that_can_not_be_checked_is_not_authored(worksheet, words):
    assert why_not_author(SHEET) == ""
    assert words in why_not_author(worksheet)


@pytest.mark.parametrize(
    ("change", "slug", "words"),
    [
        ({"why": " "}, "why", "Still empty"),
        ({"people": "many"}, "people", "no number"),
        ({"people": "0"}, "people", "At least 1"),
        ({"people": "5001"}, "people", "At most 5,000"),
        ({"cost": "38,000"}, "cost", "they give 37,440"),
        ({"hours": ""}, "cost", "can’t be checked before"),
    ],
)
def test_every_fault_is_said_at_its_field(change, slug, words):
    faults = {row.slug: row.fault for row in rows_of(SHEET, GOOD | change)}

    assert words in faults[slug]


@pytest.mark.parametrize("cost", ["37,440", "37440.00", "37,800", "37,066"])
def test_a_result_within_one_percent_follows(cost):
    assert why_not_fill(SHEET, GOOD | {"cost": cost}) is None


@pytest.mark.parametrize(
    ("months", "follows"), [("3.36", True), ("3.4", True), ("3.3", False), ("3", False), ("4", False), ("3,4", True)]
)
def test_a_result_that_is_rounded_to_two_digits_follows(months, follows):
    sheet = [
        {"slug": "cost", "label": "Cost", "kind": "number"},
        {"slug": "months", "label": "Months", "kind": "result", "formula": "cost / 100"},
    ]

    assert (why_not_fill(sheet, {"cost": "336", "months": months}) is None) is follows


def test_the_first_fault_is_the_reason_and_a_field_may_stay_empty():
    assert why_not_fill(SHEET, GOOD) is None
    assert why_not_fill(SHEET, {"people": "0"}).sentence == "Why now?: Still empty."


def test_only_fields_of_the_sheet_are_kept_and_none_is_endless():
    assert cleaned(SHEET, {"why": "x" * 20_000, "other": "y", "hours": ""}) == {"why": "x" * 10_000}


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), "12", [1]])
def test_a_bound_is_a_number_that_there_is(bound):
    assert why_not_author([{"slug": "people", "label": "People", "kind": "number", "most": bound}]).endswith("numbers")

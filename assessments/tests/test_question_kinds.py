from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.banks import as_kept
from assessments.rules.kinds import (
    ShownOption,
    ShownQuestion,
    Unanswerable,
    WrittenOption,
    default_rule,
    kind_of,
    kinds,
)
from assessments.rules.option_lines import read_lines

TOKENS = {"a": 1, "b": 2, "c": 3, "d": 4}
ONE_RIGHT = {"1": "1", "2": "0", "3": "0", "4": "0"}
TWO_RIGHT = {"1": "1", "2": "1", "3": "0", "4": "0"}
WEIGHTED = {"1": "0.7", "2": "0.5", "3": "-0.5", "4": "0"}


def test_registry_finds_every_module():
    choices, others = {"single", "multiple", "true_false"}, {"numeric", "short_text", "ordering", "matching"}

    assert set(kinds()) == choices | others
    assert {name: default_rule(kind) for name, kind in kinds().items() if name in others} == {
        "numeric": "point", "short_text": "any_case", "ordering": "exact", "matching": "pairs",
    }  # fmt: skip
    assert {default_rule(kinds()[name]) for name in choices} == {"fraction", "balanced"}


@pytest.mark.parametrize("name", sorted(kinds()))
def test_example_of_every_type_may_be_written_and_is_kept(name):
    kind = kind_of(name)
    options = read_lines(kind.EXAMPLE)

    assert kind.why_not_written(options, default_rule(kind)) is None
    assert as_kept(name, as_kept(name, options)) == as_kept(name, options)


@pytest.mark.parametrize(
    ("kind", "rule", "fractions", "chosen", "share"),
    [
        ("single", "fraction", ONE_RIGHT, [1], "1"),
        ("single", "fraction", ONE_RIGHT, [2], "0"),
        ("single", "fraction", ONE_RIGHT, [], "0"),
        ("single", "fraction", ONE_RIGHT, None, "0"),
        ("single", "fraction", {"1": "-0.5"}, [1], "0"),
        ("single", "fraction", {"1": "0.5"}, [1], "0.5"),
        ("true_false", "fraction", {"1": "1", "2": "0"}, [1], "1"),
        ("multiple", "balanced", TWO_RIGHT, [1, 2], "1"),
        ("multiple", "balanced", TWO_RIGHT, [1], "0.5"),
        ("multiple", "balanced", TWO_RIGHT, [1, 3], "0"),
        ("multiple", "balanced", TWO_RIGHT, [1, 2, 3], "0.5"),
        ("multiple", "balanced", TWO_RIGHT, [1, 2, 3, 4], "0"),
        ("multiple", "balanced", TWO_RIGHT, [3, 4], "0"),
        ("multiple", "balanced", TWO_RIGHT, [], "0"),
        ("multiple", "balanced", {}, [1], "0"),
        ("multiple", "exact", TWO_RIGHT, [1, 2], "1"),
        ("multiple", "exact", TWO_RIGHT, [1], "0"),
        ("multiple", "weighted", WEIGHTED, [1], "0.7"),
        ("multiple", "weighted", WEIGHTED, [1, 2], "1"),
        ("multiple", "weighted", WEIGHTED, [3], "0"),
        ("multiple", "weighted", WEIGHTED, [2, 3], "0"),
    ],
)
def test_scores(kind, rule, fractions, chosen, share):
    assert kind_of(kind).score(chosen, fractions, rule) == Decimal(share)


@given(st.sets(st.sampled_from(sorted(TOKENS))), st.sampled_from(["balanced", "exact", "weighted"]))
def test_share_stays_between_nothing_and_everything(chosen, rule):
    kind = kind_of("multiple")

    share = kind.score(kind.parse(sorted(chosen), TOKENS), WEIGHTED, rule)

    assert 0 <= share <= 1


@given(st.integers(1, 5), st.integers(1, 5))
def test_choosing_everything_gives_nothing(right, wrong):
    fractions = {str(n): "1" if n < right else "0" for n in range(right + wrong)}

    assert kind_of("multiple").score(list(range(right + wrong)), fractions, "balanced") == 0


@given(st.sets(st.sampled_from(sorted(TOKENS))))
def test_what_is_parsed_is_delivered_again_in_the_order_shown(chosen):
    kind = kind_of("multiple")

    assert kind.deliver(kind.parse(list(chosen), TOKENS), TOKENS) == [token for token in TOKENS if token in chosen]


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        ("single", ["a", "b"], "too-many-options"),
        ("single", ["z"], "unknown-option"),
        ("multiple", ["a", "1"], "unknown-option"),
    ],
)
def test_unanswerable(kind, answer, reason):
    with pytest.raises(Unanswerable, match=reason):
        kind_of(kind).parse(answer, TOKENS)


def options(*fractions, last=False, text=None):
    return [
        WrittenOption(text if text is not None else f"option {n}", Decimal(f), last) for n, f in enumerate(fractions)
    ]


@pytest.mark.parametrize(
    ("kind", "written", "rule", "code"),
    [
        ("single", options(1, 0), "fraction", None),
        ("single", options(1), "fraction", "too-few-options"),
        ("single", options(1, 1), "fraction", "not-one-right"),
        ("single", options(0, 0), "fraction", "not-one-right"),
        ("single", options(1, 0, text="same"), "fraction", "options-alike"),
        ("single", options(1, 0, text=" "), "fraction", "options-alike"),
        ("true_false", options(1, 0, last=True), "fraction", None),
        ("true_false", options(1, 0), "fraction", None),
        ("true_false", options(1, 0, 0, last=True), "fraction", "not-true-or-false"),
        ("true_false", options(1, 1, last=True), "fraction", "not-one-right"),
        ("multiple", options(1, 1, 0), "balanced", None),
        ("multiple", options(1), "balanced", "too-few-options"),
        ("multiple", options(0, 0), "exact", "none-right"),
        ("multiple", options(1, 1), "balanced", "none-wrong"),
        ("multiple", options(1, 1), "exact", None),
    ],
)
def test_what_may_be_written(kind, written, rule, code):
    refusal = kind_of(kind).why_not_written(written, rule)

    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(("kind", "control"), [("single", "radio"), ("multiple", "checkbox"), ("true_false", "radio")])
def test_controls_are_named_answer_and_show_what_is_chosen(kind, control):
    shown = ShownQuestion(
        1, "Text", [ShownOption("tok1", "*One*", True), ShownOption("tok2", "<b>Two", False)], ["tok1"]
    )

    html = kind_of(kind).render(shown)

    assert html.count(f'type="{control}" name="answer"') == 2
    assert html.count("checked") == 1
    assert "<em>One</em>" in html
    assert "<b>" not in html

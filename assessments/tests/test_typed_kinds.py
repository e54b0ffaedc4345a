from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.banks import as_kept
from assessments.rules.kinds import ShownQuestion, Unanswerable, WrittenOption, kind_of
from assessments.rules.kinds.numeric import read_number
from assessments.rules.typed import MOST_LETTERS

TYPED = ["numeric", "short_text"]


def accept(*pairs):
    return {"accepted": [list(pair) for pair in pairs]}


@pytest.mark.parametrize(
    ("typed", "rule", "number"),
    [
        ("42", "point", "42"), (" -3.50 ", "point", "-3.50"), ("\u22123", "point", "-3"), ("+.5", "point", ".5"),
        ("5.", "point", "5"), ("1e3", "point", "1000"), ("2.5E-2", "point", "0.025"), ("3,14", "point", "3.14"),
        ("3,1415", "point", "3.1415"), (",5", "point", "0.5"), ("3,14", "comma", "3.14"), ("3.14", "comma", "3.14"),
        ("1,250", "comma", "1.25"), ("1.250", "point", "1.25"),
        ("1,250", "point", None), ("1.250", "comma", None), ("1 250", "point", None), ("1,250.5", "point", None),
        ("NaN", "point", None), ("Infinity", "point", None), ("1e999", "point", None), ("", "point", None),
        ("four", "point", None), ("4 %", "point", None), ("0x10", "point", None), ("\u0664\u0662", "point", None),
        ("1" * 30, "point", "1" * 30), ("1" * 31, "point", None), ("1\n", "point", "1"), ("--1", "point", None),
    ],
)  # fmt: skip
def test_what_a_typed_number_is(typed, rule, number):
    assert read_number(typed, rule) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("key", "typed", "share"),
    [
        (accept(("3.14:0.01", "1")), "3.15", "1"),
        (accept(("3.14:0.01", "1")), "3.13", "1"),
        (accept(("3.14:0.01", "1")), "3.1299999999999999999999", "0"),
        (accept(("250:2%", "1")), "255", "1"),
        (accept(("250:2%", "1")), "255.01", "0"),
        (accept(("-250:2%", "1")), "-245", "1"),
        (accept(("3..3.3", "1")), "3.3", "1"),
        (accept(("3..3.3", "1")), "3.31", "0"),
        (accept(("0.1", "1")), "0.10", "1"),
        (accept(("1e2", "1")), "100", "1"),
        (accept(("5", "0.5"), ("4..6", "1")), "5", "1"),
        (accept(("5", "1"), ("4..6", "0.5")), "4", "0.5"),
        (accept(("5", "1"), ("*", "0.25")), "99", "0.25"),
        (accept(("5", "1"), ("*", "0.25")), "many", "0"),
        (accept(("5", "1"), ("6", "-0.5")), "6", "0"),
        (accept(("5", "1")), "", "0"),
        (accept(("5", "1")), None, "0"),
    ],
)
def test_numbers_score(key, typed, share):
    assert kind_of("numeric").score(typed, key, "point") == Decimal(share)


@pytest.mark.parametrize(
    ("accepted", "typed", "share"),
    [
        ("merge request", "  Merge \t REQUEST ", "1"),
        ("merge request", "merge-request", "0"),
        ("*request*", "a Request, please", "1"),
        ("a*c", "ac", "1"),
        ("a*a", "a", "0"),
        ("a * c", "a b c", "1"),
        ("a * c", "abc", "0"),
        ("a*b*c*d", "a1c2b3c4d", "1"),
        ("a*b*c*d", "a1c2b3d", "0"),
        (r"2\*3", "2*3", "1"),
        (r"2\*3", "2x3", "0"),
        ("Stra\u00dfe", "STRASSE", "1"),
        ("cafe\u0301", "CAF\u00c9", "1"),
        ("zero", "ze\u200bro", "1"),
        (".*", "anything", "0"),
        ("*", "anything", "0"),
    ],
)
def test_words_score(accepted, typed, share):
    key = accept((accepted, "0" if accepted == "*" else "1"))

    assert kind_of("short_text").score(typed, key, "any_case") == Decimal(share)


def test_best_of_several_answers_counts_and_capitals_where_the_rule_says_so():
    key = accept(("Git*", "0.5"), ("GitLab", "1"))
    score = kind_of("short_text").score

    assert (score("gitlab", key, "any_case"), score("gitlab", key, "same_case")) == (1, 0)
    assert (score("GitLab", key, "same_case"), score("Gitea", key, "same_case")) == (1, Decimal("0.5"))
    assert (score(" ", key, "any_case"), score(None, key, "any_case")) == (0, 0)


def test_a_pattern_of_many_stars_is_still_quick():
    assert kind_of("short_text").score("a" * MOST_LETTERS, accept(("*a" * 400 + "*b", "1")), "any_case") == 0


@given(st.text(max_size=30), st.text(alphabet="ab* \\", max_size=12))
def test_words_never_raise_and_stay_between_nothing_and_everything(typed, accepted):
    assert kind_of("short_text").score(typed, accept((accepted, "1")), "any_case") in (0, 1)


@given(st.text(max_size=40))
def test_numbers_never_raise(typed):
    assert kind_of("numeric").score(typed, accept(("1..2", "1")), "comma") in (0, 1)


@pytest.mark.parametrize("kind", TYPED)
def test_typed_answer_is_kept_letter_by_letter(kind):
    module = kind_of(kind)

    assert module.deliver(module.parse([" 3,1 "], {}), {}) == [" 3,1 "]
    assert [module.is_answered(module.parse(answer, {})) for answer in ([], [" "], ["x"])] == [False, False, True]
    with pytest.raises(Unanswerable, match="too-long"):
        module.parse(["x" * (MOST_LETTERS + 1)], {})
    with pytest.raises(Unanswerable, match="too-many-answers"):
        module.parse(["1", "2"], {})


def lines(*pairs):
    return [WrittenOption(text, Decimal(share)) for text, share in pairs]


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("numeric", lines(("3.14:0.01", 1)), None),
        ("numeric", lines(("3..3.3", 1), ("*", 0)), None),
        ("numeric", lines(("3.3..3", 1)), "not-a-number"),
        ("numeric", lines(("3:-1", 1)), "not-a-number"),
        ("numeric", lines(("three", 1)), "not-a-number"),
        ("numeric", lines(("3:x", 1)), "not-a-number"),
        ("numeric", lines(("3", "0.5")), "none-right"),
        ("numeric", lines(("3", 1), ("3", 0)), "answers-alike"),
        ("numeric", [], "none-right"),
        ("numeric", lines(("3", 1), ("*", "0.5")), "anything-right"),
        ("short_text", lines(("yes", 1), ("*", 0)), None),
        ("short_text", lines(("**", 1)), "anything-right"),
        ("short_text", lines(("yes", "0.9")), "none-right"),
        ("short_text", lines(("", 1)), "anything-right"),
        ("short_text", lines(("yes", 1), ("", 0)), "answers-alike"),
    ],
)
def test_what_may_be_written(kind, options, code):
    refusal = kind_of(kind).why_not_written(options, "any_case")

    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize("kind", TYPED)
def test_author_reads_back_what_was_written(kind):
    options = lines(("3", 1), ("4", "0.5"), ("*", "-0.25"))

    assert as_kept(kind, options) == options
    assert kind_of(kind).rows(options) == []


def test_feedback_belongs_to_the_answer_that_gave_the_share():
    numeric, words = kind_of("numeric"), kind_of("short_text")

    assert numeric.met("4,5", (), accept(("4..5", "0.5"), ("4.5", "1"))) == [1]
    assert numeric.met("no", (), accept(("4..5", "0.5"))) == []
    assert words.met("Yes", (), accept(("no", "0"), ("yes", "1"))) == [1]


def test_page_shows_what_was_typed_and_takes_what_is_scored():
    shown = ShownQuestion(3, "Text", [], ['"><b>'], "comma")

    html = kind_of("numeric").render(shown)

    assert 'value="&quot;&gt;&lt;b&gt;"' in html
    assert 'inputmode="decimal"' in html
    assert "pattern=" in html
    assert "pattern=" not in kind_of("short_text").render(shown)

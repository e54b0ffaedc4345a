from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.banks import as_kept
from assessments.rules.kinds import ShownOption, ShownQuestion, Unanswerable, WrittenOption, kind_of

TOKENS = {"a": 1, "b": 2, "c": 3, "d": 4}
ORDER = {"order": [1, 2, 3, 4]}
PAIRS = {"pairs": [[1, 11], [2, 12], [3, 11]]}
ONE = Decimal(1)


@pytest.mark.parametrize(
    ("places", "exact", "pairs"),
    [
        ([1, 2, 3, 4], "1", "1"),
        ([4, 3, 2, 1], "0", "0"),
        ([2, 1, 3, 4], "0", "0.6666666666666666666666666667"),
        ([1, 2, 4, 3], "0", "0.6666666666666666666666666667"),
        ([1, None, None, None], "0", "0"),
        ([1, 2, None, None], "0", "0.1666666666666666666666666667"),
        ([1, 1, 1, 1], "0", "0"),
        ([3, 4, 1, 2], "0", "0"),
    ],
)
def test_orders_score(places, exact, pairs):
    value = [[number, place] for number, place in zip([1, 2, 3, 4], places, strict=True)]

    assert kind_of("ordering").score(value, ORDER, "exact") == Decimal(exact)
    assert kind_of("ordering").score(value, ORDER, "pairs") == Decimal(pairs)


def test_order_without_an_answer_gives_nothing():
    assert kind_of("ordering").score(None, ORDER, "pairs") == 0
    assert kind_of("ordering").score([], ORDER, "exact") == 0


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ([[1, 11], [2, 12], [3, 11]], "1"),
        ([[1, 11], [2, 11], [3, None]], "0.3333333333333333333333333333"),
        ([[1, 12]], "0"),
        ([], "0"),
        (None, "0"),
    ],
)
def test_pairs_score(value, share):
    assert kind_of("matching").score(value, PAIRS, "pairs") == Decimal(share)


@given(st.permutations(sorted(TOKENS)), st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_what_is_parsed_is_delivered_again_as_the_page_sent_it(things, places):
    answer = [f"{thing}:{place or ''}" for thing, place in zip(things, places, strict=True)]
    ordering = kind_of("ordering")

    assert ordering.deliver(ordering.parse(answer, TOKENS), TOKENS) == answer
    assert ordering.is_answered(ordering.parse(answer, TOKENS)) is any(places)


@given(st.permutations(sorted(TOKENS)), st.lists(st.sampled_from(["", *TOKENS]), min_size=4, max_size=4))
def test_pairs_are_delivered_again_as_the_page_sent_them(left, right):
    answer = [f"{one}:{other}" for one, other in zip(left, right, strict=True)]
    matching = kind_of("matching")

    assert matching.deliver(matching.parse(answer, TOKENS), TOKENS) == answer
    assert matching.is_answered(matching.parse(answer, TOKENS)) is any(right)


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        ("ordering", ["z:1"], "unknown-option"),
        ("ordering", ["a:5"], "unknown-place"),
        ("ordering", ["a:0"], "unknown-place"),
        ("ordering", ["a:-1"], "unknown-place"),
        ("ordering", ["a:\u0661"], "unknown-place"),
        ("ordering", ["a:1", "a:2"], "named-twice"),
        ("matching", ["a:z"], "unknown-option"),
        ("matching", ["a:b", "a:c"], "named-twice"),
        ("matching", ["ab"], "unknown-option"),
    ],
)
def test_unanswerable(kind, answer, reason):
    with pytest.raises(Unanswerable, match=reason):
        kind_of(kind).parse(answer, TOKENS)


def things(*texts):
    return [WrittenOption(text, ONE) for text in texts]


def pairs(*couples):
    return [WrittenOption(left, Decimal(bool(left)), match=right) for left, right in couples]


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("ordering", things("one", "two"), None),
        ("ordering", things("one"), "too-few-options"),
        ("ordering", things("one", "one"), "options-alike"),
        ("ordering", things("one", " "), "options-alike"),
        ("matching", pairs(("a", "1"), ("b", "2")), None),
        ("matching", pairs(("a", "1"), ("b", "1"), ("", "2")), None),
        ("matching", pairs(("a", "1"), ("b", "1")), "too-few-pairs"),
        ("matching", pairs(("a", "1"), ("", "2")), "too-few-pairs"),
        ("matching", pairs(("a", "1"), ("b", "2"), ("c", "")), "no-match"),
        ("matching", pairs(("a", "1"), ("a", "2")), "options-alike"),
        ("matching", pairs(("a", "1"), ("b", "2"), ("", "2")), "spare-alike"),
        ("matching", pairs(("a", "1"), ("b", "2"), ("", "3"), ("", "3")), "spare-alike"),
    ],
)
def test_what_may_be_written(kind, options, code):
    refusal = kind_of(kind).why_not_written(options, "pairs")

    assert (refusal.code if refusal else None) == code


def test_author_reads_back_what_was_written():
    spare = WrittenOption("", match="3", last=True)

    assert as_kept("ordering", [WrittenOption("one"), WrittenOption("two", ONE)]) == things("one", "two")
    assert as_kept("matching", [spare, *pairs(("a", "1"), ("b", "1"))]) == [*pairs(("a", "1"), ("b", "1")), spare]


def test_feedback_belongs_to_what_is_right():
    assert kind_of("ordering").met([[1, 1], [2, 3], [3, 2], [4, 4]], (), ORDER) == [0, 3]
    assert kind_of("matching").met([[1, 11], [2, 11]], (), PAIRS) == [0]


def test_pages_name_every_choice_and_show_what_is_chosen():
    left = [ShownOption("l1", "*Prague*", False, "left"), ShownOption("l2", "Vienna", False, "left")]
    right = [ShownOption("r1", "`Austria` & more", False, "right")]

    html = kind_of("matching").render(ShownQuestion(1, "Text", left + right, ["l1:", "l2:r1"]))

    assert '<option value="l2:r1" selected>Austria &amp; more' in html
    assert html.count("selected") == 1
    assert html.count('name="answer"') == 2


def test_placed_things_are_shown_in_their_places():
    shown = [ShownOption("t1", "One", False), ShownOption("t2", "Two", False)]

    html = kind_of("ordering").render(ShownQuestion(1, "Text", shown, ["t1:2", "t2:1"]))

    assert html.index("Two") < html.index("One")
    assert '<option value="t1:2" selected>' in html
    assert kind_of("ordering").render(ShownQuestion(1, "Text", shown, [])).count("selected") == 0

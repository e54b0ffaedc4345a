"""Questions of every type as hypothesis makes them, canonical as a bank keeps them."""

from decimal import Decimal

from hypothesis import strategies as st

from assessments.rules.banks import as_kept, why_not_write
from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.written import CONTROLS, WrittenQuestion, plain_id

LETTERS = st.characters(exclude_categories=("Cs", "Cn")).filter(lambda one: not CONTROLS.match(one))
TRAPS = st.sampled_from(
    ["[html]", "%50%", "->", "=", "~", "#", "####", "{", "}", "::", "\\", "\\n", "\n", "//", "$CATEGORY: x", "*", "_", "<b>",
     "&amp;", "]]>", "<![CDATA[", "\n\n", "=1+1", "@", '"', ",", ";", "  ", "\t", "1. ", "TRUE", "|", "-> ", "!", "\n  "]
)  # fmt: skip


def words(*, empty=False, size=12):
    text = st.lists(TRAPS | st.text(LETTERS, max_size=4), max_size=size).map("".join).map(str.strip)
    return text if empty else text.filter(bool)


SHARES = st.integers(-100, 100).map(lambda n: Decimal(n) / 100)
DIGITS = st.decimals(-1000, 1000, allow_nan=False, places=3).map(lambda n: f"{n:f}")
NUMBERS = st.one_of(
    DIGITS,
    st.tuples(DIGITS, st.integers(0, 9)).map(lambda pair: f"{pair[0]}:{pair[1]}"),
    st.tuples(DIGITS, st.integers(1, 50)).map(lambda pair: f"{pair[0]}:{pair[1]}%"),
    st.tuples(st.integers(-5, 5), st.integers(6, 50)).map(lambda pair: f"{pair[0]}..{pair[1]}"),
    st.just("*"),
)


NOTHING = st.just("")


def option(text, share=SHARES, match=NOTHING, feedback=None):
    said = words(empty=True, size=4) if feedback is None else feedback
    return st.builds(WrittenOption, text, share, st.booleans(), match, said)


def options_of(kind):
    whole = st.just(Decimal(1))
    if kind == "single":
        wrong = option(words(size=4), st.integers(-100, 99).map(lambda n: Decimal(n) / 100))
        return st.tuples(option(words(size=4), whole), st.lists(wrong, min_size=1, max_size=4)).map(
            lambda parts: [*parts[1][:1], parts[0], *parts[1][1:]]
        )
    if kind == "true_false":
        texts = st.sampled_from([("True", "False"), ("Wahr", "Falsch"), ("False", "True")])
        return st.tuples(texts, st.booleans(), words(empty=True, size=4), words(empty=True, size=4)).map(
            lambda one: [
                WrittenOption(one[0][0], Decimal(one[1]), True, feedback=one[2]),
                WrittenOption(one[0][1], Decimal(not one[1]), True, feedback=one[3]),
            ]
        )
    if kind == "numeric":
        return st.lists(option(NUMBERS), min_size=1, max_size=4)
    if kind == "matching":
        right = words(size=2) | st.sampled_from(["Prague", "2\\*3", "New Delhi"])
        quiet = option(words(size=4, empty=True), whole, right, NOTHING)
        loud = option(words(size=4, empty=True), whole, right)
        return st.lists(quiet, min_size=2, max_size=5) | st.lists(loud, min_size=2, max_size=5)
    shares = st.sampled_from([Decimal(0), Decimal(1)]) if kind == "multiple" else whole
    return st.lists(option(words(size=4), shares | SHARES), min_size=2, max_size=5)


@st.composite
def questions(draw, kind):
    rule = draw(st.sampled_from(sorted(kind_of(kind).RULES)))
    options = draw(options_of(kind))
    if kind == "short_text" or kind == "numeric":
        options = [WrittenOption(one.text, one.fraction, feedback=one.feedback) for one in options]
        options[0] = WrittenOption(options[0].text, Decimal(1), feedback=options[0].feedback)
    text = draw(words())
    if why_not_write(kind, text, options, rule):
        return None
    return WrittenQuestion(
        kind=kind,
        text=text,
        rule=rule,
        options=tuple(as_kept(kind, options)),
        rationale=draw(words(empty=True)),
        external_id=draw(
            st.text(st.sampled_from("abcxyz019-_ :[]{}~=#é"), min_size=1, max_size=10).map(plain_id).filter(bool)
        ),
        title=plain_id(draw(words(empty=True))),
        topic=" ".join(draw(words(empty=True, size=3)).split()),
        difficulty=draw(st.sampled_from(["easy", "medium", "hard"])),
        practice_only=draw(st.booleans()),
    )


def written(kind):
    return questions(kind).filter(lambda question: question is not None)

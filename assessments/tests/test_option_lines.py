from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.kinds import WrittenOption
from assessments.rules.option_lines import UnreadableLine, read_lines, write_lines

WORDS = st.text(st.sampled_from("aZ(9 .%!=~#->\n\\"), max_size=20).map(str.strip)
SHARES = st.integers(-1000, 1000).map(lambda n: Decimal(n) / 1000)
OPTIONS = st.builds(WrittenOption, WORDS, SHARES, st.booleans(), WORDS, WORDS).filter(lambda one: one.text or one.match)


@given(st.lists(OPTIONS, max_size=6))
def test_lines_read_back_what_was_written(options):
    assert read_lines(write_lines(options)) == options


def test_what_follows_a_line_belongs_to_it():
    text = "= Prague\n  on the Vltava\n-> Czechia\n# Well done,\n  really\n\n~33.33333% Vienna\n~\n-> Austria"

    assert read_lines(text) == [
        WrittenOption("Prague\non the Vltava", Decimal(1), match="Czechia", feedback="Well done,\nreally"),
        WrittenOption("Vienna", Decimal("0.3333333")),
        WrittenOption("", Decimal(0), match="Austria"),
    ]


@pytest.mark.parametrize("line", ["right", "=", "~!", "* right", "=-101% less", "=\n# only feedback"])
def test_line_that_is_no_option_is_named(line):
    with pytest.raises(UnreadableLine, match="Line 2"):
        read_lines(f"= one\n{line}\n~ two")


@pytest.mark.parametrize("line", ["# praise", "-> right"])
def test_part_without_an_option_is_named(line):
    with pytest.raises(UnreadableLine, match="Line 1 belongs"):
        read_lines(line)


def test_letters_before_a_percent_sign_are_text():
    assert read_lines("=x%")[0].text == "x%"

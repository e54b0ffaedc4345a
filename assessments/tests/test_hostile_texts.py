"""Texts that are built to take long: what reads them takes a time that grows with their length, not with its square."""

from time import process_time

import pytest

from assessments.rules.formats import read_file
from assessments.rules.kinds import WrittenOption, kind_of
from assessments.rules.statistics.csv_rows import MalformedTable
from assessments.rules.statistics.csv_tables import MOST_ITEMS, read_table
from courses.lib.foreign_text import markdown_of_html, markdown_of_plain

SECONDS = 2
"""Each took twenty seconds and more once; a linear one takes some thousandths."""


@pytest.mark.parametrize("text", ["1" * 29_990 + "x", "1." * 15_000, "." * 30_000, "9" * 29_990 + ":1"])
def test_number_that_is_none_is_refused_at_once(text):
    began = process_time()

    refusal = kind_of("numeric").why_not_written([WrittenOption(text)], "point")

    assert refusal.code == "not-a-number"
    assert process_time() - began < SECONDS


@pytest.mark.parametrize("text", ["\n" * 30_000 + "x", " \n" * 30_000 + "x", " " * 60_000 + "x", "1" * 60_000])
def test_blank_lines_are_escaped_at_once(text):
    began = process_time()

    assert markdown_of_plain(text) == text
    assert process_time() - began < SECONDS


@pytest.mark.parametrize("form", [("gift", "// {}\nYes?{{T}}", "[id:"), ("gift", "// {}\nYes?{{T}}", "[tag:x"),
                                  ("csv", 'type,text,options\nsingle,x,"= a{}"', "\n  b")])  # fmt: skip
def test_file_of_marks_that_never_close_is_read_at_once(form):
    name, text, piece = form
    began = process_time()

    assert read_file(text.format(piece * 150_000).encode(), format=name).questions
    assert process_time() - began < SECONDS


@pytest.mark.parametrize(
    "html", ["<div>" * 300_000 + "</p>" * 300_000, "<table><tr>" + "<td>x" * 9_000 + "<tr><td>" * 9_000 + "</table>"]
)
def test_html_that_grows_with_its_square_is_read_at_once(html):
    began = process_time()

    assert len(markdown_of_html(html)) > 9_000
    assert process_time() - began < SECONDS


def test_picture_inside_the_html_does_not_count_as_text():
    html = f'<p>Look: <img src="data:image/png;base64,{"A" * 200_000}"> here.</p>'

    assert markdown_of_html(html).split() == ["Look:", "here."]


def test_signs_at_the_start_of_a_line_are_escaped_after_blank_lines():
    assert markdown_of_plain("a\n \n\n  - b\n\t1. c") == "a\n \n\n  \\- b\n\t1\\. c"


def test_table_of_marks_is_no_wider_than_any_exam():
    names = ",".join(f"i{n}" for n in range(200_000))
    began = process_time()

    with pytest.raises(MalformedTable) as malformed:
        read_table(f"person,{names}\n".encode())

    assert [one.message for one in malformed.value.problems] == [
        f"There are 200000 items. A table holds at most {MOST_ITEMS}."
    ]
    assert process_time() - began < SECONDS

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.lib.foreign_text import losses_of_html, markdown_of, markdown_of_html, markdown_of_plain, plain_of_markdown
from courses.lib.markdown import render_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two<br>three<br></p>", "One\n\nTwo\\\nthree"),
        ("<h3>Title</h3>text", "### Title\n\ntext"),
        ("a <b> bold </b> and <i>it</i>", "a  **bold**  and *it*"),
        ("<ul><li>one<ul><li>in</li></ul></li><li>two</li></ul>", "- one\n\n  - in\n- two"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<a href='https://example.com/a_b'>go</a>", "[go](<https://example.com/a_b>)"),
        ("<a href='javascript:x()'>go</a>", "go"),
        ("<pre>a\n  *b*</pre>", "```\na\n  *b*\n```"),
        ("<code>a`b</code>", "``a`b``"),
        ("<code>`</code>", "`` ` ``"),
        ("<code> </code>", ""),
        ("<blockquote><p>said</p></blockquote>", "> said"),
        ("m<sup>2</sup> H<sub>2</sub>O", "m² H₂O"),
        ("<table><tr><th>a</th></tr><tr><td>1|2</td><td>3</td></tr></table>", "| a |  |\n| --- | --- |\n| 1\\|2 | 3 |"),
        ("<table><tbody><tr></tr></tbody></table>", ""),
        ("one<hr>two", "one\n\n---\n\ntwo"),
        ("<del>old</del> &lt;b&gt; &amp;amp;", "~~old~~ \\<b> \\&amp;"),
        ("<script>alert(1)</script><style>p{}</style>text", "text"),
        ("<div><p>  </p></div>", ""),
        ("<b><p>block</p></b>", "block"),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert markdown_of_html(html) == markdown


def test_depth_without_end_is_read_as_text():
    assert markdown_of_html("<div>" * 5000 + "deep" + "</div>" * 5000) == "deep"


@given(st.text(max_size=40))
def test_plain_text_is_shown_as_it_stands(text):
    plain = " ".join(text.replace("\0", "").split())

    shown = render_markdown(markdown_of_plain(plain))

    assert " ".join(html.unescape(shown.replace("<p>", "").replace("</p>", "")).split()) == plain


@given(st.text(max_size=30))
def test_plain_text_comes_back(text):
    assert plain_of_markdown(markdown_of_plain(text)) == text


@pytest.mark.parametrize("text", ["**bold**", "# title", "a\\"])
def test_markdown_that_says_more_is_no_plain_text(text):
    assert plain_of_markdown(text) is None


@pytest.mark.parametrize(
    ("text", "form", "markdown"),
    [
        ("*a* <b>", "plain", "\\*a\\* \\<b>"),
        (" *a* ", "markdown", "*a*"),
        ("<b>a</b>", "auto", "**a**"),
        ("1 < 2", "auto", "1 \\< 2"),
    ],
)
def test_format_of_a_text_decides(text, form, markdown):
    assert markdown_of(text, form) == markdown


@pytest.mark.parametrize(
    ("html", "lost"),
    [("<img src=x>", ["pictures"]), ("<iframe>", ["sound and video"]), ("<b onclick = 'x'>", ["scripts"]), ("<b>", [])],
)
def test_what_is_lost_is_named(html, lost):
    assert losses_of_html(html) == lost

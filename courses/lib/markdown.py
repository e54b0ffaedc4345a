"""The one place where text from people becomes HTML: markdown without raw HTML, then an allow-list."""

from functools import lru_cache
from importlib import import_module
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

TAGS = {
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "th": {"align"}, "td": {"align"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
EMPTY_CELLS = 500
"""How many cells a table may leave out. The library's 65,536 let 3 kB of text take five seconds and become 700 kB."""

SHORT = 1000
"""Letters up to which a rendered text is kept, so that all kept ones take some megabytes at most."""


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    tables: Any = import_module("markdown_it.rules_block.table")
    tables.MAX_AUTOCOMPLETED_CELLS = EMPTY_CELLS
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render_markdown(text: str) -> SafeString:
    """HTML of markdown written by a person. Raw HTML stays text; links keep http, https and mailto only.

    Headings move down one level, so that a page keeps its single h1. Short texts are kept rendered: the options of a
    question come again on every page of every attempt.
    """
    text = text or ""
    return _kept(text) if len(text) <= SHORT else _rendered(text)


@lru_cache(maxsize=4096)
def _kept(text: str) -> SafeString:
    return _rendered(text)


def _rendered(text: str) -> SafeString:
    html = _parser().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    html = html.replace("<th></th>", "<td></td>")  # an empty header cell says nothing to a screen reader
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=_("noopener noreferrer nofollow")
    )
    return mark_safe(clean)  # noqa: S308 - sanitised on the line above

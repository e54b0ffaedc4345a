"""The one place where text of other people's files becomes our Markdown: HTML by an allow-list, plain text by escapes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from courses.lib.markdown import SCHEMES, render_markdown

KEPT = {
    "p", "div", "br", "hr", "strong", "b", "em", "i", "del", "s", "code", "pre", "blockquote", "ul", "ol", "li", "sup", "sub",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
DEEPEST = 64
"""Elements below this depth are read as their text only."""
MOST_LETTERS = 100_000
"""Of one HTML text: what cleans it takes a time that grows with the square of its depth."""
MOST_CELLS = 5_000
"""Of one table, filled up to its widest row; a larger one is read as its text."""
EMBEDDED = re.compile(r"\bdata:[\w.+/-]{1,100};base64,[A-Za-z0-9+/=\s]++")
ESCAPED = re.compile(r"(?P<gap>(?<!\S)_{3,})|[\\`*<\[\]~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|!(?=\[)")
LINE_START = re.compile(r"^([^\S\n]*)(?:([-+>#=|_])|(\d+)([.)]))", re.MULTILINE)
UNESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
MANY_NEWLINES = re.compile(r"\n{3,}")
LOOKS_LIKE_HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&#?\w{2,8};")
LOSSES = {
    "pictures": re.compile(r"<(?:img|svg|picture)\b", re.IGNORECASE),
    "sound and video": re.compile(r"<(?:audio|video|embed|object|iframe)\b", re.IGNORECASE),
    "scripts": re.compile(r"<script\b|\bon\w{3,20}\s{0,5}=|javascript:", re.IGNORECASE),
}
INLINE = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}
BLOCKS = {"p", "div", "table", "thead", "tbody", "pre", "blockquote", "ul", "ol", "hr", *(f"h{n}" for n in range(1, 7))}
INLINES = {*INLINE, "a", "sup", "sub", "code"}
RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")


@dataclass(slots=True)
class _Node:
    tag: str
    href: str = ""
    parts: list["_Node | str"] = field(default_factory=list)


class _Tree(HTMLParser):
    """The tree of clean HTML. What stands too deep is taken as its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [_Node("")]
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in ("br", "hr"):
            self.stack[-1].parts.append(_Node(tag))
        elif len(self.stack) > DEEPEST:
            self.skipped += 1
        else:
            node = _Node(tag, dict(attrs).get("href") or "")
            self.stack[-1].parts.append(node)
            self.stack.append(node)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if self.skipped:
            self.skipped -= 1
        elif len(self.stack) > 1:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.stack[-1].parts.append(data)


def markdown_of(text: str, form: str) -> str:
    """The text as Markdown. `form`: html, markdown, plain, or auto for HTML where it looks like it and plain text elsewhere."""
    if form == "markdown":
        return text.strip()
    if form == "html" or (form == "auto" and LOOKS_LIKE_HTML.search(text)):
        return markdown_of_html(text)
    return markdown_of_plain(text.strip())


def losses_of_html(html: str) -> list[str]:
    """What an HTML text loses here, in words: pictures, sound and video, scripts."""
    return [name for name, pattern in LOSSES.items() if pattern.search(html)]


def markdown_of_html(html: str) -> str:
    """Markdown of a stranger's HTML: headings, lists, tables, links, emphasis and code; anything else as its text.

    More than `MOST_LETTERS` of it, embedded files apart, come back as they are: too long for any reader of ours to take.
    """
    html = EMBEDDED.sub("", html)
    if len(html) > MOST_LETTERS:
        return html
    tree = _Tree()
    tree.feed(nh3.clean(html, tags=KEPT, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=None))
    tree.close()
    return MANY_NEWLINES.sub("\n\n", _blocks(tree.stack[0])).strip()


def markdown_of_plain(text: str) -> str:
    """Markdown that shows the text as it stands."""
    escaped = ESCAPED.sub(lambda found: found[0] if found["gap"] else "\\" + found[0], text)
    return LINE_START.sub(_escape_start, escaped)


def _escape_start(found: re.Match[str]) -> str:
    blanks, sign, number, point = found.groups()
    return f"{blanks}\\{sign}" if sign else f"{blanks}{number}\\{point}"


def plain_of_markdown(text: str) -> str | None:
    """The text that `markdown_of_plain` makes this Markdown of; None for Markdown that says more than plain text."""
    plain = UNESCAPED.sub(r"\1", text)
    return plain if markdown_of_plain(plain) == text else None


def words_of_markdown(text: str) -> str:
    """The letters that a Markdown text shows, without blanks: to see whether a copy still says the same."""
    tree = _Tree()
    tree.feed(render_markdown(text))
    tree.close()
    return "".join(_text(tree.stack[0]).split())


def _blocks(node: _Node) -> str:
    """The Markdown of everything inside, blocks apart by an empty line."""
    return "".join(_part(part) for part in _without_edges(node))


def _without_edges(node: _Node) -> list["_Node | str"]:
    """The parts, without the blanks and line breaks that end a block or stand before one."""
    is_block = node.tag not in INLINES
    kept: list[_Node | str] = []
    for part in reversed(node.parts):
        at_edge = _is_block(kept[-1]) if kept else is_block
        if not (at_edge and _is_gap(part)):
            kept.append(part)
    while is_block and kept and _is_gap(kept[-1]):
        kept.pop()
    return kept[::-1]


def _is_block(part: "_Node | str") -> bool:
    return isinstance(part, _Node) and part.tag in BLOCKS


def _is_gap(part: "_Node | str") -> bool:
    return part.tag == "br" if isinstance(part, _Node) else not part.strip()


def _part(part: "_Node | str") -> str:
    if isinstance(part, str):
        return markdown_of_plain(re.sub(r"[ \t\r\n\f]+", " ", part)) if part.strip() else " "
    if part.tag == "br":
        return "\\\n"
    if part.tag in BLOCKS:
        return f"\n\n{_block(part)}\n\n"
    return _inline(part)


def _inline(node: _Node) -> str:
    if node.tag == "code":
        return _code(_text(node))
    inside = _blocks(node)
    words = inside.strip()
    if not words or "\n\n" in inside:
        return inside
    before, after = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
    return before + _marked(node, words) + after


def _marked(node: _Node, words: str) -> str:
    if node.tag in INLINE:
        return f"{INLINE[node.tag]}{words}{INLINE[node.tag]}"
    if node.tag == "a" and node.href:
        return f"[{words}](<{re.sub('[<>]', '', node.href)}>)"
    if node.tag in ("sup", "sub"):
        return words.translate(RAISED if node.tag == "sup" else LOWERED)
    return words


def _code(text: str) -> str:
    """Code between as many backticks as it doesn't hold itself."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    room = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{room}{text}{room}{fence}" if text.strip() else text


def _block(node: _Node) -> str:
    tag = node.tag
    if tag == "hr":
        return "---"
    if tag == "pre":
        text = _text(node).strip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
        return f"{fence}\n{text}\n{fence}"
    if tag == "table":
        return _table(node)
    if tag in ("ul", "ol"):
        return "\n".join(_items(node))
    inside = MANY_NEWLINES.sub("\n\n", _blocks(node)).strip()
    if tag == "blockquote":
        return "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
    if tag.startswith("h") and inside:
        return f"{'#' * int(tag[1])} {' '.join(inside.split())}"
    return inside


def _items(node: _Node) -> Iterator[str]:
    number = 0
    for part in node.parts:
        if isinstance(part, _Node):
            number += 1
            sign = f"{number}. " if node.tag == "ol" else "- "
            lines = MANY_NEWLINES.sub("\n\n", _blocks(part)).strip().split("\n")
            yield sign + "\n".join([lines[0], *(f"{' ' * len(sign)}{line}".rstrip() for line in lines[1:])])


def _table(node: _Node) -> str:
    rows = [[_cell(cell) for cell in _children(row, "th", "td")] for row in _rows(node)]
    width = max((len(row) for row in rows), default=0)
    if not width or width * len(rows) > MOST_CELLS:
        return markdown_of_plain(" ".join(_text(node).split()))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _rows(node: _Node) -> Iterator[_Node]:
    for part in _children(node, "tr", "thead", "tbody"):
        yield from [part] if part.tag == "tr" else _children(part, "tr")


def _children(node: _Node, *tags: str) -> list[_Node]:
    return [part for part in node.parts if isinstance(part, _Node) and part.tag in tags]


def _cell(node: _Node) -> str:
    return " ".join(_blocks(node).replace("\\\n", " ").split()).replace("|", "\\|")


def _text(node: _Node) -> str:
    return "".join(_plain(part) for part in node.parts)


def _plain(part: "_Node | str") -> str:
    return part if isinstance(part, str) else "\n" if part.tag == "br" else _text(part)

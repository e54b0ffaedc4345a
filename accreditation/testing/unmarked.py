"""Words that somebody reads and that no catalogue could translate: what stands in templates and Python without a mark."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

WORD = re.compile(r"[A-Za-z]{2,}")
MARKED = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.S)
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?\{%\s*endcomment\s*%\}", re.S)
CLASSES = re.compile(r"\{%\s*block (?:main_class|body_class|bodyclass|extrastyle|coltype)\s*%\}.*?\{%\s*endblock", re.S)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
WORDED = re.compile(r'\b(title|text|label|note|hint|legend|caption|link_text|heading|possessive)="([^"]*)"')
READ_ATTRIBUTES = frozenset({"alt", "title", "aria-label", "placeholder", "aria-roledescription"})
UNREAD = frozenset({"code", "kbd", "script", "style", "samp", "textPath"})
"""Elements whose text is the same in every language."""


class _Reader(HTMLParser):
    """Collects the words of a page that a person reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Its attributes that are read aloud or shown."""
        self._unread += tag in UNREAD
        self.words += [value for name, value in attrs if name in READ_ATTRIBUTES and value and WORD.search(value)]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The same, of an element that has no end."""
        self.handle_starttag(tag, attrs)
        self._unread -= tag in UNREAD

    def handle_endtag(self, tag: str) -> None:
        """What follows is read again."""
        self._unread -= tag in UNREAD and self._unread > 0

    def handle_data(self, data: str) -> None:
        """Text between elements."""
        if not self._unread and WORD.search(data):
            self.words.append(" ".join(data.split()))


def in_template(text: str) -> list[str]:
    """The unmarked words of a template: text, attributes that are read, and what it hands to its parts."""
    text = CLASSES.sub("{% endblock", COMMENT.sub("", MARKED.sub("", text)))
    handed = [words for tag in TAG.findall(text) for _name, words in WORDED.findall(tag) if WORD.search(words)]
    reader = _Reader()
    reader.feed(TAG.sub("0", text))
    return reader.words + handed


TEXTS = {"Refusal": (1, 3), "ValidationError": (0,), "add_error": (1,), "success": (1,), "warning": (1,), "Said": (0,)}
"""Calls by which a person is told something, and which of their places hold the words."""
NAMES = frozenset({"label", "help_text", "empty_label", "link_text"})
"""Words by name, whatever is called."""


def in_python(text: str) -> list[str]:
    """The unmarked words of a module that forms, refusals and messages show, each with its line."""
    return [f"{node.lineno}: {ast.unparse(node)}" for node in _told(ast.parse(text)) if _is_bare(node)]


def _told(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            yield from (node.args[at] for at in TEXTS.get(name, ()) if at < len(node.args))
            yield from (one.value for one in node.keywords if one.arg in NAMES)
        elif isinstance(node, ast.ClassDef) and any("Choices" in ast.unparse(base) for base in node.bases):
            tuples = [one.value for one in node.body if isinstance(one, ast.Assign)]
            yield from (one.elts[1] for one in tuples if isinstance(one, ast.Tuple) and len(one.elts) == 2)


def _is_bare(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(one, ast.Constant) and WORD.search(str(one.value)) for one in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORD.search(node.value))

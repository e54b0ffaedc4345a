"""What a reader sees of a web page: its words, without what surrounds them and without what is another at every visit."""

import hashlib
import re
from html import unescape

RAW = frozenset({"script", "style", "noscript", "template", "iframe", "title", "textarea"})
SURROUNDINGS = frozenset({"nav", "header", "footer", "aside", "svg", "form"})
LONGEST = 20_000
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
PASSING = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d(?:[t ]\d\d:\d\d\S*)?"
    rf"|\b\d{{1,2}}\.? {MONTH},? \d{{4}}\b|\b{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?\b"
    r"|\b(?:\d+|an?|one) (?:second|minute|hour|day|week|month|year)s? ago\b|(?:©|\(c\)|copyright) ?\d{4}(?: ?[-–] ?\d{4})?",
    re.IGNORECASE,
)
"""Dates, times, "3 days ago" and the year of a copyright: a page that was only rendered again differs in nothing else."""
BREAKS = frozenset({"p", "br", "li", "div", "tr", "section", "article", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"})


def readable_text(body: bytes, content_type: str = "") -> str:
    """The words of an HTML or text page, one line a paragraph, at most 20,000 characters; that of `main` where it has one."""
    named = CHARSET.search(content_type) or CHARSET.search(body[:2048].decode("ascii", "replace"))
    try:
        text = body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    if "html" in content_type.lower():
        text = _without_markup(text)
    lines = (" ".join(line.split()) for line in text.replace("\0", "").splitlines())
    return "\n".join(line for line in lines if line)[:LONGEST]


def _without_markup(text: str) -> str:
    """The words of `main` where there are any, else those outside of what surrounds a page, else all of them."""
    scan = _Scan(text)
    kept = "".join(scan.words[scan.main_from : scan.main_until]) if scan.main_from is not None else ""
    return unescape(next((one for one in (kept, "".join(scan.words), "".join(scan.all_words)) if one.strip()), ""))


class _Scan:
    """One walk over the tags, in a time that grows with the length alone.

    A parser as browsers have it takes minutes for a megabyte of nested elements, which a stranger may send.
    """

    def __init__(self, text: str) -> None:
        self.text, self.lower = text, text.lower()
        self.words: list[str] = []
        self.all_words: list[str] = []
        self.depth = 0
        self.main_from: int | None = None
        self.main_until: int | None = None
        place = 0
        while place < len(text):
            place = self._step(place)

    def _step(self, place: int) -> int:
        """Take the text up to the next tag, and the tag; the place after it."""
        start = self.text.find("<", place)
        self._say(self.text[place : start if start >= 0 else None])
        if start < 0:
            return len(self.text)
        if self.text.startswith("<!--", start):
            return self._after("-->", start)
        tag = TAG.match(self.text, start)
        if tag is None:
            self._say("<")
            return start + 1
        end, name = self._after(">", start), tag[2].lower()
        if name in RAW and not tag[1]:
            return self._after(f"</{name}", end)
        self._enter(name, is_end=bool(tag[1]))
        return end

    def _after(self, mark: str, place: int) -> int:
        found = self.lower.find(mark, place)
        return len(self.text) if found < 0 else found + (len(mark) if mark in (">", "-->") else 0)

    def _enter(self, name: str, *, is_end: bool) -> None:
        if name in SURROUNDINGS:
            self.depth = max(0, self.depth + (-1 if is_end else 1))
        if name in BREAKS:
            self._say("\n")
        if name == "main" and not is_end and self.main_from is None:
            self.main_from = len(self.words)
        if name == "main" and is_end and self.main_from is not None:
            self.main_until = len(self.words)

    def _say(self, words: str) -> None:
        self.all_words.append(words)
        if not self.depth:
            self.words.append(words)


def fingerprint(text: str) -> str:
    """The same for the same words, whatever the day, the time and the spaces between them."""
    steady = " ".join(PASSING.sub(" ", text).lower().split())
    return hashlib.sha256(steady.encode()).hexdigest()

"""Showing where the words stand in what was found. Every text is escaped; `<mark>` is the only element put into it."""

import re
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from courses.rules.search import UNSPACED, Wanted, fold

WORD = re.compile(r"\w+")
ENDINGS = re.compile(r"(?:ations?|ments?|ings?|ions?|ers?|als?|ies|es|ed|ly|e|s|y)$")
RULED = re.compile(r"(?:(?:^|(?<=\s)):?-{2,}:?(?:\s+|$))+")
"""The line below the heads of a table, or between two parts of a text."""
AROUND, LONGEST = 70, 240


def highlighted(text: str, wanted: Wanted) -> SafeString:
    """The text with the words that were asked for marked."""
    return _joined(text, _places(text, wanted))


def excerpt(texts: Sequence[str], wanted: Wanted) -> SafeString:
    """The piece of these texts around the first word that was asked for; the beginning of the first where none has any."""
    texts = [RULED.sub("", text) for text in texts]
    for text in texts:
        if places := _places(text, wanted):
            start = _word_start(text, places[0][0] - AROUND)
            end = min(len(text), start + LONGEST)
            inside = [(a - start, b - start) for a, b in places if a >= start and b <= end]
            before, after = "… " if start else "", " …" if end < len(text) else ""
            return format_html("{}{}{}", before, _joined(text[start:end], inside), after)
    first = next((text for text in texts if text), "")
    return format_html("{}{}", first[:LONGEST], " …" if len(first) > LONGEST else "")


def _places(text: str, wanted: Wanted) -> list[tuple[int, int]]:
    """Where the words stand, in order, none within another."""
    asked = wanted.words
    unspaced = [word for word in asked if UNSPACED.search(word)]
    begun = tuple({ENDINGS.sub("", word) if len(word) > 5 else word for word in asked if word not in unspaced})
    found = [match.span() for word in unspaced for match in re.finditer(re.escape(word), text)]
    if begun:
        found += [match.span() for match in WORD.finditer(text) if _folded(match[0]).startswith(begun)]
    places: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not places or start >= places[-1][1]:
            places.append((start, end))
    return places


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else fold(word)


def _word_start(text: str, at: int) -> int:
    return 0 if at <= 0 else text.find(" ", at) + 1


def _joined(text: str, places: Sequence[tuple[int, int]]) -> SafeString:
    starts = [0, *(end for _, end in places)]
    pieces = [(text[since:start], text[start:end]) for since, (start, end) in zip(starts, places, strict=False)]
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[starts[-1] :])

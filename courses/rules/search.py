"""Finding: what was typed, what it finds, and what comes close. Source: rules.md 13.1 to 13.5."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from operator import add, or_
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchRank, TrigramWordSimilarity
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from courses.models import EntryKind, SearchEntry

LONGEST, MOST_TERMS, MOST_NEAR_WORDS, SHORTEST_NEAR = 500, 12, 4, 4
MOST_RANKED, MOST_COUNTED, MOST_NEAR, NEAR_ENOUGH = 500, 1000, 200, 0.6
WEIGHTS = [0.05, 0.2, 0.4, 1.0]
"""Of a body, a summary, catalogue words and a title."""
TERM = re.compile(r'-?"[^"]*"?|\S+')
WORD = re.compile(r"\w+")
UNSPACED = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
STOPS = frozenset(
    WORD.findall(
        "a about all am an and any are as at be been but by can did do does for from had has have he her his how i "
        "if in into is it its me my no not of on or our she so such than that the their them then there these they "
        "this to too up was we were what when where which who why will with you your "
    )
)
"""English words that say nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a quoted phrase; `excluded` ones must not be there, and the last word may go on (`is_open`)."""

    text: str
    excluded: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, as groups of terms: all of a group, any of the groups. No groups: nothing to look for."""

    said: str
    groups: Sequence[Sequence[Term]]

    @property
    def words(self) -> list[str]:
        """The words that were asked for, folded, each once."""
        terms = [term.text for group in self.groups for term in group if not term.excluded]
        return list(dict.fromkeys(word for text in terms for word in WORD.findall(fold(text))))


def fold(text: str) -> str:
    """In lower case, without accents: as the database folds what it finds words in."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return unicodedata.normalize("NFC", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def wanted_by(typed: str) -> Wanted:
    """Read what a person typed: words, "phrases", -words and OR. Anything else is no sign of a language, only text.

    At most 500 signs and 12 terms count; what has no letter and no figure is left out, and so is a group that only excludes.
    """
    clean = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") else sign for sign in typed[:LONGEST])
    said = " ".join(clean.split())
    groups: list[list[Term]] = [[]]
    tokens = TERM.findall(said)[:MOST_TERMS]
    for number, part in enumerate(tokens, 1):
        if part == "OR":
            groups.append([])
        elif term := _term(part, is_last=number == len(tokens)):
            groups[-1].append(term)
    return Wanted(said, [group for group in groups if any(not term.excluded for term in group)])


def _term(token: str, *, is_last: bool) -> Term | None:
    excluded = token.startswith("-") and len(token) > 1
    text = token.removeprefix("-") if excluded else token
    is_phrase = text.startswith('"')
    text = text.replace('"', " ").strip()
    return Term(text, excluded, is_last and not is_phrase and not excluded) if WORD.search(text) else None


def query_of(wanted: Wanted) -> RawSQL:
    """The query for the database: stemmed English, or the very words in any language. Text reaches it as values alone."""
    parts, values = [], []
    for language in ("english", "simple"):
        for group in wanted.groups:
            if language == "english" and all(fold(one.text) in STOPS for one in group if not one.excluded):
                continue
            terms = [_in_sql(term, language) for term in group]
            parts.append("(" + " && ".join(sql for sql, _ in terms) + ")")
            values += [value for _, said in terms for value in said]
    return RawSQL(f"({' || '.join(parts)})", values, output_field=SearchQueryField())  # noqa: S611 - built of our own words


def _in_sql(term: Term, language: str) -> tuple[str, list[str]]:
    whole = f"phraseto_tsquery('{language}', search_fold(%s))"
    if term.excluded:
        return f"!!{whole}", [term.text]
    return (f"({whole} || search_start(%s))", [term.text] * 2) if term.is_open else (whole, [term.text])


def allowed(visible: Mapping[str, QuerySet[Any]]) -> "QuerySet[SearchEntry]":
    """What may be found, by kind: the very rows that the pages show, read at this moment. Lessons are their course's."""
    seen = [
        Q(kind=kind, **{"within_id__in" if kind == EntryKind.LESSON else "row_id__in": rows.order_by().values("pk")})
        for kind, rows in visible.items()
    ]
    return SearchEntry.objects.filter(reduce(or_, seen)) if seen else SearchEntry.objects.none()


def finding(rows: "QuerySet[SearchEntry]", wanted: Wanted) -> "QuerySet[SearchEntry]":
    """What has the words, in no order."""
    return rows.filter(_has(F("vector"), query_of(wanted))) if wanted.groups else rows.none()


def ranked(rows: "QuerySet[SearchEntry]", wanted: Wanted) -> "QuerySet[SearchEntry]":
    """What has the words, the best first. Of a word that stands nearly everywhere, 500 titles and 500 texts compete."""
    if not wanted.groups:
        return rows.none()
    query = query_of(wanted)
    titles = rows.filter(_has(F("title_vector"), query)).order_by().values("pk")[:MOST_RANKED]
    texts = finding(rows, wanted).order_by().values("pk")[:MOST_RANKED]
    best = SearchEntry.objects.filter(pk__in=titles.union(texts, all=True))
    return best.annotate(rank=SearchRank(F("vector"), query, weights=WEIGHTS)).order_by("-rank", "title", "pk")


def _has(vector: F, query: RawSQL) -> Func:
    return Func(vector, query, template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())


def counted(rows: "QuerySet[SearchEntry]", wanted: Wanted, kinds: Iterable[str]) -> dict[str, int]:
    """How many of each kind have the words, up to 1,000 of each. One query."""
    if not wanted.groups:
        return {}
    found = finding(rows, wanted).order_by()
    first, *others = [found.filter(kind=kind).values_list("kind", flat=True)[:MOST_COUNTED] for kind in kinds]
    return dict(Counter(first.union(*others, all=True)))


def coming_close(rows: "QuerySet[SearchEntry]", wanted: Wanted) -> "QuerySet[SearchEntry]":
    """What reads nearly like it, the nearest first: for words of four letters or more that were typed wrongly."""
    words = [one for one in wanted.words if len(one) >= SHORTEST_NEAR and not UNSPACED.search(one)][:MOST_NEAR_WORDS]
    if not words:
        return rows.none()
    for word in words:
        rows = rows.filter(folded__trigram_word_similar=word)
    near = SearchEntry.objects.filter(pk__in=rows.order_by().values("pk")[:MOST_NEAR])
    nearness: Any = reduce(add, [TrigramWordSimilarity(word, "folded") for word in words])
    return near.annotate(rank=nearness).order_by("-rank", "title", "pk")


def meant(wanted: Wanted, near: Iterable[SearchEntry]) -> str:
    """What was probably meant, in words of what the person may see; "" where nothing is nearer than what was typed."""
    known = list(dict.fromkeys(word for one in near for word in WORD.findall(one.folded)))
    said = wanted.said
    for word in wanted.words:
        close = [] if word in known else get_close_matches(word, known, n=1, cutoff=NEAR_ENOUGH)
        if close:
            said = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", close[0], said, flags=re.IGNORECASE)
    return "" if said == wanted.said else said


def matches(wanted: Wanted, text: str) -> bool:
    """Whether a text has the words: each begins one of its words, or is part of unspaced script. For small piles."""
    plain = fold(text)
    words = WORD.findall(plain)
    return any(all(_is_in(term, plain, words) != term.excluded for term in group) for group in wanted.groups)


def _is_in(term: Term, plain: str, words: Sequence[str]) -> bool:
    text = fold(term.text)
    if UNSPACED.search(text) or " " in text:
        return text in plain
    return all(any(word.startswith(part) for word in words) for part in WORD.findall(text))

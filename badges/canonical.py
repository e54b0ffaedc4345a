"""Canonical forms of a credential, over which proofs are made: RDFC-1.0 of its meaning and JCS of its JSON.

Pure: contexts are read from files beside this one, pinned by hash; nothing is ever fetched. What a form would lose without a
word (an undefined term, a relative address, an empty member) is refused, because nobody could check it afterwards.
Source: RDF Dataset Canonicalization 1.0; RFC 8785; VC Data Integrity 1.0, section 2.4.1 (validating contexts).
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import rfc8785
from pyld.canon import URDNA2015
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdProcessor

FOLDER = Path(__file__).parent / "contexts"
PINNED = {
    "https://www.w3.org/ns/credentials/v2": (
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": (
        "ob-v3p0-context-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": (
        "ob-v3p0-extensions.json",
        "146f85aa16effd7ca1da8056eb443f53ce1eca8a34186cb062832c0a97d889c3",
    ),
}
"""The contexts that are known, by the address that documents name them by: file and SHA-256."""
NOWHERE = "x-relative://nowhere/"
"""Base of relative addresses, so that they show: a reader elsewhere would use another base, or drop them."""
DEEPEST = 32
"""Levels of a document; ours have eight."""
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_KEYWORDS = frozenset({"@context", "@value", "@language"})
_MOST_ALIKE, _MOST_STEPS = 5, 300
"""Blank nodes that look the same, and steps to tell them apart: made-up graphs take exponential time beyond."""


class NotCanonical(ValueError):
    """The document has no canonical form that keeps all of it; the text is a sentence that says why."""


class Unreadable(ValueError):
    """The text is no JSON that every reader reads alike; the text of this is a sentence that says why."""


def read_json(text: str) -> Any:
    """The JSON value of a text. Raises `Unreadable`, also for a name that stands twice in one object, for NaN, and for depth.

    Readers disagree about which of two members counts, so a signature over one says nothing about the other.
    """
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable("It is no JSON that can be read.") from error
    if _depth(value) > DEEPEST:
        raise Unreadable("It is nested too deep.")
    return value


def _depth(value: Any) -> int:
    """Levels of a value, counted one after the other: what comes from outside never decides how deep we call."""
    level, count = [value], 0
    while level:
        count += 1
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
    return count


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("A name stands twice in one object.")
    return members


def _no_number(word: str) -> Any:
    raise Unreadable(f"{word} is no number in JSON.")


def is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1, 1.0, true and "1" are four; the order of members says nothing."""
    return _ordered(one) == _ordered(other)


def _ordered(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def jcs(value: Any) -> bytes:
    """The value by RFC 8785. Raises `NotCanonical` for what JSON readers don't agree on, e.g. half a sign."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise NotCanonical("This JSON has no canonical form.") from error


def rdfc(document: dict[str, Any]) -> bytes:
    """The document's statements as canonical N-Quads. Raises `NotCanonical` where one would be lost or read otherwise.

    About 10 ms for 10 kB. Contexts are taken by their pinned files only, and never inline.
    """
    _refuse_losses(document, depth=1)
    options = {
        "algorithm": "URDNA2015",  # equals RDFC-1.0 for text without control characters, which are refused
        "format": "application/n-quads",
        "base": NOWHERE,
        "documentLoader": _load,
        "contextResolver": ContextResolver(_resolved, _load),
    }
    try:
        with _one_at_a_time:
            dataset = _Careful().to_rdf(document, {name: options[name] for name in options if name != "format"})
        return str(_Bounded().main(dataset, options)).encode()
    except NotCanonical:
        raise
    except Exception as error:  # PyLD trips over made-up documents in many ways; each means that it can't be read
        raise NotCanonical("This document can't be read as linked data.") from error


def _refuse_losses(value: Any, *, depth: int) -> None:
    """What PyLD or another reader drops or writes otherwise, found in the JSON itself."""
    if depth > DEEPEST:
        raise NotCanonical(f"This document is nested deeper than {DEEPEST} levels.")
    if value is None or value in ([], {}):
        raise NotCanonical("A member is empty, so its statement would be lost.")
    if isinstance(value, str) and _CONTROL.search(value):
        raise NotCanonical("A text holds a control character.")
    if isinstance(value, float):
        raise NotCanonical("A number is no whole number.")
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_name(name, inner)
            _refuse_losses(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_losses(inner, depth=depth + 1)


def _refuse_name(name: str, inner: Any) -> None:
    if name == "@context":
        for one in inner if isinstance(inner, list) else [inner]:
            if not isinstance(one, str) or one not in PINNED:
                raise NotCanonical(f"The context {json.dumps(one)[:100]} is not one that is known here.")
    elif name.startswith("@") and name not in _KEYWORDS:
        raise NotCanonical(f"The member {name[:40]} isn't kept by every reader.")


class _Careful(JsonLdProcessor):
    """Expansion that refuses where PyLD would drop a member, or resolve an address against a base of its own."""

    def __init__(self) -> None:
        super().__init__(on_property_dropped=_refuse_term)

    def expand(self, input_: Any, options: Any) -> Any:
        """As the base class; what comes out is looked through."""
        expanded = super().expand(input_, options)
        for name, word in _addresses(expanded):
            known = _LANGUAGE if name == "@language" else _IRI
            if not isinstance(word, str) or not known.fullmatch(word) or word.startswith("x-relative:"):
                shown = str(word).removeprefix(NOWHERE)[:100]
                raise NotCanonical(f"“{shown}” is no whole address, or is not defined.")
        return expanded


def _refuse_term(name: str | None) -> None:
    raise NotCanonical(f"“{str(name)[:100]}” is not defined by the contexts.")


def _addresses(value: Any) -> Iterator[tuple[str, Any]]:
    """Every id, type and language in an expanded document, with the keyword it stands under."""
    if isinstance(value, list):
        for inner in value:
            yield from _addresses(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("@id", "@type", "@language"):
                yield from ((name, one) for one in (inner if isinstance(inner, list) else [inner]) if one != "@json")
            elif name != "@value":
                yield from _addresses(inner)


class _Bounded(URDNA2015):
    """Canonical names of blank nodes, given up where telling them apart would take for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def create_hash_to_related(self, id_: str, issuer: Any) -> dict[str, list[str]]:
        """As the base class, within bounds."""
        related: dict[str, list[str]] = super().create_hash_to_related(id_, issuer)
        self.steps += 1
        if self.steps > _MOST_STEPS or any(len(alike) > _MOST_ALIKE for alike in related.values()):
            raise NotCanonical("Too many unnamed parts of this document look the same.")
        return related


_resolved: dict[str, Any] = {}
"""Contexts that PyLD has read: by address, and inside them by content, so there are as many as the pinned files hold."""
_one_at_a_time = threading.Lock()
"""PyLD's memory of contexts was not made for threads."""


def _load(url: str, options: Any = None) -> dict[str, Any]:
    """A pinned context, as PyLD's document loader gives it. Raises for any other address; asks no network."""
    return {
        "contextUrl": None,
        "documentUrl": url,
        "contentType": "application/ld+json",
        "document": _context(url),
        "tag": "static",
    }


@lru_cache(maxsize=16)
def _context(url: str) -> Any:
    if url not in PINNED:
        raise NotCanonical(f"The context {url[:100]} is not one that is known here.")
    name, digest = PINNED[url]
    content = (FOLDER / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{name} is not the file that was pinned.")
    return json.loads(content)

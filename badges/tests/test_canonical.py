"""Canonical forms: the W3C's vectors byte for byte, nothing lost without a word, and no network."""

import hashlib
import json
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badges import canonical, openbadges
from badges.canonical import NotCanonical, is_same, jcs, rdfc, read_json
from badges.tests.shared import FOLDER, needs_shared
from badges.tests.test_openbadges import build
from badges.tests.vectors import document_of, text_of

EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


def test_every_context_of_ours_is_pinned_and_unmodified():
    assert set(openbadges.CONTEXTS) == set(canonical.PINNED)
    for name, digest in canonical.PINNED.values():
        assert hashlib.sha256((canonical.FOLDER / name).read_bytes()).hexdigest() == digest
        assert digest in (canonical.FOLDER / "NOTICE.md").read_text()


def test_a_changed_context_file_is_refused(monkeypatch):
    canonical._context.cache_clear()
    monkeypatch.setattr(canonical, "_resolved", {})
    monkeypatch.setitem(canonical.PINNED, openbadges.CONTEXTS[2], ("ob-v3p0-extensions.json", "0" * 64))

    with pytest.raises(NotCanonical):
        rdfc(build())
    canonical._context.cache_clear()


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(canonical, "_resolved", {})
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert rdfc(build())
    with pytest.raises(NotCanonical, match=r"evil\.example"):
        rdfc(build() | {"@context": [*openbadges.CONTEXTS, "https://evil.example/context"]})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("unsigned.json", "rdfc-canonDocDataInt.txt"),
        ("proof", "rdfc-proofCanonDataInt.txt"),
    ],
)
def test_rdfc_gives_the_published_statements(with_examples, source, expected):
    document = document_of("unsigned.json")
    if source == "proof":
        proof = document_of("rdfc-signedDataInt.json")["proof"]
        document = {name: value for name, value in proof.items() if name != "proofValue"} | {
            "@context": document["@context"]
        }

    assert rdfc(document) == text_of(expected)


def test_jcs_gives_the_published_text():
    assert jcs(document_of("unsigned.json")) == text_of("jcs-canonDocJCS.txt")


@needs_shared
def test_rdfc_gives_the_statements_of_open_badges():
    vector = json.loads((FOLDER / "test-vectors/1edtech/vector.json").read_text())
    options = vector["proofOptions"] | {"@context": vector["unsigned"]["@context"]}

    assert rdfc(vector["unsigned"]) == (FOLDER / "test-vectors/1edtech/document-canon.txt").read_bytes()
    assert rdfc(options) == (FOLDER / "test-vectors/1edtech/proof-canon.txt").read_bytes()


@needs_shared
def test_a_badge_says_the_same_by_the_context_of_2024(monkeypatch):
    now = rdfc(build())
    older = FOLDER / "contexts/ob-v3p0-context-3.0.3.spec-repo-2024-03.json"
    digest = hashlib.sha256(older.read_bytes()).hexdigest()
    canonical._context.cache_clear()
    monkeypatch.setattr(canonical, "_resolved", {})
    monkeypatch.setitem(canonical.PINNED, openbadges.CONTEXTS[1], (older, digest))

    assert rdfc(build()) == now
    canonical._context.cache_clear()


BLANKS = [{"type": ["Achievement"], "related": [{"type": ["Related"], "id": "urn:x:1"}]} for _ in range(9)]
TWINS = [{"type": ["AchievementSubject"], "achievement": BLANKS} for _ in range(2)]
LOSSES = {
    "undefined term": {"colour": "blue"},
    "undefined term in a nested object": {"image": {"id": "https://example.com/", "type": "Image", "colour": "blue"}},
    "undefined term deep inside": {"evidence": [{"type": ["Evidence"], "name": "x", "mood": ["good"]}]},
    "undefined type": {"type": ["VerifiableCredential", "Colour"]},
    "undefined type of a nested object": {"evidence": [{"type": ["Colour"], "name": "x"}]},
    "term of a context that is not there": {"@context": list(openbadges.CONTEXTS[:2])},
    "relative id": {"id": "/credentials/1.json"},
    "relative id of a nested object": {"image": {"id": "image.png", "type": "Image"}},
    "id with a blank": {"image": {"id": "https://example.com/my image.png", "type": "Image"}},
    "id without a scheme": {"issuer": {"id": "//example.com/", "type": ["Profile"]}},
    "blank node id": {"image": {"id": "_:b0", "type": "Image"}},
    "keyword for an id": {"image": {"id": "@vocab", "type": "Image"}},
    "null": {"name": None},
    "empty array": {"evidence": []},
    "empty object": {"evidence": [{}]},
    "control character": {"name": "a\u0007b"},
    "half a sign": {"name": "a\ud800"},
    "fraction": {"name": 1.5},
    "unknown context": {"@context": [*openbadges.CONTEXTS, "https://evil.example/v1"]},
    "inline context": {"@context": [*openbadges.CONTEXTS, {"colour": "https://example.com/colour"}]},
    "inline context in a nested object": {"image": {"@context": {"a": "b:c"}, "id": "https://a.example/", "type": "Image"}},
    "context that is a number": {"@context": [7]},
    "no context": {"@context": []},
    "reverse": {"@reverse": {"name": "x"}},
    "graph": {"@graph": [{"name": "x"}]},
    "index": {"image": {"id": "https://a.example/", "type": "Image", "@index": "1"}},
    "no language": {"name": {"@value": "x", "@language": "not a language"}},
    "id that is an object": {"id": {"a": "b"}},
    "many that look the same": {"credentialSubject": TWINS},
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_what_would_be_lost_is_refused(name):
    with pytest.raises(NotCanonical):
        rdfc(build() | LOSSES[name])


def test_depth_is_refused_before_anybody_reads_it():
    deep = {"name": "x"}
    for _ in range(40):
        deep = {"related": [deep]}

    with pytest.raises(NotCanonical, match="deeper"):
        rdfc(build() | deep)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": 1, "\\u0061": 2}',
        '{"a": {"b": [{"c": 1, "c": 2}]}}',
        "NaN",
        '{"a": Infinity}',
        "[" * 33 + "]" * 33,
        "[" * 100_000,
        "{",
        "1" * 5000,
    ],
)
def test_json_that_readers_disagree_about_is_not_read(text):
    with pytest.raises(ValueError):
        read_json(text)


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (1, "1"), (0, False), (None, ""), ([1], 1), ("\u00e9", "e\u0301")]
)
def test_values_that_only_look_the_same_differ(one, other):
    assert not is_same({"a": [one]}, {"a": [other]})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_a_canonical_text_reads_as_the_value_it_was_made_of(value):
    assert is_same(read_json(jcs(value).decode()), value)
    assert is_same(read_json(json.dumps(value, indent=1)), value)


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None)
def test_values_are_the_same_exactly_when_their_canonical_texts_are(one, other):
    assert is_same(one, other) is (jcs(one) == jcs(other))

"""Embedded proofs: the published vectors byte for byte, and every named forgery and single edit refused."""

import copy
import json

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from badges import proofs
from badges.canonical import NotCanonical, read_json
from badges.proofs import BadProof
from badges.tests.edits import every_edit, with_doubled_members
from badges.tests.shared import FOLDER, needs_shared
from badges.tests.test_openbadges import build
from badges.tests.vectors import document_of

METHOD, CREATED = "did:web:localhost%3A8000#key-2026-11-eddsa", "2026-11-22T14:00:00Z"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYS = {METHOD: PUBLIC}
STRANGER = Ed25519PrivateKey.generate()
STRANGERS_NAME = proofs.public_multibase(STRANGER.public_key().public_bytes_raw())
BARE = build()
SIGNED = proofs.with_proofs(BARE, method=METHOD, created=CREATED, sign=KEY.sign)
OTHER = proofs.with_proofs(
    BARE | {"id": "http://localhost:8000/credentials/other.json"}, method=METHOD, created=CREATED, sign=KEY.sign
)


def sign(document=BARE, *, method=METHOD, created=CREATED, key=KEY):
    return proofs.with_proofs(document, method=method, created=created, sign=key.sign)


def resigned(**changes):
    """Both proofs with other members, signed by our own key: what a careless verifier would let through."""
    document = copy.deepcopy(SIGNED)
    for proof in document["proof"]:
        proof |= changes
        proof["proofValue"] = proofs.multibase(KEY.sign(proofs._to_sign(proofs.bare(document), proof)))
    return document


def test_vectors_of_the_w3c_are_made_byte_for_byte(with_examples):
    pair = document_of("keyPair.json")
    expected = [document_of(name)["proof"] for name in ("rdfc-signedDataInt.json", "jcs-signedJCS.json")]
    key = Ed25519PrivateKey.from_private_bytes(base58.b58decode(pair["privateKeyMultibase"][1:])[2:])
    method, created = expected[0]["verificationMethod"], expected[0]["created"]

    signed = sign(document_of("unsigned.json"), method=method, created=created, key=key)

    assert signed["proof"] == expected
    assert proofs.public_multibase(key.public_key().public_bytes_raw()) == pair["publicKeyMultibase"]
    assert proofs.verify(signed, keys={method: key.public_key().public_bytes_raw()}).method == method


@needs_shared
def test_vector_of_open_badges_is_made_byte_for_byte():
    vector = json.loads((FOLDER / "test-vectors/1edtech/vector.json").read_text())
    options = vector["proofOptions"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["ed25519_seed_hex"]))

    signed = sign(vector["unsigned"], method=options["verificationMethod"], created=options["created"], key=key)

    assert signed["proof"][0] == options | {"proofValue": vector["proofValue"]}


def test_signatures_of_one_document_key_and_moment_are_always_the_same():
    assert sign() == SIGNED
    assert [proof["cryptosuite"] for proof in SIGNED["proof"]] == list(proofs.SUITES)


def test_own_document_verifies_and_reads_as_it_was():
    proven = proofs.verify(read_json(json.dumps(SIGNED)), keys=KEYS)

    assert (proven.document, proven.method) == (BARE, METHOD)
    assert proven.created.isoformat() == "2026-11-22T14:00:00+00:00"


def test_what_a_proof_would_not_cover_is_never_signed():
    with pytest.raises(NotCanonical):
        sign(BARE | {"colour": "blue"})


def with_proof(*found, **more):
    return SIGNED | {"proof": list(found)} | more


RDFC, JCS = SIGNED["proof"]
FORGERIES = {
    "stripped": BARE,
    "empty set": with_proof(),
    "no set": SIGNED | {"proof": RDFC},
    "null": SIGNED | {"proof": None},
    "only the first": with_proof(RDFC),
    "only the second": with_proof(JCS),
    "other order": with_proof(JCS, RDFC),
    "first twice": with_proof(RDFC, RDFC),
    "second twice": with_proof(JCS, JCS),
    "three": with_proof(RDFC, JCS, JCS),
    "numbers": with_proof(7, 7),
    "first of another document": with_proof(OTHER["proof"][0], JCS),
    "second of another document": with_proof(RDFC, OTHER["proof"][1]),
    "both of another document": with_proof(*OTHER["proof"]),
    "values swapped": with_proof(RDFC | {"proofValue": JCS["proofValue"]}, JCS | {"proofValue": RDFC["proofValue"]}),
    "another key": sign(key=STRANGER),
    "another key under a name of its own": sign(key=STRANGER, method="did:web:localhost%3A8000#key-2026-12-eddsa"),
    "another issuer's key": sign(key=STRANGER, method="did:web:evil.example.com#key-2026-11-eddsa"),
    "key inside its name": sign(key=STRANGER, method=f"did:web:localhost%3A8000#{STRANGERS_NAME}"),
    "did:key": sign(key=STRANGER, method="did:key:z6Mk#z6Mk"),
    "our key, other purpose": resigned(proofPurpose="authentication"),
    "our key, type as a list": resigned(type=["DataIntegrityProof"]),
    "other type": with_proof(RDFC | {"type": "Ed25519Signature2020"}, JCS),
    "our key, other moment's form": resigned(created="2026-11-22T14:00:00+00:00"),
    "our key, moment that is none": resigned(created="2026-13-41T14:00:00Z"),
    "our key, member more": resigned(expires="2030-01-01T00:00:00Z"),
    "our key, challenge": resigned(challenge="x"),
    "our key, nonce": resigned(nonce="x"),
    "our key, moments differ": with_proof(RDFC, sign(created="2026-11-22T14:00:01Z")["proof"][1]),
    "unknown suite": with_proof(RDFC | {"cryptosuite": "eddsa-2022"}, JCS),
    "suites swapped": with_proof(RDFC | {"cryptosuite": proofs.JCS}, JCS | {"cryptosuite": proofs.RDFC}),
    "no context in the second": with_proof(RDFC, {name: value for name, value in JCS.items() if name != "@context"}),
    "context in the first": with_proof(RDFC | {"@context": BARE["@context"]}, JCS),
    "shorter context in the second": with_proof(RDFC, JCS | {"@context": BARE["@context"][:2]}),
    "value in base64": with_proof(RDFC | {"proofValue": "u" + RDFC["proofValue"][1:]}, JCS),
    "value with a blank": with_proof(RDFC | {"proofValue": RDFC["proofValue"] + " "}, JCS),
    "value cut": with_proof(RDFC | {"proofValue": RDFC["proofValue"][:-4]}, JCS),
    "value of another sign": with_proof(RDFC | {"proofValue": "z0OIl"}, JCS),
    "value endless": with_proof(RDFC | {"proofValue": "z" + "1" * 5000}, JCS),
    "value a number": with_proof(RDFC | {"proofValue": 7}, JCS),
    "key a number": with_proof(RDFC | {"verificationMethod": 7}, JCS | {"verificationMethod": 7}),
    "context reordered": SIGNED | {"@context": list(reversed(BARE["@context"]))},
    "context more": SIGNED | {"@context": [*BARE["@context"], "https://evil.example/v1"]},
    "context doubled": SIGNED | {"@context": [*BARE["@context"], BARE["@context"][1]]},
    "context other address": SIGNED | {"@context": [BARE["@context"][0], "https://purl.imsglobal.org/spec/ob/v3p0/context.json"]},
    "context inline": SIGNED | {"@context": [*BARE["@context"], {"narrative": "https://example.com/other"}]},
    "look-alike in the name": SIGNED | {"name": BARE["name"].replace("a", "а")},
    "decomposed name": SIGNED | {"name": BARE["name"] + "\u0301"},
    "blank more": SIGNED | {"name": BARE["name"] + " "},
    "number for a text": SIGNED | {"awardedDate": 20260618},
    "text in a list": SIGNED | {"name": [BARE["name"]]},
    "caption left out": SIGNED | {"image": {name: BARE["image"][name] for name in ("id", "type")}},
    "undefined member": SIGNED | {"colour": "blue"},
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused(name):
    with pytest.raises(BadProof):
        proofs.verify(FORGERIES[name], keys=KEYS)


def test_withdrawn_key_verifies_nothing():
    with pytest.raises(BadProof, match="no longer counts"):
        proofs.verify(SIGNED, keys={})


def test_every_single_edit_is_refused():
    edits = list(every_edit(SIGNED))

    assert len(edits) > 600
    for what, document in edits:
        with pytest.raises(BadProof):
            assert proofs.verify(document, keys=KEYS) is None, what


def test_every_doubled_member_is_refused():
    doubled = list(with_doubled_members(SIGNED))

    assert len(doubled) > 100
    for what, text in doubled:
        with pytest.raises(ValueError, match="twice"):
            assert read_json(text) is None, what


@pytest.mark.parametrize("suite", proofs.SUITES)
def test_each_proof_alone_refuses_a_change_of_what_the_badge_says(suite):
    proof = SIGNED["proof"][proofs.SUITES.index(suite)]
    for change in ({"name": "Other"}, {"validUntil": "2099-01-01T00:00:00Z"}, {"id": "urn:x:y"}):
        with pytest.raises(BadProof, match=f"{suite} does not fit"):
            proofs.verify_proof(BARE | change, proof, PUBLIC)


def test_what_the_second_proof_refuses_is_never_read_as_linked_data(monkeypatch):
    def refuse(document):
        raise AssertionError("the costly form was made")

    monkeypatch.setattr(proofs, "rdfc", refuse)

    with pytest.raises(BadProof, match="eddsa-jcs-2022"):
        proofs.verify(SIGNED | {"name": "Other"}, keys=KEYS)

"""Badges of other issuers: each check by name with its reason, and never called verified."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey, RSAKey

from badges import openbadges, proofs
from badges.rules.checking import check_presented
from badges.rules.presented import Presented, read_presented
from badges.tests.shared import FOLDER, needs_shared
from badges.tests.test_openbadges import build
from badges.tests.test_signing import b64, signed_by

NOW = datetime(2026, 7, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def own_name():
    return "did:key:" + proofs.public_multibase(KEY.public_key().public_bytes_raw())


def foreign(**changes):
    """A credential like ours, by an issuer whose id is its own key, with both signatures."""
    document = json.loads(json.dumps(build()))
    did = own_name()
    document["issuer"] |= {"id": did, "name": "Other Company"}
    document |= {"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z"} | changes
    return proofs.with_proofs(
        document, method=f"{did}#{did.removeprefix('did:key:')}", created="2026-01-01T00:00:00Z", sign=KEY.sign
    )


def checks_of(document, now=NOW, **more):
    verdict = check_presented(Presented(document, **more), now=now)
    assert not verdict.verified and verdict.refusal.code == "other-issuer"
    return {check.name: check for check in verdict.checks}


def test_what_can_be_told_is_told_and_it_is_never_verified():
    checks = checks_of(foreign())

    passed = {name: check.passed for name, check in checks.items()}
    assert passed == {
        "issuer-known": False, "signed": True, "not-revoked": False, "in-date": True, "well-formed": True,
    }  # fmt: skip
    assert "Other Company" in checks["issuer-known"].text


def test_an_edit_breaks_the_signature():
    document = foreign()
    document["name"] += "!"

    assert checks_of(document)["signed"].result == "not proven"


def test_our_name_with_another_key_is_another_issuer():
    document = foreign()
    document["issuer"]["name"] = "Example Company"

    assert not checks_of(document)["issuer-known"].passed


@pytest.mark.parametrize(
    "proof",
    [
        None, [], "text", [None], [{}], {"cryptosuite": "ecdsa-sd-2023"}, {"cryptosuite": "eddsa-jcs-2022"},
        {"cryptosuite": "eddsa-jcs-2022", "proofPurpose": "authentication"},
        {"cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod", "verificationMethod": "did:key:zOther#zOther"},
        {"cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod", "proofValue": 7},
    ],
)  # fmt: skip
def test_a_proof_of_another_kind_proves_nothing(proof):
    assert not checks_of(foreign() | {"proof": proof})["signed"].passed


@pytest.mark.parametrize(
    "name", ["did:key:", "did:key:z", "did:key:z0", "did:key:z6Mk", "did:web:other.example", "", None, 7, []]
)
def test_an_issuer_whose_key_is_elsewhere_is_not_checked(name):
    document = foreign()
    document["issuer"]["id"] = name

    assert not checks_of(document)["signed"].passed


@pytest.mark.parametrize(
    ("dates", "result"),
    [
        ({"validFrom": "2027-01-01T00:00:00Z"}, "not yet"),
        ({"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}, "expired"),
        ({"validFrom": "yesterday"}, "unknown"),
        ({"validFrom": 7}, "unknown"),
        ({"validFrom": None}, "unknown"),
        ({"validFrom": "2026-01-01"}, "in date"),
    ],
)
def test_its_dates_are_read_as_it_gives_them(dates, result):
    assert checks_of(foreign() | dates)["in-date"].result == result


def test_a_token_of_others_is_read_and_not_believed():
    checks = checks_of(foreign(), token=signed_by(ECKey.generate_key("P-256")), is_token_only=True)

    assert not checks["signed"].passed and "lies with its issuer" in checks["signed"].text


TOKEN_KEYS = [ECKey.generate_key("P-256"), RSAKey.generate_key(2048)]


@pytest.mark.parametrize("key", TOKEN_KEYS, ids=["ES256", "RS256"])
def test_a_token_by_a_key_inside_its_issuers_name_is_checked(key):
    did = f"did:jwk:{b64(key.as_dict(private=False))}"
    document = proofs.bare(foreign()) | {"issuer": {"id": did, "type": ["Profile"], "name": "Other Company"}}
    header = {"alg": "ES256" if key.key_type == "EC" else "RS256", "kid": f"{did}#0", "typ": "JWT"}
    token = signed_by(key, header, document)
    forged = [
        token[:-8] + "AAAAAAAA", signed_by(key, header | {"kid": "#0"}, document),
        signed_by(key, header, document | {"iss": "did:web:evil.example"}), signed_by(TOKEN_KEYS[0], header | {"alg": "ES256"}),
    ]  # fmt: skip

    assert checks_of(document, token=token, is_token_only=True)["signed"].passed
    assert not checks_of(document, token=token)["signed"].passed  # the document beside it is not signed
    for other in forged[: 3 if key.key_type == "EC" else 4]:
        assert not checks_of(document, token=other, is_token_only=True)["signed"].passed


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: [proof] * 9,
        lambda proof: [proof | {"type": "Ed25519Signature2020"}],
        lambda proof: [proof | {"expires": "2020-01-01T00:00:00Z"}],
        lambda proof: [proof | {"@context": ["https://www.w3.org/ns/credentials/v2"]}],
    ],
)
def test_signatures_that_nobody_needs_or_that_read_otherwise_prove_nothing(change):
    document = foreign()

    assert not checks_of(document | {"proof": change(document["proof"][1])})["signed"].passed


@needs_shared
@pytest.mark.parametrize("name", ["simple-json.png", "simple-json.svg", "simple-jwt.png", "simple-jwt.svg", "complete.json",
                                  "simple-eddsa-2022.json", "endorsement-valid.json"])  # fmt: skip
def test_published_samples_are_read_and_each_check_is_named(name):
    presented = read_presented((FOLDER / "samples" / name).read_bytes())

    assert isinstance(presented, Presented)
    assert not checks_of(presented.document, token=presented.token, is_token_only=presented.is_token_only)[
        "signed"
    ].passed


def test_an_older_assertion_is_named():
    assertion = {"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": "https://other.example/1",
                 "badge": "https://other.example/badge", "issuedOn": "2026-01-01T00:00:00Z"}  # fmt: skip

    checks = checks_of(assertion)

    assert checks["well-formed"].result == "older" and "other.example" in checks["issuer-known"].text


@pytest.mark.parametrize("document", [{}, {"issuer": []}, {"issuer": {"id": {}}}, {"type": {}}, {"issuer": "x" * 5000}])
def test_what_is_hardly_a_badge_fails_by_name(document):
    checks = checks_of(document)

    assert not any(check.passed for check in checks.values())
    assert all(len(check.text) < 500 for check in checks.values())


def test_large_ones_are_not_looked_into():
    checks = checks_of(foreign(description="x" * 40_000))

    assert checks["signed"].result == checks["well-formed"].result == "too large"


@pytest.mark.django_db
def test_the_page_lists_the_checks_and_escapes_what_it_quotes(client):
    document = foreign()
    document["issuer"]["name"] = "<script>alert(1)</script>"

    page = client.post("/credentials/verify", {"text": openbadges.as_text(document)}).content.decode()

    assert "This badge names another issuer" in page and "An issuer that we know" in page
    assert "<script>alert" not in page


@pytest.mark.django_db
def test_the_machine_s_answer_has_checks_code_and_sentence(client):
    body = client.post(
        "/credentials/verify", json.dumps({"credential": foreign()}), content_type="application/json"
    ).json()

    assert body["verified"] is False and body["code"] == "other-issuer" and len(body["checks"]) == 5

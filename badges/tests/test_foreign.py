"""Badges of other issuers: each check by name with its reason, and never called verified."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from badges import openbadges, proofs
from badges.rules.checking import check_presented
from badges.rules.presented import Presented
from badges.tests.test_openbadges import build

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
    checks = checks_of(foreign(), token="a.b.c", is_token_only=True)

    assert checks["signed"].result == "not checked"


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

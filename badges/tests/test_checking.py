"""The five checks by name: what passes, what fails, and that whatever can't be told fails."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from badges import baking, openbadges, signing
from badges.models import SigningKey
from badges.rules import checking
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke

pytestmark = pytest.mark.django_db
ALL = ["unchanged", "signed-by-us", "not-revoked", "in-date", "well-formed"]


def verdict_on(content, now=None):
    presented = checking.read_presented(content if isinstance(content, bytes) else content.encode())
    assert isinstance(presented, checking.Presented)
    return checking.check_presented(presented, now=now or timezone.now())


def failed(verdict):
    return {check.name for check in verdict.checks if not check.passed}


def forms(credential):
    return [credential.jwt, credential.document, bytes(credential.png), f"\n {credential.jwt}\n"]


def test_every_form_of_a_live_award_passes_every_check():
    credential = make_credential()

    for form in forms(credential):
        verdict = verdict_on(form)
        assert verdict.verified
        assert [check.name for check in verdict.checks] == ALL
    assert checking.check_record(credential, now=timezone.now()).verified


def test_every_form_of_a_revoked_award_fails():
    credential = make_credential()
    revoke(credential)

    assert [failed(verdict_on(form)) for form in forms(credential)] == [{"not-revoked"}] * 4


def test_every_form_of_an_expired_award_fails():
    assert [failed(verdict_on(form)) for form in forms(make_expired_credential())] == [{"in-date"}] * 4


@pytest.mark.parametrize(
    ("moment", "passed", "result"),
    [
        (lambda c: c.valid_from - timedelta(seconds=1), False, "not yet"),
        (lambda c: c.valid_from, True, None),
        (lambda c: c.expires_at - timedelta(days=1, hours=1), True, "1 day left"),
        (lambda c: c.expires_at, True, "0 days left"),
        (lambda c: c.expires_at + timedelta(seconds=1), False, "expired"),
    ],
)
def test_last_day_counts_to_its_last_second(moment, passed, result):
    credential = make_credential()
    check = checking.check_record(credential, now=moment(credential)).checks[3]

    assert check.passed is passed
    assert result is None or check.result == result


def test_award_without_end_stays_in_date():
    verdict = checking.check_record(make_credential(valid_until=None), now=timezone.now() + timedelta(days=9000))

    assert verdict.verified and verdict.checks[3].result == "no end"


def test_withdrawn_key_fails_and_retired_key_passes():
    credential = make_credential()

    SigningKey.objects.update(state="retired")
    assert verdict_on(credential.jwt).verified
    SigningKey.objects.update(state="withdrawn")
    assert failed(verdict_on(credential.jwt)) == {"unchanged", "signed-by-us"}


def test_every_single_edit_of_the_document_is_refused():
    credential = make_credential()
    document = json.loads(credential.document)

    for member in document:
        if member in ("id", "issuer"):
            continue
        assert "unchanged" in failed(verdict_on(json.dumps(document | {member: "other"})))
    assert not verdict_on(json.dumps(document | {"proof": [{"type": "DataIntegrityProof"}]})).verified


def test_document_with_the_id_of_another_award_is_refused():
    one, other = make_credential(), make_credential()
    document = json.loads(one.document) | {"id": json.loads(other.document)["id"]}

    assert failed(verdict_on(json.dumps(document))) == {"unchanged"}


@pytest.mark.parametrize("path", ["credentials/00000000-0000-4000-8000-000000000000.json", "credentials/x.json",
                                  "credentials/" + "-" * 36 + ".json"])  # fmt: skip
def test_award_that_is_not_on_record_is_not_called_valid(path):
    document = json.loads(make_credential().document) | {"id": f"http://localhost:8000/{path}"}

    assert failed(verdict_on(json.dumps(document))) >= {"unchanged", "signed-by-us", "not-revoked", "in-date"}


def test_token_signed_with_our_key_but_never_issued_fails():
    credential = make_credential()
    key = SigningKey.objects.get(algorithm="ES256")
    document = json.loads(credential.document) | {"id": "http://localhost:8000/credentials/elsewhere.json"}
    token = signing.sign(document, kid=key.kid, sealed=bytes(key.sealed_private_key), secret=settings.ISSUER_SECRET)

    assert failed(verdict_on(token)) == {"unchanged", "not-revoked", "in-date"}


def test_schema_is_asked_again_for_what_is_not_the_stored_text():
    document = json.loads(make_credential().document)
    del document["credentialSubject"]

    assert "well-formed" in failed(verdict_on(json.dumps(document)))


def test_document_too_deep_for_the_schema_is_not_well_formed(monkeypatch):
    credential = make_credential()

    def too_deep(document):
        raise RecursionError

    monkeypatch.setattr(openbadges, "schema_errors", too_deep)
    assert "well-formed" in failed(verdict_on(json.dumps(json.loads(credential.document) | {"name": "x"})))


@pytest.mark.parametrize("issuer", ["did:web:other.example.com", {"id": "did:web:other.example.com"}, None, 7])
def test_badge_of_another_issuer_is_refused_by_name(issuer):
    verdict = verdict_on(json.dumps({"issuer": issuer}))

    assert verdict.refusal.code == "other-issuer"
    assert verdict.as_json()["verified"] is False and verdict.as_json()["checks"] == []


def test_issuer_may_stand_as_its_id_alone():
    assert verdict_on(json.dumps({"issuer": "did:web:localhost%3A8000"})).refusal is None


UNREADABLE = {
    "picture without badge": lambda: bytes(make_achievement().image),
    "no text": lambda: b"\xff\xfe\x00",
    "word": lambda: b"hello",
    "empty": lambda: b"",
    "list": lambda: b"[1]",
    "broken json": lambda: b'{"a": ',
    "deep json": lambda: b'{"a":' * 30_000,
    "picture with a word in it": lambda: baking.bake(bytes(make_achievement().image), "hello"),
    "large": lambda: b"a.b." + b"c" * 200_000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_content_is_refused_by_name(name):
    refusal = checking.read_presented(UNREADABLE[name]())

    assert refusal.code == ("too-large" if name == "large" else "no-badge")


def test_no_checks_is_never_verified():
    assert not checking.Verdict().verified

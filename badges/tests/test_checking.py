"""The six checks by name: what passes, what fails, and that whatever can't be told fails."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from badges import baking, openbadges, proofs, signing
from badges.models import Credential, SigningKey
from badges.rules import checking, presented
from badges.tests.edits import every_edit, with_doubled_members
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.lib.refusals import Refusal

pytestmark = pytest.mark.django_db
ALL = ["unchanged", "signed-by-us", "not-revoked", "in-date", "well-formed", "same-in-every-form"]
NOT_OURS = {"unchanged", "signed-by-us", "same-in-every-form"}


def verdict_on(content, now=None):
    brought = presented.read_presented(content if isinstance(content, bytes) else content.encode())
    assert isinstance(brought, presented.Presented)
    return checking.check_presented(brought, now=now or timezone.now())


def failed(verdict):
    return {check.name for check in verdict.checks if not check.passed}


def forms(credential):
    texts = [credential.document, credential.jwt, credential.jwt_rs256, f"\n {credential.jwt}\n"]
    return [*texts, bytes(credential.png), credential.svg, json.dumps(json.loads(credential.document), indent=2)]


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

    assert [failed(verdict_on(form)) for form in forms(credential)] == [{"not-revoked"}] * 7


def test_every_form_of_an_expired_award_fails():
    assert [failed(verdict_on(form)) for form in forms(make_expired_credential())] == [{"in-date"}] * 7


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


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
def test_withdrawn_key_fails_and_retired_key_passes(algorithm):
    credential = make_credential()
    keys = SigningKey.objects.filter(algorithm=algorithm)

    keys.update(state="retired", retired_at=timezone.now())
    assert all(verdict_on(form).verified for form in forms(credential))
    keys.update(state="withdrawn", withdrawn_at=timezone.now())
    for verdict in [verdict_on(form) for form in forms(credential)]:
        assert failed(verdict) == {"unchanged", "signed-by-us"} and verdict.word == "Key withdrawn"
        assert keys.get().kid.removeprefix("key-") in verdict.checks[1].text


def test_what_a_key_signed_after_it_retired_is_not_believed():
    credential = make_credential()

    SigningKey.objects.filter(algorithm="EdDSA").update(
        state="retired", retired_at=timezone.now() - timedelta(minutes=5)
    )

    verdict = verdict_on(credential.document)
    assert failed(verdict) == {"unchanged", "signed-by-us"} and "had retired" in verdict.checks[1].text


def test_check_names_the_proofs_the_tokens_and_their_keys():
    text = checking.check_record(make_credential(), now=timezone.now()).checks[1].text

    kids = [kid.removeprefix("key-") for kid in SigningKey.objects.values_list("kid", flat=True)]
    assert len(kids) == 3
    for words in (*proofs.SUITES, "ES256", "RS256", *kids):
        assert words in text


def test_an_award_is_examined_once_until_its_row_or_a_key_changes(django_assert_num_queries):
    credential = make_credential()
    ask = lambda: checking.check_record(checking.record_of(json.loads(credential.document)), now=timezone.now())  # noqa: E731

    with django_assert_num_queries(2):
        ask()
    with django_assert_num_queries(1):
        ask()
    SigningKey.objects.filter(algorithm="ES256").update(state="retired", retired_at=timezone.now())
    with django_assert_num_queries(2):
        ask()


def test_every_single_edit_of_the_document_is_refused(monkeypatch):
    credential = make_credential()
    monkeypatch.setattr(openbadges, "schema_errors", lambda document: [])  # the costly check has tests of its own
    document = json.loads(credential.document)
    edits = [(what, edited) for what, edited in every_edit(document) if checking.is_ours(edited)]

    assert len(edits) > 600
    for what, edited in edits:
        brought = presented.Presented(edited)
        assert failed(checking.check_presented(brought, now=timezone.now())) >= NOT_OURS, what


def test_every_doubled_member_is_refused_before_it_is_read():
    for what, text in with_doubled_members(json.loads(make_credential().document)):
        refusal = presented.read_text(text)
        assert isinstance(refusal, Refusal) and "twice" in refusal.sentence, what


def test_document_with_the_id_of_another_award_is_refused():
    one, other = make_credential(), make_credential()
    document = json.loads(one.document) | {"id": json.loads(other.document)["id"]}

    assert failed(verdict_on(json.dumps(document))) == NOT_OURS


def proofs_of(credential):
    return json.loads(credential.document)["proof"]


FORGED = {
    "stripped": lambda own, other: [],
    "only the first": lambda own, other: own[:1],
    "only the second": lambda own, other: own[1:],
    "other order": lambda own, other: own[::-1],
    "doubled": lambda own, other: [own[0], own[0], own[1]],
    "of another award": lambda own, other: other,
    "one of another award": lambda own, other: [own[0], other[1]],
    "one right, one wrong, one more": lambda own, other: [*own, own[1] | {"proofValue": "z1"}],
    "other purpose": lambda own, other: [proof | {"proofPurpose": "authentication"} for proof in own],
    "other key of ours": lambda own, other: [named(proof, "es256") for proof in own],
    "other issuer's key": lambda own, other: [proof | {"verificationMethod": "did:web:evil.example#key"} for proof in own],
}  # fmt: skip


def named(proof, algorithm):
    return proof | {"verificationMethod": proof["verificationMethod"].replace("eddsa", algorithm)}


@pytest.mark.parametrize("name", FORGED)
def test_document_with_other_proofs_is_refused(name):
    credential = make_credential()
    found = FORGED[name](proofs_of(credential), proofs_of(make_credential()))
    document = proofs.bare(json.loads(credential.document)) | ({"proof": found} if found else {})

    assert failed(verdict_on(json.dumps(document))) == NOT_OURS


def test_award_of_another_issuer_under_our_name_is_never_verified():
    document = json.loads(make_credential().document)
    document["issuer"] |= {"id": "did:web:evil.example"}

    assert not verdict_on(json.dumps(document)).verified


def test_token_and_document_that_disagree_are_refused():
    one, other = make_credential(), make_credential()
    both = presented.Presented(json.loads(one.document), other.jwt)

    assert {"unchanged", "same-in-every-form"} <= failed(checking.check_presented(both, now=timezone.now()))
    same = presented.Presented(json.loads(one.document), one.jwt_rs256)
    assert checking.check_presented(same, now=timezone.now()).verified


def test_another_signature_by_our_key_over_the_same_award_is_not_the_token_that_we_keep():
    credential, key = make_credential(), SigningKey.objects.get(algorithm="ES256")
    bare = proofs.bare(json.loads(credential.document))
    token = signing.sign(bare, kid=key.kid, sealed=bytes(key.sealed_private_key), secret=settings.ISSUER_SECRET)

    assert token != credential.jwt
    assert failed(verdict_on(token)) == {"unchanged", "same-in-every-form"}


def older(**more):
    """An award as it was issued before the proofs: a bare document, one token, and that in the picture."""
    credential = make_credential()
    bare = proofs.bare(json.loads(credential.document))
    columns = {
        "document": openbadges.as_text(bare), "jwt_rs256": "", "signed_by": [], "svg": "",
        "png": baking.bake(bytes(credential.achievement.image), credential.jwt),
        "content_hash": hashlib.sha256(openbadges.as_text(bare).encode()).hexdigest(),
    } | more  # fmt: skip
    return tampered(credential, **columns)


def tampered(credential, **columns):
    """The award with other bytes in the database, where somebody got past its triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Credential.objects.filter(pk=credential.pk).update(**columns)
        cursor.execute("SET LOCAL session_replication_role = origin")
    return Credential.objects.get(pk=credential.pk)


def test_award_from_before_the_proofs_goes_on_verifying_by_its_token():
    credential = older()

    for form in (credential.jwt, credential.document, bytes(credential.png)):
        verdict = verdict_on(form)
        assert verdict.verified and [check.name for check in verdict.checks] == ALL
    document = json.loads(credential.document) | {"name": "Other"}
    assert failed(verdict_on(json.dumps(document))) == NOT_OURS


TAMPERED = {
    "token": (lambda one, other: {"jwt": other.jwt}, {"unchanged", "signed-by-us", "same-in-every-form"}),
    "second token": (lambda one, other: {"jwt_rs256": ""}, {"unchanged", "signed-by-us", "same-in-every-form"}),
    "picture": (lambda one, other: {"png": bytes(other.png)}, {"same-in-every-form"}),
    "picture without award": (lambda one, other: {"png": bytes(one.achievement.image)}, {"same-in-every-form"}),
    "drawing": (lambda one, other: {"svg": other.svg}, {"same-in-every-form"}),
    "no proof": (lambda one, other: {"document": one.document.partition(',"proof"')[0] + "}"},
                 {"unchanged", "signed-by-us", "same-in-every-form"}),
    "document": (lambda one, other: {"document": one.document.replace("Partner Seller", "Partner Sellers")},
                 {"unchanged", "signed-by-us", "same-in-every-form"}),
    "no document": (lambda one, other: {"document": "{"},
                    {"unchanged", "signed-by-us", "well-formed", "same-in-every-form"}),
    "said to be older": (lambda one, other: {"signed_by": []}, {"unchanged", "signed-by-us", "same-in-every-form"}),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_page_sees_each_form_that_was_changed_in_the_database(client, name):
    change, expected = TAMPERED[name]
    credential, other = make_credential(), make_credential()
    assert checking.check_record(credential, now=timezone.now()).verified

    credential = tampered(credential, **change(credential, other))

    assert failed(checking.check_record(credential, now=timezone.now())) == expected
    assert "Valid today" not in client.get(credential.get_absolute_url()).content.decode()


@pytest.mark.parametrize("path", ["credentials/00000000-0000-4000-8000-000000000000.json", "credentials/x.json",
                                  "credentials/" + "-" * 36 + ".json"])  # fmt: skip
def test_award_that_is_not_on_record_is_not_called_valid(path):
    document = json.loads(make_credential().document) | {"id": f"http://localhost:8000/{path}"}

    assert failed(verdict_on(json.dumps(document))) >= {"unchanged", "signed-by-us", "not-revoked", "in-date"}


def test_token_signed_with_our_key_but_never_issued_fails():
    credential = make_credential()
    key = SigningKey.objects.get(algorithm="ES256")
    document = proofs.bare(json.loads(credential.document)) | {"id": "http://localhost:8000/credentials/elsewhere.json"}
    token = signing.sign(document, kid=key.kid, sealed=bytes(key.sealed_private_key), secret=settings.ISSUER_SECRET)

    assert failed(verdict_on(token)) == {"unchanged", "not-revoked", "in-date", "same-in-every-form"}


def test_schema_is_asked_again_for_what_is_not_the_stored_text():
    document = json.loads(make_credential().document)
    del document["credentialSubject"]

    assert "well-formed" in failed(verdict_on(json.dumps(document)))


@pytest.mark.parametrize("issuer", ["did:web:other.example.com", {"id": "did:web:other.example.com"}, None, 7])
def test_badge_of_another_issuer_is_refused_by_name(issuer):
    verdict = verdict_on(json.dumps({"issuer": issuer}))

    assert verdict.refusal.code == "other-issuer"
    assert verdict.as_json()["verified"] is False and not verdict.checks[0].passed


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
    refusal = presented.read_presented(UNREADABLE[name]())

    assert refusal.code == ("too-large" if name == "large" else "no-badge")


def test_no_checks_is_never_verified():
    assert not checking.Verdict().verified

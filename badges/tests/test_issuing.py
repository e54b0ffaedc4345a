"""Issuing: by the system alone, once per holder and achievement, and never twice by a race."""

import dataclasses
import hashlib
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image

from badges import baking, openbadges, proofs, signals, signing
from badges.actions.credentials import choose_shown_name, issue_credential
from badges.actions.keys import ensure_signing_keys
from badges.canonical import NotCanonical, read_json
from badges.models import Achievement, Credential, SigningKey
from badges.rules import issuing
from badges.tests.factories import AwardFactsFactory, make_achievement, make_credential, make_expired_credential
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_credential_is_stored_as_it_was_signed():
    credential = make_credential()
    document = read_json(credential.document)
    bare = proofs.bare(document)

    assert openbadges.schema_errors(document) == []
    assert [proof["cryptosuite"] for proof in document["proof"]] == ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
    for token, algorithm in ((credential.jwt, "ES256"), (credential.jwt_rs256, "RS256")):
        header, payload = signing.read_unverified(token)
        assert payload == bare | signing.claims(bare) and header["alg"] == algorithm
    assert document["id"] == f"http://localhost:8000/credentials/{credential.pk}.json"
    assert document["credentialSubject"]["id"] == f"urn:uuid:{credential.subject}"
    assert credential.content_hash == hashlib.sha256(credential.document.encode()).hexdigest()
    assert Image.open(io.BytesIO(bytes(credential.png))).size == (512, 512)


def test_every_form_holds_the_one_document():
    credential = make_credential()

    assert baking.extract(bytes(credential.png)) == credential.document
    assert read_json(baking.read(credential.svg.encode())) == read_json(credential.document)
    assert credential.signed_by == [key.kid for key in SigningKey.objects.order_by("pk")]


def test_award_that_a_proof_would_not_cover_is_never_stored(monkeypatch):
    build = openbadges.build_credential
    monkeypatch.setattr(openbadges, "build_credential", lambda **facts: build(**facts) | {"colour": "blue"})

    with pytest.raises(NotCanonical, match="colour"):
        make_credential()
    assert not Credential.objects.exists()


def test_nothing_signed_names_the_holder():
    credential = make_credential(holder=make_person(name="Priya Raman", email="priya@example.com"))

    for text in (credential.document, json.dumps(signing.read_unverified(credential.jwt))):
        assert "Priya" not in text and "priya@" not in text and "mailto" not in text


def test_issuing_twice_gives_the_same_credential_and_one_signal():
    holder, sent = make_person(), []
    signals.credential_issued.connect(lambda credential, **_: sent.append(credential), weak=False, dispatch_uid="test")

    first, second = make_credential(holder=holder), make_credential(holder=holder)
    signals.credential_issued.disconnect(dispatch_uid="test")

    assert first.pk == second.pk
    assert sent == [first]


def test_people_have_awards_of_their_own_with_subjects_of_their_own():
    holder = make_person()
    other = make_achievement(slug="account-planning", name="Account Planning", shape="hexagon")
    subjects = {make_credential(holder=holder).subject, make_credential(holder=holder, achievement=other).subject}

    assert len(subjects | {make_credential().subject}) == 3


def test_expired_credential_gets_a_successor_that_reaches_further():
    holder = make_person()
    old = make_expired_credential(holder=holder)
    choose_shown_name(credential=old, shown_name="full", by=holder)

    new = make_credential(holder=holder)
    old.refresh_from_db()

    assert (new.predecessor_id, new.subject, new.shown_name) == (old.pk, old.subject, "full")
    assert old.succeeded_at is not None and old.state == Credential.State.ISSUED
    assert Credential.objects.live().get(holder=holder) == new


def test_expired_credential_stays_the_live_one_for_facts_that_reach_no_further():
    holder = make_person()
    old = make_expired_credential(holder=holder)

    assert make_expired_credential(holder=holder).pk == old.pk


@pytest.mark.parametrize(
    ("live_days", "new_days", "renews"),
    [
        (-1, 10, True), (-1, None, True), (-1, -1, False), (5, 10, False), (None, 10, False), (5, 80, False),
        (5, 200, True), (5, None, True), (80, 200, True), (120, 200, False),
    ],
)  # fmt: skip
def test_renewal_needs_a_credential_near_its_end_and_a_reach_beyond_the_window(live_days, new_days, renews):
    now = timezone.now()
    day = lambda days: None if days is None else (now + timedelta(days=days)).date()  # noqa: E731
    facts = lambda days: AwardFactsFactory(awarded_at=now - timedelta(days=30), valid_until=day(days))  # noqa: E731
    live = Credential(expires_at=facts(live_days).expires_at())

    assert issuing.is_renewal(live, facts(new_days), now) is renews


def test_nobody_issues_by_hand():
    with pytest.raises(Refused) as refused:
        issue_credential(
            achievement=make_achievement(), holder=make_person(), facts=AwardFactsFactory(), by=make_person()
        )

    assert refused.value.refusal.code == "system-only"
    assert not Credential.objects.exists()


def test_an_award_that_ends_before_it_begins_is_refused():
    now = timezone.now()
    with pytest.raises(Refused) as refused:
        make_credential(awarded_at=now, valid_until=(now - timedelta(days=2)).date())

    assert refused.value.refusal.code == "no-validity"


def test_an_award_without_end_has_no_last_day():
    credential = make_credential(valid_until=None)

    assert credential.expires_at is None
    assert not issuing.is_expired(credential, datetime(2999, 1, 1, tzinfo=UTC))


def test_invalid_facts_are_never_signed(monkeypatch):
    build = openbadges.build_credential
    monkeypatch.setattr(
        openbadges, "build_credential", lambda **facts: build(**facts) | {"type": ["VerifiableCredential"]}
    )

    with pytest.raises(ValueError, match="no valid Open Badge"):
        make_credential()
    assert not Credential.objects.exists()


@pytest.mark.parametrize("reader", ["signing", "proofs"])
def test_a_signature_that_reads_differently_is_never_stored(monkeypatch, reader):
    if reader == "signing":
        monkeypatch.setattr(signing, "verify", lambda *_, **__: {})
    else:
        verify = proofs.verify
        monkeypatch.setattr(
            proofs, "verify", lambda *args, **more: dataclasses.replace(verify(*args, **more), document={})
        )

    with pytest.raises(ValueError, match="does not read"):
        make_credential()
    assert not Credential.objects.exists()


def test_keys_are_made_once_one_for_each_algorithm_and_named_by_date():
    make_credential()
    make_credential()
    keys = {key.algorithm: key for key in SigningKey.objects.all()}

    assert len(keys) == SigningKey.objects.count() == 3
    for algorithm, members in signing.PUBLIC_MEMBERS.items():
        assert keys[algorithm].kid == f"key-{keys[algorithm].made_at:%Y-%m}-{algorithm.lower()}"
        assert set(keys[algorithm].public_jwk) == set(members)
        keys[algorithm].full_clean()


def test_second_key_of_a_month_has_a_number_and_the_others_stay():
    first = ensure_signing_keys()
    SigningKey.objects.filter(pk=first["RS256"].pk).update(state=SigningKey.State.RETIRED, retired_at=timezone.now())

    second = ensure_signing_keys()
    assert second["RS256"].kid == f"{first['RS256'].kid}-2"
    assert second["ES256"] == first["ES256"] and second["EdDSA"] == first["EdDSA"]


def test_a_key_from_before_the_other_algorithms_goes_on_signing():
    pair = signing.make_key(kid="key-2026-01", secret=settings.ISSUER_SECRET)
    old = SigningKey.objects.create(kid="key-2026-01", public_jwk=pair.public_jwk, sealed_private_key=pair.sealed)

    assert ensure_signing_keys()["ES256"] == old
    assert signing.read_unverified(make_credential().jwt)[0]["kid"].endswith("#key-2026-01")


@pytest.mark.parametrize(
    "change",
    [
        {"document": "{}"},
        {"jwt": "a.b.c"},
        {"jwt_rs256": "a.b.c"},
        {"signed_by": []},
        {"svg": ""},
        {"png": b""},
        {"facts": {}},
        {"content_hash": "0"},
        {"valid_until": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_database_refuses_to_change_what_was_signed(change):
    credential = make_credential()

    with pytest.raises(IntegrityError, match="as it was signed"), transaction.atomic():
        Credential.objects.filter(pk=credential.pk).update(**change)


def test_database_refuses_to_delete_credentials_and_keys():
    credential = make_credential()

    for rows in (Credential.objects.filter(pk=credential.pk), SigningKey.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows._raw_delete(rows.db)


def test_database_refuses_to_change_a_key_or_wake_a_withdrawn_one():
    keys = SigningKey.objects.filter(pk=ensure_signing_keys()["ES256"].pk)

    with pytest.raises(IntegrityError, match="only moves its state"), transaction.atomic():
        keys.update(sealed_private_key=b"")
    keys.update(state="withdrawn", withdrawn_at=timezone.now())
    with pytest.raises(IntegrityError, match="only moves its state"), transaction.atomic():
        keys.update(state="active")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "revoked"}, "credential_revoked_has_its_time"),
        ({"valid_until": None}, "credential_last_day_has_its_second"),
        ({"valid_from": datetime(2026, 6, 18, 9, 0, 0, 1, tzinfo=UTC)}, "credential_valid_from_whole_second"),
        ({"shown_name": "email"}, "credential_shown_name_known"),
        ({}, "credential_one_live_per_holder_and_achievement"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_constraint_holds(changes, constraint):
    row = Credential.objects.get(pk=make_credential().pk)
    row.pk, row._state.adding = None, True
    row.holder = row.holder if not changes else make_person()
    for field, value in changes.items():
        setattr(row, field, value)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save(force_insert=True)


def test_same_content_stays_the_same_version_and_other_content_is_the_next():
    author = make_person()
    first = make_achievement(by=author)
    again = make_achievement(by=author)
    changed = make_achievement(label="Seller", by=author)

    assert (first.version, again.version, changed.version) == (1, 1, 2)
    assert first.pk == again.pk == changed.pk
    assert bytes(first.image) != bytes(changed.image)
    assert [row.history_user for row in changed.history.all()] == [author, author]


def test_new_version_never_reaches_an_award():
    credential = make_credential()
    make_achievement(name="Partner Seller, new")
    credential.refresh_from_db()

    assert json.loads(credential.document)["name"] == "Accredited Partner Seller"


@pytest.mark.parametrize("content", [{"label": "x" * 19}, {"tone": "pink"}, {"shape": "star"}, {"name": ""}])
def test_achievement_that_cannot_be_drawn_is_refused(content):
    with pytest.raises(ValidationError):
        make_achievement(**content)
    assert not Achievement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_final_events_at_once_give_one_award_and_one_set_of_keys():
    achievement, holder, barrier = make_achievement(), make_person(), threading.Barrier(10)

    def final_event(number):
        barrier.wait()
        try:
            return [make_credential(holder=holder, achievement=achievement).pk for _ in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        results = [pk for pks in pool.map(final_event, range(10)) for pk in pks]

    assert len(results) == 50 and len(set(results)) == 1
    assert Credential.objects.count() == 1
    assert SigningKey.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_first_awards_of_ten_people_at_once_make_one_set_of_keys():
    achievement, people, barrier = make_achievement(), [make_person() for _ in range(10)], threading.Barrier(10)

    def first_award(holder):
        barrier.wait()
        try:
            return make_credential(holder=holder, achievement=achievement).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(first_award, people))) == 10

    assert SigningKey.objects.count() == 3


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (openbadges.ResultFacts("a", "A", "21", "25", "18"), "21 of 25, pass mark 18"),
        (openbadges.ResultFacts("a", "A", "91.25", "100", "80", percent=True), "91.25 %, pass mark 80 %"),
        (openbadges.ResultFacts("a", "A", "7"), "7"),
        (openbadges.ResultFacts("a", "A"), ""),
    ],
)
def test_result_is_told_in_words(result, words):
    facts = AwardFactsFactory(results=(result,)).as_json()

    assert issuing.profile_of(facts) == [{"name": "A", "sum": words, "criteria": []}]

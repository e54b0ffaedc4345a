"""The drill: keys are rotated and withdrawn, old awards verify or don't, and the withdrawn ones are signed anew."""

import json
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges import proofs, signing
from badges.actions import credentials, reissues
from badges.actions.keys import KEY_LOCK, ensure_signing_keys
from badges.actions.reissues import reissue_credential, sweep_reissues
from badges.actions.revocations import confirm_revocation
from badges.actions.rotation import rotate_signing_keys, withdraw_signing_key
from badges.actions.statuslists import LIST_LOCK
from badges.canonical import read_json
from badges.models import Credential, Reissue, SigningKey, StatusList
from badges.rules import checking
from badges.tests.factories import make_credential, make_expired_credential
from badges.tests.test_checking import failed, forms, older, verdict_on
from badges.tests.test_revoking import ask, make_revoker, revoke
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.at_once import at_once

pytestmark = pytest.mark.django_db
ALGORITHMS = ["EdDSA", "ES256", "RS256"]


def active(algorithm):
    return SigningKey.objects.get(algorithm=algorithm, state="active")


def withdraw(algorithm, **more):
    return withdraw_signing_key(kid=active(algorithm).kid, reason="laptop stolen", operator="ops", **more)


def successor_of(credential):
    return Credential.objects.get(predecessor=credential)


def test_rotation_lets_new_keys_sign_and_old_awards_verify(client):
    old = make_credential()

    rotate_signing_keys(algorithms=ALGORITHMS, reason="planned", operator="ops")
    new = make_credential()

    assert set(old.signed_by).isdisjoint(new.signed_by)
    for credential in (old, new):
        assert all(verdict_on(form).verified for form in forms(credential))
    assert SigningKey.objects.filter(state="retired", retired_at__isnull=False).count() == 3
    assert len(client.get("/.well-known/jwks.json").json()["keys"]) == 6
    assert len(client.get("/.well-known/did.json").json()["assertionMethod"]) == 6


def test_one_algorithm_rotates_alone():
    before = ensure_signing_keys()

    rotate_signing_keys(algorithms=["RS256"], reason="planned", operator="ops")

    after = ensure_signing_keys()
    assert {name for name in ALGORITHMS if before[name] != after[name]} == {"RS256"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_withdrawn_key_leaves_both_lists_and_its_awards_are_signed_anew(client, algorithm):
    old = make_credential()
    kid = active(algorithm).kid

    assert withdraw(algorithm) == 1
    for path in ("/.well-known/did.json", "/.well-known/jwks.json"):
        assert kid + '"' not in client.get(path).content.decode()
    assert [failed(verdict_on(form)) for form in forms(old)] == [{"unchanged", "signed-by-us"}] * 7
    assert sweep_reissues() == 1

    new = successor_of(old)
    assert all(verdict_on(form).verified for form in forms(new))
    assert kid not in new.signed_by and len(new.signed_by) == 3
    assert [failed(verdict_on(form)) for form in forms(old)] == [{"unchanged", "signed-by-us"}] * 7
    assert sweep_reissues() == 0 and Reissue.objects.get().state == Reissue.State.DONE


def test_award_that_is_signed_anew_says_the_same():
    old = make_credential()
    withdraw("EdDSA")
    sweep_reissues()
    new = successor_of(old)
    before, after = (proofs.bare(read_json(row.document)) for row in (old, new))

    assert {name for name in before | after if before.get(name) != after.get(name)} == {
        "id",
        "validFrom",
        "credentialStatus",
        "refreshService",
    }
    assert after["id"] == f"http://localhost:8000/credentials/{new.pk}.json"
    for name in ("subject", "awarded_at", "valid_until", "expires_at", "facts", "edition", "shown_name", "holder"):
        assert getattr(new, name) == getattr(old, name)
    assert (new.status_list_id, new.status_index) != (old.status_list_id, old.status_index)
    assert new.valid_from > old.valid_from and hasattr(new, "recipient")
    assert Credential.objects.live().get() == new


def test_page_of_the_withdrawn_one_says_so_and_leads_to_the_newer_one(client):
    old = make_credential()
    withdraw("ES256")
    waiting = client.get(old.get_absolute_url()).content.decode()
    sweep_reissues()
    done = client.get(old.get_absolute_url()).content.decode()

    assert "Key withdrawn" in waiting and "is being signed anew" in waiting
    assert "Key withdrawn" in done and successor_of(old).get_absolute_url() in done
    assert "Valid today" not in waiting + done
    assert "Valid today" in client.get(successor_of(old).get_absolute_url()).content.decode()


def test_award_from_before_the_proofs_is_found_by_its_token_and_signed_anew():
    old = older()

    assert withdraw("ES256") == 1 and sweep_reissues() == 1
    assert checking.check_record(successor_of(old), now=timezone.now()).verified
    assert len(read_json(successor_of(old).document)["proof"]) == 2


def test_only_awards_that_count_and_that_the_key_signed_are_signed_anew():
    revoked, kept = revoke(make_credential()), make_credential()
    make_expired_credential()
    rotate_signing_keys(algorithms=["EdDSA"], reason="planned", operator="ops")
    later = make_credential()

    withdraw_signing_key(kid=kept.signed_by[0], reason="stolen", operator="ops")

    assert [row.credential for row in Reissue.objects.all()] == [kept]
    assert verdict_on(later.document).verified
    assert not verdict_on(revoked.document).verified


def test_status_lists_are_signed_anew_with_the_withdrawal():
    make_credential()
    method = lambda: json.loads(StatusList.objects.get().document)["proof"][0]["verificationMethod"]  # noqa: E731
    before = method()

    withdraw("EdDSA")

    assert method() != before and method().endswith(f"#{active('EdDSA').kid}")


def test_award_that_was_revoked_meanwhile_needs_nothing():
    credential = make_credential()
    withdraw("RS256")
    revoke(credential)

    assert sweep_reissues() == 0
    assert Reissue.objects.get().state == Reissue.State.NEEDLESS and not hasattr(credential, "successor")


def test_award_that_was_signed_anew_between_the_two_people_is_revoked_with_its_newer_signing(client):
    old = make_credential()
    request = ask(old)
    withdraw("EdDSA")
    sweep_reissues()

    confirm_revocation(request=request, by=make_revoker())

    new = successor_of(old)
    assert (new.state, Credential.objects.live().exists()) == ("revoked", False)
    assert failed(checking.check_record(new, now=timezone.now())) == {"not-revoked"}
    assert AuditEvent.objects.get(event="badge revoked").subject == f"badges.credential:{new.pk}"


def test_revoking_what_was_signed_anew_leaves_no_page_that_says_it_stands(client):
    old = make_credential()
    withdraw("EdDSA")
    sweep_reissues()
    withdraw("ES256")
    sweep_reissues()

    revoke(Credential.objects.live().get())

    assert set(Credential.objects.values_list("state", flat=True)) == {"revoked"} and Credential.objects.count() == 3
    assert "The award itself stands" not in client.get(old.get_absolute_url()).content.decode()


def test_killed_half_way_it_goes_on_where_it_stopped(monkeypatch):
    awards = [make_credential() for _ in range(3)]
    withdraw("EdDSA")
    create, calls = credentials.signed_credential, []

    def dies_at_the_second(document):
        calls.append(document)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return create(document)

    monkeypatch.setattr(credentials, "signed_credential", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        sweep_reissues()
    assert Reissue.objects.filter(state="waiting").count() == 2
    assert Credential.objects.filter(succeeded_at=None).count() == 3

    assert sweep_reissues() == 2
    assert all(verdict_on(successor_of(award).document).verified for award in awards)
    assert Credential.objects.count() == 6


def test_one_award_that_fails_is_put_off_and_stops_no_other(monkeypatch):
    first, second = make_credential(), make_credential()
    withdraw("EdDSA")
    succeed = reissues._succeed

    def fails_for_the_first(old, holder, now):
        if old == first:
            raise ValueError("broken")
        return succeed(old, holder, now)

    monkeypatch.setattr(reissues, "_succeed", fails_for_the_first)
    assert sweep_reissues() == 1 and successor_of(second)
    assert sweep_reissues() == 0 and Reissue.objects.get(credential=first).due_at > timezone.now()
    monkeypatch.undo()
    assert sweep_reissues(now=timezone.now() + timedelta(minutes=6)) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_sign_an_award_anew_once(nobody_hurries):
    credential = make_credential()
    withdraw("EdDSA")
    row = Reissue.objects.get()

    found = at_once([lambda: reissue_credential(reissue_id=row.pk)] * 10)

    assert [one for one in found if one] == [successor_of(credential)]


@pytest.mark.django_db(transaction=True)
def test_awards_signed_while_a_key_is_withdrawn_are_never_left_with_it():
    first = make_credential()
    kid = first.signed_by[0]

    at_once([make_credential] * 6 + [lambda: withdraw_signing_key(kid=kid, reason="stolen", operator="ops")])
    sweep_reissues()

    assert not [row for row in Credential.objects.live() if kid in row.signed_by]
    assert all(checking.check_record(row, now=timezone.now()).verified for row in Credential.objects.live())


@pytest.mark.parametrize(
    ("kid", "reason", "code"),
    [("key-1999-01", "stolen", "unknown-key"), (None, "  ", "no-reason"), (None, "stolen", "wrong-state")],
)
def test_withdrawal_needs_a_key_that_is_there_and_a_reason(kid, reason, code):
    keys = ensure_signing_keys()
    if code == "wrong-state":
        withdraw_signing_key(kid=keys["EdDSA"].kid, reason="stolen", operator="ops")

    with pytest.raises(Refused) as refused:
        withdraw_signing_key(kid=kid or keys["EdDSA"].kid, reason=reason, operator="ops")
    assert refused.value.refusal.code == code


def test_retired_key_can_be_withdrawn_and_the_active_one_stays():
    old = make_credential()
    rotate_signing_keys(algorithms=ALGORITHMS, reason="planned", operator="ops")
    signing_now = active("EdDSA")

    assert withdraw_signing_key(kid=old.signed_by[0], reason="stolen", operator="ops") == 1
    assert active("EdDSA") == signing_now


def test_commands_say_what_they_did_and_the_audit_trail_keeps_who_and_why(capsys):
    credential = make_credential()

    call_command("rotate_issuer_key", "--algorithm", "ES256", "--by", "ada")
    call_command("withdraw_issuer_key", credential.signed_by[1], "--reason", "laptop stolen", "--by", "ada")

    words = capsys.readouterr().out
    assert "signs from now on" in words and "1 awards are being signed anew" in words
    events = AuditEvent.objects.filter(event__startswith="signing key").order_by("pk")
    assert [(row.event, row.details["operator"]) for row in events] == [
        ("signing key rotated", "ada"), ("signing key withdrawn", "ada"),
    ]  # fmt: skip
    assert events[1].details["reason"] == "laptop stolen" and events[1].details["kid"] == credential.signed_by[1]


def test_command_refuses_in_a_sentence():
    with pytest.raises(CommandError, match="no key of this name"):
        call_command("withdraw_issuer_key", "key-1999-01", "--reason", "x")


def test_a_forger_with_the_withdrawn_key_gets_nothing_past_us(settings):
    credential = make_credential()
    key = SigningKey.objects.get(kid=credential.signed_by[0])
    withdraw("EdDSA")
    sign = signing.signer(kid=key.kid, sealed=bytes(key.sealed_private_key), secret=settings.ISSUER_SECRET)
    bare = proofs.bare(read_json(credential.document)) | {"name": "Accredited Everything"}
    method = signing.key_url("did:web:localhost%3A8000", key.kid)
    forged = proofs.with_proofs(bare, method=method, created="2026-11-22T14:00:00Z", sign=sign)

    assert not verdict_on(json.dumps(forged)).verified


def test_database_keeps_a_reissue_done_with_its_time():
    make_credential()
    withdraw("EdDSA")

    with pytest.raises(IntegrityError, match="reissue_done_has_its_time"), transaction.atomic():
        Reissue.objects.update(state="done")


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_rotates_without_a_reason(reason):
    make_credential()

    with pytest.raises(Refused) as refused:
        rotate_signing_keys(algorithms=["EdDSA"], reason=reason, operator="ops")
    assert refused.value.refusal.code == "no-reason"
    assert SigningKey.objects.filter(state="active").count() == SigningKey.objects.count() == 3


def test_withdrawn_key_has_its_time_and_no_other_has_one():
    key = SigningKey.objects.get(kid=make_credential().signed_by[0])

    for wrong in ({"state": "withdrawn"}, {"withdrawn_at": timezone.now()}):
        with pytest.raises(IntegrityError, match="signing_key_withdrawn_has_its_time"), transaction.atomic():
            SigningKey.objects.filter(pk=key.pk).update(**wrong)


def test_withdrawal_locks_the_beginning_of_lists_and_the_lists_before_the_keys():
    credential = make_credential()

    with CaptureQueriesContext(connection) as captured:
        withdraw_signing_key(kid=credential.signed_by[0], reason="stolen", operator="ops")

    statements = [one["sql"] for one in captured]
    beginning, keys = (
        next(at for at, sql in enumerate(statements) if f"pg_advisory_xact_lock({number})" in sql)
        for number in (LIST_LOCK, KEY_LOCK)
    )
    lists = next(at for at, sql in enumerate(statements) if "badges_statuslist" in sql and "FOR NO KEY UPDATE" in sql)
    assert beginning < lists < keys


@pytest.mark.django_db(transaction=True)
def test_a_second_sweep_passes_over_what_the_first_one_signs(nobody_hurries):
    make_credential()
    withdraw("ES256")
    row, locked, passed = Reissue.objects.get(), threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            Reissue.objects.select_for_update().get(pk=row.pk)
            locked.set()
            return passed.wait(60)

    def second():
        locked.wait(60)
        found = sweep_reissues()
        passed.set()
        return found

    assert at_once([first, second]) == [True, 0]
    assert sweep_reissues() == 1

"""Revoking takes two people, shows, and is never undone; the holder chooses the name that is shown."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from badges import signals
from badges.actions.credentials import choose_shown_name
from badges.actions.revocations import confirm_revocation, request_revocation
from badges.models import Credential, RevocationRequest
from badges.rules.issuing import NO_NAME, shown_holder
from badges.tests.factories import make_credential
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def make_revoker():
    person = make_person()
    person.user_permissions.add(Permission.objects.get(codename="revoke", content_type__app_label="badges"))
    return person


def ask(credential, by=None, reason="The recording was not theirs."):
    return request_revocation(credential=credential, reason=reason, by=by or make_revoker())


def revoke(credential):
    return confirm_revocation(request=ask(credential), by=make_revoker())


def code_of(deed):
    with pytest.raises(Refused) as refused:
        deed()
    return refused.value.refusal.code


def test_asking_changes_nothing_and_confirming_revokes():
    credential, heard = make_credential(), []
    signals.credential_revoked.connect(
        lambda credential, **_: heard.append(credential), weak=False, dispatch_uid="test"
    )
    request = ask(credential)
    credential.refresh_from_db()
    assert credential.state == Credential.State.ISSUED

    second = make_revoker()
    revoked = confirm_revocation(request=request, by=second)
    signals.credential_revoked.disconnect(dispatch_uid="test")
    request.refresh_from_db()

    assert revoked.state == Credential.State.REVOKED and revoked.revoked_at == request.confirmed_at
    assert request.confirmed_by == second
    assert heard == [revoked]


def test_one_person_alone_cannot_revoke():
    asker = make_revoker()
    request = ask(make_credential(), by=asker)

    assert code_of(lambda: confirm_revocation(request=request, by=asker)) == "same-person"


def test_database_refuses_one_person_alone_too():
    request = ask(make_credential())

    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        RevocationRequest.objects.filter(pk=request.pk).update(
            confirmed_by=request.asked_by, confirmed_at=timezone.now()
        )


def test_without_the_permission_nobody_asks_or_confirms():
    credential = make_credential()
    request = ask(credential)

    assert code_of(lambda: ask(make_credential(), by=make_person())) == "not-allowed"
    assert code_of(lambda: confirm_revocation(request=request, by=make_person())) == "not-allowed"


def test_a_reason_is_needed_and_one_request_at_a_time():
    credential = make_credential()

    assert code_of(lambda: ask(credential, reason="  ")) == "no-reason"
    ask(credential)
    assert code_of(lambda: ask(credential)) == "already-asked"


def test_done_twice_is_refused():
    credential = make_credential()
    request = ask(credential)
    confirm_revocation(request=request, by=make_revoker())

    assert code_of(lambda: confirm_revocation(request=request, by=make_revoker())) == "already-confirmed"
    assert code_of(lambda: ask(credential)) == "wrong-state"


def test_confirming_what_was_revoked_meanwhile_is_refused():
    credential = make_credential()
    request = ask(credential)
    Credential.objects.filter(pk=credential.pk).update(state="revoked", revoked_at=timezone.now())

    assert code_of(lambda: confirm_revocation(request=request, by=make_revoker())) == "wrong-state"


def test_revoked_stays_revoked_and_closed_requests_stay_closed():
    credential = revoke(make_credential())

    for rows, change in (
        (Credential.objects.filter(pk=credential.pk), {"state": "issued", "revoked_at": None}),
        (RevocationRequest.objects.all(), {"confirmed_at": timezone.now()}),
        (RevocationRequest.objects.all(), {"reason": "Other"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


def test_revoked_badge_comes_back_only_for_newer_proof():
    holder = make_person()
    old = revoke(make_credential(holder=holder))

    assert code_of(lambda: make_credential(holder=holder)) == "revoked"
    new = make_credential(holder=holder, awarded_at=timezone.now())
    assert new.pk != old.pk and new.predecessor is None


@pytest.mark.parametrize(
    ("choice", "name", "shown"),
    [
        ("full", "Priya Raman", "Priya Raman"),
        ("initials", "Priya  van Raman", "P. V. R."),
        ("nothing", "Priya Raman", NO_NAME),
        ("full", "", NO_NAME),
        ("initials", " ", NO_NAME),
    ],
)
def test_name_is_shown_as_the_holder_chose(choice, name, shown):
    holder = make_person(name=name, email="priya@example.com")
    credential = choose_shown_name(credential=make_credential(holder=holder), shown_name=choice, by=holder)

    assert shown_holder(credential) == shown


def test_initials_are_shown_until_the_holder_chooses():
    assert make_credential().shown_name == Credential.ShownName.INITIALS


def test_only_the_holder_chooses_and_only_what_there_is():
    credential = make_credential()

    choose = choose_shown_name
    assert code_of(lambda: choose(credential=credential, shown_name="full", by=make_person())) == "not-yours"
    assert code_of(lambda: choose(credential=credential, shown_name="x", by=credential.holder)) == "unknown-choice"


def at_once(*deeds):
    """Run the deeds in threads that start together; the answer of each, or the code of its refusal."""
    barrier = threading.Barrier(len(deeds))

    def run(deed):
        barrier.wait()
        try:
            return deed()
        except Refused as refused:
            return refused.refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_make_one_request():
    credential, one, two = make_credential(), make_revoker(), make_revoker()

    answers = at_once(lambda: ask(credential, by=one), lambda: ask(credential, by=two))

    assert sum(answer == "already-asked" for answer in answers) == RevocationRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_revoke_once():
    request, one, two = ask(make_credential()), make_revoker(), make_revoker()
    confirm = confirm_revocation

    answers = at_once(lambda: confirm(request=request, by=one), lambda: confirm(request=request, by=two))

    assert sum(answer == "already-confirmed" for answer in answers) == 1
    assert Credential.objects.get().revoked_at == RevocationRequest.objects.get().confirmed_at

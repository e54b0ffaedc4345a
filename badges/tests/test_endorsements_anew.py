"""The drill for endorsements: a withdrawn key takes them from the page, and they are signed anew after their awards."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from badges.actions import endorsements
from badges.actions.endorsements import hide_endorsement, resign_endorsement, sweep_endorsements
from badges.actions.reissues import sweep_reissues
from badges.actions.rotation import rotate_signing_keys
from badges.models import Endorsement
from badges.tasks import sweep_reissues as task
from badges.tests.factories import make_credential
from badges.tests.test_checking import failed
from badges.tests.test_endorsements import COMMENT, brought, endorse, make_fresh, verdict_of
from badges.tests.test_endorsements import withdraw as take_back
from badges.tests.test_revoking import revoke
from badges.tests.test_rotation import ALGORITHMS, successor_of, withdraw
from badges.tests.test_statuslists import listed
from courses.models import AuditEvent
from courses.tests.at_once import at_once

pytestmark = pytest.mark.django_db


def newest(endorsement):
    return Endorsement.objects.get(series=endorsement.series, succeeded_at=None)


def shown(client, credential):
    return COMMENT in client.get(credential.get_absolute_url()).content.decode()


def test_rotation_leaves_them_as_they_are():
    endorsement = endorse()

    rotate_signing_keys(algorithms=ALGORITHMS, reason="planned", operator="ops")

    assert verdict_of(endorsement).verified and verdict_of(endorse()).verified
    assert sweep_endorsements() == 0


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_withdrawn_key_takes_them_from_the_page_until_they_are_signed_anew(client, algorithm):
    endorsement = endorse()
    award = endorsement.credential
    withdraw(algorithm)

    assert failed(verdict_of(endorsement)) == {"unchanged", "signed-by-us"}
    assert verdict_of(endorsement).word == "Key withdrawn" and not shown(client, award)
    assert "Its key was withdrawn" in client.get(endorsement.get_absolute_url()).content.decode()
    task()

    new, successor = newest(endorsement), successor_of(award)
    assert new.pk != endorsement.pk and new.credential == successor and verdict_of(new).verified
    assert shown(client, successor) and not shown(client, award)
    assert new.get_absolute_url() in client.get(endorsement.get_absolute_url()).content.decode()
    assert [failed(brought(form)) for form in (endorsement.document, endorsement.jwt)] == [
        {"unchanged", "signed-by-us"}
    ] * 2
    assert AuditEvent.objects.get(event="endorsement signed anew").details == {"before": str(endorsement.pk)}


def test_it_says_the_same_of_the_award_s_new_id():
    endorsement = endorse(shown_author="name")
    withdraw("EdDSA")
    task()
    before, after = json.loads(endorsement.document), json.loads(newest(endorsement).document)

    changed = {name for name in before if before[name] != after[name]}
    assert changed | {"validFrom"} == {"id", "validFrom", "credentialSubject", "credentialStatus", "proof"}
    assert after["credentialSubject"]["id"] == json.loads(successor_of(endorsement.credential).document)["id"]
    assert after["credentialSubject"]["endorsementComment"] == COMMENT


def test_key_of_the_award_alone_lets_them_follow_it_too(client):
    endorsement = endorse()

    withdraw("RS256")
    task()

    assert verdict_of(endorsement).verified  # its own keys stand
    assert newest(endorsement).credential == successor_of(endorsement.credential)
    assert shown(client, newest(endorsement).credential)


def test_they_wait_for_their_award():
    endorsement = endorse()
    withdraw("EdDSA")

    assert sweep_endorsements() == 0
    sweep_reissues()
    assert sweep_endorsements() == 1 and sweep_endorsements() == 0
    assert newest(endorsement).credential == successor_of(endorsement.credential)


def test_withdrawn_ones_and_those_of_awards_that_count_no_more_are_not_signed_anew():
    taken_back, revoked = take_back(endorse()), endorse(make_credential())
    revoke(revoked.credential)

    withdraw("EdDSA")
    task()

    assert Endorsement.objects.count() == 2
    assert not Endorsement.objects.filter(resign_due_at__isnull=False).exists()
    assert not verdict_of(taken_back).verified and not verdict_of(revoked).verified


def test_one_that_the_holder_hid_stays_hidden(client):
    endorsement = endorse()
    hide_endorsement(endorsement=endorsement, hidden=True, by=endorsement.credential.holder)
    withdraw("EdDSA")
    task()

    assert newest(endorsement).hidden_at and not shown(client, newest(endorsement).credential)


def test_taking_back_takes_all_signings_with_it():
    endorsement = endorse()
    withdraw("EdDSA")
    task()

    take_back(endorsement)

    assert set(Endorsement.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert all(listed(one) for one in Endorsement.objects.all())


def test_taking_back_one_that_waits_ends_its_waiting():
    endorsement = endorse()
    withdraw("EdDSA")
    take_back(endorsement)
    task()

    assert Endorsement.objects.count() == 1


def test_one_that_fails_is_put_off_and_stops_no_other(monkeypatch):
    first, second = endorse(), endorse()
    withdraw("EdDSA")
    sweep_reissues()
    sign = endorsements._sign

    def fails_for_the_first(credential, now, **columns):
        if columns["series"] == first.series:
            raise ValueError("broken")
        return sign(credential, now, **columns)

    monkeypatch.setattr(endorsements, "_sign", fails_for_the_first)
    assert sweep_endorsements() == 1 and newest(second).pk != second.pk
    assert sweep_endorsements() == 0 and newest(first).resign_due_at > timezone.now()
    monkeypatch.undo()
    assert sweep_endorsements(now=timezone.now() + timedelta(minutes=6)) == 1


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_sign_one_anew_once(nobody_hurries):
    endorsement = endorse()
    withdraw("EdDSA")
    sweep_reissues()

    found = at_once([lambda: resign_endorsement(endorsement_id=endorsement.pk)] * 10)

    assert [one for one in found if one] == [newest(endorsement)] and Endorsement.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_keys_withdrawn_while_endorsements_are_taken_back_lock_nobody_out(nobody_hurries):
    several = [endorse() for _ in range(4)]

    at_once([lambda one=one: take_back(one) for one in several[:3]] + [lambda: withdraw("EdDSA"), endorse])
    task()

    assert [make_fresh(one).state for one in several] == ["withdrawn"] * 3 + ["issued"]
    assert verdict_of(newest(several[3])).verified
    assert not Endorsement.objects.filter(resign_due_at__isnull=False).exists()

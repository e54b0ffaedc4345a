"""Keeping and deleting in the administration: reasons are asked, rights are asked, lists don't grow in queries."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.models import LegalHold, Purge
from assessments.tests.factories_recordings import RecordingFactory
from assessments.tests.test_recordings_admin import queries_of
from assessments.tests.test_retention import NOW, decided, sweep
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    person = make_person(is_staff=True)
    mine = Permission.objects.filter(content_type__app_label="assessments")
    named = ("recording", "legalhold", "purge", "purgereceipt")
    person.user_permissions.set(mine.filter(content_type__model__in=named))
    return person


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


def keeping(recording, name):
    return reverse("admin:assessments_recording_keeping", args=[recording.pk, name])


def test_a_hold_is_placed_and_lifted_with_reasons_on_the_page_of_a_recording(client, staff):
    recording = RecordingFactory()
    page = reverse("admin:assessments_recording_change", args=[recording.pk])
    deed = reverse("admin:assessments_recording_deed", args=[recording.pk, "place_hold"])

    assert "Legal hold…" in client.get(page).content.decode()
    assert client.post(deed).url == keeping(recording, "place_hold")
    assert client.post(keeping(recording, "place_hold"), {"reason": ""}).status_code == 200
    client.post(keeping(recording, "place_hold"), {"reason": "Claim 12"})
    told = client.post(keeping(recording, "place_hold"), {"reason": "Claim 12"}).content.decode()
    held = client.get(page).content.decode()
    client.post(keeping(recording, "lift_hold"), {"reason": "Settled"})

    assert "This try is under legal hold already." in told
    assert "Lift the legal hold…" in held and "It is under legal hold." in held
    assert LegalHold.objects.get().lifted_by == staff


def test_withdrawn_consent_asks_why_and_writes_the_purge(client, staff):
    recording = RecordingFactory()

    client.post(keeping(recording, "withdraw_consent"), {"reason": "She wrote to us."})

    purge = Purge.objects.get()
    assert (purge.rule, purge.by, purge.reason) == ("consent", staff, "She wrote to us.")


def test_deeds_need_their_right_and_exist(client, staff):
    recording = RecordingFactory()
    staff.user_permissions.remove(Permission.objects.get(codename="add_purge"))

    assert client.get(keeping(recording, "withdraw_consent")).status_code == 404
    assert client.get(keeping(recording, "burn")).status_code == 404
    assert client.get(keeping(recording, "place_hold")).status_code == 200


def test_several_at_once_are_asked_one_by_one(client):
    rows = [RecordingFactory().pk for _ in range(2)]
    url = reverse("admin:assessments_recording_changelist")

    page = client.post(url, {"action": "place_hold", "_selected_action": rows}, follow=True)

    assert "Choose one: each asks for its reason." in page.content.decode()


@pytest.mark.parametrize("name", ["purge", "purgereceipt", "legalhold"])
def test_lists_cost_the_same_for_one_row_and_for_many(client, staff, name):
    def one_more():
        recording = decided(735)
        LegalHold.objects.create(
            submission=recording.submission, placed_by=staff, placed_at=NOW, reason="r",
            lifted_by=staff, lifted_at=NOW, lifted_reason="r",
        )  # fmt: skip
        sweep()

    url = reverse(f"admin:assessments_{name}_changelist")
    one_more()
    client.get(url)

    one = queries_of(client, url)
    for _ in range(4):
        one_more()

    assert queries_of(client, url) <= one + 1


def test_a_purge_says_what_it_waits_for(client, staff):
    recording = decided(735)
    LegalHold.objects.create(submission=recording.submission, placed_by=staff, placed_at=NOW, reason="r")
    sweep()

    page = client.get(reverse("admin:assessments_purge_change", args=[Purge.objects.get().pk])).content.decode()

    assert "It is under legal hold." in page

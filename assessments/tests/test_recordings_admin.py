"""Recordings in the administration: lists that don't grow in queries, and the deeds of staff."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import storage
from assessments.models import Recording, RecordingState
from assessments.tests.factories_recordings import RecordingFactory, SubmissionFactory, upload_for
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LISTS = {"recording": RecordingFactory, "upload": lambda: upload_for(SubmissionFactory())}


@pytest.fixture
def staff():
    person = make_person(is_staff=True)
    names = ("view_recording", "change_recording", "view_upload")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


@pytest.fixture
def client(client, staff):
    client.force_login(staff)
    return client


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_one_row_and_for_many(client, name):
    url = reverse(f"admin:assessments_{name}_changelist")
    LISTS[name]()
    client.get(url)

    one = queries_of(client, url)
    for _ in range(8):
        LISTS[name]()
    many = queries_of(client, url)

    assert many <= one + 1


def test_a_recordings_page_shows_its_steps_and_what_the_learner_read(client):
    recording = RecordingFactory(rejected=True)
    upload = upload_for(recording.submission).recording

    page = client.get(reverse("admin:assessments_recording_change", args=[recording.pk])).content.decode()
    events = client.get(reverse("admin:assessments_recording_change", args=[upload.pk])).content.decode()

    assert "Your recording has no sound." in page
    assert "Watch" not in page
    assert "uploading" in events


def test_a_ready_recording_has_a_way_to_its_bytes(client):
    recording = RecordingFactory()

    page = client.get(reverse("admin:assessments_recording_change", args=[recording.pk])).content.decode()

    assert reverse("assessments:recording-media", args=[recording.pk]) in page
    assert "1:00" in client.get(reverse("admin:assessments_recording_changelist")).content.decode()


@pytest.mark.parametrize(
    "query", ["?state__exact=rejected", "?same_file_as__isempty=1", "?q=person", "?rejection_code=x"]
)
def test_lists_are_filtered_and_searched(client, query):
    RecordingFactory(rejected=True)

    assert client.get(reverse("admin:assessments_recording_changelist") + query).status_code == 200


def act(client, action, *recordings):
    data = {"action": action, "_selected_action": [str(one.pk) for one in recordings]}
    return client.post(reverse("admin:assessments_recording_changelist"), data, follow=True)


def test_staff_run_checks_again_and_read_which_could_not(client, staff):
    failed, ready = RecordingFactory(state="failed"), RecordingFactory()
    path = storage.original_path(failed)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")

    page = act(client, "run_checks_again", failed, ready).content.decode()

    failed.refresh_from_db()
    assert failed.state == RecordingState.RECEIVED
    assert failed.events.last().by == staff
    assert "It passed its checks; there is nothing to run again." in page


def test_staff_take_a_file_out_of_the_count(client):
    recording = RecordingFactory(rejected=True)

    act(client, "do_not_count", recording)

    assert Recording.objects.get().counts is False


def test_who_only_reads_finds_no_deeds(client, staff):
    staff.user_permissions.remove(Permission.objects.get(codename="change_recording"))
    recording = RecordingFactory(rejected=True)

    act(client, "do_not_count", recording)

    assert Recording.objects.get().counts is True


def test_nobody_edits_adds_or_deletes_here(client):
    recording = RecordingFactory()

    change = client.post(reverse("admin:assessments_recording_change", args=[recording.pk]), {"state": "rejected"})

    assert change.status_code == 403
    assert client.get(reverse("admin:assessments_recording_add")).status_code == 403
    assert client.post(reverse("admin:assessments_recording_delete", args=[recording.pk])).status_code == 403


def test_others_do_not_see_the_lists(client, staff):
    staff.user_permissions.clear()

    assert client.get(reverse("admin:assessments_recording_changelist")).status_code == 403


def test_what_was_recorded_in_the_browser_can_be_opened_from_the_list(client):
    recording = RecordingFactory(original_name="", size=7_083_689)

    page = client.get(reverse("admin:assessments_recording_changelist")).content.decode()

    link = reverse("admin:assessments_recording_change", args=[recording.pk])
    assert f'<a href="{link}">recorded in the browser</a>' in page
    assert "6.8\xa0MB" in page
    assert 'rejection_code="' not in page

"""Who gets the bytes of a recording, and what its page and its administration show."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import disk
from assessments.actions.recordings import note_watching
from assessments.models import ReviewTask
from assessments.rules.recordings import may_watch
from assessments.tests.factories_recordings import RecordingFactory, SubmissionFactory, upload_for
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
ROUTES = ("recording-media", "recording-poster", "recording-status")


def address(name, recording):
    return reverse(f"assessments:{name}", args=[recording.pk])


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def allowed(person, codename):
    person.user_permissions.add(Permission.objects.get(content_type__app_label="assessments", codename=codename))
    return type(person).objects.get(pk=person.pk)


@pytest.fixture
def recording():
    made = RecordingFactory(play_path="rec/play.mp4", poster_path="rec/poster.jpg")
    (disk.root() / "rec").mkdir(parents=True)
    (disk.root() / made.play_path).write_bytes(b"0123456789")
    (disk.root() / made.poster_path).write_bytes(b"jpeg")
    return made


def lease(recording, grader, minutes=45, released=False):
    """A claim of the task that reads what was handed in with the recording."""
    now, submission = timezone.now(), recording.submission
    version = submission.versions.create(number=1, handed_in_at=now, receipt="r")
    version.recordings.add(recording)
    task = ReviewTask.objects.create(
        submission=submission, submission_version=version, due_at=now, shuffle=1, created_at=now, state="leased"
    )
    ended = {"released_at": now, "end": "sent"} if released else {}
    return task.leases.create(
        grader=grader,
        taken_at=now - timedelta(hours=2),
        seconds=2700,
        expires_at=now + timedelta(minutes=minutes),
        **ended,
    )


def statuses(client, recording):
    return [client.get(address(name, recording)).status_code for name in ROUTES]


def test_the_learner_watches_with_ranges(recording):
    client = signed_in(recording.submission.learner)

    response = client.get(address("recording-media", recording), headers={"range": "bytes=2-4"})

    assert (response.status_code, response.getvalue()) == (206, b"234")
    assert (response["Content-Type"], response["Content-Disposition"]) == ("video/mp4", "inline")
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["Cache-Control"] == "private, no-transform"
    assert client.head(address("recording-media", recording))["Content-Length"] == "10"
    assert client.get(address("recording-poster", recording)).getvalue() == b"jpeg"
    assert not AuditEvent.objects.filter(event="recording.watched").exists()


def test_a_session_is_asked_for(recording):
    assert statuses(Client(), recording) == [401] * 3


def test_for_everybody_else_it_does_not_exist(recording):
    learner = make_person()
    grader = allowed(make_person(), "grade")

    for person in (learner, grader):
        assert statuses(signed_in(person), recording) == [404] * 3


def test_the_grader_who_reads_it_watches_while_the_lease_holds(recording):
    grader = allowed(make_person(), "grade")
    held = lease(recording, grader)
    client = signed_in(grader)

    during = statuses(client, recording)
    held.expires_at = timezone.now() - timedelta(seconds=1)
    held.save()
    after = statuses(client, recording)

    assert (during, after) == ([200] * 3, [404] * 3)


def test_a_released_lease_or_a_lost_role_opens_nothing(recording):
    without_role, released = make_person(), allowed(make_person(), "grade")
    now = timezone.now()
    lease(recording, released, released=True)

    assert not may_watch(released, recording, now)
    assert not may_watch(without_role, recording, now)


def test_a_lease_opens_only_the_recording_that_was_handed_in(recording):
    grader = allowed(make_person(), "grade")
    lease(recording, grader)
    other = RecordingFactory(submission=recording.submission)
    rejected = RecordingFactory(submission=recording.submission, rejected=True)

    assert may_watch(grader, recording, timezone.now())
    assert not may_watch(grader, other, timezone.now())
    assert not may_watch(grader, rejected, timezone.now())


def test_enablement_watches_and_that_is_written_down_once(recording):
    staff = allowed(make_person(), "view_recording")
    client = signed_in(staff)

    for _ in range(2):
        assert client.get(address("recording-media", recording)).status_code == 200

    event = AuditEvent.objects.get(event="recording.watched")
    assert (event.actor, event.event, event.subject) == (
        staff,
        "recording.watched",
        f"assessments.recording:{recording.pk}",
    )
    note_watching(recording=recording, by=recording.submission.learner)
    assert AuditEvent.objects.filter(event="recording.watched").count() == 1


@pytest.mark.parametrize("state", ["uploading", "received", "checking", "failed"])
def test_only_ready_recordings_have_bytes(state):
    recording = RecordingFactory(state=state)
    client = signed_in(recording.submission.learner)

    assert statuses(client, recording) == [404, 404, 200]


def test_a_file_that_is_lost_answers_as_missing():
    recording = RecordingFactory()

    assert statuses(signed_in(recording.submission.learner), recording) == [404, 404, 200]


def test_nothing_is_changed_by_posting(recording):
    client = signed_in(recording.submission.learner)

    assert [client.post(address(name, recording)).status_code for name in ROUTES] == [405] * 3


def test_status_says_what_the_page_shows():
    rejected = RecordingFactory(rejected=True)
    waiting = RecordingFactory(submission=rejected.submission, state="received")
    client = signed_in(rejected.submission.learner)

    first = client.get(address("recording-status", rejected)).json()
    second = client.get(address("recording-status", waiting)).json()

    assert (first["state"], first["code"], first["waiting"]) == ("rejected", "no-sound", False)
    assert first["sentence"] == "Your recording has no sound."
    assert first["advice"]
    assert (second["waiting"], second["advice"]) == (True, "")


PANEL = [
    ({"state": "uploading", "upload": True}, "Choose the same file again"),
    ({"state": "received"}, "Every byte has come"),
    ({"state": "checking"}, "We are checking"),
    ({"state": "rejected", "rejection_code": "too-short"}, "Choose the complete recording"),
    ({"state": "rejected", "rejection_code": "of-another-time"}, "can&#x27;t be used"),
    ({"state": "failed"}, "that is our fault"),
    ({"state": "ready"}, "<video"),
]


@pytest.mark.urls("assessments.tests.page_with_upload")
@pytest.mark.parametrize(("values", "words"), PANEL)
def test_the_panel_has_words_for_every_state(values, words):
    submission = SubmissionFactory()
    if values.pop("upload", False):
        upload_for(submission)
    else:
        RecordingFactory(submission=submission, **values)

    page = signed_in(submission.learner).get("/upload-page/").content.decode()

    assert words in page
    assert ("data-waiting" in page) == (values["state"] in ("received", "checking"))
    assert ("data-file" in page) == (values["state"] not in ("received", "checking"))


@pytest.mark.urls("assessments.tests.page_with_upload")
def test_the_panel_of_a_fresh_try_shows_its_limits_and_of_a_closed_one_no_field():
    submission = SubmissionFactory(practical__max_bytes=5 << 20)
    client = signed_in(submission.learner)

    fresh = client.get("/upload-page/").content.decode()
    submission.state, submission.withdrawn_at = "withdrawn", timezone.now()
    submission.save()
    closed = client.get("/upload-page/").content.decode()

    assert "1 to 5 min, up to 5.0\xa0MB" in fresh
    assert "data-file" not in closed

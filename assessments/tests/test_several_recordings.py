"""Practicals that ask for more than one recording: places, hand-in, desk and feedback."""

import base64

import pytest
from django.test import Client
from django.urls import reverse

from assessments.actions.claims import claim_next
from assessments.actions.practicals import hand_in
from assessments.models import Recording, SubmissionVersion, Upload
from assessments.rules.practicals import why_not_hand_in
from assessments.rules.recordings import places_of
from assessments.tests.factories_practicals import (
    SubmissionFactory,
    add_comment,
    make_grader,
    make_recording,
    marks,
    send,
)
from assessments.tests.grading import comment_of
from courses.lib.clock import database_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return SubmissionFactory(practical__recordings_required=2)


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def begin_upload(submission, place):
    told = {"submission": submission.pk, "place": place}
    metadata = ",".join(f"{name} {base64.b64encode(str(value).encode()).decode()}" for name, value in told.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": metadata}
    return signed_in(submission.learner).post(reverse("assessments:uploads"), headers=headers)


def test_each_upload_goes_to_the_place_that_it_names(submission):
    assert [begin_upload(submission, place).status_code for place in (1, 2)] == [201, 201]

    assert [place.recording.place for place in places_of(submission)] == [1, 2]


@pytest.mark.parametrize(("place", "status"), [(0, 409), (3, 409), ("x", 400), (-1, 400), (10**9, 400)])
def test_a_place_that_is_not_asked_for_takes_no_upload(submission, place, status):
    assert begin_upload(submission, place).status_code == status
    assert not Upload.objects.exists()


def test_hand_in_waits_for_every_recording(submission):
    second = make_recording(submission, place=2)
    assert why_not_hand_in(submission, database_now()).code == "recording-missing"
    first = make_recording(submission, place=1)

    hand_in(submission=submission, by=submission.learner)

    assert list(SubmissionVersion.objects.get().recordings.order_by("place")) == [first, second]


def test_camera_track_is_no_recording_of_its_own(submission):
    first = make_recording(submission, place=1)
    make_recording(submission, place=1, main=first)

    assert [place.recording for place in places_of(submission)] == [first, None]


def test_desk_shows_the_recording_asked_for_and_comments_name_theirs():
    SubmissionFactory(practical__recordings_required=2, handed_in=True)
    lease = claim_next(by=make_grader())
    first, second = Recording.objects.order_by("place")
    comment, _ = comment_of(lease, place=2, text="On the second call.")
    desk = reverse("assessments:desk", args=[lease.task.pk])

    shown = [signed_in(lease.grader).get(f"{desk}?recording={place}") for place in (1, 2, 9, "x")]

    assert comment.recording == second
    assert [page.context["desk"].recording for page in shown] == [first, second, first, first]
    assert f'href="?recording=2#c{comment.pk}"' in shown[0].content.decode()
    assert f'data-seek="{comment.start_ms}"' in shown[1].content.decode()


def test_feedback_shows_the_recording_asked_for():
    submission = SubmissionFactory(practical__recordings_required=2, handed_in=True)
    lease = claim_next(by=make_grader())
    add_comment(lease)
    send(lease, marks(4, 4, 4, 3, 3))

    page = signed_in(submission.learner).get(submission.get_absolute_url() + "?recording=2")

    assert page.context["feedback"].recording.place == 2


def test_lease_is_as_long_as_three_times_all_recordings():
    SubmissionFactory(practical__recordings_required=2, handed_in=True)

    assert claim_next(by=make_grader()).seconds == 3 * 2 * 2400

"""The page on which one records, and what others see of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.clips import make_clip
from assessments.models import (
    SubmissionState,
)
from assessments.rules.uploads import KEPT_FOR
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from assessments.tests.recorder_deeds import camera, check, live, mark
from assessments.tests.test_upload_protocol import signed_in
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def page(client, submission, **query):
    return client.get(reverse("assessments:record", args=[submission.pk]), query)


def test_the_page_is_the_owners_alone(client, submission):
    mine = page(client, submission)

    assert (mine.status_code, page(client, submission, place=1).status_code) == (200, 200)
    assert page(signed_in(make_person(is_superuser=True, is_staff=True)), submission).status_code == 404
    assert [page(client, submission, place=one).status_code for one in (0, 2, "x", "٣")] == [404] * 4


def test_the_page_of_a_closed_try_says_why(client, submission):
    submission.state, submission.withdrawn_at = SubmissionState.WITHDRAWN, timezone.now()
    submission.save()

    response = page(client, submission)

    assert "This try is handed in" in response.content.decode()
    assert "data-recorder" not in response.content.decode()


def test_the_page_says_whose_place_a_new_recording_takes(client, submission, tmp_path):
    check(upload_for(submission, None), make_clip(tmp_path / "a.mp4", 5).read_bytes())

    assert "takes the place" in page(client, submission).content.decode()


def test_the_page_offers_an_unfinished_recording_again(client, submission):
    upload = live(submission)
    track = camera(upload)

    html = page(client, submission).content.decode()

    assert reverse("assessments:upload", args=[upload.pk]) in html
    assert reverse("assessments:upload", args=[track.pk]) in html
    assert "Use it as it is" in html


def test_a_try_with_an_unfinished_recording_elsewhere_names_it(client, submission):
    live(submission)
    other = SubmissionFactory(learner=submission.learner, practical__short=True)

    html = page(client, other).content.decode()

    assert "isn’t finished" in html.replace("&#x27;", "’").replace("'", "’")
    assert f"/submissions/{submission.pk}/record/?place=1" in html


def test_the_practicals_page_leads_to_the_recorder(client, submission):
    address = f"/submissions/{submission.pk}/record/?place=1"
    before = client.get(submission.practical.get_absolute_url()).content.decode()
    live(submission)
    during = client.get(submission.practical.get_absolute_url()).content.decode()

    assert address in before and "Record in the browser" in before
    assert address in during and "data-file" not in during


def test_the_page_costs_few_queries(client, submission, django_assert_max_num_queries):
    page(client, submission)

    with django_assert_max_num_queries(17):
        page(client, submission)


def test_staff_see_who_agreed_and_where_parts_begin(submission):
    boss = signed_in(make_person(is_superuser=True, is_staff=True))
    upload = live(submission)
    mark(signed_in(submission.learner), upload.recording, "Discovery", 0)
    mark(signed_in(submission.learner), upload.recording, "Demo", 65_000)

    html = boss.get(reverse("admin:assessments_recording_change", args=[upload.recording_id])).content.decode()

    assert "Discovery 0:00, Demo 1:05" in html
    assert "Jonas Weber" in html


def test_an_unfinished_recording_is_measured_in_minutes_wherever_it_is_opened(client, submission):
    upload = live(submission)
    upload.created_at = timezone.now() - timedelta(minutes=20)
    upload.offset, upload.expires_at = 9_000_000, upload.created_at + timedelta(minutes=12, seconds=40) + KEPT_FOR
    upload.save()

    here = page(client, submission).content.decode()
    before = client.get(submission.practical.get_absolute_url()).content.decode()

    assert "Safe: about 12:40" in here
    assert "8.6\u00a0MB" not in here + before

"""What a grader heard: how stretches add up, what is believed, and what marks wait for."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.actions.listening import note_heard
from assessments.actions.marks import send_review
from assessments.models import Lease, Listening, Review
from assessments.rules.listening import Heard, heard_of, length_of, merged, why_not_unheard, with_heard
from assessments.tests.factories_practicals import CRITERIA, add_comment, make_grader, make_lease
from assessments.tests.grading import GOOD, refusal_of

MINUTE = 60_000
LENGTH = 40 * MINUTE
NOW = timezone.now()


@pytest.mark.parametrize(
    ("spans", "together"),
    [
        ([], []),
        ([[5, 9], [0, 5]], [(0, 9)]),
        ([[0, 4], [6, 9]], [(0, 4), (6, 9)]),
        ([[0, 9], [2, 3]], [(0, 9)]),
        ([[3, 3], [5, 4]], []),
    ],
)
def test_stretches_are_counted_once(spans, together):
    assert merged(spans) == together


@pytest.mark.parametrize(
    ("reported", "minutes_gone", "believed"),
    [
        ([[0, 10 * MINUTE]], 10, 10 * MINUTE),
        ([[0, 15 * MINUTE]], 10, 15 * MINUTE),
        ([[0, 16 * MINUTE]], 10, 0),
        ([[0, 90 * MINUTE]], 60, LENGTH),
    ],
)
def test_no_more_is_believed_than_can_have_been_played(reported, minutes_gone, believed):
    heard = with_heard([], reported, duration_ms=LENGTH, since=NOW - timedelta(minutes=minutes_gone), now=NOW)

    assert length_of(heard) == believed


def test_what_was_heard_before_stays_when_a_report_is_not_believed():
    heard = with_heard([[0, 500]], [[0, LENGTH]], duration_ms=LENGTH, since=NOW, now=NOW)

    assert heard == [(0, 500)]


@pytest.mark.parametrize(
    ("percent", "reason", "code"),
    [(None, "", None), (90, "", None), (89, "", "not-heard"), (0, "  ", "not-heard"), (0, "It stops there.", None)],
)
def test_marks_wait_for_nine_tenths_or_a_reason(percent, reason, code):
    refusal = why_not_unheard(Heard(percent, reason))

    assert (refusal and refusal.code) == code


@pytest.mark.django_db
def test_share_is_of_all_recordings_and_never_more_than_all():
    recording = make_lease().task.submission_version.recordings.get()

    assert heard_of([[[0, LENGTH // 2]]], [recording]).percent == 50
    assert heard_of([[[0, LENGTH]], [[0, LENGTH]]], [recording]).percent == 100
    assert heard_of([], []).percent is None


def commented():
    """A lease taken an hour ago whose criteria all have a comment."""
    lease = make_lease()
    Lease.objects.update(taken_at=NOW - timedelta(hours=1))
    for slug in CRITERIA:
        add_comment(lease, slug)
    lease.refresh_from_db()
    return lease


def send(lease, **more):
    return send_review(task=lease.task, token=lease.token, marks=GOOD, by=lease.grader, **more)


@pytest.mark.django_db
def test_marks_on_what_was_not_heard_need_their_reason_and_keep_it():
    lease = commented()
    assert refusal_of(send, lease=lease).code == "not-heard"

    send(lease, unheard_reason="The sound ends after two minutes.")

    review = Review.objects.get()
    assert (review.heard_percent, review.unheard_reason) == (0, "The sound ends after two minutes.")


@pytest.mark.django_db
def test_marks_on_what_was_heard_need_none():
    lease = commented()
    note_heard(task=lease.task, lease=lease, place=1, spans=[[0, LENGTH]], by=lease.grader)

    send(lease, unheard_reason="Not needed.")

    review = Review.objects.get()
    assert (review.heard_percent, review.unheard_reason) == (100, "")


@pytest.mark.django_db
def test_heartbeat_tells_what_was_heard_and_answers_the_share(client):
    lease = commented()
    client.force_login(lease.grader)
    address = reverse("assessments:desk-heartbeat", args=[lease.task_id])

    answer = client.post(address, {"token": lease.token, "place": 1, "heard": json.dumps([[0, LENGTH // 4]])})
    again = client.post(address, {"token": lease.token, "place": 1, "heard": json.dumps([[0, LENGTH // 4]])})

    assert (answer.json()["heard_percent"], again.json()["heard_percent"]) == (25, 25)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "heard",
    [
        '{"a": 1}',
        "[[1]]",
        "[[1, -2]]",
        '[["a", 1]]',
        "[[1e99, 2]]",
        "nonsense",
        "[[true, 5]]",
        "[" * 99_999,
        f"[[0, {'9' * 5000}]]",
    ],
)
def test_what_cant_be_read_is_refused_and_nothing_is_kept(client, heard):
    lease = commented()
    client.force_login(lease.grader)
    address = reverse("assessments:desk-heartbeat", args=[lease.task_id])

    answer = client.post(address, {"token": lease.token, "place": 1, "heard": heard})

    assert (answer.status_code, Listening.objects.count()) == (400, 0)


@pytest.mark.django_db
def test_stale_token_writes_nothing_down(client):
    lease = commented()
    client.force_login(lease.grader)
    Lease.objects.update(expires_at=NOW + timedelta(seconds=0), released_at=NOW, end="expired")
    address = reverse("assessments:desk-heartbeat", args=[lease.task_id])

    answer = client.post(address, {"token": lease.token, "place": 1, "heard": "[[0, 5000]]"})

    assert (answer.status_code, Listening.objects.count()) == (409, 0)


@pytest.mark.django_db
def test_nobody_writes_at_the_desk_of_another(client):
    lease = commented()
    client.force_login(make_grader())

    answer = client.post(reverse("assessments:desk-heartbeat", args=[lease.task_id]), {"token": lease.token})

    assert answer.status_code == 404


@pytest.mark.django_db
def test_desk_keeps_the_reason_with_the_draft_and_sends_it(client):
    lease = commented()
    client.force_login(lease.grader)
    sheet = {f"mark-{slug}": points for slug, points in GOOD.items()} | {"token": lease.token, "revision": 0}

    refused = client.post(reverse("assessments:desk-send", args=[lease.task_id]), sheet)
    sent = client.post(
        reverse("assessments:desk-send", args=[lease.task_id]), sheet | {"revision": 1, "unheard_reason": "It stops."}
    )

    assert (refused.status_code, sent.status_code) == (409, 302)
    assert "You have heard 0 % of the recording" in refused.content.decode()
    assert Review.objects.get().unheard_reason == "It stops."

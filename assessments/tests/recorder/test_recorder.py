"""Recording in the browser, seen from the server: agreement, one at a time, silence and its end."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from assessments import parts
from assessments.actions.recorder import (
    begin_recording,
    give_consent,
    interrupt_silent_recordings,
)
from assessments.actions.uploads import end_upload
from assessments.models import (
    Recording,
    RecordingConsent,
    RecordingState,
    Upload,
)
from assessments.rules.recorder import CONSENT_WORDING, why_not_record
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from assessments.tests.recorder_deeds import (
    agree,
    be_silent,
    create,
    live,
    send,
    state_of,
)
from assessments.tests.test_upload_protocol import patch
from courses.lib.refusals import Refused

pytestmark = pytest.mark.django_db


def test_agreement_is_written_down_before_the_first_byte(client, submission):
    answer = agree(client, submission).json()
    response = create(client, submission, live=1, consent=answer["consent"])

    recording = Recording.objects.get()
    consent = recording.consent
    assert response.status_code == 201
    assert (recording.state, recording.upload.kind, recording.upload.length) == (RecordingState.RECORDING, "live", None)
    assert (consent.given_by, consent.others, consent.wording) == (submission.learner, "Jonas Weber", CONSENT_WORDING)
    assert consent.given_at <= recording.created_at


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"agreed": ""}, "Everybody in the recording has to agree to it first."),
        ({"others": " "}, "Write who else is in the recording, or tick that you record alone."),
        ({"others": "x" * 201}, "Ensure this value has at most 200 characters"),
    ],
)
def test_half_an_agreement_is_none(client, submission, fields, sentence):
    response = agree(client, submission, **fields)

    assert response.status_code == 400
    assert sentence in response.json()["sentence"]
    assert not RecordingConsent.objects.exists()


def test_who_records_alone_names_nobody(client, submission):
    agree(client, submission, alone="on")

    assert RecordingConsent.objects.get().others == ""


def test_agreements_are_limited_by_the_hour(client, submission):
    codes = [agree(client, submission).json().get("code") for _ in range(31)]

    assert codes == [None] * 30 + ["too-fast"]


def test_no_live_upload_without_agreement(client, submission):
    other = SubmissionFactory(practical__short=True)
    not_mine = give_consent(submission=other, others="", by=other.learner)
    yesterday = timezone.now() - timedelta(hours=13)
    old = RecordingConsent.objects.create(
        submission=submission, given_by=submission.learner, wording="Agreed.", given_at=yesterday
    )  # fmt: skip

    answers = [
        create(client, submission, live=1),
        create(client, submission, live=1, consent=not_mine.pk),
        create(client, submission, live=1, consent=old.pk),
        create(client, submission, live=1, consent=submission.pk),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "consent-missing")] * 4
    assert not Upload.objects.exists()


def test_agreement_covers_one_recording_alone(submission):
    first = live(submission)
    end_upload(upload=first, by=submission.learner)

    with pytest.raises(Refused) as refused:
        begin_recording(
            submission=submission, consent=first.recording.consent, metadata={}, by=submission.learner
        )  # fmt: skip

    assert refused.value.refusal.code == "consent-missing"


def test_a_lost_answer_to_the_beginning_costs_nothing(client, submission):
    consent = agree(client, submission).json()["consent"]

    first, again = (create(client, submission, live=1, consent=consent) for _ in range(2))

    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"])
    assert Upload.objects.count() == 1


def test_one_recording_in_the_browser_at_a_time(client, submission):
    live(submission)
    other = SubmissionFactory(learner=submission.learner, practical__short=True)

    refusal = why_not_record(other, place=1, by=submission.learner, now=timezone.now())
    response = agree(client, other)

    assert (refusal.code, response.status_code) == ("already-recording", 409)
    assert refusal.link == f"/submissions/{submission.pk}/record/?place=1"
    assert submission.practical.title in refusal.sentence


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_the_same_moment_begin_one_recording():
    submission = SubmissionFactory(practical__short=True)
    consents = [give_consent(submission=submission, others="", by=submission.learner) for _ in range(2)]
    outcomes = []

    def begin(consent):
        try:
            begin_recording(submission=submission, consent=consent, metadata={}, by=submission.learner)
            outcomes.append("begun")
        except Refused as refused:
            outcomes.append(refused.refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=[one]) for one in consents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["already-recording", "begun"]


def test_the_database_keeps_it_to_one_and_asks_for_agreement(submission):
    upload = live(submission)

    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.create(
            owner=submission.learner, kind="live", recording=upload_for(submission).recording,
            created_at=timezone.now(), expires_at=timezone.now(),
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="has_consent"), transaction.atomic():
        Recording.objects.filter(pk=upload.recording_id).update(consent=None)
    with pytest.raises(Exception, match=r"append-only|refuse|never"), transaction.atomic():
        RecordingConsent.objects.update(others="nobody")


def test_a_silent_recording_is_interrupted_and_goes_on_with_the_next_bytes(client, submission):
    upload = live(submission)
    send(client, upload, b"01234")
    be_silent(upload, 61)

    assert interrupt_silent_recordings(now=timezone.now()) == 1
    interrupted = state_of(upload)
    send(client, upload, b"56789", 5)
    resumed = state_of(upload)
    be_silent(upload, 61)
    interrupt_silent_recordings(now=timezone.now())
    send(client, upload, b"", 10, finish=True)

    assert (interrupted, resumed) == (RecordingState.INTERRUPTED, RecordingState.RECORDING)
    steps = list(upload.recording.events.values_list("new", flat=True))
    assert steps == ["recording", "interrupted", "recording", "interrupted", "uploading", "received"]


def test_what_is_not_silent_for_a_minute_or_in_use_is_left_alone(client, submission):
    upload = live(submission)
    send(client, upload, b"0")
    be_silent(upload, 59)
    assert interrupt_silent_recordings(now=timezone.now()) == 0
    be_silent(upload, 61)

    with parts.locked_part(upload.pk):
        assert interrupt_silent_recordings(now=timezone.now()) == 0
    file = upload_for(submission)
    be_silent(file, 3600)

    assert interrupt_silent_recordings(now=timezone.now()) == 1
    assert interrupt_silent_recordings(now=timezone.now()) == 0
    assert state_of(file) == RecordingState.UPLOADING


def test_a_told_length_says_that_nothing_is_recorded_any_more(client, submission):
    upload = live(submission)
    send(client, upload, b"01234")

    patch(client, upload, b"5", 5, **{"Upload-Length": "10"})
    between = state_of(upload)
    send(client, upload, b"6789", 6)

    assert (between, state_of(upload)) == (RecordingState.UPLOADING, RecordingState.RECEIVED)

"""Deeds around a try at the same moment: one of them wins, the other hears why, and nothing is left between two states."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from assessments import storage
from assessments.actions import enrichments, retention, sessions
from assessments.actions.practicals import hand_in, return_submission, save_work, withdraw_submission
from assessments.actions.recorder import mark_part
from assessments.actions.recordings import check_again, check_recording
from assessments.actions.uploads import append_bytes
from assessments.clips import make_clip
from assessments.models import (
    Attestation,
    Booking,
    Enrichment,
    EnrichmentKind,
    EnrichmentState,
    LegalHold,
    PartMark,
    Purge,
    PurgeReceipt,
    PurgeRule,
    Recording,
    ReviewTask,
    SessionSlot,
    SubmissionVersion,
)
from assessments.rules.recordings import current_recordings
from assessments.rules.uploads import Piece
from assessments.signals import session_called_off
from assessments.tests import factories_recordings as recorded
from assessments.tests.factories_practicals import (
    SubmissionFactory,
    make_grader,
    make_recording,
    make_slot,
)
from assessments.tests.recorder_deeds import PARTS, live
from assessments.tests.test_recording_access import address, lease, signed_in
from assessments.tests.test_retention import decided, with_bytes
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db(transaction=True)
several_rounds = pytest.mark.parametrize("round_", range(4))
"""Threads meet in another order each time; a race that is there shows within a few."""


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Nothing runs by itself: the tests are the workers."""
    monkeypatch.setattr("courses.lib.tasks._publish", lambda task, ids: None)


def booked(submission=None, hours=48, **fields):
    submission = submission or SubmissionFactory(practical__session="required")
    slot = make_slot(submission.practical, hours=hours, **fields)
    return sessions.book_slot(submission=submission, slot=slot, by=submission.learner)


def begun(booking):
    SessionSlot.objects.filter(pk=booking.slot_id).update(starts_at=timezone.now() - timedelta(hours=1))
    return Booking.objects.get(pk=booking.pk)


def host_says(booking, took_place=True):
    text = "" if took_place else "Nobody came."
    return sessions.attest(booking=booking, took_place=took_place, text=text, by=booking.slot.host)


def heard(signal):
    """What a signal told from now on; the caller keeps the list."""
    told = []

    def listen(**facts):
        told.append(facts)

    signal.connect(listen, weak=False)
    return told, lambda: signal.disconnect(listen)


@pytest.fixture
def called_off():
    told, end = heard(session_called_off)
    yield told
    end()


# Sessions


def test_the_same_slot_booked_twice_by_one_learner_is_one_booking():
    submission = SubmissionFactory(practical__session="required")
    slot = make_slot(submission.practical)

    results = at_once([lambda: sessions.book_slot(submission=submission, slot=slot, by=submission.learner)] * 4)

    assert Booking.objects.count() == 1
    assert sorted(one for one in results if isinstance(one, str)) == ["booked-already"] * 3


@several_rounds
def test_a_session_attested_to_twice_is_attested_once(round_):
    booking = begun(booked())

    results = at_once([lambda: host_says(booking), lambda: host_says(booking, took_place=False)])

    assert Attestation.objects.filter(booking=booking).count() == 1
    assert next(one for one in results if isinstance(one, str)) in ("attested-already", "cancelled-already")


@several_rounds
def test_a_booking_and_its_slot_called_off_at_once_are_told_once(called_off, round_):
    booking = booked()
    called_off.clear()

    at_once([
        lambda: sessions.cancel_booking(booking=booking, by=booking.submission.learner),
        lambda: sessions.cancel_slot(slot=booking.slot, reason="Ill.", by=booking.slot.host),
    ])  # fmt: skip

    booking.refresh_from_db()
    assert (len(called_off), booking.sequence) == (1, 1)


@several_rounds
def test_a_slot_called_off_while_it_is_booked_leaves_no_booking_behind(round_):
    submission = SubmissionFactory(practical__session="required")
    slot = make_slot(submission.practical)

    at_once([
        lambda: sessions.book_slot(submission=submission, slot=slot, by=submission.learner),
        lambda: sessions.cancel_slot(slot=slot, reason="Ill.", by=slot.host),
    ])  # fmt: skip

    assert not slot.bookings.live().exists()


@several_rounds
def test_a_session_that_took_place_stays_whatever_becomes_of_its_slot(round_):
    booking = begun(booked())

    said, _ = at_once([
        lambda: host_says(booking),
        lambda: sessions.cancel_slot(slot=booking.slot, reason="Ill.", by=booking.slot.host),
    ])  # fmt: skip

    booking.refresh_from_db()
    assert isinstance(said, Attestation) is (booking.cancelled_at is None)


@several_rounds
def test_live_marking_and_calling_the_slot_off_have_one_winner(round_):
    booking = begun(booked(grader=make_grader()))

    lease, _ = at_once([
        lambda: sessions.begin_live(booking=booking, by=booking.slot.grader),
        lambda: sessions.cancel_slot(slot=booking.slot, reason="Ill.", by=booking.slot.host),
    ])  # fmt: skip

    booking.refresh_from_db()
    began = not isinstance(lease, (str, Exception))
    assert (began, booking.submission.state) in [(True, "in_review"), (False, "draft")]
    assert began is (booking.cancelled_at is None)


@several_rounds
def test_live_marking_and_withdrawing_have_one_winner(round_):
    booking = begun(booked(grader=make_grader()))
    submission = booking.submission

    began, withdrawn = at_once([
        lambda: sessions.begin_live(booking=booking, by=booking.slot.grader),
        lambda: withdraw_submission(submission=submission, by=submission.learner),
    ])  # fmt: skip

    submission.refresh_from_db()
    assert not isinstance(began, Exception) and not isinstance(withdrawn, Exception), (began, withdrawn)
    assert (submission.state, isinstance(began, str)) in [("in_review", False), ("withdrawn", True)]


# Handing in


@several_rounds
def test_handing_in_while_withdrawing_ends_in_one_of_both(round_):
    submission = SubmissionFactory()
    make_recording(submission)

    results = at_once([
        lambda: hand_in(submission=submission, by=submission.learner),
        lambda: withdraw_submission(submission=submission, by=submission.learner),
    ])  # fmt: skip

    submission.refresh_from_db()
    waiting = ReviewTask.objects.filter(submission=submission, state="waiting").count()
    assert (submission.state, waiting) in [("submitted", 1), ("withdrawn", 0)], results
    assert not any(isinstance(one, Exception) for one in results)


@several_rounds
def test_giving_back_while_it_is_handed_in_leaves_no_reading_behind(round_):
    submission = SubmissionFactory()
    make_recording(submission)
    staff = make_person()

    at_once([
        lambda: hand_in(submission=submission, by=submission.learner),
        lambda: return_submission(submission=submission, reason="No sound.", by=staff),
    ])  # fmt: skip

    submission.refresh_from_db()
    waiting = ReviewTask.objects.filter(submission=submission, state="waiting").count()
    assert (submission.state, waiting) in [("submitted", 1), ("returned", 0)]


def test_own_marks_of_two_tabs_saved_at_once_overwrite_nothing():
    submission = SubmissionFactory(practical__written=True)

    def tab(words):
        return save_work(submission=submission, notes=words, revision=0, by=submission.learner)[1]

    results = at_once([lambda words=words: tab(words) for words in ("one", "two", "three")])

    submission.refresh_from_db()
    assert sorted(one.code if one else "" for one in results) == ["", "stale-notes", "stale-notes"]
    assert (submission.revision, submission.notes in ("one", "two", "three")) == (1, True)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("races") / "session.mp4", 4).read_bytes()


def sent(upload, data):
    return append_bytes(upload=upload, piece=Piece(0, len(data)), stream=BytesIO(data), by=upload.owner)


def test_two_files_for_one_place_that_end_at_once_leave_the_later_one(film):
    submission = recorded.SubmissionFactory(practical__short=True)
    first, second = (recorded.upload_for(submission, len(film)) for _ in range(2))

    at_once([lambda: sent(first, film), lambda: sent(second, film)])

    assert current_recordings(submission)[1].pk == second.recording_id
    assert {one.state for one in Recording.objects.all()} == {"received"}


@several_rounds
def test_handing_in_while_the_checks_end_takes_the_recording_or_waits_for_it(film, round_):
    submission = SubmissionFactory(practical__min_minutes=0, practical__max_minutes=5)
    upload = recorded.upload_for(submission, len(film))
    sent(upload, film)

    receipts = []

    def keep_trying(submission=submission, receipts=receipts):
        for _ in range(400):
            try:
                receipts.append(hand_in(submission=submission, by=submission.learner).receipt)
                return
            except Exception as refused:
                assert "recording" in refused.refusal.code

    at_once([lambda: check_recording(recording_id=upload.recording_id), keep_trying])

    version = SubmissionVersion.objects.filter(submission=submission).first()
    assert version is None or [one.state for one in version.recordings.all()] == ["ready"]
    assert bool(version) is bool(receipts)


def test_a_recording_checked_by_two_workers_is_checked_once(film):
    upload = recorded.upload_for(recorded.SubmissionFactory(practical__short=True), len(film))
    sent(upload, film)

    results = at_once([lambda: check_recording(recording_id=upload.recording_id)] * 3)

    recording = Recording.objects.get()
    assert (results.count(None), recording.state, recording.tries) == (2, "ready", 1)
    assert recording.events.filter(new="ready").count() == 1


def test_checks_asked_for_twice_run_once():
    recording = with_bytes(recorded.RecordingFactory(state="rejected", rejection_code="too-short"))
    staff = make_person()

    results = at_once([lambda: check_again(recording=recording, by=staff)] * 3)

    assert [one for one in results if isinstance(one, str)] == ["wrong-state"] * 2


# The recorder and what comes after it


def test_a_part_marked_twice_at_once_has_one_mark():
    submission = recorded.SubmissionFactory(practical__parts=PARTS)
    recording = live(submission).recording

    results = at_once([
        lambda at_ms=at_ms: mark_part(recording=recording, name="Discovery", at_ms=at_ms) for at_ms in (1, 2, 3)
    ])  # fmt: skip

    assert PartMark.objects.count() == 1
    assert len({one.at_ms for one in results}) == 1


def test_parts_marked_at_once_follow_each_other_in_time():
    submission = recorded.SubmissionFactory(practical__parts=PARTS)
    recording = live(submission).recording
    names = [part["name"] for part in PARTS]

    at_once([
        lambda name=name, at_ms=at_ms: mark_part(recording=recording, name=name, at_ms=at_ms)
        for name, at_ms in zip(names, (3000, 2000, 1000), strict=True)
    ])  # fmt: skip

    kept = [mark.at_ms for mark in PartMark.objects.order_by("pk")]
    assert kept and kept == sorted(kept)


def test_two_workers_on_one_piece_of_further_work_do_it_once(film):
    upload = recorded.upload_for(recorded.SubmissionFactory(practical__short=True), len(film))
    sent(upload, film)
    check_recording(recording_id=upload.recording_id)
    slides = Enrichment.objects.get(kind=EnrichmentKind.SLIDES)
    words = Enrichment.objects.get(kind=EnrichmentKind.TRANSCRIPT)

    results = at_once(
        [lambda pk=pk: enrichments.work_on_enrichment(enrichment_id=pk) for pk in (slides.pk, slides.pk, words.pk)]
    )

    assert results[:2].count(None) == 1 and not any(isinstance(one, Exception) for one in results)
    slides.refresh_from_db()
    assert (slides.state, slides.tries) == (EnrichmentState.DONE, 1)


def test_further_work_asked_for_twice_at_once_is_queued_once(film):
    upload = recorded.upload_for(recorded.SubmissionFactory(practical__short=True), len(film))
    sent(upload, film)
    recording = check_recording(recording_id=upload.recording_id)
    staff = make_person()

    results = at_once([lambda: enrichments.enrich_again(recording=recording, by=staff)] * 3)

    assert results.count("on-its-way") == 2


# Purges


@several_rounds
def test_a_hold_and_a_purge_at_once_keep_everything_or_leave_a_receipt(round_):
    recording = decided(735)
    retention.ask_for_due_purges(now=timezone.now())
    purge = Purge.objects.get(recording=recording, rule=PurgeRule.RETENTION)

    done, _ = at_once([
        lambda: retention.carry_out_purge(purge=purge, now=timezone.now()),
        lambda: retention.place_hold(submission=recording.submission, reason="A claim.", by=recording.submission.learner),
    ])  # fmt: skip

    recording.refresh_from_db()
    there = storage.original_path(recording).exists()
    assert (done == "legal-hold", recording.stored, there) in [(True, "kept", True), (False, "purged", False)]
    assert LegalHold.objects.filter(submission=recording.submission).count() == 1


@several_rounds
def test_a_purge_by_two_sweeps_leaves_one_receipt(round_):
    recording = decided(735)
    retention.ask_for_due_purges(now=timezone.now())
    purge = Purge.objects.get(recording=recording, rule=PurgeRule.RETENTION)

    results = at_once([lambda: retention.carry_out_purge(purge=purge, now=timezone.now())] * 3)

    assert len({one.pk for one in results}) == 1
    assert PurgeReceipt.objects.filter(recording=recording).count() == 1


def test_consent_taken_back_twice_is_one_purge_of_the_first_reason():
    recording = with_bytes(recorded.RecordingFactory())
    staff = make_person()

    results = at_once([
        lambda reason=reason: retention.withdraw_consent(recording=recording, reason=reason, by=staff) for reason in "abc"
    ])  # fmt: skip

    assert len({one.pk for one in results}) == Purge.objects.count() == 1


@several_rounds
def test_consent_taken_back_while_it_is_handed_in_never_leaves_the_bytes(round_):
    submission = SubmissionFactory()
    recording = with_bytes(make_recording(submission))

    def taken_back(recording=recording, learner=submission.learner):
        purge = retention.withdraw_consent(recording=recording, reason="No.", by=learner)
        return retention.carry_out_one(purge_id=purge.pk, now=timezone.now())

    results = at_once([lambda: hand_in(submission=submission, by=submission.learner), taken_back])

    assert not any(isinstance(one, Exception) for one in results), results
    recording.refresh_from_db()
    assert (recording.stored, storage.finished_files(recording)) == ("purged", [])


def test_a_film_that_is_being_sent_ends_whole_while_its_purge_runs():
    recording = with_bytes(recorded.RecordingFactory())
    body = b"f" * (3 << 20)
    storage.play_file(recording).write_bytes(body)
    learner = recording.submission.learner
    client = signed_in(learner)
    purge = retention.withdraw_consent(recording=recording, reason="No.", by=learner)
    film = iter(client.get(address("recording-media", recording)).streaming_content)
    begins = next(film)

    receipt = retention.carry_out_purge(purge=purge, now=timezone.now())

    assert begins + b"".join(film) == body
    assert (receipt.rule, client.get(address("recording-media", recording)).status_code) == (PurgeRule.CONSENT, 410)


def test_a_purge_waits_for_the_grader_who_watches():
    recording = with_bytes(recorded.RecordingFactory())
    held = lease(recording, make_grader())
    purge = retention.withdraw_consent(recording=recording, reason="No.", by=recording.submission.learner)

    assert not retention.carry_out_one(purge_id=purge.pk, now=timezone.now())

    grader = signed_in(held.grader)
    assert grader.get(address("recording-media", recording)).status_code == 200

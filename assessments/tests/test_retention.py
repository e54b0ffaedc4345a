"""How long bytes are kept, what stops a purge, and what is left of what was removed."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments import disk, storage
from assessments.actions import retention as actions
from assessments.actions.retention import (
    ask_for_due_purges,
    carry_out_purge,
    carry_out_purges,
    lift_hold,
    place_hold,
    withdraw_consent,
)
from assessments.models import LegalHold, Purge, PurgeReceipt, PurgeRule, Recording, RecordingDisclosure, SubmissionFile
from assessments.rules.recordings import sentence_about, why_not_use
from assessments.tests.factories_recordings import RecordingFactory
from assessments.tests.test_recording_access import address, allowed, lease, signed_in
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def with_bytes(recording):
    """Write what the pipeline would have kept."""
    folder = storage.folder_of(recording)
    folder.mkdir(parents=True)
    for name in ("original", "play.mp4", "poster.jpg"):
        (folder / name).write_bytes(name.encode())
    recording.play_path, recording.poster_path = (disk.relative(folder / name) for name in ("play.mp4", "poster.jpg"))
    recording.save()
    return recording


def decided(days_ago, number=1):
    """A recording that was handed in and decided so many days ago."""
    recording = with_bytes(RecordingFactory())
    submission, at = recording.submission, NOW - timedelta(days=days_ago)
    version = submission.versions.create(number=number, handed_in_at=at, receipt="r")
    version.recordings.add(recording)
    submission.state, submission.receipt = "decided", "r"
    submission.submitted_at = submission.promised_at = submission.decided_at = at
    submission.save()
    return recording


def sweep(now=NOW):
    ask_for_due_purges(now=now)
    return carry_out_purges(now=now)


def names(recording):
    return sorted(path.name for path in storage.folder_of(recording).glob("*"))


@pytest.mark.parametrize(("days", "left", "stored"), [
    (59, ["original", "play.mp4", "poster.jpg"], "kept"),
    (61, ["play.mp4", "poster.jpg"], "archived"),
    (720, ["play.mp4", "poster.jpg"], "archived"),
    (735, [], "purged"),
])  # fmt: skip
def test_originals_go_after_sixty_days_and_everything_after_two_years(days, left, stored):
    recording = decided(days)

    sweep()
    again = sweep()

    recording.refresh_from_db()
    assert (names(recording), recording.stored, again) == (left, stored, 0)


def test_a_practical_may_keep_shorter_and_longer():
    recording = decided(40)
    type(recording.submission.practical).objects.update(original_kept_days=10, kept_months=1)

    sweep()

    recording.refresh_from_db()
    assert recording.stored == "purged"


def test_what_was_never_handed_in_goes_with_the_originals():
    recording = decided(61)
    replaced = with_bytes(RecordingFactory(submission=recording.submission))

    sweep()

    assert (names(recording), names(replaced)) == (["play.mp4", "poster.jpg"], [])
    assert PurgeReceipt.objects.get(recording=replaced).rule == PurgeRule.UNUSED


def test_the_receipt_says_what_was_removed_and_never_changes():
    recording = decided(735)

    sweep()

    receipt = PurgeReceipt.objects.get(recording=recording)
    play = next(one for one in receipt.removed if one["name"] == "play.mp4")
    assert play == {"name": "play.mp4", "bytes": 8, "sha256": hashlib.sha256(b"play.mp4").hexdigest()}
    assert (receipt.rule, len(receipt.removed)) == (PurgeRule.RETENTION, 3)
    for deed in (lambda: PurgeReceipt.objects.update(removed=[]), PurgeReceipt.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def disclosed(recording, purge_on):
    return RecordingDisclosure.objects.create(
        submission=recording.submission, place=recording.place, basis="consent", redaction="done",
        purge_on=purge_on, declared_by=recording.submission.learner, declared_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(("in_days", "gone"), [(1, False), (0, True), (-3, True)])
def test_a_recording_goes_on_the_day_that_was_agreed(in_days, gone):
    recording = decided(1)
    track = with_bytes(RecordingFactory(submission=recording.submission, main=recording))
    disclosed(recording, NOW.date() + timedelta(days=in_days))

    sweep()

    assert [names(one) == [] for one in (recording, track)] == [gone, gone]


def test_a_purge_waits_for_the_grader_who_watches():
    recording, grader = with_bytes(RecordingFactory()), allowed(make_person(), "grade")
    held = lease(recording, grader)
    disclosed(recording, NOW.date())
    client = signed_in(grader)

    assert sweep() == 0
    assert client.get(address("recording-media", recording)).status_code == 200

    held.released_at, held.end = NOW, "sent"
    held.save()
    assert carry_out_purges(now=NOW) == 1
    assert names(recording) == []


def test_a_purge_waits_for_the_worker_who_reads_the_file():
    recording = decided(735)
    work = recording.enrichments.create(kind="slides", state="running", state_since=NOW, created_at=NOW)

    assert sweep() == 0
    work.state = "done"
    work.save()
    assert carry_out_purges(now=NOW) == 1


def test_an_open_reading_stops_what_is_past_its_time_but_not_what_was_promised():
    recording = decided(735, number=2)
    lease(recording, make_person(), released=True)

    assert sweep() == 0
    withdraw_consent(recording=recording, reason="She wrote to us.", by=make_person())
    assert carry_out_purges(now=NOW) == 1

    recording.refresh_from_db()
    assert recording.stored == "purged"


def test_nothing_goes_under_legal_hold_until_it_is_lifted():
    recording, staff = decided(735), make_person()
    place_hold(submission=recording.submission, reason="Claim 12", by=staff)

    assert sweep() == 0
    with pytest.raises(Refused, match="already"):
        place_hold(submission=recording.submission, reason="Claim 13", by=staff)
    lift_hold(submission=recording.submission, reason="Settled", by=staff)
    assert sweep() == 1

    hold = LegalHold.objects.get()
    assert (hold.placed_by_id, hold.lifted_by_id, hold.lifted_reason) == (staff.pk, staff.pk, "Settled")
    with pytest.raises(Refused, match="not under"):
        lift_hold(submission=recording.submission, reason="Again", by=staff)
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalHold.objects.update(reason="Other")


def test_a_purge_killed_before_its_receipt_goes_on_and_names_every_file(monkeypatch):
    recording = decided(735)
    ask_for_due_purges(now=NOW)
    purge = Purge.objects.get(rule=PurgeRule.RETENTION)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "_finish", lambda purge: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            carry_out_purge(purge=purge, now=NOW)
    recording.refresh_from_db()
    assert (recording.stored, names(recording)) == ("purging", [])
    assert "is being deleted because the time" in sentence_about(recording)

    carry_out_purges(now=NOW)

    receipt = PurgeReceipt.objects.get(purge=purge)
    recording.refresh_from_db()
    assert (recording.stored, len(receipt.removed)) == ("purged", 3)
    assert carry_out_purge(purge=Purge.objects.get(pk=purge.pk), now=NOW) == receipt


def test_a_disk_that_fails_one_purge_does_not_stop_the_others(monkeypatch):
    bad, good = decided(735), decided(735)
    drop = storage.drop_recording

    def failing(recording):
        if recording.pk == bad.pk:
            raise OSError(5, "broken")
        drop(recording)

    monkeypatch.setattr(storage, "drop_recording", failing)
    sweep()

    stored = dict(Recording.objects.values_list("pk", "stored"))
    assert (stored[bad.pk], stored[good.pk]) == ("purging", "purged")
    monkeypatch.undo()
    carry_out_purges(now=NOW)
    assert Recording.objects.get(pk=bad.pk).stored == "purged"


def test_withdrawn_consent_takes_the_camera_track_along_and_says_who_and_why():
    recording, staff = decided(1), make_person()
    track = with_bytes(RecordingFactory(submission=recording.submission, main=recording))

    withdraw_consent(recording=track, reason="Ada wrote on Monday.", by=staff)
    withdraw_consent(recording=recording, reason="Twice is once.", by=staff)
    carry_out_purges(now=NOW, rules=["consent"])

    receipts = PurgeReceipt.objects.filter(rule=PurgeRule.CONSENT)
    assert {(one.by_id, one.reason) for one in receipts} == {(staff.pk, "Ada wrote on Monday.")}
    assert (names(recording), names(track)) == ([], [])
    recording.refresh_from_db()
    with pytest.raises(Refused, match="was deleted on"):
        withdraw_consent(recording=recording, reason="Again", by=staff)


def test_pages_say_when_and_why_it_was_deleted():
    recording = decided(735)
    learner = signed_in(recording.submission.learner)
    sweep()

    media = learner.get(address("recording-media", recording))
    status = learner.get(address("recording-status", recording)).json()

    recording.refresh_from_db()
    assert media.status_code == learner.get(address("recording-poster", recording)).status_code == 410
    assert media.json()["sentence"].startswith("This recording was deleted on")
    assert (status["state"], status["sentence"]) == ("purged", media.json()["sentence"])
    assert why_not_use(recording).code == "recording-gone"
    assert signed_in(make_person()).get(address("recording-media", recording)).status_code == 404


def a_file(submission, **values):
    file = SubmissionFile.objects.create(
        submission=submission, name="plan.pdf", size=4, sha256="a" * 64, sent_at=NOW, **values
    )
    storage.file_path(file).parent.mkdir(parents=True, exist_ok=True)
    storage.file_path(file).write_bytes(b"%PDF")
    return file


def test_files_go_with_their_result_or_two_weeks_after_they_were_taken_out():
    submission = decided(735).submission
    old = a_file(submission)
    fresh = with_bytes(RecordingFactory()).submission
    taken_out = a_file(fresh, removed_at=NOW - timedelta(days=15))
    kept = SubmissionFile.objects.create(submission=fresh, name="k", size=1, sha256="b" * 64, sent_at=NOW)

    sweep()

    rules = dict(PurgeReceipt.objects.filter(file__isnull=False).values_list("file_id", "rule"))
    assert rules == {old.pk: PurgeRule.RETENTION, taken_out.pk: PurgeRule.UNUSED}
    assert not storage.file_path(old).exists() and not SubmissionFile.objects.get(pk=kept.pk).is_gone
    answer = signed_in(submission.learner).get(reverse("assessments:evidence-file", args=[old.pk]))
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")


def test_the_command_says_what_goes_next_and_what_waits_for_what():
    coming, held = decided(50), decided(735)
    place_hold(submission=held.submission, reason="Claim", by=make_person())
    sweep()
    out = StringIO()

    call_command("retention", "--days", "20", stdout=out)

    assert f"recording {coming.pk}: the result is final" in out.getvalue()
    assert f"recording {held.pk}: the time for which" in out.getvalue()
    assert "(It is under legal hold.)" in out.getvalue()


def test_after_a_restore_what_was_deleted_is_deleted_again():
    gone, archived, kept = decided(735), decided(61), decided(1)
    sweep()
    for recording in (gone, archived):
        storage.folder_of(recording).mkdir(parents=True, exist_ok=True)
        (storage.folder_of(recording) / "original").write_bytes(b"from the backup")
    receipts = PurgeReceipt.objects.count()

    call_command("retention", "--again", stdout=StringIO())

    assert (names(gone), names(archived)) == ([], ["play.mp4", "poster.jpg"])
    assert len(names(kept)) == 3 and PurgeReceipt.objects.count() == receipts

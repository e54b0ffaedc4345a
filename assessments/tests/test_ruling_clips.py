"""Clips of rulings: cut from the recording, tried again, and gone with their ruling or their recording."""

import hashlib
import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import bucket, disk, media, receivers, storage, tasks
from assessments.actions import ruling_clips as actions
from assessments.actions.retention import carry_out_purges, place_hold, purge_again, withdraw_consent
from assessments.actions.rulings import retire_ruling
from assessments.models import (
    ClipState,
    Purge,
    PurgeReceipt,
    Recording,
    RecordingDisclosure,
    Ruling,
    RulingClip,
)
from assessments.rules.ruling_clips import patience_with, sentence_about
from assessments.rules.rulings import Clip
from assessments.signals import ruling_clip_failed
from assessments.tests.factories_practicals import make_grader, make_recording
from assessments.tests.grading import refusal_of
from assessments.tests.ruling_clips import FROM_MS, TO_MS, cut, make_cut, make_filmed, make_ruling, names
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def now():
    return timezone.now()


@pytest.fixture
def unhurried(monkeypatch):
    """Nothing is cut at the commit of a ruling: the test does it, when it wants."""
    monkeypatch.setattr(receivers, "nudge", lambda *args: None)


# Cutting


def test_ruling_with_a_stretch_asks_for_its_clip_and_one_without_does_not():
    ruling = make_ruling()
    without = make_ruling(ruling.recording.submission, clip=None)

    assert (ruling.clip.state, ruling.clip.tries) == (ClipState.QUEUED, 0)
    assert not RulingClip.objects.filter(ruling=without).exists()


def test_clip_is_cut_and_kept_with_its_hash_beside_the_recording():
    clip = make_cut()

    path = disk.root() / clip.path
    assert path.parent == storage.folder_of(clip.ruling.recording)
    assert clip.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (clip.size, clip.duration_ms, clip.tries) == (path.stat().st_size, TO_MS - FROM_MS, 1)
    assert not list((disk.root() / "work").glob("*"))


def test_nudge_follows_the_ruling(django_capture_on_commit_callbacks, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.work_on_ruling_clip, "apply_async", lambda args, **_: asked.append(args))

    with django_capture_on_commit_callbacks(execute=True):
        ruling = make_ruling()

    assert [str(ruling.clip.pk)] in asked


def test_clip_is_cut_once():
    clip = make_cut()

    assert actions.work_on_clip(clip_id=clip.pk) is None
    assert RulingClip.objects.get().state_since == clip.state_since


@pytest.fixture
def broken(monkeypatch, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit(1)")
    monkeypatch.setattr(media, "SCRIPT", script)


def test_clip_that_breaks_is_tried_three_times_and_then_the_leads_are_told(broken):
    told = []
    ruling_clip_failed.connect(receiver := lambda clip, **_: told.append(clip.code))
    ruling = make_ruling()

    states = [(cut(ruling).state, ruling.clip.due_at) for _ in range(3)]

    ruling_clip_failed.disconnect(receiver)
    clip = RulingClip.objects.get()
    assert [state for state, _ in states] == ["queued", "queued", "failed"]
    assert (clip.code, told) == ("tries-used-up", ["tries-used-up"])
    assert "broke three times" in sentence_about(clip)


def test_clip_that_broke_is_left_alone_for_a_while(broken):
    ruling = make_ruling()

    clip = cut(ruling)

    assert clip.due_at > now() + timedelta(seconds=30)
    assert actions.sweep_clips(now=now()) == []
    assert actions.sweep_clips(now=now() + timedelta(minutes=2)) == [clip.pk]


def test_lead_has_it_tried_again(broken, monkeypatch):
    ruling = make_ruling()
    for _ in range(3):
        clip = cut(ruling)
    monkeypatch.undo()

    again = actions.cut_again(clip=clip, by=make_grader())

    assert (again.state, again.tries, again.code) == (ClipState.QUEUED, 0, "")
    assert cut(ruling).state == ClipState.READY
    assert AuditEvent.objects.filter(event="clip.cut-again").count() == 1
    assert refusal_of(actions.cut_again, clip=clip, by=make_grader()).code == "not-failed"


def test_clip_of_a_retired_ruling_is_not_tried_again(broken):
    ruling = make_ruling()
    for _ in range(3):
        clip = cut(ruling)
    retire_ruling(ruling=ruling, by=make_grader())

    assert refusal_of(actions.cut_again, clip=clip, by=make_grader()).code == "retired"


def test_without_the_file_it_fails_at_once_with_words():
    submission = make_filmed()
    storage.play_file(submission.recordings.get()).unlink()

    clip = cut(make_ruling(submission))

    assert (clip.state, clip.code, clip.tries) == (ClipState.FAILED, "file-gone", 0)
    assert "missing from our storage" in sentence_about(clip)


def test_what_is_no_film_fails_at_once_with_words():
    submission = make_filmed()
    storage.play_file(submission.recordings.get()).write_bytes(b"nothing to see")

    clip = cut(make_ruling(submission))

    assert (clip.state, clip.code) == (ClipState.FAILED, "unreadable")


@pytest.mark.parametrize("missing", ["disk", "library"])
def test_cutting_waits_for_disk_and_library(settings, monkeypatch, missing):
    ruling = make_ruling()
    if missing == "disk":
        settings.DISK_RESERVE_PERCENT = 100
    else:
        monkeypatch.setattr(media, "_library_loads", lambda: False)

    clip = cut(ruling)

    assert (clip.state, clip.tries) == (ClipState.QUEUED, 0)


def test_storage_that_is_away_uses_up_no_try(monkeypatch):
    def away(recording):
        raise bucket.BucketAway("no answer")

    monkeypatch.setattr(storage, "play_file", away)

    clip = cut(make_ruling())

    assert (clip.state, clip.tries, clip.code) == (ClipState.QUEUED, 0, "storage-away")
    assert clip.due_at > now()


def redact(recording):
    RecordingDisclosure.objects.create(
        submission=recording.submission, place=recording.place, basis="consent", redaction="to_do",
        purge_on=date(2099, 1, 1), declared_by=recording.submission.learner, declared_at=now(),
    )  # fmt: skip


def test_what_has_still_to_be_taken_out_of_a_recording_is_in_no_clip():
    submission = make_filmed()
    ruling = make_ruling(submission)
    redact(ruling.recording)

    assert cut(ruling).code == "not-redacted"
    with pytest.raises(Refused, match="have still to be taken out"):
        make_ruling(submission)


def test_camera_track_is_no_clip():
    main = make_filmed().recordings.get()
    track = make_recording(main.submission, main=main)

    with pytest.raises(Refused, match="no camera track"):
        make_ruling(main.submission, clip=Clip(track, 0, 5_000, "By mail."))


# Workers that die, and two at once


def test_clip_of_a_worker_that_died_is_cut_by_the_next():
    ruling = make_ruling()
    dead = actions._begin(ruling.clip.pk)
    assert actions.work_on_clip(clip_id=dead.pk) is None
    late = now() + patience_with(ruling) + timedelta(seconds=5)

    assert actions.sweep_clips(now=late - timedelta(seconds=30)) == []
    assert RulingClip.objects.get().state == ClipState.RUNNING
    actions.sweep_clips(now=late)

    assert RulingClip.objects.get().code == "try-failed"
    assert cut(ruling).state == ClipState.READY
    assert actions._end(dead, ClipState.FAILED, "late") is None


def test_worker_killed_between_film_and_row_is_followed_by_one_that_writes_the_same_file(monkeypatch):
    ruling = make_ruling()
    with monkeypatch.context() as patched:
        keep = storage.keep_results

        def killed(recording, work):
            keep(recording, work)
            raise KeyboardInterrupt

        patched.setattr(storage, "keep_results", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.work_on_clip(clip_id=ruling.clip.pk)
    assert RulingClip.objects.get().state == ClipState.RUNNING

    RulingClip.objects.update(due_at=now())
    actions.sweep_clips(now=now())

    assert cut(ruling).state == ClipState.READY
    assert sum(name.startswith("clip-") for name in names(ruling.recording)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_cut_one_clip(monkeypatch, unhurried):
    ruling = make_ruling()
    assert ruling.clip.state == ClipState.QUEUED
    barrier, real = threading.Barrier(2, timeout=10), actions._begin

    def together(clip_id):
        barrier.wait()
        return real(clip_id)

    monkeypatch.setattr(actions, "_begin", together)

    at_once([lambda: actions.work_on_clip(clip_id=ruling.clip.pk) for _ in range(2)])

    clip = RulingClip.objects.get()
    assert (clip.state, clip.tries) == (ClipState.READY, 1)


def test_sweep_finds_rulings_whose_clip_was_never_asked_for():
    ruling = make_ruling()
    RulingClip.objects.all().delete()

    due = actions.sweep_clips(now=now())

    clip = RulingClip.objects.get()
    assert (clip.ruling, due) == (ruling, [clip.pk])
    actions.sweep_clips(now=now())
    assert RulingClip.objects.count() == 1


# The end of a clip


def test_clip_goes_with_a_ruling_that_is_retired():
    clip = make_cut()
    recording = clip.ruling.recording

    retire_ruling(ruling=clip.ruling, by=make_grader())
    going = RulingClip.objects.get()
    actions.work_on_clip(clip_id=clip.pk)

    gone = RulingClip.objects.get()
    assert (going.state, going.path) == (ClipState.DELETING, "")
    assert (gone.state, gone.code) == (ClipState.DELETED, "retired")
    assert names(recording) == ["play.mp4"]


def test_new_wording_has_a_clip_of_its_own():
    old = make_cut()

    new = make_cut(old.ruling.recording.submission, replaces=old.ruling)
    actions.work_on_clip(clip_id=old.pk)

    assert names(new.ruling.recording) == [f"clip-{new.pk}.mp4", "play.mp4"]


def test_ruling_retired_while_its_clip_is_cut_leaves_none(monkeypatch):
    ruling = make_ruling()

    def retired_meanwhile(clip, work, real=actions._cut):
        retire_ruling(ruling=ruling, by=make_grader())
        return real(clip, work)

    monkeypatch.setattr(actions, "_cut", retired_meanwhile)

    cut(ruling)
    actions.work_on_clip(clip_id=ruling.clip.pk)

    assert RulingClip.objects.get().state == ClipState.DELETED
    assert names(ruling.recording) == ["play.mp4"]


def test_deleting_that_was_killed_or_away_is_done_by_the_sweep(monkeypatch):
    clip = make_cut()
    retire_ruling(ruling=clip.ruling, by=make_grader())
    with monkeypatch.context() as patched:

        def away(recording, clip_id):
            raise bucket.BucketAway("no answer")

        patched.setattr(storage, "drop_clip", away)
        assert actions.work_on_clip(clip_id=clip.pk) is None

    assert actions.sweep_clips(now=now()) == []
    assert actions.sweep_clips(now=now() + timedelta(minutes=6)) == [clip.pk]
    assert actions.work_on_clip(clip_id=clip.pk).state == ClipState.DELETED


def test_nothing_of_a_try_under_legal_hold_is_deleted_not_even_a_clip():
    clip = make_cut()
    recording = clip.ruling.recording
    place_hold(submission=recording.submission, reason="A dispute.", by=make_person())
    retire_ruling(ruling=clip.ruling, by=make_grader())

    assert actions.work_on_clip(clip_id=clip.pk) is None

    assert f"clip-{clip.pk}.mp4" in names(recording)
    assert RulingClip.objects.get().state == ClipState.DELETING


def withdraw(recording):
    withdraw_consent(recording=recording, reason="They asked.", by=make_person())
    return carry_out_purges(now=now())


def test_clip_dies_with_its_recording_and_the_words_stay():
    clip = make_cut()
    recording, words = clip.ruling.recording, clip.ruling.situation

    assert withdraw(recording) == 1

    ruling, gone = Ruling.objects.get(), RulingClip.objects.get()
    assert names(recording) == []
    assert (ruling.recording, ruling.start_ms, ruling.end_ms, ruling.consent) == (None, None, None, "")
    assert (ruling.situation, ruling.retired_at) == (words, None)
    assert (gone.state, gone.code, gone.path, gone.sha256) == (ClipState.DELETED, "consent", "", "")
    assert set(ruling.history.values_list("recording", "consent")) == {(None, "")}
    assert "took back their consent" in sentence_about(gone)


def test_receipt_of_a_recording_names_its_clips():
    clip = make_cut()

    withdraw(clip.ruling.recording)

    removed = {one["name"]: one["sha256"] for one in PurgeReceipt.objects.get().removed}
    assert removed[f"clip-{clip.pk}.mp4"] == clip.sha256


def test_clip_that_is_gone_is_deleted_again_after_a_backup_was_put_back():
    clip = make_cut()
    recording, kept = clip.ruling.recording, (disk.root() / clip.path).read_bytes()
    retire_ruling(ruling=clip.ruling, by=make_grader())
    actions.work_on_clip(clip_id=clip.pk)
    (disk.root() / clip.path).write_bytes(kept)

    purge_again()

    assert names(recording) == ["play.mp4"]


def test_consent_withdrawn_while_a_clip_is_cut_leaves_none(monkeypatch):
    ruling = make_ruling()
    recording = ruling.recording

    def withdrawn_meanwhile(clip, work, real=actions._cut):
        length = real(clip, work)
        assert withdraw(recording) == 0  # it waits until the cutting has ended
        return length

    monkeypatch.setattr(actions, "_cut", withdrawn_meanwhile)

    clip = cut(ruling)
    carry_out_purges(now=now())

    assert (clip.state, clip.code) == (ClipState.QUEUED, "recording-going")
    assert names(recording) == []
    assert RulingClip.objects.get().state == ClipState.DELETED


def test_nothing_is_cut_from_a_recording_that_somebody_wants_removed():
    ruling = make_ruling()
    withdraw_consent(recording=ruling.recording, reason="They asked.", by=make_person())

    clip = cut(ruling)

    assert (clip.state, clip.tries) == (ClipState.QUEUED, 0)
    assert clip.due_at > now()
    with pytest.raises(Refused, match="still kept"):
        make_ruling(ruling.recording.submission)


@pytest.mark.parametrize("_", range(4))
@pytest.mark.django_db(transaction=True)
def test_cutting_and_withdrawing_at_once_leave_no_byte(_, unhurried):
    ruling = make_ruling()
    assert ruling.clip.state == ClipState.QUEUED
    recording, clip_id = ruling.recording, ruling.clip.pk

    at_once([lambda: actions.work_on_clip(clip_id=clip_id), lambda: withdraw(recording)])
    carry_out_purges(now=now())

    assert names(recording) == []
    assert RulingClip.objects.get(pk=clip_id).state == ClipState.DELETED
    assert not Purge.objects.filter(done_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_deciding_and_withdrawing_at_once_never_leave_a_clip_of_a_deleted_recording(unhurried):
    submission = make_filmed()
    recording, by = submission.recordings.get(), make_grader()

    at_once([lambda: make_ruling(submission, by=by), lambda: withdraw(recording)])
    for clip in RulingClip.objects.all():
        actions.work_on_clip(clip_id=clip.pk)
    carry_out_purges(now=now())

    assert names(recording) == []
    assert not RulingClip.objects.exclude(state=ClipState.DELETED).exists()
    assert not Ruling.objects.filter(recording__isnull=False).exists()


def test_rulings_of_recordings_deleted_before_there_were_clips_forget_them_too():
    ruling = make_ruling()
    RulingClip.objects.all().delete()
    Recording.objects.update(stored="purged")

    actions.sweep_clips(now=now())

    ruling.refresh_from_db()
    assert (ruling.recording, ruling.consent) == (None, "")
    assert not RulingClip.objects.filter(state=ClipState.QUEUED).exists()


# What the database holds


@pytest.mark.parametrize(
    "change", [{"recording": None}, {"start_ms": None, "end_ms": None, "recording": None}, {"consent": "Else."}]
)
def test_database_lets_a_ruling_forget_all_of_its_clip_or_nothing(change):
    ruling = make_ruling()

    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.filter(pk=ruling.pk).update(**change)


@pytest.mark.parametrize(
    "change", [{"state": "deleted"}, {"path": ""}, {"size": None}, {"state": "failed", "code": "x"}]
)
def test_database_wants_a_file_of_a_ready_clip_alone_and_a_reason_of_what_is_not_there(change):
    clip = make_cut()

    with pytest.raises(IntegrityError), transaction.atomic():
        RulingClip.objects.filter(pk=clip.pk).update(**change)

"""Clips of rulings: cut from the recording, tried again, and gone with their ruling or their recording."""

import hashlib
import threading
from datetime import date, timedelta

import av
import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import bucket, clips, disk, media, media_extras, receivers, storage, tasks
from assessments.actions import ruling_clips as actions
from assessments.actions.retention import carry_out_purges, place_hold, purge_again, withdraw_consent
from assessments.actions.rulings import retire_ruling
from assessments.media_extras import Line, lines_within
from assessments.models import (
    ClipState,
    Purge,
    PurgeReceipt,
    Recording,
    RecordingDisclosure,
    Ruling,
    RulingClip,
)
from assessments.probing import cutting
from assessments.rules.ruling_clips import patience_with, sentence_about
from assessments.rules.rulings import Clip
from assessments.signals import ruling_clip_failed
from assessments.tests.factories_practicals import make_grader, make_recording
from assessments.tests.grading import refusal_of
from assessments.tests.ruling_clips import FROM_MS, TO_MS, cut, film, make_cut, make_filmed, make_ruling, names
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def now():
    return timezone.now()


# The film


def samples_of(path):
    """The sound of a film, as 48 kHz mono, from its first moment on."""
    with av.open(str(path)) as found:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        return np.concatenate(
            [one.to_ndarray()[0] for frame in found.decode(audio=0) for one in resampler.resample(frame)]
        )


def luma_at(path, milliseconds):
    """How bright the first pixel of the picture at a moment is; each second of the test's film has a shade of its own."""
    with av.open(str(path)) as found:
        shown = [frame for frame in found.decode(video=0) if frame.pts * frame.time_base * 1000 <= milliseconds + 1]
        return int(shown[-1].to_ndarray()[100, 300])


def test_clip_holds_its_stretch_and_nothing_else(tmp_path):
    cutting.make_cut(film(), tmp_path, "cut.mp4", str(FROM_MS), str(TO_MS))

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert abs(facts.seconds - 5.5) < 0.1
    for at in (0, 2_000, 5_400):
        assert abs(luma_at(tmp_path / "cut.mp4", at) - luma_at(film(), FROM_MS + at)) < 4


def test_sound_outside_the_stretch_is_not_in_the_clip(tmp_path, monkeypatch):
    def loud_from_two_to_four(second, share, loudness, voice=clips._voice):
        return voice(second, share, 0.4 if 2 <= second < 4 else 0.0)

    monkeypatch.setattr(clips, "_voice", loud_from_two_to_four)
    source = clips.make_clip(tmp_path / "source.mp4", 8)

    cutting.make_cut(source, tmp_path, "cut.mp4", "4200", "7000")

    assert np.abs(samples_of(source)).max() > 5_000
    assert np.abs(samples_of(tmp_path / "cut.mp4")).max() < 50


def test_picture_that_stood_before_the_stretch_stands_at_its_beginning(tmp_path, monkeypatch):
    pictures = clips._pictures
    monkeypatch.setattr(clips, "_pictures", lambda second, share, size: pictures(second, share, size)[:1])
    source = clips.make_clip(tmp_path / "screen.mp4", 8)

    cutting.make_cut(source, tmp_path, "cut.mp4", "2500", "5900")

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert abs(luma_at(tmp_path / "cut.mp4", 0) - luma_at(source, 2_000)) < 4
    assert abs(facts.video_seconds - 3.4) < 0.15


def test_film_without_sound_is_cut_too(tmp_path):
    source = clips.make_clip(tmp_path / "mute.webm", 6, sound=False)

    cutting.make_cut(source, tmp_path, "cut.mp4", "1000", "3000")

    facts = media.look_at(tmp_path / "cut.mp4", tmp_path)
    assert (facts.audio_codec, facts.video_codec) == ("", "h264")
    assert abs(facts.seconds - 2) < 0.15


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 5), (-1, 5), (0, 180_001)])
def test_child_cuts_three_minutes_at_most(tmp_path, start, end):
    with pytest.raises(ValueError, match="no stretch"):
        cutting.make_cut(film(), tmp_path, "cut.mp4", str(start), str(end))


@pytest.mark.parametrize("answer", ["{}", '{"size": 1, "duration_ms": 5500}', '{"size": 9, "duration_ms": 99}'])
def test_child_that_talks_nonsense_is_not_believed(tmp_path, monkeypatch, answer):
    (tmp_path / "cut.mp4").write_bytes(b"film")
    (tmp_path / "probe.py").write_text(f"print('{{\"facts\": {answer}}}')")
    monkeypatch.setattr(media, "SCRIPT", tmp_path / "probe.py")

    with pytest.raises(media.MediaFailed):
        media_extras.cut(tmp_path / "probe.py", tmp_path, "cut.mp4", (0, 5_500), media.limits_for(0))


def test_captions_of_a_clip_have_no_word_from_outside():
    heard = [
        Line(0, 4_000, "All before it."),
        Line(4_000, 8_000, "one two three four"),
        Line(9_000, 10_000, "Within it."),
        Line(11_000, 15_000, "five six seven eight"),
        Line(15_000, 16_000, "All after it."),
    ]

    shown = lines_within(heard, 6_000, 13_000)

    assert [(one.start_ms, one.end_ms, one.text) for one in shown] == [
        (0, 2_000, "four"), (3_000, 4_000, "Within it."), (5_000, 7_000, "five"),
    ]  # fmt: skip


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

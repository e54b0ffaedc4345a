"""The checks of a recording: what passes, what is sent back and why, and what happens when a worker dies."""

import os
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from assessments import disk, media, parts, signals, storage, tasks
from assessments.actions import recordings as actions
from assessments.actions.retention import ask_for_due_purges, carry_out_purges
from assessments.actions.uploads import (
    _expire,
    append_bytes,
    drop_orphans,
    expire_uploads,
    open_upload,
    remind_of_uploads,
    take_in_file,
)
from assessments.clips import make_clip
from assessments.models import Recording, RecordingState, Upload, UploadState
from assessments.rules import recordings as rules
from assessments.rules.uploads import Piece
from assessments.tests.factories_recordings import (
    RecordingFactory,
    SubmissionFactory,
    upload_for,
)
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "good.mp4", 6)
    make_clip(folder / "good.webm", 6)
    make_clip(folder / "silent.mp4", 6, sound=0.0)
    make_clip(folder / "mute.mp4", 6, sound=False)
    make_clip(folder / "blind.mp4", 6, picture=False)
    make_clip(folder / "tiny.mp4", 6, size=(160, 90))
    return folder


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True)


def received(submission, path):
    upload = take_in_file(submission=submission, path=path, name=path.name, by=submission.learner)
    return Recording.objects.get(upload=upload)


def checked(submission, path):
    return actions.check_recording(recording_id=received(submission, path).pk)


@pytest.mark.parametrize(("name", "content_type"), [("good.mp4", "video/mp4"), ("good.webm", "video/webm")])
def test_a_good_file_becomes_ready(submission, clips, name, content_type):
    recording = checked(submission, clips / name)

    assert recording.state == RecordingState.READY
    assert recording.content_type == content_type
    assert abs(recording.duration_ms - 6000) < 100
    assert (recording.width, recording.height, recording.frame_rate) == (320, 180, 10)
    assert -40 < recording.mean_volume_db < -15
    folder = storage.folder_of(recording)
    assert {path.name for path in folder.iterdir()} == {"original", "peaks.u8", "poster.jpg", "play" + name[4:]}
    assert 58 <= len(storage.peaks_path(recording).read_bytes()) <= 62
    assert (folder / "poster.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    assert list(recording.events.values_list("new", flat=True)) == [
        "uploading", "received", "checking", "preparing", "ready",
    ]  # fmt: skip


def test_what_plays_has_its_index_in_front(submission, clips):
    play = (disk.root() / checked(submission, clips / "good.mp4").play_path).read_bytes()
    webm = (disk.root() / checked(submission, clips / "good.webm").play_path).read_bytes()

    assert play.index(b"moov") < play.index(b"mdat")
    assert webm.index(b"\x1c\x53\xbb\x6b") < webm.index(b"\x1f\x43\xb6\x75")


def test_a_minute_is_long_enough_for_the_demo(tmp_path):
    submission = SubmissionFactory()

    short = checked(submission, make_clip(tmp_path / "29.mp4", 29, size=(320, 180)))
    long_enough = checked(submission, make_clip(tmp_path / "31.mp4", 31))

    assert (short.state, short.rejection_code) == (RecordingState.REJECTED, "too-short")
    assert long_enough.state == RecordingState.READY


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("silent.mp4", "too-quiet"),
        ("mute.mp4", "no-sound"),
        ("blind.mp4", "no-picture"),
        ("tiny.mp4", "picture-size"),
    ],
)
def test_a_lacking_file_is_rejected_with_its_reason(submission, clips, name, code):
    recording = checked(submission, clips / name)

    assert (recording.state, recording.rejection_code) == (RecordingState.REJECTED, code)
    assert rules.sentence_about(recording) == rules.REJECTIONS[code].sentence
    assert recording.play_path == ""


def hostile(clips):
    good = (clips / "good.mp4").read_bytes()
    return {
        "playlist": f"#EXTM3U\n#EXTINF:10,\n{clips / 'good.mp4'}\n#EXT-X-ENDLIST\n".encode(),
        "remote playlist": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat": f"ffconcat version 1.0\nfile {clips / 'good.mp4'}\n".encode(),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "zip": b"PK\x03\x04" + b"\x00" * 2000,
        "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 2000,
        "random": bytes(range(7, 207)) * 500,
        "one byte": b"x",
        "without index": good[: good.index(b"moov") - 4],
        "half an index": good[: good.index(b"moov") + 200],
        "header alone": good[:64],
    }


HOSTILE = [
    "playlist", "remote playlist", "ffconcat", "svg", "zip", "jpeg", "random", "one byte", "without index",
    "half an index", "header alone",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_recording_is_rejected_and_never_followed(submission, clips, tmp_path, name):
    path = tmp_path / "session.mp4"
    path.write_bytes(hostile(clips)[name])

    recording = checked(submission, path)

    assert (recording.state, recording.rejection_code) == (RecordingState.REJECTED, "unreadable")
    assert recording.events.last().code == "unreadable"


def test_a_torn_tail_is_measured_by_its_packets(submission, clips, tmp_path):
    whole = (clips / "good.webm").read_bytes()
    path = tmp_path / "torn.webm"
    path.write_bytes(whole[: len(whole) // 2])

    recording = checked(submission, path)

    assert 1000 < recording.duration_ms < 5000


def test_checks_run_once_however_often_they_are_asked(submission, clips):
    recording = checked(submission, clips / "good.mp4")

    again = actions.check_recording(recording_id=recording.pk)

    assert again is None
    assert Recording.objects.get().tries == 1


def test_a_crashed_child_is_our_fault_three_times(submission, clips, monkeypatch):
    recording = received(submission, clips / "good.mp4")
    monkeypatch.setattr(media, "SCRIPT", clips / "good.mp4")

    states = [actions.check_recording(recording_id=recording.pk).state for _ in range(3)]
    after = actions.check_recording(recording_id=recording.pk)

    assert states == [RecordingState.RECEIVED, RecordingState.RECEIVED, RecordingState.FAILED]
    assert after is None
    assert storage.original_path(recording).exists()
    assert not list((disk.root() / "work").iterdir())


def test_staff_may_run_failed_checks_again(submission, clips, django_capture_on_commit_callbacks):
    recording = checked(submission, clips / "mute.mp4")
    staff = make_person()

    with django_capture_on_commit_callbacks(execute=True):
        again = actions.check_again(recording=recording, by=staff)

    assert (again.state, again.tries, again.rejection_code) == (RecordingState.RECEIVED, 0, "")
    assert recording.events.filter(by=staff, code="checked-again").exists()
    again.refresh_from_db()
    assert again.state == RecordingState.REJECTED


@pytest.mark.parametrize("state", ["uploading", "received", "ready", "discarded"])
def test_checks_run_again_only_where_they_ended_badly(state):
    recording = RecordingFactory(state=state)

    with pytest.raises(Refused) as refused:
        actions.check_again(recording=recording, by=make_person())

    assert refused.value.refusal.code == "wrong-state"


def test_checks_need_the_file_as_it_was_sent():
    recording = RecordingFactory(rejected=True)

    with pytest.raises(Refused) as refused:
        actions.check_again(recording=recording, by=make_person())

    assert refused.value.refusal.code == "original-gone"


def test_without_the_media_library_recordings_wait(submission, clips, monkeypatch):
    recording = received(submission, clips / "good.mp4")
    monkeypatch.setattr(media, "_library_loads", lambda: False)

    assert media.media_library_word() == "missing"
    assert actions.check_recording(recording_id=recording.pk) is None
    recording.refresh_from_db()
    assert (recording.state, recording.tries) == (RecordingState.RECEIVED, 0)
    assert "not possible here" in rules.sentence_about(recording)


def test_a_library_that_vanishes_costs_no_rejection(submission, clips, tmp_path, monkeypatch):
    recording = received(submission, clips / "good.mp4")
    script = tmp_path / "probe.py"
    script.write_text('print(\'{"missing": "av"}\')')
    monkeypatch.setattr(media, "SCRIPT", script)

    after = actions.check_recording(recording_id=recording.pk)

    assert (after.state, after.tries) == (RecordingState.RECEIVED, 0)


def test_on_a_full_disk_recordings_wait(submission, clips, settings):
    recording = received(submission, clips / "good.mp4")
    settings.DISK_RESERVE_PERCENT = 100

    assert actions.check_recording(recording_id=recording.pk) is None
    recording.refresh_from_db()
    assert recording.state == RecordingState.RECEIVED


def test_the_same_file_of_another_learner_is_marked_for_staff(submission, clips):
    first = checked(submission, clips / "good.mp4")
    own = checked(submission, clips / "good.mp4")
    other = checked(SubmissionFactory(practical=submission.practical), clips / "good.mp4")

    assert own.same_file_as is None
    assert other.same_file_as in (first, own)


def test_the_end_of_the_checks_is_told_inside_the_transaction(submission, clips):
    told = []

    def listen(sender, recording, **kwargs):
        told.append((recording.state, transaction.get_connection().in_atomic_block))

    signals.recording_checked.connect(listen)
    try:
        checked(submission, clips / "good.mp4")
        checked(submission, clips / "mute.mp4")
    finally:
        signals.recording_checked.disconnect(listen)

    assert told == [("ready", True), ("rejected", True)]


def hanging(submission, clips, **values):
    recording = received(submission, clips / "good.mp4")
    actions._begin_check(recording.pk, None)
    Recording.objects.filter(pk=recording.pk).update(**values)
    recording.refresh_from_db()
    return recording


def test_the_sweep_frees_what_a_dead_worker_held(submission, clips, django_capture_on_commit_callbacks):
    recording = hanging(submission, clips, state_since=timezone.now() - timedelta(hours=1))

    tasks.sweep_recordings()
    recording.refresh_from_db()
    assert recording.state == RecordingState.RECEIVED

    Recording.objects.update(state_since=timezone.now() - timedelta(minutes=3))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_recordings()
    recording.refresh_from_db()
    assert (recording.state, recording.tries) == (RecordingState.READY, 2)


def test_the_sweep_leaves_fresh_work_and_large_files_their_time(submission, clips):
    now = timezone.now()
    fresh = hanging(submission, clips)
    large = hanging(submission, clips, size=3 << 30, state_since=now - timedelta(minutes=30))

    assert actions.free_hanging_checks(now=now) == []
    assert actions.free_hanging_checks(now=now + timedelta(hours=1)) != []
    assert {fresh.pk, large.pk} == set(Recording.objects.filter(state="received").values_list("pk", flat=True))


def test_a_worker_that_was_given_up_writes_nothing_when_it_returns(submission, clips):
    recording = received(submission, clips / "good.mp4")
    stale = actions._begin_check(recording.pk, None)
    actions.free_hanging_checks(now=timezone.now() + timedelta(hours=1))
    actions._begin_check(recording.pk, None)

    assert actions._step(stale, RecordingState.REJECTED, code="unreadable") is None
    with storage.work_folder("stale") as work:
        assert actions._examine(stale, work) is None
    recording.refresh_from_db()
    assert (recording.state, recording.tries) == (RecordingState.CHECKING, 2)


def test_a_rename_that_was_missed_is_made_up_by_the_checks(submission, clips):
    recording = received(submission, clips / "good.mp4")
    assert not storage.original_path(recording).exists()

    ready = actions.check_recording(recording_id=recording.pk)

    assert ready.state == RecordingState.READY
    assert storage.settle(recording.upload) == storage.original_path(recording)


def test_unfinished_uploads_end_after_seven_days_without_bytes(submission, django_capture_on_commit_callbacks):
    upload = upload_for(submission)
    append_bytes(upload=upload, piece=Piece(0, 3), stream=BytesIO(b"012"), by=submission.learner)
    now = timezone.now()

    assert expire_uploads(now=now + timedelta(days=6, hours=23)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert expire_uploads(now=now + timedelta(days=7, minutes=1)) == 1

    upload.refresh_from_db()
    assert (upload.state, upload.recording.state) == (UploadState.EXPIRED, RecordingState.DISCARDED)
    assert not parts.part_path(upload.pk).exists()


def test_an_upload_in_use_does_not_expire(submission):
    upload, later = upload_for(submission), timezone.now() + timedelta(days=8)

    with parts.locked_part(upload.pk):
        assert expire_uploads(now=later) == 0
    Upload.objects.filter(pk=upload.pk).update(expires_at=later + timedelta(days=1))
    assert _expire(upload, later) is False


def test_orphan_parts_go_after_a_day_and_parts_of_open_uploads_stay(submission):
    mine, orphan, fresh, stray = (
        upload_for(submission).pk,
        *(upload_for(submission).pk for _ in range(2)),
        "notes.txt",
    )
    Upload.objects.filter(pk__in=(orphan, fresh)).update(state=UploadState.DELETED)
    paths = {key: parts.part_path(key) for key in (mine, orphan, fresh)}
    paths[stray] = disk.root() / "tus" / "aa" / stray
    work = disk.root() / "work" / "dead"
    work.mkdir(parents=True)
    for path in (*paths.values(), work):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path != work:
            path.write_bytes(b"x")
        if path != paths[fresh]:
            os.utime(path, (0, 0))

    dropped = drop_orphans()

    assert dropped == 1
    assert [paths[key].exists() for key in (mine, orphan, fresh, stray)] == [True, False, True, True]
    assert not work.exists()


def test_rejected_files_are_kept_for_fourteen_days(submission, clips):
    recording = checked(submission, clips / "mute.mp4")
    now = timezone.now()

    early = ask_for_due_purges(now=now + timedelta(days=13))
    due = [ask_for_due_purges(now=now + timedelta(days=15)) for _ in range(2)]

    assert (early, due) == (0, [1, 0])
    assert carry_out_purges(now=now) == 1
    assert not storage.original_path(recording).exists()
    assert Recording.objects.get().rejection_code == "no-sound"


def test_history_and_binding_can_not_be_changed(submission, clips):
    recording = checked(submission, clips / "good.mp4")
    other = SubmissionFactory()
    deeds = [
        lambda: recording.events.all().delete(),
        lambda: recording.events.update(code="x"),
        lambda: Recording.objects.update(submission=other),
        lambda: Upload.objects.update(owner=other.learner),
    ]

    for deed in deeds:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            deed()


@pytest.mark.parametrize(
    "fields", [{"state": "ready", "play_path": ""}, {"state": "rejected"}, {"rejection_code": "no-sound"}]
)
def test_the_database_refuses_states_that_lie(fields):
    with pytest.raises(DatabaseError), transaction.atomic():
        RecordingFactory(**fields)


def test_a_file_that_is_not_counted_frees_a_place(submission):
    recording = open_upload(submission=submission, length=1, metadata={}, by=submission.learner).recording
    staff = make_person()

    actions.forgive_recording(recording=recording, by=staff)

    recording.refresh_from_db()
    assert recording.counts is False
    assert recording.events.last().code == "not-counted"


def test_an_upload_that_stands_still_for_a_day_is_told_of_once(submission):
    upload = upload_for(submission)
    append_bytes(upload=upload, piece=Piece(0, 3), stream=BytesIO(b"012"), by=submission.learner)
    now = timezone.now()
    told = []
    signals.upload_waits.connect(lambda upload, **_: told.append(upload.pk), weak=False, dispatch_uid="told")

    early = remind_of_uploads(now=now + timedelta(hours=23))
    due = [remind_of_uploads(now=now + timedelta(hours=25)) for _ in range(2)]

    signals.upload_waits.disconnect(dispatch_uid="told")
    assert (early, due, told) == (0, [1, 0], [upload.pk])

"""Further work on a recording: begun with it, done in its own time, and lost by nobody's death."""

import json
from datetime import timedelta

import av
import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import clips, media, media_extras, storage, tasks
from assessments.actions import enrichments as actions
from assessments.actions import recordings
from assessments.actions.uploads import take_in_file
from assessments.media_extras import Line
from assessments.models import Enrichment, EnrichmentKind, EnrichmentState, Recording, RecordingState
from assessments.rules.enrichments import reason_of
from assessments.tests.factories_recordings import RecordingFactory, SubmissionFactory
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return clips.make_clip(tmp_path_factory.mktemp("clips") / "session.mp4", 24)


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True)


def checked(submission, path):
    upload = take_in_file(submission=submission, path=path, name=path.name, by=submission.learner)
    return recordings.check_recording(recording_id=upload.recording_id)


@pytest.fixture
def ready(submission, clip):
    recording = checked(submission, clip)
    assert recording.state == RecordingState.READY
    return recording


@pytest.fixture
def words(monkeypatch):
    """A model that hears the same two lines in everything."""
    heard = [
        Line(0, 1500, "What does it cost?"),
        Line(61_000, 3_661_002, "Two weeks <of> every term & more --> a lot."),
    ]
    monkeypatch.setattr(media_extras, "transcriber_word", lambda: "ok")
    monkeypatch.setattr(media_extras, "hear_words", lambda source, out, limits: heard)
    return heard


def row_of(recording, kind):
    return Enrichment.objects.get(recording=recording, kind=kind)


def worked_on(recording, kind):
    return actions.work_on_enrichment(enrichment_id=row_of(recording, kind).pk)


def test_work_is_wanted_in_the_moment_a_recording_is_ready(ready):
    assert dict(Enrichment.objects.values_list("kind", "state")) == {
        "voice": "done", "slides": "queued", "transcript": "queued",
    }  # fmt: skip
    assert set(Enrichment.objects.values_list("state_since", flat=True)) == {ready.state_since}


def test_the_checks_tell_who_speaks_how_much(ready):
    voice = row_of(ready, EnrichmentKind.VOICE).data

    assert 23_500 <= voice["heard_ms"] <= 24_500
    assert 0.6 < voice["voiced_ms"] / voice["heard_ms"] < 0.95
    assert voice["silences"] == []
    assert voice["longest_talk_ms"] == voice["heard_ms"]
    assert voice["gap_ms"] < 1000


def test_a_camera_track_is_not_looked_at_further(submission):
    track = RecordingFactory(submission=submission, main=RecordingFactory(submission=submission))

    actions.begin_enrichments(track, media.Facts(0, "", "", "hevc", "", 0, 0, "", 1, 1, 1, 1, 0), now=timezone.now())

    assert not Enrichment.objects.exists()


def test_nothing_is_wanted_where_the_checks_end_badly(submission, tmp_path):
    checked(submission, clips.make_clip(tmp_path / "mute.mp4", 3, sound=False))

    assert not Enrichment.objects.exists()


def noise(second, share, loudness):
    samples = np.random.default_rng(second).normal(size=round(48_000 * share)) * 4000
    frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[np.newaxis, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 48_000, second * 48_000
    return frame


def test_noise_without_speech_is_rejected(submission, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "_voice", noise)

    recording = checked(submission, clips.make_clip(tmp_path / "noise.mp4", 8))

    assert (recording.state, recording.rejection_code) == (RecordingState.REJECTED, "no-voice")
    assert recording.mean_volume_db > -30


def voice_with_a_pause(second, share, loudness, voice=clips._voice):
    return voice(second, share, 0.0 if 4 <= second < 9 else loudness)


def test_silence_is_found_to_the_second(submission, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "_voice", voice_with_a_pause)

    voice = row_of(checked(submission, clips.make_clip(tmp_path / "pause.mp4", 20)), EnrichmentKind.VOICE).data

    [[start, stop]] = voice["silences"]
    assert 3_500 < start < 4_200
    assert 9_800 < stop < 10_200
    assert abs(voice["longest_talk_ms"] - 10_000) < 500


def test_slides_are_found_by_key_frames_alone(ready):
    row = worked_on(ready, EnrichmentKind.SLIDES)

    assert (row.state, row.tries, row.code) == (EnrichmentState.DONE, 1, "")
    assert row.data["pictures"] == 3
    assert row.data["marks"]
    assert all(at % 2000 == 0 for at in row.data["marks"])
    with storage.sprite_path(ready, 0).open("rb") as file:
        assert file.read(3) == b"\xff\xd8\xff"


def test_a_picture_that_stands_still_has_no_slides(submission, tmp_path, monkeypatch):
    still = clips._pictures(0, 1.0, (320, 180))[0].to_ndarray()

    def standing(second, share, size):
        frames = [av.VideoFrame.from_ndarray(still, format="yuv420p") for _ in range(10)]
        for number, frame in enumerate(frames):
            frame.pts = second * 10 + number
        return frames

    monkeypatch.setattr(clips, "_pictures", standing)
    recording = checked(submission, clips.make_clip(tmp_path / "still.mp4", 12))

    assert worked_on(recording, EnrichmentKind.SLIDES).data["marks"] == []


def test_without_a_model_the_transcript_is_skipped_with_its_reason(ready, monkeypatch):
    monkeypatch.setattr(media_extras, "find_spec", lambda name: None)

    row = worked_on(ready, EnrichmentKind.TRANSCRIPT)

    assert (row.state, row.tries, row.code) == (EnrichmentState.SKIPPED, 0, "library-missing")
    assert "no speech recognition" in reason_of(row)


def test_a_folder_without_a_model_is_none(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(media_extras, "find_spec", lambda name: object())
    settings.WHISPER_MODEL_DIR = str(tmp_path)
    assert media_extras.transcriber_word() == "model-missing"

    (tmp_path / "model.bin").write_bytes(b"x")
    assert media_extras.transcriber_word() == "ok"


def test_a_transcript_becomes_captions_and_counts(ready, words):
    row = worked_on(ready, EnrichmentKind.TRANSCRIPT)

    assert (row.state, row.data["words"], row.data["questions"]) == (EnrichmentState.DONE, 14, 1)
    assert "What" not in json.dumps(row.data)
    assert media_extras.lines_in(storage.transcript_path(ready)) == words
    assert storage.captions_path(ready).read_text() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nWhat does it cost?\n\n"
        "00:01:01.000 --> 01:01:01.002\nTwo weeks &lt;of&gt; every term &amp; more --&gt; a lot.\n"
    )


@pytest.mark.parametrize("text", ["", "{}", '[["a", 1, "x"]]', "[[1, 2]]", json.dumps([[0, 1, "x"]] * 7000)])
def test_a_transcript_that_is_none_is_not_believed(tmp_path, text):
    (tmp_path / "transcript.json").write_text(text)

    assert not media_extras.lines_in(tmp_path / "transcript.json")


def test_a_picture_that_browsers_cannot_show_gets_a_copy(submission, tmp_path, monkeypatch):
    monkeypatch.setitem(clips.VIDEO, "mp4", ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none"}))
    recording = checked(submission, clips.make_clip(tmp_path / "phone.mp4", 4))
    assert (recording.state, recording.video_codec) == (RecordingState.READY, "hevc")
    before = storage.play_file(recording)

    row = worked_on(recording, EnrichmentKind.TRANSCODE)

    recording.refresh_from_db()
    assert row.state == EnrichmentState.DONE
    assert (recording.play_path.endswith("play-h264.mp4"), recording.content_type) == (True, "video/mp4")
    assert before.exists()
    copy = media.look_at(storage.play_file(recording), tmp_path)
    assert (copy.video_codec, copy.audio_codec, copy.width) == ("h264", "aac", 320)
    assert abs(copy.seconds - 4) < 0.3
    assert copy.video_frames == 40


@pytest.fixture
def broken(monkeypatch, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit(1)")
    monkeypatch.setattr(media, "SCRIPT", script)


def test_a_step_that_breaks_is_tried_three_times_and_never_stands_in_the_way(ready, broken):
    states = [worked_on(ready, EnrichmentKind.SLIDES).state for _ in range(3)]
    after = worked_on(ready, EnrichmentKind.SLIDES)

    ready.refresh_from_db()
    assert states == [EnrichmentState.QUEUED, EnrichmentState.QUEUED, EnrichmentState.FAILED]
    assert after is None
    assert ready.state == RecordingState.READY
    assert "broke three times" in reason_of(row_of(ready, EnrichmentKind.SLIDES))


def test_without_the_file_there_is_nothing_to_do(ready):
    storage.play_file(ready).unlink()

    row = worked_on(ready, EnrichmentKind.SLIDES)

    assert (row.state, row.code) == (EnrichmentState.SKIPPED, "file-gone")


def test_nothing_of_a_recording_returns_after_it_was_deleted(ready, monkeypatch):
    def purged_meanwhile(recording, work):
        (work / "transcript.json").write_text("[]")
        Recording.objects.filter(pk=recording.pk).update(stored="purged")
        return {}

    monkeypatch.setitem(actions.DEEDS, "slides", purged_meanwhile)

    row = worked_on(ready, EnrichmentKind.SLIDES)

    assert (row.state, row.code) == (EnrichmentState.FAILED, "file-gone")
    assert not storage.transcript_path(ready).exists()


@pytest.mark.parametrize("missing", ["disk", "library"])
def test_work_waits_for_disk_and_library(ready, settings, monkeypatch, missing):
    if missing == "disk":
        settings.DISK_RESERVE_PERCENT = 100
    else:
        monkeypatch.setattr(media, "_library_loads", lambda: False)

    assert worked_on(ready, EnrichmentKind.SLIDES) is None
    assert row_of(ready, EnrichmentKind.SLIDES).tries == 0


def begun(recording, kind):
    return actions._begin(row_of(recording, kind).pk)


@pytest.mark.parametrize("kind", ["slides", "transcript"])
def test_a_worker_killed_in_a_step_loses_nothing(ready, words, kind, django_capture_on_commit_callbacks):
    dead = begun(ready, kind)
    assert worked_on(ready, kind) is None
    Enrichment.objects.filter(pk=dead.pk).update(state_since=timezone.now() - timedelta(hours=1))

    tasks.sweep_enrichments()
    assert row_of(ready, kind).state == EnrichmentState.QUEUED

    Enrichment.objects.update(state_since=timezone.now() - timedelta(minutes=3))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_enrichments()
    row = row_of(ready, kind)
    assert (row.state, row.tries) == (EnrichmentState.DONE, 2)
    assert actions._end(dead, EnrichmentState.FAILED, code="late") is None


def test_work_under_way_keeps_its_time(ready):
    begun(ready, EnrichmentKind.SLIDES)
    patience = actions._patience(row_of(ready, EnrichmentKind.SLIDES))

    assert actions.free_hanging_enrichments(now=timezone.now() + patience - timedelta(seconds=50)) == []
    assert actions.free_hanging_enrichments(now=timezone.now() + patience + timedelta(seconds=50)) != []


def test_a_queue_that_was_emptied_is_filled_again_a_few_at_a_time():
    now = timezone.now()
    rows = [
        Enrichment(
            recording=RecordingFactory(), kind="slides", state_since=now - timedelta(minutes=age), created_at=now
        )
        for age in (1, 3, 4, 5, 6, 7, 8)
    ]
    Enrichment.objects.bulk_create(rows)

    assert actions.enrichments_to_do(now=now) == [row.pk for row in rows[:1:-1]]


def test_staff_ask_again_for_what_failed_and_for_what_is_older_than_this_work(ready):
    Enrichment.objects.filter(kind="transcript").delete()
    Enrichment.objects.filter(kind="slides").update(state="failed", code="tries-used-up", tries=3)

    actions.enrich_again(recording=ready, by=make_person())

    assert dict(Enrichment.objects.values_list("kind", "state")) == dict.fromkeys(
        ("voice", "slides", "transcript"), "queued"
    )
    assert set(Enrichment.objects.values_list("tries", flat=True)) == {0}
    assert worked_on(ready, EnrichmentKind.VOICE).data["gap_ms"] is not None


@pytest.mark.parametrize(
    ("change", "code"), [({"state": "rejected", "rejection_code": "codec"}, "wrong-state"), ({}, "file-gone")]
)
def test_only_a_ready_recording_with_its_file_is_looked_at_again(change, code):
    with pytest.raises(Refused) as refused:
        actions.enrich_again(recording=RecordingFactory(**change), by=make_person())

    assert refused.value.refusal.code == code


def test_what_is_on_its_way_is_not_asked_for_twice(ready):
    Enrichment.objects.filter(kind="voice").delete()
    actions.enrich_again(recording=ready, by=make_person())

    with pytest.raises(Refused) as refused:
        actions.enrich_again(recording=ready, by=make_person())

    assert refused.value.refusal.code == "on-its-way"


def test_the_database_wants_one_row_a_kind_and_a_reason(ready):
    for values in ({"kind": "slides"}, {"kind": "transcode", "state": "skipped"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            now = timezone.now()
            Enrichment.objects.create(recording=ready, state_since=now, created_at=now, **values)


def test_every_kind_has_its_deed():
    assert set(actions.DEEDS) == set(EnrichmentKind)

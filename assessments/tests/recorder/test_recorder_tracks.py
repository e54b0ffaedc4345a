"""Recording in the browser, seen from the server: the camera beside it, parts, and what a crash leaves behind."""

from datetime import timedelta

import av
import pytest
from django.urls import reverse
from django.utils import timezone

from assessments import disk
from assessments.actions.recorder import (
    interrupt_silent_recordings,
    use_left_tracks,
)
from assessments.actions.uploads import end_upload, expire_uploads
from assessments.clips import make_clip
from assessments.models import (
    PartMark,
    Recording,
    RecordingState,
    Upload,
    UploadState,
)
from assessments.rules.practicals import why_not_hand_in
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from assessments.tests.recorder_deeds import (
    agree,
    be_silent,
    camera,
    check,
    create,
    fragmented,
    live,
    mark,
    send,
    state_of,
)
from assessments.tests.test_upload_protocol import TUS, head, metadata, signed_in
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_a_camera_track_belongs_to_its_recording(client, submission):
    main = live(submission)

    response = create(client, submission, main=main.recording_id, place=1, offset_ms=-35)
    again = create(client, submission, main=main.recording_id, offset_ms=-35)

    track = Recording.objects.get(main=main.recording)
    assert (response.status_code, again["Location"]) == (201, response["Location"])
    assert (track.offset_ms, track.place, track.submission, track.consent) == (-35, 1, submission, None)
    assert (track.upload.kind, track.state) == ("track", RecordingState.RECORDING)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"place": 2}, 409),
        ({"offset_ms": 61_000}, 409),
        ({"offset_ms": "soon"}, 400),
        ({"main": "nothing"}, 400),
    ],
)
def test_a_camera_track_that_does_not_fit_is_refused(client, submission, values, status):
    main = live(submission)

    response = create(client, submission, **{"main": main.recording_id} | values)

    assert response.status_code == status
    assert Upload.objects.count() == 1


def test_a_camera_track_needs_ones_own_open_recording(client, submission):
    main = live(submission)
    other = SubmissionFactory(learner=submission.learner, practical__short=True)
    stranger = SubmissionFactory(practical__short=True)

    elsewhere = create(client, other, main=main.recording_id)
    foreign = create(signed_in(stranger.learner), stranger, main=main.recording_id)
    of_a_file = create(client, submission, main=upload_for(submission).recording_id)
    end_upload(upload=main, by=submission.learner)
    closed = create(client, submission, main=main.recording_id)

    assert [one.status_code for one in (elsewhere, foreign, of_a_file, closed)] == [409, 404, 409, 409]
    assert not Recording.objects.filter(main__isnull=False).exists()


def test_a_live_upload_tells_its_length_at_the_end_alone(client, submission):
    consent = agree(client, submission).json()["consent"]
    told = metadata(submission=submission.pk, live=1, consent=consent)

    response = client.post(
        reverse("assessments:uploads"), headers=TUS | {"Upload-Length": "10", "Upload-Metadata": told}
    )

    assert response.status_code == 400


def test_discarding_a_recording_takes_its_camera_with_it(submission):
    main = live(submission)
    track = camera(main)

    end_upload(upload=main, by=submission.learner)

    assert list(Upload.objects.values_list("state", flat=True)) == [UploadState.DELETED] * 2
    assert state_of(track) == RecordingState.DISCARDED


def test_a_recording_that_runs_out_takes_its_camera_with_it(submission):
    main = live(submission)
    camera(main)
    Upload.objects.filter(pk=main.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert expire_uploads(now=timezone.now()) == 1
    assert not Upload.objects.open().exists()


def test_a_camera_that_was_left_behind_is_used_as_it_is(client, submission):
    main = live(submission)
    track = camera(main)
    send(client, track, b"01234")
    be_silent(track, 601)
    assert use_left_tracks(now=timezone.now()) == 0

    send(client, main, b"0123456789", finish=True)
    be_silent(track, 599)
    assert use_left_tracks(now=timezone.now()) == 0
    be_silent(track, 601)

    assert use_left_tracks(now=timezone.now()) == 1
    assert state_of(track) == RecordingState.RECEIVED


def test_a_camera_that_sent_nothing_is_given_up(client, submission):
    main = live(submission)
    track = camera(main)
    send(client, main, b"0123456789", finish=True)
    be_silent(track, 601)

    use_left_tracks(now=timezone.now())

    assert state_of(track) == RecordingState.DISCARDED


def test_parts_are_marked_once_and_in_order(client, submission):
    recording = live(submission).recording

    mark(client, recording, "Discovery", 0)
    mark(client, recording, "Demo", 5000)
    again = mark(client, recording, "Demo", 9000)
    before = mark(client, recording, "Next steps", 4000)
    unknown = mark(client, recording, "Party", 9000)

    assert again.json() == {"parts": [{"name": "Discovery", "at_ms": 0}, {"name": "Demo", "at_ms": 5000}]}
    assert [(one.status_code, one.json()["code"]) for one in (before, unknown)] == [
        (409, "mark-out-of-order"), (409, "no-such-part"),
    ]  # fmt: skip
    assert PartMark.objects.count() == 2


def test_parts_are_marked_by_who_records_and_while_they_record(client, submission):
    upload = live(submission)
    stranger = signed_in(make_person(is_superuser=True))
    foreign = mark(stranger, upload.recording, "Discovery", 0)
    of_camera = mark(client, camera(upload).recording, "Discovery", 0)
    malformed = mark(client, upload.recording, "Discovery", -1)
    late = mark(client, upload.recording, "Discovery", 12 * 60_000)
    send(client, upload, b"0123456789", finish=True)
    done = mark(client, upload.recording, "Discovery", 0)

    answers = (foreign, of_camera, malformed, late, done)
    assert [one.status_code for one in answers] == [404, 409, 400, 409, 409]
    assert not PartMark.objects.exists()


def test_a_screen_that_stands_still_is_no_fault_of_a_recording_made_here(submission, tmp_path):
    """Chromium sends one picture a second of a screen on which nothing moves."""
    still = slow_clip(tmp_path / "still.mp4")

    recorded = check(live(submission), still.read_bytes())
    chosen = check(upload_for(submission, None), still.read_bytes())

    assert (recorded.state, recorded.frame_rate) == (RecordingState.READY, pytest.approx(1, abs=0.2))
    assert (chosen.state, chosen.rejection_code) == (RecordingState.REJECTED, "frame-rate")


def slow_clip(path):
    """Six seconds with sound and one picture a second."""
    import numpy as np

    with av.open(str(make_clip(path.with_name("sound.mp4"), 6))) as source, av.open(str(path), "w") as target:
        sound = target.add_stream_from_template(source.streams.audio[0])
        video = target.add_stream("libx264", rate=1, options={"tune": "zerolatency"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(np.full((270, 320), 100 + number, np.uint8), format="yuv420p")
            frame.pts = number
            target.mux(video.encode(frame))
        target.mux(video.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                target.mux(packet)
    return path


@pytest.mark.parametrize(
    ("container", "share"), [("mp4", 0.6), ("mp4", 0.61), ("webm", 0.6), ("webm", 0.87)]
)  # fmt: skip
def test_the_torn_end_of_a_crash_is_repaired(submission, tmp_path, container, share):
    data = fragmented(tmp_path / f"torn.{container}", 20).read_bytes()

    recording = check(live(submission), data[: int(len(data) * share)])

    assert recording.state == RecordingState.READY, recording.rejection_code
    assert recording.duration_ms == pytest.approx(20_000 * share, abs=2600)
    with av.open(str(disk.root() / recording.play_path)) as play:
        assert play.duration / 1_000_000 == pytest.approx(recording.duration_ms / 1000, abs=0.5)


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_a_camera_without_sound_is_prepared_and_never_holds_the_recording_up(submission, tmp_path, container):
    submission.practical.min_minutes, submission.practical.max_minutes = 1, 2
    submission.practical.save()
    main = live(submission)
    track = camera(main)

    seen = check(track, make_clip(tmp_path / f"camera.{container}", 5, sound=False).read_bytes())
    recorded = check(main, make_clip(tmp_path / "main.mp4", 40).read_bytes())

    assert (seen.state, recorded.state) == (RecordingState.READY, RecordingState.READY)
    assert (disk.root() / seen.play_path).exists()
    assert why_not_hand_in(submission, timezone.now()) is None


def test_a_camera_that_cannot_be_used_is_no_obstacle(submission, tmp_path):
    main = live(submission)
    track = camera(main)

    seen = check(track, make_clip(tmp_path / "voice.mp4", 5, picture=False).read_bytes())
    recorded = check(main, make_clip(tmp_path / "main.mp4", 5).read_bytes())

    assert (seen.state, seen.rejection_code) == (RecordingState.REJECTED, "no-picture")
    assert recorded.state == RecordingState.READY
    assert why_not_hand_in(submission, timezone.now()) is None


def test_an_unfinished_recording_keeps_a_try_from_being_handed_in(client, submission):
    upload = live(submission)
    recording = why_not_hand_in(submission, timezone.now())
    be_silent(upload, 61)
    interrupt_silent_recordings(now=timezone.now())

    assert recording.code == "recording-recording"
    assert why_not_hand_in(submission, timezone.now()).code == "recording-interrupted"
    assert head(client, upload).status_code == 200

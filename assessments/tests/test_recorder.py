"""Recording in the browser, seen from the server: agreement, both tracks, parts, silence, and what is left behind."""

import threading
from datetime import timedelta

import av
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from assessments import storage
from assessments.actions.recorder import (
    begin_recording,
    begin_track,
    give_consent,
    interrupt_silent_recordings,
    use_left_tracks,
)
from assessments.actions.recordings import check_recording
from assessments.actions.uploads import end_upload, expire_uploads
from assessments.clips import make_clip
from assessments.models import (
    PartMark,
    Recording,
    RecordingConsent,
    RecordingState,
    SubmissionState,
    Upload,
    UploadState,
)
from assessments.rules.practicals import why_not_hand_in
from assessments.rules.recorder import CONSENT_WORDING, why_not_record
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from assessments.tests.test_upload_protocol import TUS, head, metadata, patch, signed_in
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
PARTS = [{"name": name, "minutes": "5", "text": ""} for name in ("Discovery", "Demo", "Next steps")]


@pytest.fixture
def submission():
    return SubmissionFactory(practical__short=True, practical__parts=PARTS)


@pytest.fixture
def client(submission):
    return signed_in(submission.learner)


def live(submission, place=1):
    """An open recording in the browser."""
    consent = give_consent(submission=submission, place=place, others="Jonas Weber", by=submission.learner)
    return begin_recording(
        submission=submission, place=place, consent=consent, metadata={}, by=submission.learner
    )  # fmt: skip


def camera(upload, offset_ms=12):
    recording = upload.recording
    return begin_track(
        main=recording, submission=recording.submission, offset_ms=offset_ms, metadata={}, by=upload.owner
    )


def create(client, submission, **values):
    told = metadata(submission=submission.pk, **values)
    headers = TUS | {"Upload-Defer-Length": "1", "Upload-Metadata": told}
    return client.post(reverse("assessments:uploads"), headers=headers)


def agree(client, submission, **fields):
    fields = {"place": 1, "others": "Jonas Weber", "agreed": "on"} | fields
    return client.post(reverse("assessments:recording-consent", args=[submission.pk]), fields)


def mark(client, recording, name, at_ms):
    return client.post(reverse("assessments:recording-parts", args=[recording.pk]), {"name": name, "at_ms": at_ms})


def be_silent(upload, seconds):
    """Let the last byte be so long ago."""
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() + timedelta(days=7, seconds=-seconds))


def state_of(upload):
    return Recording.objects.get(upload=upload).state


def send(client, upload, data, offset=0, finish=False):
    told = {"Upload-Length": str(offset + len(data))} if finish else {}
    response = patch(client, upload, data, offset, **told)
    assert response.status_code == 204, response.content
    return offset + len(data)


def fragmented(path, seconds, **kind):
    """A clip as a browser writes it: playable from its beginning while it grows."""
    whole = make_clip(path.with_name(f"whole-{path.name}"), seconds, **kind)
    options = {"movflags": "frag_keyframe+empty_moov"} if path.suffix == ".mp4" else {"live": "1"}
    with av.open(str(whole)) as source, av.open(str(path), "w", options=options) as target:
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return path


def check(upload, data):
    storage.part_path(upload.pk).parent.mkdir(parents=True, exist_ok=True)
    client = signed_in(upload.owner)
    send(client, upload, data, finish=True)
    check_recording(recording_id=upload.recording_id)
    return Recording.objects.get(pk=upload.recording_id)


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

    with storage.locked_part(upload.pk):
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
    with av.open(str(storage.root() / recording.play_path)) as play:
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
    assert (storage.root() / seen.play_path).exists()
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

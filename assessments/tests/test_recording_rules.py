"""What a recording must be, and when it may be handed in: the borders of each rule."""

from dataclasses import replace

import pytest

from assessments.media import Facts, Voice
from assessments.models import Practical, Recording, RecordingState
from assessments.rules import recordings as rules
from assessments.tests.factories_recordings import (
    RecordedPracticalFactory,
    SubmissionFactory,
    upload_for,
)

pytestmark = pytest.mark.django_db
PRACTICAL = Practical(min_minutes=30, max_minutes=45)
GOOD = Facts(
    size=1, sha256="", container="mov", video_codec="h264", pixel_format="yuv420p", width=1280, height=720,
    audio_codec="aac", seconds=2400, video_seconds=2400, video_frames=24000, audio_seconds=2400, gap_seconds=0,
    mean_volume_db=-22,
)  # fmt: skip


FAILURES = [
    ({}, None),
    ({"video_codec": ""}, "no-picture"),
    ({"video_frames": 0}, "no-picture"),
    ({"audio_codec": ""}, "no-sound"),
    ({"audio_seconds": 0}, "no-sound"),
    ({"video_codec": "hevc"}, None),
    ({"video_codec": "hevc", "audio_codec": "vorbis"}, "codec"),
    ({"voice": Voice(10_000, 1_999, 0)}, "no-voice"),
    ({"voice": Voice(10_000, 2_000, 0)}, None),
    ({"voice": Voice(0, 0, 0)}, "no-voice"),
    ({"video_codec": "mjpeg"}, "codec"),
    ({"audio_codec": "pcm_s16le"}, "codec"),
    ({"pixel_format": "yuv444p"}, "codec"),
    ({"video_codec": "vp8", "audio_codec": "aac"}, "codec"),
    ({"audio_codec": "vorbis"}, "codec"),
    ({"video_codec": "vp9"}, None),
    ({"video_codec": "vp8", "audio_codec": "opus"}, None),
    ({"width": 318, "height": 180}, "picture-size"),
    ({"height": 178}, "picture-size"),
    ({"width": 180, "height": 320}, None),
    ({"width": 8192, "height": 8192}, "picture-size"),
    ({"width": 3840, "height": 2160}, None),
    ({"seconds": 1769.9}, "too-short"),
    ({"seconds": 1770, "audio_seconds": 1770}, None),
    ({"seconds": 2820, "audio_seconds": 2820}, None),
    ({"seconds": 2820.1}, "too-long"),
    ({"gap_seconds": 60}, None),
    ({"gap_seconds": 60.1}, "parts-apart"),
    ({"audio_seconds": 2280}, None),
    ({"audio_seconds": 2279}, "sound-incomplete"),
    ({"mean_volume_db": -50}, "too-quiet"),
    ({"mean_volume_db": -49.9}, None),
    ({"video_frames": 11_999}, "frame-rate"),
    ({"video_frames": 12_000}, None),
    ({"video_seconds": 0.0}, "frame-rate"),
]


@pytest.mark.parametrize(("change", "code"), FAILURES)
def test_each_check_has_its_border(change, code):
    assert rules.why_not_accept(replace(GOOD, **change), PRACTICAL) == code


def test_every_check_has_words_for_the_learner():
    assert set(rules.CHECKS) | {"unreadable"} == set(rules.REJECTIONS)


@pytest.mark.parametrize(("video", "audio", "name"), [("vp9", "opus", "play.webm"), ("vp9", "aac", "play.mp4")])
def test_the_container_to_play_follows_the_tracks(video, audio, name):
    assert rules.play_name(replace(GOOD, video_codec=video, audio_codec=audio)) == name


def test_the_recording_that_counts_is_the_latest_that_was_not_given_up():
    submission = SubmissionFactory(practical__short=True)
    assert rules.current_recordings(submission) == {}
    first = upload_for(submission).recording
    second = upload_for(submission).recording
    Recording.objects.filter(pk=second.pk).update(state=RecordingState.DISCARDED)

    assert rules.current_recordings(submission) == {1: first}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("uploading", "recording-uploading"),
        ("received", "recording-received"),
        ("checking", "recording-checking"),
        ("preparing", "recording-preparing"),
        ("rejected", "recording-rejected"),
        ("failed", "recording-failed"),
        ("discarded", "recording-missing"),
    ],
)
def test_only_a_ready_recording_can_be_handed_in(state, code):
    recording = Recording(state=state, rejection_code="from-another-time" if state == "rejected" else "")

    refusal = rules.why_not_use(recording)

    assert refusal.code == code
    assert refusal.sentence.endswith((".", "picture, sound."))


def test_a_ready_recording_may_be_used_and_none_may_not():
    assert rules.why_not_use(Recording(state="ready")) is None
    assert rules.why_not_use(None).code == "recording-missing"


def test_limits_are_columns_of_the_practical():
    practical = RecordedPracticalFactory(max_bytes=5)

    assert rules.limits_of(practical) == rules.RecordingLimits(1, 5, 5)

"""What a browser that records does, in one call each."""

from datetime import timedelta

import av
from django.urls import reverse
from django.utils import timezone

from assessments import parts
from assessments.actions.recorder import (
    begin_recording,
    begin_track,
    give_consent,
)
from assessments.actions.recordings import check_recording
from assessments.clips import make_clip
from assessments.models import (
    Recording,
    Upload,
)
from assessments.tests.test_upload_protocol import TUS, metadata, patch, signed_in

PARTS = [{"name": name, "minutes": "5", "text": ""} for name in ("Discovery", "Demo", "Next steps")]


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
    parts.part_path(upload.pk).parent.mkdir(parents=True, exist_ok=True)
    client = signed_in(upload.owner)
    send(client, upload, data, finish=True)
    check_recording(recording_id=upload.recording_id)
    return Recording.objects.get(pk=upload.recording_id)

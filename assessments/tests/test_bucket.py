"""Recordings in an S3-compatible bucket: a real server in this process, real requests to its signed links."""

import hashlib
import http.client
import socket
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer

from assessments import bucket, disk, media, storage
from assessments.actions.moving import move_finished_files
from assessments.actions.recordings import check_again, check_recording
from assessments.actions.retention import withdraw_consent
from assessments.actions.ruling_clips import work_on_clip
from assessments.actions.rulings import retire_ruling
from assessments.actions.uploads import append_bytes
from assessments.clips import make_clip
from assessments.models import ClipState, PurgeReceipt, Recording, RecordingState, RulingClip, SubmissionFile, Upload
from assessments.rules.recordings import sentence_about, why_not_check_again
from assessments.rules.timelines import timeline_of
from assessments.rules.uploads import Piece
from assessments.tests.factories_practicals import make_grader
from assessments.tests.factories_recordings import (
    RecordedPracticalFactory,
    RecordingFactory,
    SubmissionFactory,
    upload_for,
)
from assessments.tests.ruling_clips import cut, make_cut, make_ruling
from assessments.tests.test_recording_access import address, signed_in
from assessments.tests.test_retention import carry_out_purges, decided, names, sweep, with_bytes
from courses.lib.buckets import bucket_storage, origin_of
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(hours=1)
IMPATIENT = Config(signature_version="s3v4", connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def server():
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server, settings, monkeypatch):
    """An empty bucket as the place of finished files, and a client to look into it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    client = boto3.client("s3", endpoint_url=server, region_name="eu-central-1")
    client.create_bucket(Bucket="media", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    entry = bucket_storage(f"s3://media/portal?endpoint={server}&region=eu-central-1")
    settings.STORAGES = {**settings.STORAGES, "recordings": entry}
    yield client
    for key in keys(client):
        client.delete_object(Bucket="media", Key=key)
    client.delete_bucket(Bucket="media")


@pytest.fixture
def away(settings):
    """A function after which the bucket doesn't answer."""

    def switch_off():
        entry = bucket_storage("s3://media/portal?endpoint=http://127.0.0.1:1&region=eu-central-1")
        entry["OPTIONS"]["client_config"] = IMPATIENT
        settings.STORAGES = {**settings.STORAGES, "recordings": entry}

    return switch_off


def keys(client):
    return [one["Key"] for one in client.list_objects_v2(Bucket="media").get("Contents", [])]


def moved(recording):
    assert move_finished_files(now=LATER) == 1
    assert names(recording) == []
    return recording


def ask(link, method="GET", **headers):
    """One plain request, as a browser that follows a redirect makes it."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_finished_files_move_with_their_hash_and_nothing_is_public(s3):
    recording = moved(with_bytes(RecordingFactory()))

    found = {key.rpartition("/")[2] for key in keys(s3)}
    play = s3.head_object(Bucket="media", Key=f"portal/{recording.play_path}")
    bare, _ = ask(f"{s3.meta.endpoint_url}/media/portal/{recording.play_path}?")
    grants = s3.get_object_acl(Bucket="media", Key=f"portal/{recording.play_path}")["Grants"]
    assert found == {"original", "play.mp4", "poster.jpg"}
    assert play["Metadata"]["sha256"] == hashlib.sha256(b"play.mp4").hexdigest()
    assert bare.status == 403 or all(one["Grantee"]["Type"] != "Group" for one in grants)


@pytest.mark.parametrize("state", ["received", "checking", "preparing"])
def test_what_is_at_work_stays_on_this_disk(s3, state):
    recording = with_bytes(RecordingFactory())
    Recording.objects.update(state=state)

    assert move_finished_files(now=LATER) == 0
    assert len(names(recording)) == 3


def test_what_waits_to_be_looked_at_further_stays_on_this_disk(s3):
    recording = with_bytes(RecordingFactory())
    recording.enrichments.create(kind="slides", state="queued", state_since=LATER, created_at=LATER)

    assert move_finished_files(now=LATER) == 0


def test_a_film_is_a_redirect_to_a_link_of_five_minutes_for_those_who_may(s3):
    recording = moved(with_bytes(RecordingFactory()))
    learner = signed_in(recording.submission.learner)

    response = learner.get(address("recording-media", recording), headers={"range": "bytes=2-4"})

    assert (response.status_code, response["Cache-Control"]) == (302, "private, no-store")
    assert "X-Amz-Expires=300" in response["Location"]
    assert signed_in(make_person()).get(address("recording-media", recording)).status_code == 404
    assert learner.get(address("recording-poster", recording)).content == b"poster.jpg"


def test_ranges_conditions_and_heads_work_through_the_link(s3):
    recording = moved(with_bytes(RecordingFactory()))
    learner, url = signed_in(recording.submission.learner), address("recording-media", recording)
    link, head_link = learner.get(url)["Location"], learner.head(url)["Location"]

    whole, body = ask(link)
    part, bytes_of_part = ask(link, Range="bytes=2-4")
    same, _ = ask(link, Range="bytes=0-0", **{"If-Range": whole.headers["ETag"]})
    beyond, _ = ask(link, Range="bytes=99-")
    head, nothing = ask(head_link, "HEAD")

    assert (whole.status, body, whole.headers["Content-Type"]) == (200, b"play.mp4", "video/mp4")
    assert whole.headers["Content-Disposition"] == "inline"
    assert (part.status, bytes_of_part, part.headers["Content-Range"]) == (206, b"ay.", "bytes 2-4/8")
    assert (same.status, beyond.status) == (206, 416)
    assert (head.status, head.headers["Content-Length"], nothing) == (200, "8", b"")


def test_a_file_of_a_try_is_a_download_under_its_own_name(s3):
    submission = SubmissionFactory()
    file = SubmissionFile.objects.create(
        submission=submission, name="plan.pdf", size=4, sha256="a" * 64, sent_at=timezone.now()
    )
    storage.file_path(file).parent.mkdir(parents=True)
    storage.file_path(file).write_bytes(b"%PDF")
    assert move_finished_files(now=LATER) == 1

    link = signed_in(submission.learner).get(reverse("assessments:evidence-file", args=[file.pk]))["Location"]
    answer, body = ask(link)

    assert (body, answer.headers["Content-Type"]) == (b"%PDF", "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="plan.pdf"')
    assert not storage.file_path(file).exists()


def test_checks_run_again_on_a_file_that_comes_back_from_the_bucket(s3, tmp_path, clips_of):
    path = clips_of("good.mp4")
    submission = SubmissionFactory(practical=RecordedPracticalFactory(short=True))
    upload = upload_for(submission, path.stat().st_size)
    with path.open("rb") as file:
        append_bytes(upload=upload, piece=Piece(0, path.stat().st_size), stream=file, by=submission.learner)
    ready = check_recording(recording_id=upload.recording_id)
    ready.enrichments.all().delete()
    timeline = timeline_of(ready, [])
    moved(ready)
    Recording.objects.update(state=RecordingState.FAILED)
    failed = Recording.objects.get()
    assert timeline_of(ready, []) == timeline and timeline.wave

    assert why_not_check_again(failed) is None
    check_again(recording=failed, by=submission.learner)
    again = check_recording(recording_id=failed.pk)

    assert (again.state, again.sha256) == (RecordingState.READY, ready.sha256)


@pytest.fixture
def clips_of(tmp_path):
    def make(name):
        make_clip(tmp_path / name, seconds=6)
        return tmp_path / name

    return make


def test_a_purge_removes_from_the_bucket_and_its_receipt_knows_every_hash(s3):
    recording = moved(decided(735))

    sweep()

    receipt = PurgeReceipt.objects.get(recording=recording)
    told = {one["name"]: one["sha256"] for one in receipt.removed}
    assert keys(s3) == []
    assert told == {name: hashlib.sha256(name.encode()).hexdigest() for name in ("original", "play.mp4", "poster.jpg")}


def test_an_original_past_its_time_goes_from_the_bucket_alone(s3):
    recording = moved(decided(61))

    sweep()

    assert {key.rpartition("/")[2] for key in keys(s3)} == {"play.mp4", "poster.jpg"}
    assert [one["name"] for one in PurgeReceipt.objects.get(recording=recording).removed] == ["original"]


def test_while_the_bucket_is_away_files_wait_here_pages_say_so_and_purges_come_later(s3, away, settings):
    there, entry = moved(with_bytes(RecordingFactory())), settings.STORAGES
    waiting = with_bytes(RecordingFactory())
    withdraw_consent(recording=there, reason="She wrote.", by=make_person())
    away()

    answer = signed_in(there.submission.learner).get(address("recording-media", there))
    played = signed_in(waiting.submission.learner).get(address("recording-media", waiting))

    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "storage-away", "30")
    assert (played.status_code, played.getvalue()) == (200, b"play.mp4")
    assert move_finished_files(now=LATER) == carry_out_purges(now=LATER) == 0
    assert why_not_check_again(there).code == "wrong-state"
    settings.STORAGES = entry
    assert carry_out_purges(now=LATER) == move_finished_files(now=LATER) == 1


def test_an_object_that_is_missing_has_words_and_fails_the_checks_at_once(s3):
    recording = moved(with_bytes(RecordingFactory()))
    Upload.objects.filter(recording=recording).delete()
    for key in keys(s3):
        s3.delete_object(Bucket="media", Key=key)
    answer = signed_in(recording.submission.learner).get(address("recording-media", recording))
    Upload.objects.create(recording=recording, owner=recording.submission.learner, created_at=LATER, expires_at=LATER)
    Recording.objects.update(state=RecordingState.RECEIVED)

    failed = check_recording(recording_id=recording.pk)

    assert (answer.status_code, answer.json()["code"]) == (404, "file-missing")
    assert (failed.state, failed.tries) == (RecordingState.FAILED, 1)
    assert sentence_about(failed).startswith("The file is missing from our storage")


def test_checks_wait_for_a_bucket_that_is_away_and_use_up_no_try(s3, away):
    recording = moved(with_bytes(RecordingFactory()))
    Upload.objects.get_or_create(
        recording=recording,
        defaults={"owner": recording.submission.learner, "created_at": LATER, "expires_at": LATER},
    )
    Recording.objects.update(state=RecordingState.RECEIVED)
    away()

    waiting = check_recording(recording_id=recording.pk)

    assert (waiting.state, waiting.tries) == (RecordingState.RECEIVED, 0)
    assert bucket.is_configured() and media.media_library_word() == "ok"


@pytest.mark.parametrize(("url", "origin"), [
    ("s3://media/x?endpoint=https://s3.example.com:9000", "https://s3.example.com:9000"),
    ("s3://media?region=eu-central-1", "https://s3.eu-central-1.amazonaws.com"),
    ("s3://media", "https://s3.amazonaws.com"),
])  # fmt: skip
def test_the_browser_is_allowed_the_address_of_the_bucket(url, origin):
    assert origin_of(url) == origin
    assert bucket_storage(url)["OPTIONS"]["bucket_name"] == "media"


@pytest.mark.parametrize("url", ["https://media", "s3://", "s3://media?acl=public-read"])
def test_an_address_that_can_not_be_read_refuses_to_start(url):
    with pytest.raises(Exception, match="STORAGE_URL must read"):
        bucket_storage(url)


def test_without_a_bucket_nothing_moves_and_no_client_is_imported():
    recording = with_bytes(RecordingFactory())

    assert move_finished_files(now=LATER) == 0
    assert len(names(recording)) == 3
    assert storage.small_file(disk.root() / recording.play_path) == b"play.mp4"
    assert storage.small_file(disk.root() / "rec" / "none") == b""


def test_health_has_a_word_for_the_bucket_and_waits_briefly(s3, client, settings):
    there = client.get("/readyz").json()["bucket"]
    entry = settings.STORAGES["recordings"]
    settings.STORAGES = settings.STORAGES | {
        "recordings": entry | {"OPTIONS": entry["OPTIONS"] | {"bucket_name": "gone"}}
    }
    missing = client.get("/readyz").json()["bucket"]

    with silent_server() as address:
        silent = bucket_storage(f"s3://media/portal?endpoint={address}&region=eu-central-1")
        settings.STORAGES = settings.STORAGES | {"recordings": silent}
        begun = time.monotonic()
        hangs = bucket.word()

    assert (there, missing, hangs, time.monotonic() - begun < 20) == ("ok", "away", "away", True)


@contextmanager
def silent_server():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


# Clips of rulings


def clip_address(clip):
    return reverse("assessments:ruling-clip", args=[clip.pk])


def test_clip_is_cut_from_what_the_bucket_has_moves_there_and_is_a_link_of_five_minutes(s3):
    ruling = make_ruling()
    RulingClip.objects.update(state="failed", code="x")
    moved(ruling.recording)
    RulingClip.objects.update(state="queued", code="")

    clip = cut(ruling)
    assert move_finished_files(now=LATER) == 1
    link = signed_in(make_grader()).get(clip_address(clip))

    answer, body = ask(link["Location"], Range="bytes=0-99")
    assert names(ruling.recording) == []
    assert (link.status_code, answer.status, len(body)) == (302, 206, 100)
    assert s3.head_object(Bucket="media", Key=f"portal/{clip.path}")["Metadata"]["sha256"] == clip.sha256
    assert signed_in(make_person()).get(clip_address(clip)).status_code == 404


def test_recording_whose_clip_waits_stays_on_this_disk(s3):
    ruling = make_ruling()

    assert move_finished_files(now=LATER) == 0
    assert names(ruling.recording) == ["play.mp4"]


def test_clip_is_deleted_in_the_bucket_too(s3, away):
    clip = make_cut()
    moved(clip.ruling.recording)
    retire_ruling(ruling=clip.ruling, by=make_grader())

    work_on_clip(clip_id=clip.pk)

    assert [key for key in keys(s3) if "clip-" in key] == []
    assert RulingClip.objects.get().state == ClipState.DELETED


def test_bucket_that_is_away_lets_a_clip_wait_and_says_so(s3, away):
    clip = make_cut()
    other = make_ruling(clip.ruling.recording.submission)
    RulingClip.objects.filter(ruling=other).update(state="failed", code="x")
    moved(clip.ruling.recording)
    RulingClip.objects.filter(ruling=other).update(state="queued", code="")
    away()

    waiting = cut(other)
    answer = signed_in(make_grader()).get(clip_address(clip))
    retire_ruling(ruling=clip.ruling, by=make_grader())
    work_on_clip(clip_id=clip.pk)

    assert (waiting.state, waiting.code, waiting.tries) == (ClipState.QUEUED, "storage-away", 0)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage-away")
    assert RulingClip.objects.get(pk=clip.pk).state == ClipState.DELETING

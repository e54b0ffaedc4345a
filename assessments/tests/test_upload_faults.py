"""Uploads that are cut, repeated, reordered and sent twice at once: what is stored is what was sent, or nothing is.

Source: security.md, fault R21.
"""

import hashlib
import http.client
import random
import threading
from io import BytesIO

import pytest
from django.db import connection
from django.http import UnreadablePostError
from tusclient import client as tus_client

from assessments import parts, storage
from assessments.actions.uploads import append_bytes, end_upload, open_upload
from assessments.models import Recording, RecordingState, Upload, UploadState
from assessments.rules.uploads import Piece, why_not_append
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from courses.lib.refusals import Refused

CSRF = "a" * 32


class Cut:
    """A request body whose client hangs up after some bytes, with an error or in silence."""

    def __init__(self, data, after, loud):
        self.body, self.left, self.loud = BytesIO(data), after, loud

    def read(self, size):
        block = self.body.read(min(size, self.left, 1000))
        self.left -= len(block)
        if not block and self.loud:
            raise UnreadablePostError("the client hung up")
        return block


def send(upload, data, offset, cut=None, loud=False):
    piece = Piece(offset, len(data))
    stream = BytesIO(data) if cut is None else Cut(data, cut, loud)
    return append_bytes(upload=upload, piece=piece, stream=stream, by=upload.owner)


def original(upload):
    upload.refresh_from_db()
    return storage.settle(upload).read_bytes()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(100))
def test_whatever_order_pieces_come_in_the_file_is_what_was_sent(seed):
    rng = random.Random(seed)
    content = rng.randbytes(rng.randint(1, 60_000))
    upload = upload_for(SubmissionFactory(), len(content))

    while parts.stored_bytes(upload) < len(content) and upload.state == UploadState.OPEN:
        offset = rng.choice([parts.stored_bytes(upload), rng.randint(0, len(content)), 0])
        data = content[offset : offset + rng.randint(0, 20_000)]
        cut = rng.choice([None, rng.randint(0, len(data))])
        try:
            upload = send(upload, data, offset, cut, loud=rng.random() < 0.5)
        except Refused as refused:
            assert refused.refusal.code == "wrong-offset"

    assert hashlib.sha256(original(upload)).digest() == hashlib.sha256(content).digest()
    assert (upload.state, upload.recording.state) == (UploadState.COMPLETE, RecordingState.RECEIVED)


@pytest.mark.django_db
def test_a_cut_piece_with_a_checksum_leaves_nothing():
    upload, data = upload_for(SubmissionFactory(), 10), b"01234"
    piece = Piece(0, 5, None, ("sha1", hashlib.sha1(data).digest()))

    with pytest.raises(Refused) as refused:
        append_bytes(upload=upload, piece=piece, stream=Cut(data, 3, loud=True), by=upload.owner)

    assert refused.value.refusal.code == "checksum"
    assert parts.stored_bytes(upload) == 0


@pytest.mark.django_db
def test_a_missing_part_is_never_complete():
    upload = send(upload_for(SubmissionFactory(), 10), b"012345678", 0)

    upload.recording.refresh_from_db()
    assert (upload.state, upload.recording.state) == (UploadState.OPEN, RecordingState.UPLOADING)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "code"), [("complete", "complete"), ("deleted", "gone"), ("expired", "gone")])
def test_an_upload_that_closed_while_one_waited_for_the_lock_takes_nothing(state, code):
    assert why_not_append(Upload(state=state), Piece(0, 1), 0).code == code


def together(*deeds):
    """Run the deeds at the same moment, each on a connection of its own; returns what they returned or raised."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(number, deed):
        gate.wait()
        try:
            results[number] = deed()
        except Refused as refused:
            results[number] = refused.refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


races = pytest.mark.django_db(transaction=True)


@races
def test_two_windows_that_send_the_same_bytes_store_them_once():
    content = random.Random(1).randbytes(2_000_000)
    upload = upload_for(SubmissionFactory(), len(content))

    results = together(*[lambda: send(upload, content[:1_500_000], 0)] * 4)
    send(upload, content[1_500_000:], 1_500_000)

    codes = [one for one in results if isinstance(one, str)]
    assert len(codes) == 3
    assert set(codes) <= {"locked", "wrong-offset"}
    assert original(upload) == content
    assert Recording.objects.get().events.filter(new="received").count() == 1


@races
def test_two_windows_that_finish_at_once_complete_it_once():
    upload = send(upload_for(SubmissionFactory(), 10), b"01234", 0)

    results = together(*[lambda: send(upload, b"56789", 5)] * 4)

    codes = [one for one in results if isinstance(one, str)]
    assert len(codes) == 3
    assert set(codes) <= {"locked", "complete", "wrong-offset"}
    assert original(upload) == b"0123456789"


@races
def test_ending_and_sending_at_once_never_leave_half_a_state():
    upload = upload_for(SubmissionFactory(), 5)

    together(lambda: send(upload, b"01234", 0), lambda: end_upload(upload=upload, by=upload.owner))

    upload.refresh_from_db()
    pair = (upload.state, upload.recording.state)
    assert pair in (
        (UploadState.COMPLETE, "received"),
        (UploadState.COMPLETE, "rejected"),
        (UploadState.DELETED, "discarded"),
    )


@races
def test_the_last_place_is_given_once():
    submission = SubmissionFactory()
    for _ in range(2):
        upload_for(submission)

    results = together(*[lambda: open_upload(submission=submission, length=1, metadata={}, by=submission.learner)] * 5)

    assert sorted(str(one) for one in results if isinstance(one, str)) == ["too-many-uploads"] * 4
    assert Upload.objects.open().count() == 3


def headers_for(client):
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}"
    return {"Cookie": cookie, "X-CSRFToken": CSRF}


@races
def test_an_independent_client_resumes_to_an_equal_file(live_server, client, tmp_path):
    submission = SubmissionFactory()
    client.force_login(submission.learner)
    path = tmp_path / "session.mp4"
    path.write_bytes(random.Random(2).randbytes(3_000_000))
    tus = tus_client.TusClient(f"{live_server.url}/recordings/uploads/", headers=headers_for(client))
    options = {"chunk_size": 500_000, "metadata": {"submission": str(submission.pk), "filename": "session.mp4"}}

    first = tus.uploader(str(path), upload_checksum=True, **options)
    first.upload(stop_at=1_000_000)
    second = tus.uploader(str(path), url=first.url, **options)
    second.upload()

    assert second.offset == 3_000_000
    recording = Recording.objects.get()
    assert storage.original_path(recording).read_bytes() == path.read_bytes()
    assert (recording.state, recording.rejection_code) == (RecordingState.REJECTED, "unreadable")


@races
def test_an_independent_client_without_a_session_gets_nowhere(live_server, tmp_path):
    submission = SubmissionFactory()
    path = tmp_path / "session.mp4"
    path.write_bytes(b"x")
    tus = tus_client.TusClient(
        f"{live_server.url}/recordings/uploads/", headers={"Cookie": f"csrftoken={CSRF}", "X-CSRFToken": CSRF}
    )

    with pytest.raises(Exception, match="401"):
        tus.uploader(str(path), metadata={"submission": str(submission.pk)}).upload()

    assert not Upload.objects.exists()


@races
def test_a_reset_connection_loses_only_what_was_under_way(live_server, client):
    submission = SubmissionFactory()
    client.force_login(submission.learner)
    upload = upload_for(submission, 2_000_000)
    content = random.Random(3).randbytes(2_000_000)
    host = live_server.url.removeprefix("http://")
    headers = headers_for(client) | {
        "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
        "Content-Length": "2000000",
    }  # fmt: skip

    broken = http.client.HTTPConnection(host)
    broken.putrequest("PATCH", f"/recordings/uploads/{upload.pk}")
    for header in headers.items():
        broken.putheader(*header)
    broken.endheaders()
    broken.send(content[:1_200_000])
    broken.close()
    for _ in range(200):
        try:
            with parts.locked_part(upload.pk):
                stored = parts.stored_bytes(upload)
            if stored >= 1_200_000:
                break
        except Refused:
            pass
        threading.Event().wait(0.02)
    send(upload, content[stored:], stored)

    assert stored == 1_200_000
    assert original(upload) == content

"""A disk that fills up while bytes come: on a real small file system where this machine may mount one, and by hand."""

import hashlib
import random
import subprocess
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessments import parts, storage
from assessments.actions.uploads import append_bytes
from assessments.models import RecordingState, SubmissionFile, UploadState
from assessments.rules.recordings import current_recordings
from assessments.rules.uploads import Piece
from assessments.tests.factories_recordings import SubmissionFactory, upload_for
from courses.lib.refusals import Refused

pytestmark = pytest.mark.django_db
MEBIBYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path, settings):
    """A file system of two MiB as the storage root, and a function that makes it larger."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine doesn't let us mount a small disk")
    settings.MEDIA_STORAGE_ROOT = tmp_path
    yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", tmp_path], check=True)
    subprocess.run(["umount", tmp_path], check=True)


def checked(content):
    return "sha256", hashlib.sha256(content).digest()


@pytest.mark.parametrize("with_checksum", [False, True])
def test_a_disk_that_fills_up_in_the_middle_goes_on_where_it_was(small_disk, with_checksum):
    content = random.Random(1).randbytes(5 * MEBIBYTE)
    upload = upload_for(SubmissionFactory(), len(content))
    piece = Piece(0, len(content), checksum=checked(content) if with_checksum else None)

    with pytest.raises(Refused) as refused:
        append_bytes(upload=upload, piece=piece, stream=BytesIO(content), by=upload.owner)

    upload.refresh_from_db()
    stored = parts.stored_bytes(upload)
    assert (refused.value.refusal.code, upload.offset, upload.state) == ("disk-low", stored, UploadState.OPEN)
    assert stored == 0 if with_checksum else MEBIBYTE < stored <= 2 * MEBIBYTE

    small_disk("12m")
    rest = content[stored:]
    piece = Piece(stored, len(rest), checksum=checked(rest) if with_checksum else None)
    done = append_bytes(upload=upload, piece=piece, stream=BytesIO(rest), by=upload.owner)
    assert done.state == UploadState.COMPLETE
    assert hashlib.sha256(storage.settle(done).read_bytes()).digest() == checked(content)[1]


def test_a_file_that_does_not_fit_leaves_nothing_behind(small_disk):
    file = SubmissionFile(submission=SubmissionFactory(), name="plan.pdf")

    with pytest.raises(Refused, match="out of room"):
        storage.keep_file(file, SimpleUploadedFile("plan.pdf", b"%PDF" * MEBIBYTE))

    assert not storage.file_path(file).exists()


class Thrifty:
    """A file that takes three bytes at a time, as a disk near its end does."""

    def __init__(self):
        self.taken = b""

    def write(self, block):
        self.taken += bytes(block[:3])
        return min(3, len(block))


def test_a_file_that_takes_less_than_it_was_given_is_given_the_rest():
    thrifty = Thrifty()

    assert parts._copy(BytesIO(b"0123456789"), thrifty, 10) == 10
    assert thrifty.taken == b"0123456789"


def test_of_two_uploads_to_one_place_the_one_that_began_later_counts_and_both_are_kept():
    submission = SubmissionFactory()
    first, second = upload_for(submission, 3), upload_for(submission, 3)

    for upload, content in ((second, b"two"), (first, b"one")):
        append_bytes(upload=upload, piece=Piece(0, 3), stream=BytesIO(content), by=submission.learner)

    assert {one.state for one in submission.recordings.all()} == {RecordingState.RECEIVED}
    assert current_recordings(submission)[1].pk == second.recording_id
    assert [storage.settle(one).read_bytes() for one in (first, second)] == [b"one", b"two"]

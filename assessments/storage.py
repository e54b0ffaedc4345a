"""Where media lie: one root outside the web root, names of ids only, every move a rename within one file system.

tus/<aa>/<upload>                       bytes of an unfinished upload
rec/<yyyy>/<mm>/<recording>/            original, play.mp4 or play.webm, poster.jpg, peaks.u8, and later sprite-NN.jpg,
                                        transcript.json, transcript.vtt, play-h264.mp4
files/<aa>/<file>                       a file that proves a try
work/<name>-<try>/                      a check or further work under way; what is good is renamed into rec/

Where a bucket is configured, finished files of rec/ and files/ move there under the same names (`actions/moving.py`). A file is
looked for here first.
"""

import errno
import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import UnreadablePostError

from assessments import bucket
from assessments.models import Recording, SubmissionFile, Upload
from courses.lib.refusals import Refusal, Refused

log = logging.getLogger(__name__)

GIBIBYTE = 1 << 30
BLOCK = 256 * 1024
KEPT_FILES = (
    "play.mp4", "play.webm", "play-h264.mp4", "poster.jpg", "peaks.u8", "sprite-*.jpg", "transcript.json", "transcript.vtt",
)  # fmt: skip
"""What steps of the media child may leave in a recording's folder; everything else in a work folder is dropped."""


class Readable(Protocol):
    """A request body, or a file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Writable(Protocol):
    """A file without a buffer."""

    def write(self, block: memoryview, /) -> int:
        """Write the block or its beginning, and say how many bytes that were."""
        ...


def root() -> Path:
    """The storage root."""
    return Path(settings.MEDIA_STORAGE_ROOT)


def part_path(upload_id: UUID) -> Path:
    """The file that an open upload grows."""
    return root() / "tus" / upload_id.hex[:2] / str(upload_id)


def folder_of(recording: Recording) -> Path:
    """The folder of a recording."""
    made = recording.created_at
    return root() / "rec" / f"{made:%Y}" / f"{made:%m}" / str(recording.pk)


def original_path(recording: Recording) -> Path:
    """The file as the learner sent it."""
    return folder_of(recording) / "original"


def peaks_path(recording: Recording) -> Path:
    """Loudness of a ready recording: one byte for each tenth of a second."""
    return folder_of(recording) / "peaks.u8"


def play_file(recording: Recording) -> Path:
    """The file to play of a ready recording, on this disk: brought back from the bucket where it went there."""
    return _brought_back(root() / (recording.play_path or "none"))


def has_play_file(recording: Recording) -> bool:
    """Whether the file to play is kept, here or in the bucket."""
    return bool(recording.play_path) and is_kept(recording.play_path)


def has_original(recording: Recording) -> bool:
    """Whether the file as it was sent is kept, here or in the bucket."""
    return is_kept(relative(original_path(recording)))


def is_kept(name: str) -> bool:
    """Whether a file of this name is here or in the bucket. A bucket that can't be asked is believed to have it."""
    if (root() / name).is_file():
        return True
    try:
        return bucket.is_configured() and bool(bucket.describe(name))
    except FileNotFoundError:
        return False
    except bucket.BucketAway:
        return True


def small_file(path: Path) -> bytes:
    """The bytes of a small file, from here or the bucket; none where it is missing or can't be had now."""
    try:
        return path.read_bytes()
    except OSError:
        if not bucket.is_configured():
            return b""
    try:
        return bucket.read(relative(path))
    except OSError:
        return b""


def _brought_back(path: Path) -> Path:
    """The path, with the bucket's copy in it where it is not here; unchanged where there is none of either."""
    if path.is_file() or not bucket.is_configured():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        bucket.fetch(relative(path), waiting)
        waiting.replace(path)
    except FileNotFoundError:
        log.warning("%s is neither here nor in the bucket", relative(path))
    finally:
        waiting.unlink(missing_ok=True)
    return path


def local_folders() -> Iterator[UUID]:
    """Recordings of which something lies on this disk."""
    for path in (root() / "rec").glob("*/*/*"):
        with suppress(ValueError):
            yield UUID(path.name)


def local_files() -> Iterator[UUID]:
    """Files of tries that lie on this disk."""
    for path in (root() / "files").glob("*/*"):
        with suppress(ValueError):
            yield UUID(path.name)


def copy_out(paths: Iterable[Path]) -> list[Path]:
    """Copy files into the bucket; returns those that are safe there and may go here. May be called again at any time."""
    safe = []
    for path in paths:
        told = _described(path)
        bucket.put(path, relative(path), told["sha256"])
        safe.append(path)
    return safe


def finished_files(recording: Recording) -> list[Path]:
    """What lies on this disk of a recording."""
    return sorted(path for path in folder_of(recording).glob("[!.]*") if path.is_file())


def drop_local(paths: Iterable[Path]) -> None:
    """Remove files that are safe in the bucket, and their folder with the last of them."""
    for path in paths:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


def sprite_path(recording: Recording, sheet: int) -> Path:
    """A sheet of small pictures, from 0."""
    return folder_of(recording) / f"sprite-{sheet:02}.jpg"


def transcript_path(recording: Recording) -> Path:
    """What a machine heard, as lines."""
    return folder_of(recording) / "transcript.json"


def captions_path(recording: Recording) -> Path:
    """What a machine heard, as WebVTT."""
    return folder_of(recording) / "transcript.vtt"


def stored_bytes(upload: Upload) -> int:
    """How many bytes of an open upload are on disk: the truth about its offset."""
    try:
        return part_path(upload.pk).stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def locked_part(upload_id: UUID) -> Iterator[FileIO]:
    """The part file, open for writing and ours alone. Raises Refused("locked") while another request has it.

    The lock is the kernel's: it ends with the process that holds it, however that ends. The file is unbuffered, so that
    a full disk is met where bytes are written, never once more where the file is closed.
    """
    path = part_path(upload_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                Refusal("locked", "Another window is sending this file. This one goes on by itself.")
            ) from None
        yield file


def length_of(part: FileIO) -> int:
    """How many bytes a part holds."""
    return os.fstat(part.fileno()).st_size


def append(part: FileIO, stream: Readable, size: int, checksum: tuple[str, bytes] | None) -> None:
    """Append at most `size` bytes of the request to the part, 256 KiB at a time.

    What came before a client hung up is kept. Bytes with a checksum wait beside the part until all of them are there
    and right, so that a kill between can't leave unchecked ones: Refused("checksum") otherwise. The bytes are on the
    disk when this returns, because the answer promises the client that they are safe.
    """
    part.seek(0, os.SEEK_END)
    with _without_room_refused():
        if checksum is None:
            _copy(stream, part, size)
        else:
            _append_checked(part, stream, size, checksum)
        os.fdatasync(part.fileno())


def _append_checked(part: FileIO, stream: Readable, size: int, checksum: tuple[str, bytes]) -> None:
    algorithm, expected = checksum
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with TemporaryFile(dir=root() / "tus", buffering=0) as waiting:
        came = _copy(stream, waiting, size, digest)
        if came != size or digest.digest() != expected:
            raise Refused(Refusal("checksum", "These bytes didn't arrive as they were sent. Send them again."))
        waiting.seek(0)
        _copy(waiting, part, size)


def _copy(source: Readable, target: Writable, size: int, digest: Any = None) -> int:
    """Copy up to `size` bytes and return how many came before the source ended or its client hung up."""
    left = size
    while left and (block := _read(source, min(BLOCK, left))):
        _write(target, block)
        left -= len(block)
        if digest:
            digest.update(block)
    return size - left


def _write(target: Writable, block: bytes) -> None:
    """All of a block: an unbuffered file may take a part of it, as a disk that fills up does."""
    left = memoryview(block)
    while left:
        left = left[target.write(left) :]


def _read(source: Readable, size: int) -> bytes:
    try:
        return source.read(size)
    except UnreadablePostError:
        return b""


@contextmanager
def _without_room_refused() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refused(Refusal("disk-low", "We are out of room for a moment. Your upload goes on by itself.")) from error


def settle(upload: Upload) -> Path:
    """Move a complete upload to its recording's folder and return where it is. May be called again at any time."""
    part, original = part_path(upload.pk), original_path(upload.recording)
    if not part.exists():
        _brought_back(original)
    elif not original.exists():
        original.parent.mkdir(parents=True, exist_ok=True)
        part.replace(original)
        _sync_folder(original.parent)
    return original


def drop_part(upload_id: UUID) -> None:
    """Remove the bytes of an upload that ended."""
    part_path(upload_id).unlink(missing_ok=True)


def drop_original(recording: Recording) -> bool:
    """Remove the file as it was sent; whether there was one."""
    path = original_path(recording)
    was_there = path.exists()
    path.unlink(missing_ok=True)
    if bucket.is_configured():
        bucket.drop(relative(path))
    return was_there


def inventory(recording: Recording, *, only_original: bool) -> list[dict[str, Any]]:
    """What lies in a recording's folder, or its original alone, each as {name, bytes, sha256}. Reads every byte."""
    paths = [original_path(recording)] if only_original else finished_files(recording)
    here = [_described(path) for path in paths if path.is_file()]
    seen = {one["name"] for one in here}
    away = [name for name in _names_away(recording) if not only_original or name.endswith("/original")]
    return here + [one for one in map(bucket.describe, away) if one["name"] not in seen]


def _names_away(recording: Recording) -> list[str]:
    return bucket.names_in(relative(folder_of(recording))) if bucket.is_configured() else []


def inventory_of_file(file: SubmissionFile) -> list[dict[str, Any]]:
    """The bytes of a file, as `inventory` describes them; none where they are gone."""
    path = file_path(file)
    if path.is_file():
        return [_described(path)]
    with suppress(FileNotFoundError):
        return [bucket.describe(relative(path))] if bucket.is_configured() else []
    return []


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def drop_recording(recording: Recording) -> None:
    """Remove every file of a recording; may be called again."""
    shutil.rmtree(folder_of(recording), ignore_errors=True)
    if folder_of(recording).exists():
        raise OSError(errno.EBUSY, "a file of a recording could not be removed", str(folder_of(recording)))
    for name in _names_away(recording):
        bucket.drop(name)


def file_path(file: SubmissionFile) -> Path:
    """Where a file that proves a try lies."""
    return root() / "files" / file.pk.hex[:2] / str(file.pk)


def keep_file(file: SubmissionFile, sent: UploadedFile) -> None:
    """Write what was sent to its place, safe on disk when this returns; nothing stays there where it can't be."""
    path = file_path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            _without_room_refused(),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept,
        ):
            for block in sent.chunks():
                kept.write(block)
            kept.flush()
            os.fsync(kept.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def drop_file(file: SubmissionFile) -> None:
    """Remove the bytes of a file."""
    file_path(file).unlink(missing_ok=True)
    if bucket.is_configured():
        bucket.drop(relative(file_path(file)))


@contextmanager
def work_folder(name: str) -> Iterator[Path]:
    """An empty folder for one try, called after the work and the try; gone afterwards, whatever happened."""
    folder = root() / "work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep_results(recording: Recording, work: Path) -> None:
    """Rename what a check made into the recording's folder, each file safe on disk before it gets its name."""
    folder = folder_of(recording)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (path for name in KEPT_FILES for path in sorted(work.glob(name))):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(folder / path.name)
    _sync_folder(folder)


def relative(path: Path) -> str:
    """A path as the database keeps it."""
    return str(path.relative_to(root()))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_low() -> bool:
    """Whether the disk is down to its reserve (`DISK_RESERVE_PERCENT`, `DISK_RESERVE_GIB`)."""
    free, total = _room()
    return free * 100 < total * settings.DISK_RESERVE_PERCENT or free < settings.DISK_RESERVE_GIB * GIBIBYTE


def is_filling() -> bool:
    """Whether so little is free that somebody should look (`DISK_ALARM_PERCENT`), long before uploads are refused."""
    free, total = _room()
    return free * 100 < total * settings.DISK_ALARM_PERCENT


def free_percent() -> int:
    """How much of the disk is free, in whole percent."""
    free, total = _room()
    return free * 100 // total


def _room() -> tuple[int, int]:
    folder = root()
    folder.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


def stale_parts(older_than_hours: int) -> Iterator[UUID]:
    """Uploads whose bytes lie here and that nothing was written to for so long; files of other names are left alone."""
    border = time.time() - older_than_hours * 3600
    for path in (root() / "tus").glob("*/*"):
        if path.stat().st_mtime < border:
            with suppress(ValueError):
                yield UUID(path.name)


def drop_stale_work(older_than_hours: int) -> None:
    """Remove folders of checks whose process died."""
    border = time.time() - older_than_hours * 3600
    for folder in (root() / "work").glob("*"):
        if folder.stat().st_mtime < border:
            shutil.rmtree(folder, ignore_errors=True)

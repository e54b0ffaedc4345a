"""The bytes of unfinished uploads, each a part file under tus/ that grows at its end until it is complete."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol
from uuid import UUID

from django.http import UnreadablePostError
from django.utils.translation import gettext as _

from assessments.disk import refused_when_full, root
from assessments.models import Upload
from courses.lib.refusals import Refusal, Refused

BLOCK = 256 * 1024


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


def part_path(upload_id: UUID) -> Path:
    """The file that an open upload grows."""
    return root() / "tus" / upload_id.hex[:2] / str(upload_id)


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
                Refusal("locked", _("Another window is sending this file. This one goes on by itself."))
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
    with refused_when_full():
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
            raise Refused(Refusal("checksum", _("These bytes didn't arrive as they were sent. Send them again.")))
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


def drop_part(upload_id: UUID) -> None:
    """Remove the bytes of an upload that ended."""
    part_path(upload_id).unlink(missing_ok=True)


def stale_parts(older_than_hours: int) -> Iterator[UUID]:
    """Uploads whose bytes lie here and that nothing was written to for so long; files of other names are left alone."""
    border = time.time() - older_than_hours * 3600
    for path in (root() / "tus").glob("*/*"):
        if path.stat().st_mtime < border:
            with suppress(ValueError):
                yield UUID(path.name)

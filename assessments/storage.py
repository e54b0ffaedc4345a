"""Where finished media lie: one root outside the web root, names of ids only, every move a rename within one file system.

tus/<aa>/<upload>                       bytes of an unfinished upload
rec/<yyyy>/<mm>/<recording>/            original, play.mp4 or play.webm, poster.jpg, peaks.u8, and later sprite-NN.jpg,
                                        transcript.json, transcript.vtt, play-h264.mp4, clip-<id>.mp4
files/<aa>/<file>                       a file that proves a try
work/<name>-<try>/                      a check or further work under way; what is good is renamed into rec/

Where a bucket is configured, finished files of rec/ and files/ move there under the same names (`actions/moving.py`). A file is
looked for here first.
"""

import errno
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from assessments import bucket
from assessments.disk import refused_when_full, relative, root, sync_folder
from assessments.models import Recording, SubmissionFile, Upload
from assessments.parts import part_path

log = logging.getLogger(__name__)

KEPT_FILES = (
    "play.mp4", "play.webm", "play-h264.mp4", "poster.jpg", "peaks.u8", "sprite-*.jpg", "transcript.json", "transcript.vtt",
    "clip-*.mp4",
)  # fmt: skip
"""What steps of the media child may leave in a recording's folder; everything else in a work folder is dropped."""


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
        with suppress(FileNotFoundError):  # a clip whose ruling was retired at this moment
            bucket.put(path, relative(path), described(path)["sha256"])
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


def clip_path(recording: Recording, clip_id: UUID) -> Path:
    """The film of a ruling's stretch."""
    return folder_of(recording) / f"clip-{clip_id}.mp4"


def drop_clip(recording: Recording, clip_id: UUID) -> None:
    """Remove the film of a ruling's stretch; one that isn't there is fine."""
    path = clip_path(recording, clip_id)
    path.unlink(missing_ok=True)
    if bucket.is_configured():
        bucket.drop(relative(path))


def settle(upload: Upload) -> Path:
    """Move a complete upload to its recording's folder and return where it is. May be called again at any time."""
    part, original = part_path(upload.pk), original_path(upload.recording)
    if not part.exists():
        _brought_back(original)
    elif not original.exists():
        original.parent.mkdir(parents=True, exist_ok=True)
        part.replace(original)
        sync_folder(original.parent)
    return original


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
    here = list(_described_ones(paths))
    seen = {one["name"] for one in here}
    away = [name for name in _names_away(recording) if not only_original or name.endswith("/original")]
    return here + [one for one in map(bucket.describe, away) if one["name"] not in seen]


def _names_away(recording: Recording) -> list[str]:
    return bucket.names_in(relative(folder_of(recording))) if bucket.is_configured() else []


def inventory_of_file(file: SubmissionFile) -> list[dict[str, Any]]:
    """The bytes of a file, as `inventory` describes them; none where they are gone."""
    path = file_path(file)
    if here := list(_described_ones([path])):
        return here
    with suppress(FileNotFoundError):
        return [bucket.describe(relative(path))] if bucket.is_configured() else []
    return []


def _described_ones(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Those that are there; another sweep may be removing them at this moment."""
    for path in paths:
        with suppress(FileNotFoundError):
            yield described(path)


def described(path: Path) -> dict[str, Any]:
    """A file as {name, bytes, sha256}. Reads every byte."""
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
            refused_when_full(),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept,
        ):
            for block in sent.chunks():
                kept.write(block)
            kept.flush()
            os.fsync(kept.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


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
    sync_folder(folder)


def drop_stale_work(older_than_hours: int) -> None:
    """Remove folders of checks whose process died."""
    border = time.time() - older_than_hours * 3600
    for folder in (root() / "work").glob("*"):
        if folder.stat().st_mtime < border:
            shutil.rmtree(folder, ignore_errors=True)

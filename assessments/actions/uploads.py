"""Taking in files piece by piece. The bytes on disk are the truth, the row follows them."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction

from assessments import parts, signals, storage
from assessments.actions.recordings import move_recording
from assessments.models import Recording, RecordingEvent, RecordingState, Submission, Upload, UploadKind, UploadState
from assessments.models.practicals import EDITABLE_STATES
from assessments.rules.uploads import KEPT_FOR, Piece, why_not_append, why_not_take_bytes, why_not_upload
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refused, refuse_if

UPLOADS_OF_PERSON = 7481
"""Namespace of the advisory lock that counts one person's uploads in order."""
ORPHAN_HOURS = 24
REMINDED_AFTER = timedelta(hours=24)


@transaction.atomic
def open_upload(
    *, submission: Submission, place: int = 1, length: int | None, metadata: dict[str, str], by: Person
) -> Upload:
    """Begin an upload and the recording it will become, bound to this place of this submission for good.

    `length` in bytes, None where the client declares it later. Refused: whatever `why_not_upload` says. Quotas are
    counted under a lock of the person, so that two windows can't both take the last place.
    """
    lock_uploads_of(by)
    now = database_now()
    refuse_if(why_not_upload(submission, place=place, length=length, by=by, now=now))
    name = metadata.get("filename", "")[:255]
    recording = Recording(submission=submission, place=place, original_name=name, size=length)
    return begin_upload(recording=recording, length=length, metadata=metadata, by=by, now=now)


def lock_uploads_of(person: Person) -> None:
    """Let one person begin one upload at a time, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [UPLOADS_OF_PERSON, person.pk])


def begin_upload(
    *,
    recording: Recording,
    kind: UploadKind = UploadKind.FILE,
    length: int | None,
    metadata: dict[str, str],
    by: Person,
    now: datetime,
) -> Upload:
    """Write a new recording, its first event and its upload. The caller holds the person's lock and asked the rules."""
    recording.created_at = recording.state_since = now
    recording.save(force_insert=True)
    RecordingEvent.objects.create(recording=recording, happened_at=now, new=recording.state, by_id=by.pk)
    return Upload.objects.create(
        owner_id=by.pk,
        recording=recording,
        kind=kind,
        length=length,
        metadata=metadata,
        created_at=now,
        expires_at=now + KEPT_FOR,
    )


def append_bytes(*, upload: Upload, piece: Piece, stream: parts.Readable, by: Person | None) -> Upload:
    """Append what the stream brings, and finish the upload when its last byte is there.

    No transaction is open while bytes come. Refused: locked, complete, gone, wrong-offset, too-large, checksum, and
    others of `why_not_append`. A client that hangs up leaves what came.
    """
    refuse_if(why_not_take_bytes(upload))
    with parts.locked_part(upload.pk) as part:
        fresh = _with_submission(upload)
        stored = parts.length_of(part)
        refuse_if(why_not_append(fresh, piece, stored))
        try:
            parts.append(part, stream, piece.size, piece.checksum)
        finally:
            fresh = _record_progress(upload, piece.length, parts.length_of(part), by)
    return fresh


def _with_submission(upload: Upload) -> Upload:
    return Upload.objects.select_related("recording__submission__practical").get(pk=upload.pk)


@transaction.atomic
def _record_progress(upload: Upload, declared: int | None, stored: int, by: Person | None) -> Upload:
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    now = database_now()
    locked.length = locked.length or declared
    locked.offset, locked.expires_at = stored, now + KEPT_FOR
    if locked.kind != UploadKind.FILE:
        _go_on(locked, by, now)
    if locked.length == stored:
        return _finish(locked, by, now)
    locked.save()
    return locked


def _go_on(upload: Upload, by: Person | None, now: datetime) -> None:
    """A silent recording in the browser goes on; once its length is told, nothing is recorded any more, only sent."""
    recording = Recording.objects.select_for_update().get(pk=upload.recording_id)
    wanted = RecordingState.RECORDING if upload.length is None else RecordingState.UPLOADING
    if recording.state != wanted:
        move_recording(recording, wanted, by=by, now=now)


def _finish(upload: Upload, by: Person | None, now: datetime) -> Upload:
    """Every byte is here: the upload is complete, the recording received. The checks rename the file if this can't."""
    upload.state = UploadState.COMPLETE
    upload.save()
    recording = Recording.objects.select_for_update().get(pk=upload.recording_id)
    recording.size = upload.length
    move_recording(recording, RecordingState.RECEIVED, by=by, now=now)
    upload.recording = recording
    transaction.on_commit(lambda: storage.settle(upload), robust=True)
    signals.recording_received.send(Recording, recording=recording)
    return upload


def end_upload(*, upload: Upload, by: Person | None) -> Upload:
    """Give up an unfinished upload and its bytes. Refused: locked, complete, gone."""
    refuse_if(why_not_take_bytes(upload))
    with parts.locked_part(upload.pk):
        closed = _close(upload, UploadState.DELETED, by)
    _close_tracks(upload, by)
    return closed


def _close_tracks(upload: Upload, by: Person | None) -> None:
    """A camera track is of no use without its main recording. One that is being sent is left to its expiry."""
    for track in Upload.objects.open().filter(recording__main=upload.recording_id):
        with suppress(Refused), parts.locked_part(track.pk):
            _close(track, UploadState.DELETED, by)


def expire_uploads(*, now: datetime, limit: int = 100) -> int:
    """Close unfinished uploads that nothing came to for seven days, and return how many; one in use is left alone."""
    due = Upload.objects.open().filter(expires_at__lt=now).order_by("expires_at")[:limit]
    return sum(_expire(upload, now) for upload in due)


def _expire(upload: Upload, now: datetime) -> bool:
    try:
        with parts.locked_part(upload.pk):
            if not Upload.objects.open().filter(pk=upload.pk, expires_at__lt=now).exists():
                return False
            _close(upload, UploadState.EXPIRED, None)
        _close_tracks(upload, None)
    except Refused:
        return False
    return True


@transaction.atomic
def _close(upload: Upload, state: UploadState, by: Person | None) -> Upload:
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    refuse_if(why_not_take_bytes(locked))
    locked.state = state
    locked.save()
    recording = Recording.objects.select_for_update().get(pk=locked.recording_id)
    move_recording(recording, RecordingState.DISCARDED, by=by, now=database_now(), code=f"upload-{state}")
    transaction.on_commit(lambda: parts.drop_part(upload.pk), robust=True)
    return locked


def remind_of_uploads(*, now: datetime, limit: int = 100) -> int:
    """Tell the owners of uploads to which nothing came for a day, once for each; returns how many were told."""
    quiet = Upload.objects.open().filter(expires_at__lt=now + KEPT_FOR - REMINDED_AFTER, reminded_at__isnull=True)
    mine = quiet.exclude(kind=UploadKind.TRACK).order_by("expires_at")
    return sum(_remind(upload_id, now) for upload_id in mine.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _remind(upload_id: UUID, now: datetime) -> bool:
    waiting = Upload.objects.open().select_for_update(of=("self",), skip_locked=True).filter(reminded_at__isnull=True)
    upload = waiting.select_related("recording__submission__practical").filter(pk=upload_id).first()
    if upload is None or upload.recording.submission.state not in EDITABLE_STATES:
        return False
    upload.reminded_at = now
    upload.save(update_fields=["reminded_at"])
    signals.upload_waits.send(Upload, upload=upload)
    return True


def drop_orphans() -> int:
    """Remove bytes and work folders that no open or complete upload needs, a day after the last write."""
    dropped = 0
    for upload_id in parts.stale_parts(ORPHAN_HOURS):
        if not Upload.objects.filter(pk=upload_id, state__in=(UploadState.OPEN, UploadState.COMPLETE)).exists():
            parts.drop_part(upload_id)
            dropped += 1
    storage.drop_stale_work(ORPHAN_HOURS)
    return dropped


def take_in_file(*, submission: Submission, place: int = 1, path: Path, name: str, by: Person) -> Upload:
    """Take in a file that lies on this machine as if its learner had sent it. Refused as `open_upload`."""
    size = path.stat().st_size
    upload = open_upload(submission=submission, place=place, length=size, metadata={"filename": name}, by=by)
    with path.open("rb") as file:
        return append_bytes(upload=upload, piece=Piece(offset=0, size=size), stream=file, by=by)

"""What happens while something is recorded in the browser: agreement, both tracks, parts, silence and what is left."""

import io
from datetime import datetime

from django.db import transaction

from assessments import parts
from assessments.actions.recordings import move_recording
from assessments.actions.uploads import append_bytes, begin_upload, end_upload, lock_uploads_of
from assessments.models import (
    PartMark,
    Recording,
    RecordingConsent,
    RecordingState,
    Submission,
    Upload,
    UploadKind,
    UploadState,
)
from assessments.rules.recorder import (
    CONSENT_WORDING,
    LEFT_AFTER,
    SILENT_AFTER,
    why_not_agree,
    why_not_mark,
    why_not_record,
    why_not_track,
    why_not_use_consent,
)
from assessments.rules.uploads import KEPT_FOR, Piece, why_not_upload
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refused, refuse_if


@transaction.atomic
def give_consent(*, submission: Submission, place: int = 1, others: str, by: Person) -> RecordingConsent:
    """Write down that everybody agreed, with the wording they read. Refused: whatever `why_not_agree` says."""
    now = database_now()
    refuse_if(why_not_agree(submission, place=place, by=by, now=now))
    return RecordingConsent.objects.create(
        submission=submission, place=place, given_by_id=by.pk, others=others, wording=CONSENT_WORDING, given_at=now
    )


@transaction.atomic
def begin_recording(
    *, submission: Submission, place: int = 1, consent: RecordingConsent | None, metadata: dict[str, str], by: Person
) -> Upload:
    """Begin to take in what a browser records, of a length that nobody knows yet.

    Asked again with the same agreement while it is open, it returns the first one: a lost answer costs nothing.
    Refused: already-recording, consent-missing, and others of `why_not_upload`. Source: rules.md 6.9, 6.10.
    """
    lock_uploads_of(by)
    begun = Upload.objects.visible_to(by).open().filter(kind=UploadKind.LIVE, recording__consent=consent)
    if consent is not None and (first := begun.select_related("recording").first()):
        return first
    now = database_now()
    refuse_if(why_not_use_consent(consent, submission, place=place, by=by, now=now))
    refuse_if(why_not_record(submission, place=place, by=by, now=now))
    name = metadata.get("filename", "")[:255] or "recorded in the browser"
    recording = Recording(
        submission=submission, place=place, consent=consent, original_name=name, state=RecordingState.RECORDING
    )
    return begin_upload(recording=recording, kind=UploadKind.LIVE, length=None, metadata=metadata, by=by, now=now)


@transaction.atomic
def begin_track(
    *,
    main: Recording,
    submission: Submission,
    place: int | None = None,
    offset_ms: int,
    metadata: dict[str, str],
    by: Person,
) -> Upload:
    """Begin the camera track of a recording that is open; asked again, it returns the one that is open already.

    `offset_ms` is its start after the main one's, negative where it began before. The caller looked that the main
    recording is this person's. Refused: main-closed, other-place, offset, track-there, and others of `why_not_upload`.
    """
    lock_uploads_of(by)
    begun = Upload.objects.visible_to(by).open().filter(recording__main=main).select_related("recording")
    if first := begun.first():
        return first
    now = database_now()
    refuse_if(why_not_track(main, submission=submission, place=place, offset_ms=offset_ms))
    refuse_if(why_not_upload(submission, place=main.place, length=None, by=by, now=now))
    recording = Recording(
        submission=submission,
        place=main.place,
        main=main,
        offset_ms=offset_ms,
        original_name=metadata.get("filename", "")[:255] or "camera",
        state=RecordingState.RECORDING,
    )
    return begin_upload(recording=recording, kind=UploadKind.TRACK, length=None, metadata=metadata, by=by, now=now)


@transaction.atomic
def mark_part(*, recording: Recording, name: str, at_ms: int) -> PartMark:
    """Mark where a part begins; asked again for the same part, the first mark stays and is returned.

    Refused: not-recording, no-such-part, mark-out-of-order. Source: rules.md 6.13.
    """
    Recording.objects.select_for_update().get(pk=recording.pk)
    if first := PartMark.objects.filter(recording=recording, name=name).first():
        return first
    refuse_if(why_not_mark(recording, name=name, at_ms=at_ms))
    return PartMark.objects.create(recording=recording, name=name, at_ms=at_ms, marked_at=database_now())


def interrupt_silent_recordings(*, now: datetime, limit: int = 100) -> int:
    """Call those interrupted that nothing came to for a minute, and return how many; one in use is left alone."""
    border = now + KEPT_FOR - SILENT_AFTER  # an upload expires KEPT_FOR after its last byte
    silent = Upload.objects.open().exclude(kind=UploadKind.FILE).filter(expires_at__lt=border)
    waiting = silent.exclude(recording__state=RecordingState.INTERRUPTED).order_by("expires_at")[:limit]
    return sum(_interrupt(upload, border) for upload in waiting)


def _interrupt(upload: Upload, border: datetime) -> bool:
    try:
        with parts.locked_part(upload.pk), transaction.atomic():
            found = Upload.objects.select_for_update().open().filter(pk=upload.pk, expires_at__lt=border).first()
            if found is None:
                return False
            recording = Recording.objects.select_for_update().get(pk=found.recording_id)
            move_recording(recording, RecordingState.INTERRUPTED, by=None, now=database_now(), code="silent")
    except Refused:
        return False
    return True


def use_left_tracks(*, now: datetime, limit: int = 100) -> int:
    """Use camera tracks as they are whose main recording is complete and that nothing came to for ten minutes.

    The browser that had the rest may never come back, and its learner decided already. Returns how many.
    """
    left = Upload.objects.open().filter(kind=UploadKind.TRACK, expires_at__lt=now + KEPT_FOR - LEFT_AFTER)
    decided = left.filter(recording__main__upload__state=UploadState.COMPLETE).order_by("expires_at")[:limit]
    return sum(_use_as_it_is(upload) for upload in decided)


def _use_as_it_is(upload: Upload) -> bool:
    stored = parts.stored_bytes(upload)
    piece = Piece(offset=stored, size=0, length=stored)
    try:
        if stored:
            append_bytes(upload=upload, piece=piece, stream=io.BytesIO(), by=None)
        else:
            end_upload(upload=upload, by=None)
    except Refused:
        return False
    return True

"""Moving finished files from this disk into the bucket, where one is configured. What lies on the disk is what waits."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from assessments import bucket, storage
from assessments.models import EnrichmentState, Recording, RecordingState, RulingClip, SubmissionFile
from assessments.models.ruling_clips import CLIPS_WITH_WORK

log = logging.getLogger(__name__)

LEFT_ALONE_FOR = timedelta(minutes=5)
FINISHED = (RecordingState.READY, RecordingState.REJECTED, RecordingState.FAILED)


def move_finished_files(*, now: datetime) -> int:
    """Move what is finished and at rest; returns how many recordings and files went. Does nothing without a bucket.

    A bucket that is away ends this run: the files stay here, are served from here, and the next sweep goes on.
    """
    if not bucket.is_configured():
        return 0
    try:
        recordings = sum(_move_recording(recording_id, now) for recording_id in storage.local_folders())
        return recordings + sum(_move_file(file_id, now) for file_id in storage.local_files())
    except bucket.BucketAway:
        log.warning("the bucket is away; finished files wait on this disk", exc_info=True)
        return 0


def _at_rest(recording: Recording | None, now: datetime) -> bool:
    if recording is None or recording.is_gone or recording.state not in FINISHED:
        return False
    at_work = recording.enrichments.filter(state__in=(EnrichmentState.QUEUED, EnrichmentState.RUNNING))
    clips = RulingClip.objects.filter(ruling__recording=recording, state__in=CLIPS_WITH_WORK)
    return recording.state_since < now - LEFT_ALONE_FOR and not at_work.exists() and not clips.exists()


def _move_recording(recording_id: UUID, now: datetime) -> bool:
    """Copy, then look again under the row's lock whether nobody took the recording up meanwhile, then drop what is here."""
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None or not _at_rest(recording, now):
        return False
    safe = storage.copy_out(storage.finished_files(recording))
    with transaction.atomic():
        if not _at_rest(Recording.objects.select_for_update().get(pk=recording_id), now):
            return False
        storage.drop_local(safe)
    return True


def _move_file(file_id: UUID, now: datetime) -> bool:
    file = SubmissionFile.objects.filter(pk=file_id, sent_at__lt=now - LEFT_ALONE_FOR).first()
    if file is None or file.is_gone:
        return False
    safe = storage.copy_out([storage.file_path(file)])
    with transaction.atomic():
        if SubmissionFile.objects.select_for_update().get(pk=file_id).is_gone:
            return False
        storage.drop_local(safe)
    return True

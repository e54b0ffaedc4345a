"""Further work on a ready recording: begun with it, done in its own time, tried again when a worker dies."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from assessments import disk, media, media_extras, signals, storage
from assessments.media import Facts, Voice
from assessments.models import Enrichment, EnrichmentKind, EnrichmentState, Recording
from assessments.models.enrichments import ENRICHMENT_TRANSITIONS
from assessments.rules.enrichments import ALWAYS_WANTED, limits_of, why_not_enrich_again, why_skip
from assessments.rules.recordings import MAX_TRIES, needs_transcode
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import AuditEvent

log = logging.getLogger(__name__)

QUEUED_AGAIN_AFTER = timedelta(minutes=2)
QUEUED_AT_ONCE = 5


def begin_enrichments(recording: Recording, facts: Facts, *, now: datetime) -> None:
    """Write down what is wanted beside a recording that becomes ready, in its transaction; nothing for camera tracks.

    What the checks heard is done already.
    """
    if recording.main_id is not None:
        return
    voice = facts.voice or Voice(0, 0, 0)
    gap_ms = round(facts.gap_seconds * 1000)
    _queue(recording, EnrichmentKind.VOICE, now, EnrichmentState.DONE, _voice_data(voice) | {"gap_ms": gap_ms})
    for kind in (*ALWAYS_WANTED[1:], *((EnrichmentKind.TRANSCODE,) if needs_transcode(facts) else ())):
        _queue(recording, kind, now)


def _queue(
    recording: Recording,
    kind: EnrichmentKind,
    now: datetime,
    state: EnrichmentState = EnrichmentState.QUEUED,
    data: dict[str, Any] | None = None,
) -> None:
    row = Enrichment.objects.create(
        recording=recording, kind=kind, state=state, data=data or {}, state_since=now, created_at=now
    )
    if state == EnrichmentState.QUEUED:
        signals.enrichment_queued.send(Enrichment, enrichment=row)


def _voice_data(voice: Voice) -> dict[str, Any]:
    return {
        "heard_ms": voice.heard_ms,
        "voiced_ms": voice.voiced_ms,
        "longest_talk_ms": voice.longest_talk_ms,
        "silences": [list(span) for span in voice.silences],
    }


def work_on_enrichment(*, enrichment_id: int) -> Enrichment | None:
    """Do one piece of queued work to its end: done, skipped, queued for another try, or failed after the third.

    Runs no transaction while a file is read. Returns None, and changes nothing, when the row isn't queued, or when the
    disk or the media library don't allow it now.
    """
    if disk.is_low() or media.media_library_word() != "ok":
        return None
    row = _begin(enrichment_id)
    if row is None or row.state != EnrichmentState.RUNNING:
        return row
    with storage.work_folder(f"enrichment-{row.pk}-{row.tries}") as work:
        try:
            return _keep(row, work, DEEDS[row.kind](row.recording, work))
        except media.MediaUnreadable as error:
            log.info("%s of recording %s is unreadable: %s", row.kind, row.recording_id, error)
            return _end(row, EnrichmentState.FAILED, code="unreadable")
        except (media.MediaFailed, media.MediaLibraryMissing, OSError):
            log.exception("%s of recording %s failed, try %s", row.kind, row.recording_id, row.tries)
            return _try_again(row)


@transaction.atomic
def _begin(enrichment_id: int) -> Enrichment | None:
    """The row, running or skipped with its reason; None where it isn't queued or another worker has it."""
    rows = Enrichment.objects.select_for_update(skip_locked=True, of=("self",)).select_related("recording")
    row = rows.filter(pk=enrichment_id, state=EnrichmentState.QUEUED).first()
    if row is None:
        return None
    reason = why_skip(row)
    if reason:
        return _move(row, EnrichmentState.SKIPPED, code=reason)
    row.tries += 1
    return _move(row, EnrichmentState.RUNNING)


def _move(row: Enrichment, new: EnrichmentState, *, code: str = "") -> Enrichment:
    """Take one step of the state table. The caller holds the row's lock. Refused: wrong-state."""
    refuse_if(why_not_move(ENRICHMENT_TRANSITIONS, old=row.state, new=new))
    row.state, row.state_since, row.code = new, database_now(), code
    row.save()
    return row


@transaction.atomic
def _keep(row: Enrichment, work: Path, data: dict[str, Any]) -> Enrichment | None:
    """Keep what this try made; the lock holds a purge off, so that nothing of a recording returns after it was deleted."""
    recording = Recording.objects.select_for_update().get(pk=row.recording_id)
    if recording.is_gone:
        return _end(row, EnrichmentState.FAILED, code="file-gone")
    ended = _end(row, EnrichmentState.DONE, data=data)
    if ended is not None:
        storage.keep_results(recording, work)
    return ended


@transaction.atomic
def _end(
    row: Enrichment, new: EnrichmentState, *, code: str = "", data: dict[str, Any] | None = None
) -> Enrichment | None:
    """The end of this try. None when the sweep gave the work to another one meanwhile."""
    mine = Enrichment.objects.select_for_update().filter(pk=row.pk, tries=row.tries, state=EnrichmentState.RUNNING)
    locked = mine.first()
    if locked is None:
        return None
    if data is not None:
        locked.data = locked.data | data
    if new == EnrichmentState.DONE and locked.kind == EnrichmentKind.TRANSCODE:
        _play_the_copy(locked.recording_id)
    return _move(locked, new, code=code)


def _play_the_copy(recording_id: Any) -> None:
    recording = Recording.objects.select_for_update().get(pk=recording_id)
    recording.play_path = disk.relative(storage.folder_of(recording) / media_extras.COPY_NAME)
    recording.content_type = "video/mp4"
    recording.save(update_fields=["play_path", "content_type"])


def _try_again(row: Enrichment) -> Enrichment | None:
    if row.tries >= MAX_TRIES:
        return _end(row, EnrichmentState.FAILED, code="tries-used-up")
    return _end(row, EnrichmentState.QUEUED, code="try-failed")


def _listen(recording: Recording, work: Path) -> dict[str, Any]:
    return _voice_data(media.listen_to(storage.play_file(recording), work))


def _find_slides(recording: Recording, work: Path) -> dict[str, Any]:
    return media_extras.find_slides(storage.play_file(recording), work, limits_of(EnrichmentKind.SLIDES, recording))


def _transcribe(recording: Recording, work: Path) -> dict[str, Any]:
    limits = limits_of(EnrichmentKind.TRANSCRIPT, recording)
    return media_extras.transcribe(storage.play_file(recording), work, limits)


def _transcode(recording: Recording, work: Path) -> dict[str, Any]:
    return media_extras.transcode(storage.play_file(recording), work, limits_of(EnrichmentKind.TRANSCODE, recording))


DEEDS: dict[str, Callable[[Recording, Path], dict[str, Any]]] = {
    EnrichmentKind.VOICE: _listen,
    EnrichmentKind.SLIDES: _find_slides,
    EnrichmentKind.TRANSCRIPT: _transcribe,
    EnrichmentKind.TRANSCODE: _transcode,
}


def enrichments_to_do(*, now: datetime) -> list[int]:
    """Ids of what is queued longer than a nudge takes, the oldest first and a few: the queue is slow, and never gets all."""
    waiting = Enrichment.objects.filter(state=EnrichmentState.QUEUED, state_since__lt=now - QUEUED_AGAIN_AFTER)
    return list(waiting.order_by("state_since").values_list("pk", flat=True)[:QUEUED_AT_ONCE])


def free_hanging_enrichments(*, now: datetime) -> list[Enrichment]:
    """Give back what a dead worker held: work that takes twice the time that its child may. Returns what moved."""
    held = Enrichment.objects.filter(state=EnrichmentState.RUNNING).select_related("recording")
    overdue = [row for row in held if row.state_since < now - _patience(row)]
    return [row for row in map(_try_again, overdue) if row is not None]


def _patience(row: Enrichment) -> timedelta:
    return timedelta(seconds=2 * media.wall_of(limits_of(EnrichmentKind(row.kind), row.recording)))


@transaction.atomic
def enrich_again(*, recording: Recording, by: Person) -> list[Enrichment]:
    """Queue everything beside a ready recording once more, or for the first time where it is older than this work.

    Returns what was queued. Refused: wrong-state, file-gone, on-its-way.
    """
    locked = Recording.objects.select_for_update().get(pk=recording.pk)
    rows = {row.kind: row for row in Enrichment.objects.select_for_update().filter(recording=locked)}
    refuse_if(why_not_enrich_again(locked, rows.values()))
    now = database_now()
    for kind in ALWAYS_WANTED:
        if kind not in rows:
            _queue(locked, kind, now)
    waiting = [row for row in rows.values() if row.state not in (EnrichmentState.QUEUED, EnrichmentState.RUNNING)]
    for row in waiting:
        row.tries = 0
        _move(row, EnrichmentState.QUEUED, code="asked-again")
        signals.enrichment_queued.send(Enrichment, enrichment=row)
    AuditEvent.objects.create(
        actor_id=by.pk, event="recording.enriched-again", subject=f"assessments.recording:{locked.pk}"
    )
    return waiting

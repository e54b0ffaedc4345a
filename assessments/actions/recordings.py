"""What happens to a recording: its checks, its way through the states, and who watched it."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments import bucket, disk, media, signals, storage
from assessments.actions.enrichments import begin_enrichments
from assessments.media import Facts
from assessments.models import Recording, RecordingEvent, RecordingState
from assessments.models.recordings import RECORDING_TRANSITIONS, WORKING_STATES
from assessments.rules.recordings import MAX_TRIES, play_name, why_not_accept, why_not_check_again
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import AuditEvent

log = logging.getLogger(__name__)

CONTENT_TYPES = {"play.mp4": "video/mp4", "play.webm": "video/webm"}
QUEUED_AGAIN_AFTER = timedelta(minutes=2)
QUEUED_AT_ONCE = 20


def move_recording(
    recording: Recording, new: RecordingState, *, by: Person | None, now: datetime, code: str = ""
) -> Recording:
    """Take one step of the state table and write its event. The caller holds the row's lock. Refused: wrong-state."""
    old = recording.state
    refuse_if(why_not_move(RECORDING_TRANSITIONS, old=old, new=new))
    recording.state, recording.state_since = new, now
    recording.rejection_code = code if new == RecordingState.REJECTED else ""
    recording.save()
    by_id = by.pk if by else None
    RecordingEvent.objects.create(recording=recording, happened_at=now, old=old, new=new, by_id=by_id, code=code)
    return recording


def check_recording(*, recording_id: UUID, by: Person | None = None) -> Recording | None:
    """Check a received recording to its end: ready, rejected, or received again for another try.

    Runs no transaction while the file is read. Returns None, and changes nothing, when the recording isn't waiting for
    its checks: done already, at work elsewhere, or the disk or the media library don't allow them now.
    """
    if disk.is_low() or media.media_library_word() != "ok":
        return None
    recording = _begin_check(recording_id, by)
    if recording is None:
        return None
    with storage.work_folder(f"{recording.pk}-{recording.tries}") as work:
        try:
            return _examine(recording, work)
        except media.MediaUnreadable as error:
            log.info("recording %s is unreadable: %s", recording.pk, error)
            return _step(recording, RecordingState.REJECTED, code="unreadable")
        except media.MediaLibraryMissing:
            return _step(recording, RecordingState.RECEIVED, code="library-missing", tries=recording.tries - 1)
        except FileNotFoundError:
            log.exception("recording %s has no file", recording.pk)
            return _step(recording, RecordingState.FAILED, code="file-missing")
        except bucket.BucketAway:
            return _step(recording, RecordingState.RECEIVED, code="storage-away", tries=recording.tries - 1)
        except (media.MediaFailed, OSError):
            log.exception("check of recording %s failed, try %s", recording.pk, recording.tries)
            return _try_again(recording)


@transaction.atomic
def _begin_check(recording_id: UUID, by: Person | None) -> Recording | None:
    waiting = Recording.objects.select_for_update(skip_locked=True, of=("self",))
    recording = waiting.filter(pk=recording_id, state=RecordingState.RECEIVED).first()
    if recording is None:
        return None
    recording.tries += 1
    return move_recording(recording, RecordingState.CHECKING, by=by, now=database_now())


def _examine(recording: Recording, work: Path) -> Recording | None:
    """Look, judge, prepare. Each step writes only if this try is still the one at work."""
    original = storage.settle(recording.upload)
    if not original.exists():
        raise FileNotFoundError(original)
    facts = media.look_at(original, work)
    code = why_not_accept(facts, recording.submission.practical, recording)
    if code:
        return _step(recording, RecordingState.REJECTED, code=code, facts=facts)
    if _step(recording, RecordingState.PREPARING, facts=facts) is None:
        return None
    name = play_name(facts)
    media.prepare_play(original, work, name)
    storage.keep_results(recording, work)
    folder = storage.folder_of(recording)
    return _step(
        recording,
        RecordingState.READY,
        facts=facts,
        content_type=CONTENT_TYPES[name],
        play_path=disk.relative(folder / name),
        poster_path=disk.relative(folder / "poster.jpg"),
    )


@transaction.atomic
def _step(
    recording: Recording, new: RecordingState, *, code: str = "", facts: Facts | None = None, **values: Any
) -> Recording | None:
    """One step of this try, with what it found. None when the sweep or staff took the recording from this try."""
    mine = Recording.objects.select_for_update().filter(pk=recording.pk, tries=recording.tries)
    row = mine.filter(state__in=WORKING_STATES).first()
    if row is None:
        return None
    found = _columns(recording, facts) if facts else {}
    for name, value in (found | values).items():
        setattr(row, name, value)
    move_recording(row, new, by=None, now=database_now(), code=code)
    if new == RecordingState.READY and facts:
        begin_enrichments(row, facts, now=row.state_since)
    if new not in (RecordingState.PREPARING, RecordingState.RECEIVED):
        signals.recording_checked.send(Recording, recording=row)
    return row


def _columns(recording: Recording, facts: Facts) -> dict[str, Any]:
    others = Recording.objects.exclude(submission__learner_id=recording.submission.learner_id)
    return {
        "size": facts.size,
        "sha256": facts.sha256,
        "duration_ms": max(0, round(facts.seconds * 1000)),
        "width": facts.width,
        "height": facts.height,
        "frame_rate": round(facts.frame_rate, 2),
        "mean_volume_db": round(facts.mean_volume_db, 1),
        "video_codec": facts.video_codec,
        "audio_codec": facts.audio_codec,
        "same_file_as": others.filter(sha256=facts.sha256).order_by("created_at").first(),
    }


def _try_again(recording: Recording) -> Recording | None:
    """Back to the queue, where the sweep finds it; after the last try it waits for staff."""
    if recording.tries >= MAX_TRIES:
        return _step(recording, RecordingState.FAILED, code="tries-used-up")
    return _step(recording, RecordingState.RECEIVED, code="try-failed")


@transaction.atomic
def check_again(*, recording: Recording, by: Person) -> Recording:
    """Put a rejected or failed recording through its checks again. Refused: original-gone, wrong-state."""
    locked = Recording.objects.select_for_update().get(pk=recording.pk)
    refuse_if(why_not_check_again(locked))
    locked.tries = 0
    move_recording(locked, RecordingState.RECEIVED, by=by, now=database_now(), code="checked-again")
    signals.recording_received.send(Recording, recording=locked)
    return locked


@transaction.atomic
def forgive_recording(*, recording: Recording, by: Person) -> Recording:
    """Not count this file against the uploads of its submission, so that the learner may send another one."""
    locked = Recording.objects.select_for_update().get(pk=recording.pk)
    locked.counts = False
    locked.save(update_fields=["counts"])
    now, state = database_now(), locked.state
    RecordingEvent.objects.create(
        recording=locked, happened_at=now, old=state, new=state, by_id=by.pk, code="not-counted"
    )
    return locked


def recordings_to_check(*, now: datetime) -> list[UUID]:
    """Ids of what waits for its checks longer than a nudge takes, the oldest first; a queue never gets all at once."""
    waiting = Recording.objects.filter(state=RecordingState.RECEIVED, state_since__lt=now - QUEUED_AGAIN_AFTER)
    return list(waiting.order_by("state_since").values_list("pk", flat=True)[:QUEUED_AT_ONCE])


def free_hanging_checks(*, now: datetime) -> list[Recording]:
    """Give back what a dead worker held: checks that take twice the time that the child may. Returns what moved."""
    held = Recording.objects.filter(state__in=WORKING_STATES, state_since__lt=now - _patience(0))
    overdue: Iterable[Recording] = [one for one in held if one.state_since < now - _patience(one.size or 0)]
    moved = [_try_again(one) for one in overdue]
    return [one for one in moved if one is not None]


def _patience(size: int) -> timedelta:
    return timedelta(seconds=2 * media.wall_seconds(size))


def note_watching(*, recording: Recording, by: Person) -> None:
    """Write down that somebody else than its learner opened a recording, once for each person. Two queries at most.

    Twice where a player's first two requests come at once.
    """
    if recording.submission.learner_id == by.pk:
        return
    watched = {"actor_id": by.pk, "event": "recording.watched", "subject": f"assessments.recording:{recording.pk}"}
    if not AuditEvent.objects.filter(**watched).exists():
        AuditEvent.objects.create(**watched)

"""Cutting the clips of rulings from their recordings, and letting none outlive its ruling or its recording."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction

from assessments import bucket, disk, media, media_extras, signals, storage
from assessments.models import ClipState, Recording, Ruling, RulingClip, StoredState
from assessments.models.ruling_clips import CLIP_TRANSITIONS
from assessments.rules.retention import held_by
from assessments.rules.ruling_clips import (
    AT_ONCE,
    HELD_LATER,
    LATER,
    MAX_TRIES,
    clips_to_do,
    is_going,
    limits_of,
    patience_with,
    rulings_without_clip,
    why_not_cut,
    why_not_cut_again,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.lib.states import why_not_move
from courses.models import AuditEvent

log = logging.getLogger(__name__)


def ask_for_clip(ruling: Ruling, *, now: datetime) -> RulingClip | None:
    """Write down that the clip of a ruling is wanted, in its transaction; None where it names no stretch."""
    if ruling.recording_id is None:
        return None
    clip = RulingClip.objects.create(ruling=ruling, state_since=now, due_at=now, created_at=now)
    signals.ruling_clip_queued.send(RulingClip, clip=clip)
    return clip


def work_on_clip(*, clip_id: UUID) -> RulingClip | None:
    """Do what is due for one clip: delete it, or cut it; cut, it is ready, tried again later, or failed after the third.

    Runs no transaction while a file is read. Returns None, and changes nothing, when nothing is to do, another worker has
    it, or the disk or the media library don't allow it now. Source: rules.md 5.23.
    """
    if RulingClip.objects.filter(pk=clip_id, state=ClipState.DELETING).exists():
        return _delete(clip_id)
    if disk.is_low() or media.media_library_word() != "ok":
        return None
    clip = _begin(clip_id)
    if clip is None or clip.state != ClipState.RUNNING:
        return clip
    with storage.work_folder(f"clip-{clip.pk}-{clip.tries}") as work:
        try:
            return _keep(clip, work, _cut(clip, work))
        except media.MediaUnreadable as error:
            log.info("clip %s is unreadable: %s", clip.pk, error)
            return _end(clip, ClipState.FAILED, "unreadable")
        except bucket.BucketAway:
            log.warning("clip %s waits: the bucket is away", clip.pk)
            return _wait(clip)
        except (media.MediaFailed, media.MediaLibraryMissing, OSError):
            log.exception("clip %s failed, try %s", clip.pk, clip.tries)
            return _try_again(clip)


@transaction.atomic
def _begin(clip_id: UUID) -> RulingClip | None:
    """The clip, running or failed with its reason; None where it isn't queued, is another worker's, or its recording goes.

    The recording's lock is the one that a purge takes: neither begins while the other does.
    """
    seen = Ruling.objects.filter(clip=clip_id).values("recording")
    recording = Recording.objects.select_for_update().filter(pk__in=seen).first()
    rows = RulingClip.objects.select_for_update(skip_locked=True, of=("self",)).select_related("ruling__recording")
    clip = rows.filter(pk=clip_id, state=ClipState.QUEUED).first()
    if clip is None or recording is None:
        return None
    now = database_now()
    if is_going(recording):
        clip.due_at = now + LATER
        clip.save(update_fields=["due_at"])
        return None
    if reason := why_not_cut(recording):
        return _move(clip, ClipState.FAILED, code=reason)
    clip.tries += 1
    return _move(clip, ClipState.RUNNING, due_at=now + patience_with(clip.ruling))


def _move(clip: RulingClip, new: ClipState, *, code: str = "", due_at: datetime | None = None) -> RulingClip:
    """Take one step of the state table. The caller holds the row's lock. Refused: wrong-state.

    Only a ready clip has a file. The leads are told of one that failed.
    """
    refuse_if(why_not_move(CLIP_TRANSITIONS, old=clip.state, new=new))
    clip.state, clip.state_since, clip.code = new, database_now(), code
    clip.due_at = due_at or clip.state_since
    if new != ClipState.READY:
        clip.path, clip.sha256, clip.size, clip.duration_ms = "", "", None, None
    clip.save()
    if new == ClipState.FAILED:
        signals.ruling_clip_failed.send(RulingClip, clip=clip)
    elif new in (ClipState.QUEUED, ClipState.DELETING) and due_at is None:
        signals.ruling_clip_queued.send(RulingClip, clip=clip)
    return clip


def _cut(clip: RulingClip, work: Path) -> int:
    """Put the clip's film into `work`; returns its length in ms."""
    ruling = clip.ruling
    assert ruling.recording is not None  # `_begin` gives no other
    span = (ruling.start_ms or 0, ruling.end_ms or 0)
    source, name = storage.play_file(ruling.recording), storage.clip_path(ruling.recording, clip.pk).name
    return media_extras.cut(source, work, name, span, limits_of(ruling))


@transaction.atomic
def _keep(clip: RulingClip, work: Path, duration_ms: int) -> RulingClip | None:
    """Keep the film; the lock holds a purge off, so that nothing of a recording returns after it was deleted."""
    assert clip.ruling.recording is not None  # as it was when this try began
    recording = Recording.objects.select_for_update().get(pk=clip.ruling.recording.pk)
    mine = _mine(clip)
    if mine is None:
        return None
    if is_going(recording):
        return _move(mine, ClipState.QUEUED, code="recording-going", due_at=database_now() + LATER)
    path = storage.clip_path(recording, clip.pk)
    told = storage.described(work / path.name)
    mine.path, mine.sha256, mine.size, mine.duration_ms = (
        disk.relative(path),
        told["sha256"],
        told["bytes"],
        duration_ms,
    )
    ready = _move(mine, ClipState.READY)
    storage.keep_results(recording, work)
    return ready


def _mine(clip: RulingClip) -> RulingClip | None:
    """The row, locked, while this try still holds it; None when the sweep gave it on, or its ruling or recording went."""
    rows = RulingClip.objects.select_for_update(of=("self",)).select_related("ruling")
    return rows.filter(pk=clip.pk, state=ClipState.RUNNING, state_since=clip.state_since).first()


@transaction.atomic
def _end(
    clip: RulingClip, new: ClipState, code: str, *, after: timedelta = timedelta(0), is_counted: bool = True
) -> RulingClip | None:
    """The end of a try without a film; one that isn't counted was not the clip's fault."""
    mine = _mine(clip)
    if mine is None:
        return None
    mine.tries -= 0 if is_counted else 1
    return _move(mine, new, code=code, due_at=database_now() + after)


def _wait(clip: RulingClip) -> RulingClip | None:
    return _end(clip, ClipState.QUEUED, "storage-away", after=LATER, is_counted=False)


def _try_again(clip: RulingClip) -> RulingClip | None:
    if clip.tries >= MAX_TRIES:
        return _end(clip, ClipState.FAILED, "tries-used-up")
    return _end(clip, ClipState.QUEUED, "try-failed", after=timedelta(minutes=clip.tries))


def let_clip_go(ruling: Ruling) -> RulingClip | None:
    """Show the clip of a ruling that no longer counts to nobody, and have it deleted. The caller holds the ruling's lock."""
    clip = RulingClip.objects.select_for_update().filter(ruling=ruling).first()
    if clip is None or clip.state in (ClipState.DELETING, ClipState.DELETED):
        return clip
    return _move(clip, ClipState.DELETING, code="retired")


def _delete(clip_id: UUID) -> RulingClip | None:
    """Remove the file of a clip that is to go, unless its try is under legal hold; then say that it is gone.

    The file goes first: killed in between, it is removed once more. A bucket that is away leaves it to a later sweep.
    """
    clip = RulingClip.objects.select_related("ruling__recording").get(pk=clip_id)
    recording = clip.ruling.recording
    if recording is not None:
        if held_by(recording.submission_id):
            _look_again(clip, HELD_LATER)
            return None
        try:
            storage.drop_clip(recording, clip.pk)
        except OSError:
            log.exception("clip %s could not be deleted", clip.pk)
            _look_again(clip, LATER)
            return None
    with transaction.atomic():
        going = RulingClip.objects.select_for_update().filter(pk=clip_id, state=ClipState.DELETING).first()
        return _move(going, ClipState.DELETED, code=going.code) if going else None


def _look_again(clip: RulingClip, after: timedelta) -> None:
    waiting = RulingClip.objects.filter(pk=clip.pk, state=ClipState.DELETING)
    waiting.update(due_at=database_now() + after)


def forget_clips(recording: Recording, *, because: str) -> None:
    """Blank, in every ruling and its history, where it was seen and what was agreed: the recording is deleted, words stay.

    The caller holds the recording's lock, and has removed its folder, in which the clips lay. `because`: the purge's rule.
    """
    rulings = Ruling.objects.select_for_update().filter(recording=recording).order_by("pk")
    ids = list(rulings.values_list("pk", flat=True))
    for clip in RulingClip.objects.select_for_update().filter(ruling__in=ids):
        if clip.state != ClipState.DELETED:
            _move(clip, ClipState.DELETED, code=because)
    nothing = {"recording": None, "start_ms": None, "end_ms": None, "consent": ""}
    Ruling.history.filter(recording=recording.pk).update(**nothing)
    Ruling.objects.filter(pk__in=ids).update(**nothing)


@transaction.atomic
def cut_again(*, clip: RulingClip, by: Person) -> RulingClip:
    """Try a clip that failed once more, with three new tries. Refused: not-failed, retired."""
    rows = RulingClip.objects.select_for_update(of=("self",)).select_related("ruling")
    locked = rows.get(pk=clip.pk)
    refuse_if(why_not_cut_again(locked))
    locked.tries = 0
    AuditEvent.objects.create(actor_id=by.pk, event="clip.cut-again", subject=f"assessments.rulingclip:{locked.pk}")
    return _move(locked, ClipState.QUEUED)


def note_watching(*, clip: RulingClip, by: Person) -> None:
    """Write down that somebody opened a clip, once for each person; twice where a player's first two requests come at once."""
    watched = {"actor_id": by.pk, "event": "clip.watched", "subject": f"assessments.rulingclip:{clip.pk}"}
    if not AuditEvent.objects.filter(**watched).exists():
        AuditEvent.objects.create(**watched)


def sweep_clips(*, now: datetime) -> list[UUID]:
    """Find what was missed: stretches without a clip, rulings of deleted recordings, clips that a dead worker held.

    Returns the ids of clips whose work is due, the oldest first and a few.
    """
    for ruling in rulings_without_clip()[:AT_ONCE]:
        _ask_once(ruling, now)
    for recording_id in Ruling.objects.filter(recording__stored=StoredState.PURGED).values_list("recording", flat=True):
        _forget_late(recording_id)
    due = list(clips_to_do(now).select_related("ruling"))
    for clip in due:
        if clip.state == ClipState.RUNNING:
            _try_again(clip)
    return [clip.pk for clip in due if clip.state != ClipState.RUNNING][:AT_ONCE]


@transaction.atomic
def _ask_once(ruling: Ruling, now: datetime) -> None:
    locked = rulings_without_clip().select_for_update(of=("self",), skip_locked=True).filter(pk=ruling.pk).first()
    if locked is not None:
        ask_for_clip(locked, now=now)


@transaction.atomic
def _forget_late(recording_id: UUID) -> None:
    recording = Recording.objects.select_for_update().get(pk=recording_id)
    purge = recording.purges.filter(done_at__isnull=False).order_by("-done_at").first()
    forget_clips(recording, because=purge.rule if purge else "retired")

"""Removing bytes when their time is over, and keeping what must not be touched. Scores, comments and receipts stay."""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments import signals, storage
from assessments.actions.ruling_clips import forget_clips
from assessments.models import (
    ClipState,
    LegalHold,
    Purge,
    PurgeReceipt,
    PurgeRule,
    Recording,
    ReviewTask,
    RulingClip,
    StoredState,
    Submission,
    SubmissionFile,
)
from assessments.models.retention import STORED_TRANSITIONS
from assessments.models.reviews import OPEN_TASK_STATES
from assessments.rules.retention import (
    due_files,
    due_recordings,
    held_by,
    not_asked_for,
    submission_of,
    waiting_purges,
    why_not_hold,
    why_not_purge,
    why_not_withdraw_consent,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.lib.states import why_not_move

log = logging.getLogger(__name__)

ASKED_AT_ONCE = 500


def ask_for_due_purges(*, now: datetime) -> int:
    """Write a purge for everything whose time is over and that has none yet; returns how many. May run at any time."""
    asked = 0
    for rule, recordings in due_recordings(now):
        for recording in not_asked_for(recordings, rule).order_by("created_at")[:ASKED_AT_ONCE]:
            asked += _ask(rule, now, recording=recording)
    for rule, files in due_files(now):
        for file in not_asked_for(files, rule).order_by("sent_at")[:ASKED_AT_ONCE]:
            asked += _ask(rule, now, file=file)
    return asked


def _ask(rule: PurgeRule, now: datetime, **target: Any) -> bool:
    return Purge.objects.get_or_create(rule=rule, **target, defaults={"asked_at": now})[1]


def carry_out_purges(*, now: datetime, rules: Collection[str] = PurgeRule.values) -> int:
    """Carry out what nothing stops; returns how many. One that fails is logged and tried again by the next sweep."""
    return sum(_carry_out_or_log(purge, now) for purge in waiting_purges().filter(rule__in=rules))


def carry_out_one(*, purge_id: int, now: datetime) -> bool:
    """Carry out one purge by its id; whether it is done. One that has to wait is left to the sweep."""
    purge = waiting_purges().filter(pk=purge_id).first()
    return purge is not None and _carry_out_or_log(purge, now)


def _carry_out_or_log(purge: Purge, now: datetime) -> bool:
    try:
        carry_out_purge(purge=purge, now=now)
    except Refused:
        return False
    except Exception:  # a disk or database that fails one purge must not stop the others
        log.exception("purge %s failed", purge.pk)
        return False
    return True


def carry_out_purge(*, purge: Purge, now: datetime) -> PurgeReceipt:
    """Remove what a purge is about: the row says so first, then the bytes go, then the receipt is written.

    Killed in between, it goes on from where it was; done twice, it returns the first receipt. No transaction is open
    while bytes are read or removed. Refused: legal-hold, being-read, being-checked, reading-open.
    """
    if purge.found is None:
        refuse_if(why_not_purge(purge, now))
        purge = _begin(purge, _inventory_of(purge), now)
    _remove(purge)
    return _finish(purge)


def _inventory_of(purge: Purge) -> list[dict[str, Any]]:
    if purge.recording:
        return storage.inventory(purge.recording, only_original=purge.rule == PurgeRule.ORIGINAL)
    assert purge.file is not None  # purge_of_one_thing
    return storage.inventory_of_file(purge.file)


@transaction.atomic
def _begin(purge: Purge, found: list[dict[str, Any]], now: datetime) -> Purge:
    """Look once more, under the locks that a grader's claim takes too, then let the pages say that it is going."""
    submission_id = submission_of(purge).pk
    list(ReviewTask.objects.select_for_update().filter(submission=submission_id, state__in=OPEN_TASK_STATES))
    locked = _locked(purge)
    Submission.objects.select_for_update().get(pk=submission_id)
    if locked.found is not None:
        return locked
    refuse_if(why_not_purge(locked, now))
    if locked.rule != PurgeRule.ORIGINAL:
        _move(locked, StoredState.PURGING)
    locked.found = found
    locked.save(update_fields=["found"])
    return locked


def _locked(purge: Purge) -> Purge:
    """The purge and what it is about, both locked; the thing first, as everywhere."""
    things: Any = Recording if purge.recording_id else SubmissionFile
    thing = things.objects.select_for_update(of=("self",)).select_related("submission").get(pk=_target_id(purge))
    locked = Purge.objects.select_for_update().get(pk=purge.pk)
    if purge.recording_id:
        locked.recording = thing
    else:
        locked.file = thing
    return locked


def _target_id(purge: Purge) -> Any:
    return purge.recording_id or purge.file_id


def _move(purge: Purge, new: StoredState) -> None:
    """One step of what is left; a thing that another rule removed meanwhile stays removed."""
    thing = purge.recording or purge.file
    assert thing is not None  # purge_of_one_thing
    if why_not_move(STORED_TRANSITIONS, old=thing.stored, new=new) is None:
        thing.stored = new
        thing.save(update_fields=["stored"])


def _remove(purge: Purge) -> None:
    if purge.file:
        storage.drop_file(purge.file)
    elif purge.recording and purge.rule == PurgeRule.ORIGINAL:
        storage.drop_original(purge.recording)
    elif purge.recording:
        storage.drop_recording(purge.recording)


@transaction.atomic
def _finish(purge: Purge) -> PurgeReceipt:
    """The receipt, once, and the last state of what is left."""
    locked = _locked(purge)
    receipt = PurgeReceipt.objects.filter(purge=locked).first()
    if receipt:
        return receipt
    now = database_now()
    whole = locked.rule != PurgeRule.ORIGINAL
    _move(locked, StoredState.PURGED if whole else StoredState.ARCHIVED)
    locked.done_at = now
    locked.save(update_fields=["done_at"])
    copied = {name: getattr(locked, name) for name in ("recording_id", "file_id", "rule", "reason", "by_id")}
    receipt = PurgeReceipt.objects.create(purge=locked, removed=locked.found, purged_at=now, **copied)
    if whole and locked.recording:
        forget_clips(locked.recording, because=locked.rule)
        signals.recording_purged.send(Recording, recording=locked.recording)
    return receipt


@transaction.atomic
def withdraw_consent(*, recording: Recording, reason: str, by: Person) -> Purge:
    """Delete a recording, and the camera beside it, because somebody in it doesn't agree any more.

    It is gone within a minute; a grader who watches at this moment ends first. Refused: gone-already, not-complete.
    """
    main = Recording.objects.select_for_update().get(pk=recording.main_id or recording.pk)
    refuse_if(why_not_withdraw_consent(main))
    wanted = {"asked_at": database_now(), "reason": reason, "by_id": by.pk}
    for track in main.tracks.kept():
        _ask_for_consent(track, wanted)
    purge = _ask_for_consent(main, wanted)
    signals.purge_asked.send(Purge, purge=purge)
    return purge


def _ask_for_consent(recording: Recording, wanted: dict[str, Any]) -> Purge:
    return Purge.objects.get_or_create(recording=recording, rule=PurgeRule.CONSENT, defaults=wanted)[0]


@transaction.atomic
def place_hold(*, submission: Submission, reason: str, by: Person) -> LegalHold:
    """Keep everything of a try, whatever rule wants it removed, until the hold is lifted. Refused: held-already."""
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    refuse_if(why_not_hold(locked))
    return LegalHold.objects.create(submission=locked, placed_by_id=by.pk, placed_at=database_now(), reason=reason)


@transaction.atomic
def lift_hold(*, submission: Submission, reason: str, by: Person) -> LegalHold:
    """End the legal hold of a try; what is due goes with the next sweep. Refused: not-held."""
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    hold = held_by(locked.pk)
    if hold is None:
        raise Refused(Refusal("not-held", _("This try is not under legal hold.")))
    hold.lifted_by_id, hold.lifted_at, hold.lifted_reason = by.pk, database_now(), reason
    hold.save(update_fields=["lifted_by", "lifted_at", "lifted_reason"])
    return hold


def purge_again() -> int:
    """Delete once more what was deleted before a backup was put back; returns how many recordings and files were asked for.

    Reads no file. The receipts of the first time stand.
    """
    recordings = Recording.objects.filter(stored__in=(StoredState.ARCHIVED, StoredState.PURGED))
    files = SubmissionFile.objects.filter(stored=StoredState.PURGED)
    for recording in recordings.iterator():
        if recording.is_gone:
            storage.drop_recording(recording)
        else:
            storage.drop_original(recording)
    for file in files.iterator():
        storage.drop_file(file)
    clips = RulingClip.objects.filter(state=ClipState.DELETED, ruling__recording__isnull=False)
    for clip in clips.select_related("ruling__recording"):
        assert clip.ruling.recording is not None  # asked for above
        storage.drop_clip(clip.ruling.recording, clip.pk)
    return recordings.count() + files.count()

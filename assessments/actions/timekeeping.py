"""The clock of a running sitting: extra time, pauses, breaks. Every move of a deadline is a row with its reason."""

import uuid
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import transaction
from django.db.models import Sum

from assessments.models import Attempt, AttemptEvent, AttemptState, TimeAdjustment, TimeKind
from assessments.rules.attempts import (
    break_left,
    why_not_adjust,
    why_not_break,
    why_not_by,
    why_not_pause,
    why_not_resume,
    why_not_unexplained,
)
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def adjust_time(*, attempt: Attempt, seconds: int, reason: str, by: Person) -> Attempt:
    """Move the deadline of a live attempt at once; the learner sees it with the next heartbeat.

    Refused: no reason, one's own attempt, one that isn't live, or a deadline before now.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(why_not_adjust(attempt, seconds, reason, by))
    move_deadline(attempt, TimeKind.EXTRA, seconds, reason, by.pk)
    return attempt


def move_deadline(attempt: Attempt, kind: TimeKind, seconds: int, reason: str, made_by_id: int) -> None:
    """Write the adjustment and move the deadline of a locked attempt."""
    assert attempt.deadline_at is not None  # whatever has started has one
    TimeAdjustment.objects.create(
        attempt=attempt,
        kind=kind,
        seconds=seconds,
        reason=reason.strip(),
        made_by_id=made_by_id,
        made_at=attempt.now,
    )
    attempt.deadline_at += timedelta(seconds=seconds)
    attempt.save(update_fields=["deadline_at"])


@transaction.atomic
def pause_attempt(*, attempt: Attempt, reason: str, by: Person) -> Attempt:
    """Stop the clock; the learner's page hides the questions with its next heartbeat. Saves that come are kept aside.

    Refused: no reason, one's own attempt, or one that doesn't run.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(why_not_by(attempt, by) or why_not_pause(attempt, attempt.now))
    refuse_if(why_not_unexplained(reason, "Say why it is paused; the reason is kept with the attempt."))
    _stop(attempt, until=None)
    note_event(attempt, "paused", by, reason=reason.strip())
    return attempt


def _stop(attempt: Attempt, *, until: datetime | None) -> None:
    attempt.state, attempt.paused_at, attempt.paused_until = AttemptState.PAUSED, attempt.now, until
    attempt.save(update_fields=["state", "paused_at", "paused_until"])


@transaction.atomic
def resume_attempt(*, attempt: Attempt, by: Person) -> Attempt:
    """Let a paused attempt go on: the pause becomes a time adjustment, and the learner's page comes back by itself.

    Refused: one's own attempt, or one that isn't paused.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(why_not_resume(attempt, by))
    _go_on(attempt, by.pk)
    note_event(attempt, "resumed", by)
    return attempt


def _go_on(attempt: Attempt, made_by_id: int) -> None:
    """End the pause of a locked attempt: now, or when its break was used up.

    A pause is rounded up to seconds, a break down: hundreds of short ones would add up to time to work in.
    """
    assert attempt.paused_at is not None  # a constraint: attempt_paused_has_time
    began, end = attempt.paused_at, min(attempt.now, attempt.paused_until or attempt.now)
    lasted, is_break = (end - began).total_seconds(), attempt.paused_until is not None
    kind, reason = (TimeKind.BREAK, "Break") if is_break else (TimeKind.PAUSE, _reason_of_pause(attempt))
    seconds = int(lasted) if is_break else max(ceil(lasted), 1)
    attempt.state, attempt.paused_at, attempt.paused_until = AttemptState.IN_PROGRESS, None, None
    attempt.save(update_fields=["state", "paused_at", "paused_until"])
    if seconds:
        move_deadline(attempt, kind, seconds, reason, made_by_id)


def _reason_of_pause(attempt: Attempt) -> str:
    event = attempt.log.filter(kind="paused").latest("pk")
    return f"Paused: {event.reason}"[:300]


@transaction.atomic
def take_break(*, attempt_id: uuid.UUID, by: Person) -> Attempt:
    """Stop one's own clock within what was agreed; the questions are hidden. It goes on by itself when that is used up.

    Refused: no break left, or the clock doesn't run. Raises Attempt.DoesNotExist where it isn't theirs.
    """
    attempt = Attempt.objects.visible_to(by).timed().locked().get(pk=attempt_id)
    used = break_seconds_used(attempt)
    refuse_if(why_not_break(attempt, used, attempt.now))
    _stop(attempt, until=attempt.now + timedelta(seconds=break_left(attempt, used)))
    note_event(attempt, "break", by)
    return attempt


def break_seconds_used(attempt: Attempt) -> int:
    """How much of its break a sitting has used in breaks that ended. One query."""
    return attempt.adjustments.filter(kind=TimeKind.BREAK).aggregate(used=Sum("seconds"))["used"] or 0


@transaction.atomic
def end_own_break(*, attempt_id: uuid.UUID, by: Person) -> Attempt:
    """Go on before the break is over. Not on a break: nothing changes; a pause by staff is theirs to end.

    Raises Attempt.DoesNotExist where it isn't theirs.
    """
    attempt = Attempt.objects.visible_to(by).timed().locked().get(pk=attempt_id)
    if attempt.paused_until is not None:
        end_break(attempt)
    return attempt


def end_break(attempt: Attempt) -> None:
    """End the learner's own break of a locked attempt that was read with its time."""
    _go_on(attempt, attempt.learner_id)


def note_event(attempt: Attempt, kind: str, by: Person, *, reason: str = "", **details: Any) -> AttemptEvent:
    """Keep what happened to a locked attempt that was read with its time."""
    return AttemptEvent.objects.create(
        attempt=attempt, kind=kind, actor_id=by.pk, reason=reason, happened_at=attempt.now, details=details
    )

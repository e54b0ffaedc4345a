"""The three closers of a sitting: the learner's submit, the sweep, and any read. All of them end in `close_attempt`."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from assessments.actions.scoring import scorable_items, score_attempt
from assessments.actions.timekeeping import end_break
from assessments.models import Attempt, AttemptItem, AttemptState, CloseReason
from assessments.models.attempts import DatabaseTime
from assessments.rules.attempts import (
    GRACE,
    is_break_over,
    is_held,
    is_overdue,
    is_writable,
    why_not_hand_in,
    why_not_write,
)
from assessments.rules.banks import content_hash
from assessments.signals import attempt_received
from courses.lib.compiled import Compiled
from courses.lib.people import Person
from courses.lib.prepared import Prepared
from courses.lib.refusals import refuse_if

log = logging.getLogger(__name__)
OVERDUE = Q(state=AttemptState.IN_PROGRESS, deadline_at__lt=DatabaseTime() - GRACE)
BREAK_OVER = Q(state=AttemptState.PAUSED, paused_until__lte=DatabaseTime())
RELEASED = Q(exam_version__results_at=None) | Q(exam_version__results_at__lte=DatabaseTime()) | Q(scored=False)
CLOSED_NOW = Prepared(
    "close_attempt",
    """
UPDATE assessments_attempt
SET state = $2, closed_at = $3, close_reason = $4, submission_id = $5, answers_hash = $6, answered_count = $7
WHERE id = $1 AND state = 'in_progress'
""",
    ("attempt", "state", "closed_at", "close_reason", "submission_id", "answers_hash", "answered_count"),
)
UNSCORED = Q(state=AttemptState.SUBMITTED) & RELEASED


@dataclass(frozen=True, slots=True)
class Differing:
    """An item for which page and server don't hold the same answer; `digest` is the server's."""

    item: int
    digest: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a submit: the attempt, closed unless `differing` names items that the page must send again."""

    attempt: Attempt
    differing: list[Differing] = field(default_factory=list)


@Compiled
def attempt_to_hand_in(learner: Any, pk: Any) -> QuerySet[Any]:
    """The learner's own attempt, locked, with its time and what scoring it asks for."""
    mine = Attempt.objects.visible_to(learner).timed().locked()
    return mine.select_related("exam", "exam_version").filter(pk=pk)


@transaction.atomic
def submit_attempt(
    *,
    attempt_id: uuid.UUID,
    by: Person,
    client_id: str,
    epoch: int,
    submission_id: str = "",
    digests: Mapping[int, str] | None = None,
) -> Submission:
    """Hand the attempt in and score it; a repeat, or the loser of a race, gets the first receipt.

    `digests`: item -> the digest that the page was told last; where one differs nothing is closed. Refused for a tab
    that lost the pen. Raises Attempt.DoesNotExist where it isn't theirs. Eight statements, whatever the items.
    """
    attempt = attempt_to_hand_in.get(learner=by, pk=attempt_id)
    if is_break_over(attempt, attempt.now):
        end_break(attempt)
    if attempt.state != AttemptState.IN_PROGRESS:
        refuse_if(why_not_hand_in(attempt))
        return Submission(attempt)
    items = scorable_items(attempt)
    if is_writable(attempt, attempt.now):
        refuse_if(why_not_write(attempt, client_id, epoch))
        if differing := _differing(items, digests or {}):
            return Submission(attempt, differing)
    close_attempt(attempt=attempt, now=attempt.now, items=items, submission_id=submission_id, by_learner=True)
    return Submission(attempt)


def _differing(items: Sequence[AttemptItem], digests: Mapping[int, str]) -> list[Differing]:
    known = {item.position: item.current_event.digest if item.current_event else "" for item in items}
    return [Differing(item, known.get(item, "")) for item, told in digests.items() if known.get(item, "") != told]


def close_attempt(
    *,
    attempt: Attempt,
    now: datetime,
    items: Sequence[AttemptItem] | None = None,
    submission_id: str = "",
    by_learner: bool = False,
) -> bool:
    """End a running attempt and score it, inside a transaction; whether this call was the one that closed it.

    Closed by time, `closed_at` is the deadline. A fault in scoring leaves it handed in, and so does an exam whose results
    are released later: the sweep scores it then. Source: rules.md 3.7, 3.29.
    """
    assert attempt.deadline_at is not None  # running attempts have one
    items = scorable_items(attempt) if items is None else items
    in_time = by_learner and now <= attempt.deadline_at
    closing = {
        "state": AttemptState.SUBMITTED,
        "closed_at": min(now, attempt.deadline_at),
        "close_reason": CloseReason.CANDIDATE if in_time else CloseReason.TIME,
        "submission_id": submission_id,
    } | _fingerprint(attempt, items)
    if not _won(attempt, closing):
        attempt.refresh_from_db()
        return False
    for name, value in closing.items():
        setattr(attempt, name, value)
    if is_held(attempt, now) or not score_or_leave(attempt, now, items):
        attempt_received.send(sender=Attempt, attempt=attempt)
    return True


def _won(attempt: Attempt, closing: Mapping[str, object]) -> bool:
    """Whether the attempt ran until this statement."""
    with connection.cursor() as cursor:
        CLOSED_NOW.execute(cursor, {"attempt": attempt.pk, **closing})
        return cursor.rowcount == 1


def _fingerprint(attempt: Attempt, items: Sequence[AttemptItem]) -> dict[str, object]:
    """What the receipt stands for: every answer as it counts, and how many there are."""
    digests = [[item.position, item.current_event.digest] for item in items if item.current_event]
    return {
        "answers_hash": content_hash([str(attempt.pk), digests]),
        "answered_count": sum(item.current_event.answered for item in items if item.current_event),
    }


def score_or_leave(attempt: Attempt, now: datetime, items: Sequence[AttemptItem]) -> bool:
    """Score; a fault is logged, never shown, and the closing stands."""
    try:
        score_attempt(attempt=attempt, items=items, reason="closed", now=now)
    except Exception:  # a broken question or a receiver may not keep an attempt open
        log.exception("attempt %s is closed but not scored, the sweep tries again", attempt.pk)
        attempt.state, attempt.current_run = AttemptState.SUBMITTED, None
        return False
    return True


@transaction.atomic
def close_if_overdue(*, attempt_id: uuid.UUID, wait: bool = False) -> None:
    """The closer on read; a break that is over ends first. Skips (or waits for) an attempt that somebody closes now."""
    rows = Attempt.objects.timed().locked(skip=not wait).select_related("exam", "exam_version")
    attempt = rows.filter(pk=attempt_id).first()
    if attempt is not None:
        catch_up(attempt)


def catch_up(attempt: Attempt) -> None:
    """Let a locked attempt, read with its time, be what it should be by now: its break ended, its time closed."""
    if is_break_over(attempt, attempt.now):
        end_break(attempt)
    if is_overdue(attempt, attempt.now):
        close_attempt(attempt=attempt, now=attempt.now)


def close_overdue_of(*, learner: Person) -> None:
    """The closer on read for every running attempt of one person. One query where nothing is overdue."""
    overdue = Attempt.objects.visible_to(learner).filter(OVERDUE | BREAK_OVER).values_list("pk", flat=True)
    for pk in overdue:
        close_if_overdue(attempt_id=pk)


def close_overdue_attempts(limit: int = 100) -> int:
    """The sweep: end breaks that are over, close what is past its deadline and grace, score what was left unscored.

    Returns how many it finished. Each in a transaction of its own: one that fails is skipped and stops no other.
    Several sweeps share the work.
    """
    done, failed = 0, list[uuid.UUID]()
    for _ in range(limit):
        with transaction.atomic():
            attempt = _next_to_finish(failed)
            if attempt is None:
                break
            if not _finish(attempt):
                failed.append(attempt.pk)
            else:
                done += 1
    return done


def _next_to_finish(failed: list[uuid.UUID]) -> Attempt | None:
    waiting = Attempt.objects.filter(OVERDUE | BREAK_OVER | UNSCORED).exclude(pk__in=failed)
    return waiting.timed().locked(skip=True).select_related("exam", "exam_version").order_by(F("deadline_at")).first()


def _finish(attempt: Attempt) -> bool:
    if attempt.state == AttemptState.SUBMITTED:
        return score_or_leave(attempt, attempt.now, scorable_items(attempt))
    catch_up(attempt)
    return attempt.state != AttemptState.SUBMITTED

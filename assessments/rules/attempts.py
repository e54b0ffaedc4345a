"""The clock and the pen of a sitting: how long it runs, which tab may write, what becomes of a save."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from assessments.models import Attempt, AttemptState, Disposition
from courses.lib.refusals import Refusal

GRACE = timedelta(seconds=30)
"""What the network may take; never shown."""
MOVED = Refusal("moved", "This exam goes on in another tab or on another device. Nothing typed here is lost.")


def end_of(attempt: Attempt) -> datetime:
    """The last moment at which a save counts: the deadline and the grace."""
    assert attempt.deadline_at is not None  # a started attempt has one: attempt_started_unless_ready
    return attempt.deadline_at + GRACE


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether a closer must close it."""
    return attempt.state == AttemptState.IN_PROGRESS and now > end_of(attempt)


def is_writable(attempt: Attempt, now: datetime) -> bool:
    """Whether a save received now can become current."""
    return attempt.state == AttemptState.IN_PROGRESS and now <= end_of(attempt)


def remaining_ms(attempt: Attempt, now: datetime) -> int:
    """Milliseconds until the deadline, without the grace; 0 once it passed or the attempt is closed."""
    if attempt.state != AttemptState.IN_PROGRESS or attempt.deadline_at is None:
        return 0
    return max(0, (attempt.deadline_at - now) // timedelta(milliseconds=1))


def holds_lease(attempt: Attempt, client_id: str, epoch: int) -> bool:
    """Whether this tab may write: its epoch is the attempt's, and no other tab has written under it."""
    return epoch == attempt.writer_epoch and attempt.writer_client in ("", client_id)


def why_not_write(attempt: Attempt, client_id: str, epoch: int) -> Refusal | None:
    """Why this tab may not write."""
    return None if holds_lease(attempt, client_id, epoch) else MOVED


def disposition_of(*, writable: bool, leased: bool, newer: bool, readable: bool) -> Disposition:
    """What becomes of a save. The order matters: what is late is late whatever else is wrong with it.

    Source: rules.md 3.5.
    """
    if not writable:
        return Disposition.LATE
    if not leased or not newer:
        return Disposition.SUPERSEDED
    return Disposition.CHAIN if readable else Disposition.REFUSED


def digest_of(answer: Sequence[str], *, flagged: bool) -> str:
    """What page and server compare: SHA-256 of the JSON of the answer as the page sends it, and its flag."""
    text = json.dumps([list(answer), flagged], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""The clock and the pen of a sitting: how long it runs, who may stop it, which tab may write, what becomes of a save."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Attempt, AttemptState, Disposition
from assessments.models.attempts import CLOSED, LIVE
from courses.lib.people import Person
from courses.lib.refusals import Refusal

GRACE = timedelta(seconds=30)
"""What the network may take; never shown."""
MOVED = Refusal(
    "moved", gettext_noop("This exam goes on in another tab or on another device. Nothing typed here is lost.")
)


def end_of(attempt: Attempt) -> datetime:
    """The last moment at which a save counts: the deadline and the grace."""
    assert attempt.deadline_at is not None  # a started attempt has one: attempt_started_unless_ready
    return attempt.deadline_at + GRACE


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether a closer must close it."""
    return attempt.state == AttemptState.IN_PROGRESS and now > end_of(attempt)


def is_held(attempt: Attempt, now: datetime) -> bool:
    """Whether its result waits for the date on which the exam's results are released; practice never waits.

    Held results are not computed at all, so no page, gate, mail or figure can tell a pass from a fail. Source: rules.md 3.29.
    """
    release = attempt.exam_version.results_at
    return attempt.scored and release is not None and now < release


def is_break_over(attempt: Attempt, now: datetime) -> bool:
    """Whether a learner's own break has used up what was agreed, so that the clock runs again."""
    return attempt.state == AttemptState.PAUSED and attempt.paused_until is not None and now >= attempt.paused_until


def is_writable(attempt: Attempt, now: datetime) -> bool:
    """Whether a save received now can become current."""
    return attempt.state == AttemptState.IN_PROGRESS and now <= end_of(attempt)


def remaining_ms(attempt: Attempt, now: datetime) -> int:
    """Milliseconds until the deadline, without the grace; it stands still in a pause. 0 once it passed or is closed."""
    if attempt.state not in LIVE or attempt.deadline_at is None:
        return 0
    return max(0, (attempt.deadline_at - (attempt.paused_at or now)) // timedelta(milliseconds=1))


def why_not_unexplained(reason: str, sentence: str) -> Refusal | None:
    """Why a deed of staff isn't done: nobody would know later what for. `sentence` asks for the reason."""
    return None if reason.strip() else Refusal("no-reason", sentence)


def why_not_adjust(attempt: Attempt, seconds: int, reason: str, by: Person) -> Refusal | None:
    """Why its deadline can't be moved by `seconds`. `attempt` read with its time. Source: rules.md 3.6, 3.21."""
    if own := why_not_by(attempt, by):
        return own
    if not reason.strip() or seconds == 0:
        return Refusal("no-reason", _("Say how much time, and why: both are kept with the attempt."))
    if attempt.state not in LIVE or attempt.deadline_at is None:
        return Refusal("wrong-state", _("Only a running attempt has a clock to move."))
    if attempt.deadline_at + timedelta(seconds=seconds) <= (attempt.paused_at or attempt.now):
        return Refusal("deadline-past", _("That would end the attempt in the past. Take away less."))
    return None


def why_not_pause(attempt: Attempt, now: datetime) -> Refusal | None:
    """Why the clock can't be stopped: it doesn't run."""
    if attempt.state != AttemptState.IN_PROGRESS or attempt.deadline_at is None or now >= attempt.deadline_at:
        return Refusal("wrong-state", _("Only a running attempt with time left can be paused."))
    return None


def why_not_break(attempt: Attempt, used_seconds: int, now: datetime) -> Refusal | None:
    """Why the learner can't take a break: none was agreed, it is used up, or the clock doesn't run. Source: rules.md 3.17."""
    if break_left(attempt, used_seconds) <= 0:
        return Refusal(
            "no-break-left", _("There is no break left in this exam."), attempt.get_absolute_url(), _("Go on")
        )
    return why_not_pause(attempt, now)


def why_not_resume(attempt: Attempt, by: Person) -> Refusal | None:
    """Why staff can't let it go on: it is their own, or it isn't paused."""
    if attempt.state != AttemptState.PAUSED:
        return why_not_by(attempt, by) or Refusal("wrong-state", _("This attempt isn't paused."))
    return why_not_by(attempt, by)


def break_left(attempt: Attempt, used_seconds: int) -> int:
    """Seconds of break that this sitting still has."""
    return max(attempt.policy_snapshot.get("break_minutes", 0) * 60 - used_seconds, 0)


def why_not_by(attempt: Attempt, by: Person) -> Refusal | None:
    """Why this member of staff may not touch the attempt: it is their own."""
    if attempt.learner_id == by.pk:
        return Refusal("own-attempt", _("This is your own attempt. A colleague has to do this."))
    return None


def holds_lease(attempt: Attempt, client_id: str, epoch: int) -> bool:
    """Whether this tab may write: its epoch is the attempt's, and no other tab has written under it."""
    return epoch == attempt.writer_epoch and attempt.writer_client in ("", client_id)


def why_not_write(attempt: Attempt, client_id: str, epoch: int) -> Refusal | None:
    """Why this tab may not write."""
    return None if holds_lease(attempt, client_id, epoch) else MOVED


def why_not_take_over(attempt: Attempt) -> Refusal | None:
    """Why no tab can take the pen: the attempt doesn't run."""
    if attempt.state == AttemptState.IN_PROGRESS:
        return None
    if attempt.state in CLOSED:
        return Refusal("attempt-closed", _("This exam is handed in."), attempt.result_url, _("See the result"))
    sentence = _("This exam is %(state)s, so it can't go on here now.") % {"state": attempt.get_state_display()}
    return Refusal("wrong-state", sentence, attempt.get_absolute_url(), _("Look at it"))


def why_not_hand_in(attempt: Attempt) -> Refusal | None:
    """Why what doesn't run can't be handed in: a closed one answers with its receipt, a paused, planned or void one can't."""
    if attempt.state in (AttemptState.IN_PROGRESS, *CLOSED):
        return None
    return Refusal(
        "wrong-state",
        _("This attempt is %(state)s, so it can't be handed in now.") % {"state": attempt.get_state_display()},
    )


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

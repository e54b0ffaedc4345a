"""What staff may do to a sitting that isn't running as it should, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import (
    Attempt,
    AttemptState,
    CloseReason,
    Disposition,
    Exam,
    Reopening,
    ResponseEvent,
    ScoringRun,
    TimeAdjustment,
)
from assessments.models.attempts import CLOSED, LIVE, TRANSITIONS
from assessments.rules.attempts import why_not_by
from assessments.rules.exams import counted_tries, open_attempt
from courses.lib.people import Person
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move
from courses.models.content import ContentState

CAUSES = frozenset({"misconduct", "incident"})
NOBODY = Refusal(
    "nobody", gettext_noop("Nobody who sat an exam then still sits it, or all have had this time already.")
)
LONGEST_OUTAGE = timedelta(hours=24)
LONGEST_REOPENING_MINUTES = 400


def why_not_void(attempt: Attempt, cause: str, reason: str, by: Person) -> Refusal | None:
    """Why an attempt can't be taken out of the count: it is one's own, is out already, or nobody says what happened."""
    if refusal := why_not_by(attempt, by) or why_not_move(TRANSITIONS, old=attempt.state, new=AttemptState.VOID):
        return refusal
    if not reason.strip() or cause not in CAUSES:
        return Refusal("no-reason", _("Say whether it was misconduct or an incident, and what happened."))
    return None


def why_not_reopen(
    attempt: Attempt, history: Sequence[Attempt], minutes: int, reason: str, by: Person
) -> Refusal | None:
    """Why a closed attempt can't go on: it isn't closed, it was passed, the learner has gone on to another, or practice
    shows the answer to one of its questions by now.

    `history`: from `history_of`. One query. Source: rules.md 3.19, 3.28.
    """
    if own := why_not_by(attempt, by):
        return own
    if attempt.state not in CLOSED:
        return Refusal("wrong-state", _("Only an attempt that is handed in can be reopened."))
    if attempt.current_run is not None and attempt.current_run.passed:
        return Refusal("already-passed", _("This attempt was passed. There is nothing to win by going on."))
    if open_attempt(history) or any(one.number > attempt.number for one in history if one.exam_id == attempt.exam_id):
        return Refusal("gone-on", _("The learner has another attempt since. Give that one time, or take this one out."))
    if attempt.items.filter(question__practice_only=True).exists():
        return Refusal(
            "practised-since", _("Practice shows the answer to one of its questions by now. Plan a new sitting.")
        )
    if not reason.strip() or not 1 <= minutes <= LONGEST_REOPENING_MINUTES:
        return Refusal(
            "no-reason",
            _("Say why, and for how long: 1 to %(longest_reopening_minutes)s minutes from now.")
            % {"longest_reopening_minutes": LONGEST_REOPENING_MINUTES},
        )
    return None


def why_not_ask_again(attempt: Attempt) -> Refusal | None:
    """Why nobody asks to reopen it a second time: the first request still waits. One query."""
    if attempt.reopenings.filter(done_at=None).exists():
        return Refusal("asked-already", _("This was asked for. It waits for the consent of a second person."))
    return None


def needs_consent(attempt: Attempt) -> bool:
    """Whether a second person has to agree to reopen it: its result was shown already."""
    return attempt.state == AttemptState.GRADED


def why_not_consent(asked: Reopening, attempt: Attempt, by: Person) -> Refusal | None:
    """Why this person's consent doesn't count: they asked for it, it is their own attempt, or it was reopened already."""
    if asked.asked_by_id == by.pk:
        return Refusal("second-person", _("You asked for this yourself. A second person has to consent."))
    if asked.done_at is not None:
        return why_not_by(attempt, by) or Refusal("done-already", _("This attempt was reopened already."))
    return why_not_by(attempt, by)


def why_not_schedule(
    exam: Exam,
    history: Sequence[Attempt],
    opens_at: datetime | None,
    closes_at: datetime | None,
    now: datetime,
) -> Refusal | None:
    """Why a sitting can't be planned. `history`: from `history_of`. Source: rules.md 3.18."""
    if exam.state != ContentState.PUBLISHED or exam.current_version is None:
        return Refusal("exam-not-open", _("Publish the exam first."))
    if any(one.exam_id == exam.pk and one.state == AttemptState.READY for one in history):
        return Refusal(
            "scheduled-already", _("A sitting of this exam is planned for this person. Take that one out first.")
        )
    if any(one.current_run and one.current_run.passed for one in counted_tries(history, exam)):
        return Refusal("already-passed", _("This person has passed the exam. Passing ends it for good."))
    if closes_at and closes_at <= max(now, opens_at or now):
        return Refusal("window-over", _("The sitting has to end after it opens, and after now."))
    return None


def why_not_compensate(began_at: datetime, ended_at: datetime, reason: str, now: datetime) -> Refusal | None:
    """Why an interval is no outage that can be made good."""
    if not reason.strip():
        return Refusal("no-reason", _("Say what happened; the reason is kept with every attempt."))
    if not began_at < ended_at <= now:
        return Refusal("no-interval", _("An outage has a beginning and an end, and both are past."))
    if ended_at - began_at > LONGEST_OUTAGE:
        return Refusal("too-long", _("That is more than a day. Look at the times once more."))
    return None


def hit_by(ended_at: datetime) -> QuerySet[Attempt]:
    """Attempts that ran at some moment of an interval with this end: begun before it, and not ended yet."""
    return Attempt.objects.filter(state__in=LIVE, started_at__lt=ended_at)


def cut_off_by(began_at: datetime, ended_at: datetime) -> QuerySet[Attempt]:
    """Attempts whose time ran out in the interval: time can't reach them any more, they can be reopened one by one."""
    by_time = Attempt.objects.filter(state__in=CLOSED, close_reason=CloseReason.TIME)
    return by_time.filter(closed_at__gte=began_at, closed_at__lte=ended_at)


Interval = tuple[datetime, datetime]


def seconds_owed(began_at: datetime, ended_at: datetime, attempts: Iterable[UUID]) -> dict[UUID, int]:
    """attempt -> whole seconds of the interval that no earlier outage gave it: together they give their union. One query.

    0: it had all of it. Source: rules.md 3.20.
    """
    attempts = list(attempts)
    earlier = TimeAdjustment.objects.filter(outage__began_at__lt=ended_at, outage__ended_at__gt=began_at)
    rows = earlier.filter(attempt__in=attempts).values_list("attempt_id", "outage__began_at", "outage__ended_at")
    had: dict[UUID, list[Interval]] = {pk: [] for pk in attempts}
    for pk, began, ended in rows:
        had[pk].append((began, ended))
    whole = max(int((ended_at - began_at).total_seconds()), 1)
    return {pk: int(_left_of((began_at, ended_at), own).total_seconds()) if own else whole for pk, own in had.items()}


def _left_of(interval: Interval, taken: Iterable[Interval]) -> timedelta:
    """How much of an interval lies in none of the others, which overlap it."""
    edge, end = interval
    left = timedelta(0)
    for began, ended in sorted(taken):
        left += max(began - edge, timedelta(0))
        edge = max(edge, ended)
    return left + max(end - edge, timedelta(0))


@dataclass(frozen=True, slots=True)
class OutagePreview:
    """Whom an outage reaches: `reached` with the whole seconds they get, `had` got them before, `cut_off` ran out of time."""

    reached: Sequence[tuple[Attempt, int]]
    had: Sequence[Attempt]
    cut_off: Sequence[Attempt]


def outage_preview(began_at: datetime, ended_at: datetime) -> OutagePreview:
    """Who would get how much. Three queries."""
    rows = list(hit_by(ended_at).select_related("learner", "exam").order_by("started_at"))
    owed = seconds_owed(began_at, ended_at, [one.pk for one in rows])
    return OutagePreview(
        reached=[(one, owed[one.pk]) for one in rows if owed[one.pk]],
        had=[one for one in rows if not owed[one.pk]],
        cut_off=list(cut_off_by(began_at, ended_at).select_related("learner", "exam").order_by("closed_at")),
    )


def late_answers(attempt: Attempt, minutes: int) -> dict[int, ResponseEvent]:
    """item -> the last answer that came in the first minutes after the end and didn't count. One query.

    Only what is answered and could be read; nothing is emptied late.
    """
    assert attempt.closed_at is not None  # a closed attempt has it
    rows = ResponseEvent.objects.filter(
        item__attempt=attempt,
        disposition=Disposition.LATE,
        answered=True,
        received_at__gt=attempt.closed_at,
        received_at__lte=attempt.closed_at + timedelta(minutes=minutes),
    )
    return {row.item_id: row for row in rows.order_by("received_at", "pk")}


def why_not_admit(attempt: Attempt, reason: str, by: Person) -> Refusal | None:
    """Why late answers can't be let in. Source: rules.md 3.20."""
    if own := why_not_by(attempt, by):
        return own
    if attempt.state != AttemptState.GRADED:
        return Refusal("wrong-state", _("Late answers are looked at once the attempt is scored."))
    if not reason.strip():
        return Refusal("no-reason", _("Say why they count; the reason is kept with the attempt."))
    return None


def why_not_late(late: Mapping[int, ResponseEvent], minutes: int) -> Refusal | None:
    """Why there is nothing to let in. `late`: from `late_answers`."""
    return (
        None
        if late
        else Refusal("none-late", _("No answer came in the %(minutes)s minutes after the end.") % {"minutes": minutes})
    )


def why_not_rescore(before: ScoringRun | None, run: ScoringRun) -> Refusal | None:
    """Why late answers don't stand: `run`, with them, fails what `before` passed. Source: rules.md 3.20."""
    if before is not None and before.passed and not run.passed:
        return Refusal("takes-a-pass", _("With these answers the attempt would fail. A pass isn't taken away here."))
    return None

"""What staff do to sittings beside moving their clock: plan, take out, reopen, let late answers in, make outages good.

Lock order: learner, then attempt.
"""

from datetime import datetime, timedelta
from math import ceil

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Subquery, Value

from assessments.actions.attempts import new_attempt
from assessments.actions.scoring import scorable_items, score_attempt
from assessments.actions.timekeeping import move_deadline, note_event
from assessments.models import (
    Attempt,
    AttemptItem,
    AttemptState,
    Exam,
    Outage,
    Reopening,
    ScoringRun,
    TimeAdjustment,
    TimeKind,
)
from assessments.rules.attempts import why_not_by, why_not_unexplained
from assessments.rules.exams import history_of
from assessments.rules.interventions import (
    NOBODY,
    hit_by,
    late_answers,
    needs_consent,
    seconds_owed,
    why_not_admit,
    why_not_ask_again,
    why_not_compensate,
    why_not_consent,
    why_not_late,
    why_not_reopen,
    why_not_rescore,
    why_not_schedule,
    why_not_void,
)
from assessments.signals import attempt_reopened, attempt_scheduled, attempt_voided
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def void_attempt(*, attempt: Attempt, cause: str, reason: str, by: Person) -> Attempt:
    """Take an attempt out of the count, with its cause (`misconduct` or `incident`) and a reason; nothing is deleted.

    Refused: no reason, one's own, or already void.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(why_not_void(attempt, cause, reason, by))
    before, attempt.state = attempt.state, AttemptState.VOID
    attempt.paused_at, attempt.paused_until = None, None
    attempt.save(update_fields=["state", "paused_at", "paused_until"])
    note_event(attempt, "voided", by, reason=reason.strip(), cause=cause, **{"from": before})
    attempt_voided.send(sender=Attempt, attempt=attempt, cause=cause)
    return attempt


@transaction.atomic
def schedule_attempt(
    *, exam: Exam, learner: Person, opens_at: datetime | None, closes_at: datetime | None, reason: str, by: Person
) -> Attempt:
    """Plan a sitting for one person; they start it themselves, within its window. Tries and pauses aren't asked.

    Refused: as `why_not_schedule`, for oneself, or without a reason.
    """
    _lock(learner.pk)
    exam = Exam.objects.select_related("current_version").get(pk=exam.pk)
    history, now = history_of(learner, exam), database_now()
    refuse_if(why_not_schedule(exam, history, opens_at, closes_at, now))
    attempt = new_attempt(exam, learner, history)
    refuse_if(why_not_by(attempt, by))
    refuse_if(why_not_unexplained(reason, "Say why; the reason is kept with the attempt."))
    assert exam.current_version is not None  # why_not_schedule refused otherwise
    attempt.state, attempt.exam_version, attempt.now = AttemptState.READY, exam.current_version, now
    attempt.opens_at, attempt.closes_at = opens_at, closes_at
    attempt.save(force_insert=True)
    note_event(attempt, "scheduled", by, reason=reason.strip())
    attempt_scheduled.send(sender=Attempt, attempt=attempt)
    return attempt


def _lock(learner_id: int) -> None:
    """The row that every start of this learner waits for."""
    get_user_model()._default_manager.select_for_update(no_key=True).values_list("pk").get(pk=learner_id)


@transaction.atomic
def ask_to_reopen(*, attempt: Attempt, minutes: int, reason: str, by: Person) -> Reopening:
    """Let a closed attempt go on for so many minutes from now; where its result was shown, once a second person consents.

    Refused: as `why_not_reopen`, or while another one waits for consent.
    """
    attempt = _locked_with_learner(attempt)
    refuse_if(why_not_reopen(attempt, history_of(attempt.learner, attempt.exam), minutes, reason, by))
    refuse_if(why_not_ask_again(attempt))
    asked = Reopening.objects.create(
        attempt=attempt, minutes=minutes, reason=reason.strip(), asked_by_id=by.pk, asked_at=attempt.now
    )
    if not needs_consent(attempt):
        _reopen(attempt, asked)
    return asked


@transaction.atomic
def consent_to_reopen(*, reopening: Reopening, by: Person) -> Attempt:
    """A second person agrees, and the attempt goes on from this moment.

    Refused: the person who asked, the learner, what is done already, or as `why_not_reopen`.
    """
    attempt = _locked_with_learner(reopening.attempt)
    asked = Reopening.objects.get(pk=reopening.pk)
    refuse_if(why_not_consent(asked, attempt, by))
    refuse_if(why_not_reopen(attempt, history_of(attempt.learner, attempt.exam), asked.minutes, asked.reason, by))
    asked.consent_by_id = by.pk
    _reopen(attempt, asked)
    return attempt


def _locked_with_learner(attempt: Attempt) -> Attempt:
    """The attempt, locked after its learner, read with its time."""
    _lock(attempt.learner_id)
    rows = Attempt.objects.timed().locked().select_related("exam", "exam_version", "learner", "current_run")
    return rows.get(pk=attempt.pk)


def _reopen(attempt: Attempt, asked: Reopening) -> None:
    """Nobody holds the pen: the first page that opens it takes it. The earlier run and receipt stay on record."""
    assert attempt.deadline_at is not None  # whatever has started has one
    before = {"closed_at": str(attempt.closed_at), "receipt": attempt.receipt, "reason": attempt.close_reason}
    deadline = attempt.now + timedelta(minutes=asked.minutes)
    attempt.state, attempt.closed_at, attempt.close_reason = AttemptState.IN_PROGRESS, None, ""
    attempt.submission_id, attempt.answers_hash, attempt.answered_count = "", "", None
    attempt.writer_client, attempt.writer_epoch = "", attempt.writer_epoch + 1
    attempt.save()
    seconds = ceil((deadline - attempt.deadline_at).total_seconds()) or 1
    move_deadline(attempt, TimeKind.REOPENED, seconds, asked.reason, asked.asked_by_id)
    asked.done_at = attempt.now
    asked.save(update_fields=["done_at", "consent_by"])
    note_event(attempt, "reopened", asked.asked_by, reason=asked.reason, consent=asked.consent_by_id, before=before)
    attempt_reopened.send(sender=Attempt, attempt=attempt)


@transaction.atomic
def compensate_outage(*, began_at: datetime, ended_at: datetime, reason: str, by: Person) -> Outage:
    """Give its length to everyone who sat an exam in it and still does; what an earlier one gave of it is left out.

    Refused: as `why_not_compensate`, or where it reaches nobody. Six statements, whatever the number. One's own attempt
    gets it too: the time is the same for everyone. Source: rules.md 3.20.
    """
    now = database_now()
    refuse_if(why_not_compensate(began_at, ended_at, reason, now))
    attempts = list(hit_by(ended_at).order_by("pk").select_for_update().values_list("pk", flat=True))
    # Read after the lock: another one who makes the same outage good at this moment has committed by now.
    owed = seconds_owed(began_at, ended_at, attempts)
    reached = {pk: seconds for pk, seconds in owed.items() if seconds}
    refuse_if(None if reached else NOBODY)
    outage = Outage.objects.create(
        began_at=began_at, ended_at=ended_at, reason=reason.strip(), made_by_id=by.pk, made_at=now
    )
    TimeAdjustment.objects.bulk_create(
        TimeAdjustment(
            attempt_id=pk,
            kind=TimeKind.OUTAGE,
            seconds=seconds,
            reason=outage.reason,
            outage=outage,
            made_by_id=by.pk,
            made_at=now,
        )
        for pk, seconds in reached.items()
    )
    given = outage.adjustments.filter(attempt=OuterRef("pk")).values("seconds")
    longer = ExpressionWrapper(Subquery(given) * Value(timedelta(seconds=1)), DurationField())
    Attempt.objects.filter(pk__in=reached).update(deadline_at=F("deadline_at") + longer)
    return outage


@transaction.atomic
def admit_late_answers(*, attempt: Attempt, minutes: int, reason: str, by: Person) -> ScoringRun:
    """Let the answers count that came within so many minutes after the end, and score again. The receipt stays.

    Which ones became current is kept in the attempt's events; how each arrived is never rewritten. Refused: as
    `why_not_admit`, where none came, or where it would take away a pass.
    """
    rows = Attempt.objects.timed().locked().select_related("exam", "exam_version", "current_run")
    attempt = rows.get(pk=attempt.pk)
    refuse_if(why_not_admit(attempt, reason, by))
    late, before = late_answers(attempt, minutes), attempt.current_run
    refuse_if(why_not_late(late, minutes))
    items = [AttemptItem(pk=item, current_event=event) for item, event in late.items()]
    AttemptItem.objects.bulk_update(items, ["current_event"])
    run = score_attempt(attempt=attempt, items=scorable_items(attempt), reason="late answers admitted", now=attempt.now)
    refuse_if(why_not_rescore(before, run))
    details = {"events": [event.pk for event in late.values()], "minutes": minutes}
    note_event(attempt, "late admitted", by, reason=reason.strip(), **details)
    return run

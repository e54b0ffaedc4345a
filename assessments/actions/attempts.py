"""Starting a sitting, moving its pen, its deadline and its end by staff. Lock order: learner, then attempt."""

import logging
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from assessments.actions.closing import close_attempt
from assessments.models import Attempt, AttemptEvent, AttemptItem, AttemptState, Exam, Option, TimeAdjustment
from assessments.models.attempts import LIVE, TRANSITIONS, DatabaseTime
from assessments.rules.attempts import is_overdue
from assessments.rules.blueprints import cell_of, pool_of
from assessments.rules.draws import Candidate, draw, order_options, seed_of
from assessments.rules.exams import history_of, open_attempt, why_not_start_after
from assessments.signals import attempt_opening
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.lib.states import why_not_move

log = logging.getLogger(__name__)


@transaction.atomic
def start_attempt(*, exam: Exam, by: Person) -> Attempt:
    """Draw and open a sitting of the exam for `by`; with one already open at this exam, that one.

    Refused: as `why_not_start`, by a receiver of `attempt_opening`, or where the bank can't fill the blueprint: it
    never gives a shorter exam. Nine statements, whatever the number of questions.
    """
    now = _lock_learner(by)
    history = _without_overdue(by, exam, now)
    opened = open_attempt(history)
    if opened is not None and opened.exam_id == exam.pk:
        return opened
    refuse_if(why_not_start_after(history, exam, now))
    attempt_opening.send(sender=Attempt, learner=by, exam=exam, now=now)
    attempt = _new_attempt(exam, by, history, now)
    drawn = _draw(exam, by, attempt)
    attempt.policy_snapshot = _policy(exam, len(drawn))
    attempt.save(force_insert=True)
    AttemptItem.objects.bulk_create(_items(attempt, drawn))
    return attempt


def _lock_learner(by: Person) -> datetime:
    """The row that every start of this learner waits for, and the transaction's time."""
    people = get_user_model()._default_manager.select_for_update(no_key=True)
    return people.annotate(now=DatabaseTime()).values_list("now", flat=True).get(pk=by.pk)


def _without_overdue(by: Person, exam: Exam, now: datetime) -> list[Attempt]:
    """The learner's history, after closing what should be closed by now."""
    history = history_of(by, exam)
    overdue = [one for one in history if is_overdue(one, now)]
    for one in overdue:
        close_attempt(attempt=one, now=now)
    return history_of(by, exam) if overdue else history


def _new_attempt(exam: Exam, by: Person, history: Sequence[Attempt], now: datetime) -> Attempt:
    version, pk = exam.current_version, uuid.uuid4()
    assert version is not None  # why_not_start_after refused otherwise
    return Attempt(
        pk=pk,
        learner_id=by.pk,
        exam=exam,
        exam_version=version,
        number=max((one.number for one in history if one.exam_id == exam.pk), default=0) + 1,
        state=AttemptState.IN_PROGRESS,
        started_at=now,
        deadline_at=now + timedelta(minutes=version.minutes),
        seed=seed_of(pk),
    )


def _draw(exam: Exam, by: Person, attempt: Attempt) -> list[Candidate]:
    """The questions of this attempt. Two queries, whatever the number of cells."""
    cells = [cell_of(row) for row in attempt.exam_version.cells.all()]
    drawn = draw(cells, pool_of(exam.bank_id, by), attempt.seed)
    if drawn is None:
        log.error("exam %s can't be filled: questions were withdrawn after publishing", exam.slug)
        sentence = "This exam can't be given in full now. Field Enablement has been told; it opens again soon."
        raise Refused(Refusal("exam-short", sentence))
    return drawn


def _policy(exam: Exam, questions: int) -> dict[str, Any]:
    """The limits as they hold for this sitting, whatever is published later."""
    version = exam.current_version
    assert version is not None  # why_not_start_after refused otherwise
    return {
        "minutes": version.minutes,
        "pass_percent": str(version.pass_percent),
        "waits_hours": version.waits_hours,
        "max_attempts": version.max_attempts,
        "within_days": version.within_days,
        "questions": questions,
    }


def _items(attempt: Attempt, drawn: Sequence[Candidate]) -> list[AttemptItem]:
    """The items with their shuffled options, each option under an id of this attempt alone. One query."""
    options: dict[int, list[tuple[int, bool, str]]] = {one.version_id: [] for one in drawn}
    rows = Option.objects.filter(version__in=options).order_by("version_id", "position")
    for version, pk, pinned, group in rows.values_list("version_id", "pk", "pinned_last", "group"):
        options[version].append((pk, pinned, group))
    return [
        AttemptItem(
            attempt=attempt,
            position=position,
            question_id=one.question_id,
            version_id=one.version_id,
            option_order=order_options(options[one.version_id], attempt.seed, one.question_id),
            option_tokens=[secrets.token_hex(8) for _ in options[one.version_id]],
        )
        for position, one in enumerate(drawn, start=1)
    ]


@transaction.atomic
def take_over(*, attempt_id: uuid.UUID, by: Person, client_id: str) -> Attempt:
    """Move the pen to this tab: the epoch rises, saves of the other tab are kept but no longer count.

    Raises Attempt.DoesNotExist where it isn't theirs. Refused once it is closed.
    """
    attempt = Attempt.objects.visible_to(by).timed().locked().get(pk=attempt_id)
    if attempt.state != AttemptState.IN_PROGRESS:
        raise Refused(Refusal("attempt-closed", "This exam is handed in.", attempt.result_url, "See the result"))
    attempt.writer_client = client_id
    attempt.writer_epoch += 1
    attempt.save(update_fields=["writer_client", "writer_epoch"])
    _note(attempt, "continued", by, details={"epoch": attempt.writer_epoch})
    return attempt


@transaction.atomic
def adjust_time(*, attempt: Attempt, seconds: int, reason: str, by: Person) -> Attempt:
    """Move the deadline of a live attempt at once; the learner sees it with the next heartbeat.

    Refused: no reason, an attempt that isn't live, or a deadline before now.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(_why_not_adjust(attempt, seconds, reason))
    assert attempt.deadline_at is not None  # live attempts have one
    TimeAdjustment.objects.create(
        attempt=attempt, seconds=seconds, reason=reason.strip(), made_by_id=by.pk, made_at=attempt.now
    )
    attempt.deadline_at += timedelta(seconds=seconds)
    attempt.save(update_fields=["deadline_at"])
    return attempt


def _why_not_adjust(attempt: Attempt, seconds: int, reason: str) -> Refusal | None:
    if not reason.strip() or seconds == 0:
        return Refusal("no-reason", "Say how much time, and why: both are kept with the attempt.")
    if attempt.state not in LIVE or attempt.deadline_at is None:
        return Refusal("wrong-state", "Only a running attempt has a clock to move.")
    if attempt.deadline_at + timedelta(seconds=seconds) <= attempt.now:
        return Refusal("deadline-past", "That would end the attempt in the past. Take away less.")
    return None


@transaction.atomic
def void_attempt(*, attempt: Attempt, cause: str, reason: str, by: Person) -> Attempt:
    """Take an attempt out of the count, with its cause (`misconduct` or `incident`) and a reason; nothing is deleted.

    Refused: no reason, or already void.
    """
    attempt = Attempt.objects.timed().locked().get(pk=attempt.pk)
    refuse_if(why_not_move(TRANSITIONS, old=attempt.state, new=AttemptState.VOID))
    if not reason.strip() or cause not in {"misconduct", "incident"}:
        raise Refused(Refusal("no-reason", "Say whether it was misconduct or an incident, and what happened."))
    before, attempt.state = attempt.state, AttemptState.VOID
    attempt.save(update_fields=["state"])
    _note(attempt, "voided", by, reason=reason.strip(), details={"cause": cause, "from": before})
    return attempt


def _note(attempt: Attempt, kind: str, by: Person, *, reason: str = "", details: dict[str, Any]) -> None:
    AttemptEvent.objects.create(
        attempt=attempt, kind=kind, actor_id=by.pk, reason=reason, happened_at=attempt.now, details=details
    )

"""Starting a sitting, and moving its pen. Lock order: learner, then attempt."""

import logging
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import DateField, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from assessments.actions.closing import close_if_overdue
from assessments.actions.timekeeping import note_event
from assessments.models import Attempt, AttemptItem, AttemptState, BlueprintCell, Exam, ExamVersion, Option
from assessments.models.attempts import DatabaseTime
from assessments.rules.attempts import is_break_over, is_overdue, why_not_take_over
from assessments.rules.blueprints import cell_of, pool_of
from assessments.rules.draws import Candidate, draw, order_options, seed_of
from assessments.rules.exams import (
    SHORT,
    history_of,
    open_attempt,
    scheduled_attempt,
    why_not_start_after,
    why_not_with_less,
)
from assessments.rules.limits import Agreed, Limits, agreed_json, limits_of
from assessments.rules.sitters import apart_because, facts_of_row
from assessments.signals import attempt_opening
from courses.lib.compiled import Compiled, OneOf
from courses.lib.inserts import append
from courses.lib.people import Person
from courses.lib.prepared import Prepared
from courses.lib.refusals import Refusal, Refused, refuse_if

HOLD = Prepared(
    "hold_questions",
    "SELECT practice_only FROM assessments_question WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE",
    ["questions"],
)
MOVED = Refusal(
    "questions-moved", gettext_noop("The questions were being changed at this very moment. Press start once more.")
)
log = logging.getLogger(__name__)


@transaction.atomic
def start_attempt(*, exam: Exam, by: Person, with_less: bool = False) -> Attempt:
    """Draw and open a sitting of the exam for `by`; with one already open at this exam, that one.

    `with_less`: the learner agreed that the exam's window cuts the time. Refused: as `why_not_start`, for want of that
    agreement, by a receiver of `attempt_opening`, or where the bank can't fill the blueprint: it never gives a shorter
    exam. Eight statements, whatever the number of questions.
    """
    now, agreed, apart = _lock_learner(by, exam)
    history = _without_overdue(by, exam, now)
    opened = open_attempt(history)
    if opened is not None and opened.exam_id == exam.pk:
        return opened
    refuse_if(why_not_start_after(history, exam, now, agreed, apart))
    scheduled = scheduled_attempt(history, exam, now)
    attempt = _begun(scheduled or new_attempt(exam, by, history), exam)
    limits = limits_of(attempt.exam_version, agreed, scheduled)
    refuse_if(why_not_with_less(limits, exam, now, agreed_to=with_less))
    attempt_opening.send(sender=Attempt, learner=by, exam=exam, now=now)
    attempt.started_at, attempt.deadline_at = now, limits.deadline(now)
    drawn = _draw(exam, by, attempt)
    hold_questions(drawn, practice=False)
    attempt.policy_snapshot = _policy(attempt.exam_version, limits, len(drawn))
    attempt.save() if scheduled else append([attempt])
    append(new_items(attempt, drawn))
    return attempt


def _lock_learner(by: Person, exam: Exam) -> tuple[datetime, list[Agreed], Refusal | None]:
    """The row that every start of this learner waits for: the transaction's time, what was agreed with them, and why they
    may not sit this exam for credit."""
    now, agreed, reads_keys, judged, waived = locked_learner.get(learner=by, exam=exam)
    apart = apart_because(reads_keys=reads_keys, judged=judged, waived=waived)
    return now, [Agreed.read(one) for one in agreed], apart


@Compiled
def locked_learner(learner: Any, exam: Any) -> QuerySet[Any]:
    """The learner's row, locked: (now, agreements as JSON, and the facts of `apart_because`)."""
    people = get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=learner.pk)
    agreed = agreed_json(OuterRef("pk"), exam.pk, Cast(DatabaseTime(), DateField()))
    facts = facts_of_row(exam.pk)
    rows = people.annotate(now=DatabaseTime(), agreed=ArraySubquery(agreed), **facts)
    return rows.values_list("now", "agreed", "reads_keys", "judged", "waived")


def _without_overdue(by: Person, exam: Exam, now: datetime) -> list[Attempt]:
    """The learner's history, after closing what should be closed by now."""
    history = history_of(by, exam)
    overdue = [one for one in history if is_overdue(one, now) or is_break_over(one, now)]
    for one in overdue:
        close_if_overdue(attempt_id=one.pk, wait=True)
    return history_of(by, exam) if overdue else history


def _begun(attempt: Attempt, exam: Exam) -> Attempt:
    """The sitting as it begins now, not saved; a scheduled one asks what the exam asks today."""
    assert exam.current_version is not None  # why_not_start_after refused otherwise
    attempt.state, attempt.exam_version = AttemptState.IN_PROGRESS, exam.current_version
    return attempt


def new_attempt(exam: Exam, learner: Person, history: Sequence[Attempt], *, scored: bool = True) -> Attempt:
    """The learner's next attempt at the exam, not saved; practice rounds are numbered apart. `history`: their attempts."""
    pk = uuid.uuid4()
    alike = [one.number for one in history if one.exam_id == exam.pk and one.scored == scored]
    number = max(alike, default=0) + 1
    return Attempt(pk=pk, learner_id=learner.pk, exam=exam, scored=scored, number=number, seed=seed_of(pk))


def _draw(exam: Exam, by: Person, attempt: Attempt) -> list[Candidate]:
    """The questions of this attempt. Two queries, whatever the number of cells."""
    cells = [cell_of(row) for row in cells_of(version=attempt.exam_version_id)]
    drawn = draw(cells, pool_of(exam.bank_id, by), attempt.seed)
    if drawn is None:
        log.error("exam %s can't be filled: questions were withdrawn after publishing", exam.slug)
        raise Refused(SHORT)
    return drawn


def hold_questions(drawn: Sequence[Candidate], *, practice: bool) -> None:
    """Let nobody move the drawn questions between exams and practice before this attempt stands. One query.

    Refused where one was moved since the draw. A share of the lock is enough: starts don't wait for each other. The foreign
    keys come too late for this, they are checked at the end of the transaction.
    """
    with connection.cursor() as cursor:
        HOLD.execute(cursor, {"questions": [one.question_id for one in drawn]})
        refuse_if(MOVED if any(kept != practice for (kept,) in cursor.fetchall()) else None)


@Compiled
def cells_of(version: Any) -> QuerySet[Any]:
    """The blueprint of an exam version."""
    return BlueprintCell.objects.filter(exam_version=version)


@Compiled
def options_of(versions: Any) -> QuerySet[Any]:
    """What the options of these question versions need to be put in order: (version, id, pinned last, group)."""
    rows = Option.objects.filter(OneOf("version_id", versions, "bigint")).order_by("version_id", "position")
    return rows.values_list("version_id", "pk", "pinned_last", "group")


def _policy(version: ExamVersion, limits: Limits, questions: int) -> dict[str, Any]:
    """The limits as they hold for this sitting, whatever is published or agreed later."""
    return limits.as_snapshot() | {"pass_percent": str(version.pass_percent), "questions": questions}


def new_items(attempt: Attempt, drawn: Sequence[Candidate]) -> list[AttemptItem]:
    """The items with their shuffled options, each option under an id of this attempt alone. One query."""
    options: dict[int, list[tuple[int, bool, str]]] = {one.version_id: [] for one in drawn}
    for version, pk, pinned, group in options_of(versions=list(options)):
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
    refuse_if(why_not_take_over(attempt))
    attempt.writer_client = client_id
    attempt.writer_epoch += 1
    attempt.save(update_fields=["writer_client", "writer_epoch"])
    note_event(attempt, "continued", by, epoch=attempt.writer_epoch)
    return attempt

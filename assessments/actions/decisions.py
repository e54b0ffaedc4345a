"""The decision that marks lead to, or the further reading that is asked for instead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from assessments.actions.appeals import note
from assessments.actions.practicals import ask_for_reading, move
from assessments.models import (
    Appeal,
    AskedBecause,
    Decision,
    Offer,
    Review,
    ReviewKind,
    ReviewTask,
    Submission,
    SubmissionState,
    SubmissionVersion,
    TaskState,
)
from assessments.rules.allocation import Wish
from assessments.rules.decisions import maximum_of, outcome_of
from assessments.rules.further import OFFERED_FOR, readings_of, wish_for
from assessments.rules.graders import free_for
from assessments.rules.policies import FURTHER
from assessments.signals import submission_decided
from courses.lib.clock import database_now

AROUND = (
    "submission_version__submission__practical",
    "submission_version__submission__brief",
    "submission_version__submission__learner",
)


@transaction.atomic
def decide_submission(*, version: SubmissionVersion, now: datetime) -> Decision | None:
    """Decide a version once it has the marks that its practical asks for and no further ones pay; otherwise ask for them.

    The mean of all counted totals, rounded half up, against the rubric's pass mark. None while marks are wanted.
    Source: rules.md 5.6, 5.11.
    """
    submission = version.submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("practical", "rubric_version", "brief", "learner")
        .get(pk=version.submission_id)
    )
    readings = readings_of(version)
    if appeal := Appeal.objects.open().filter(against__version=version).first():
        return _answer(appeal, submission, version, readings, now)
    if len(readings) < submission.practical.marks_required:
        _ask_for_next(version, readings, AskedBecause.REQUIRED, now)
        return None
    if wish := wish_for(version, readings, now):
        _ask_for_next(version, readings, AskedBecause(wish.reason.value), now, wish)
        return None
    return decide_by(submission=submission, version=version, readings=readings, now=now)


def _answer(
    appeal: Appeal, submission: Submission, version: SubmissionVersion, readings: Sequence[Review], now: datetime
) -> Decision:
    """The fresh reading counts as one more; the mean of all decides, up or down. Source: rules.md 5.16."""
    decision = _append_decision(submission, version, readings, now, appeal)
    before = appeal.against
    note(submission, now, None, f"{before.total} before, {decision.total} now")
    submission_decided.send(Submission, submission=submission, decision=decision)
    return decision


def _ask_for_next(
    version: SubmissionVersion,
    readings: Sequence[Review],
    because: AskedBecause,
    now: datetime,
    wish: Wish | None = None,
) -> None:
    kind = ReviewKind.SECOND if len(readings) == 1 else ReviewKind.THIRD
    task = ask_for_reading(version=version, kind=kind, now=now, because=because)
    if wish is not None:
        task.value = wish.value
        task.offered_until = now + OFFERED_FOR if wish.best else None
        task.save(update_fields=["value", "offered_until"])
        best: Any = enumerate(wish.best, 1)
        Offer.objects.bulk_create(Offer(task=task, grader_id=pk, rank=rank) for rank, pk in best)


def decide_by(
    *, submission: Submission, version: SubmissionVersion, readings: Sequence[Review], now: datetime
) -> Decision:
    """Append the decision that these readings come to. The caller holds the submission's lock and asked whether to."""
    decision = _append_decision(submission, version, readings, now)
    submission.decided_at = now
    move(submission, to=SubmissionState.DECIDED, at=now, by=None)
    submission_decided.send(Submission, submission=submission, decision=decision)
    return decision


def decide_what_nobody_can_read() -> int:
    """Find further readings that waited for a day and that no grader can give any more; how many were decided."""
    old = ReviewTask.objects.waiting().filter(asked_because__in=FURTHER, created_at__lt=database_now() - OFFERED_FOR)
    return sum(decide_without(task=task) is not None for task in old)


@transaction.atomic
def decide_without(*, task: ReviewTask) -> Decision | None:
    """Decide by the readings there are where a further one was asked for that no grader can give; None where one can,
    or the practical asks for more. Lock order: task, submission.
    """
    now = database_now()
    rows = ReviewTask.objects.waiting().select_for_update(of=("self",), skip_locked=True)
    found = rows.select_related(*AROUND).filter(pk=task.pk, asked_because__in=FURTHER).first()
    if found is None or free_for(found.submission_version, now).exists():
        return None
    submission = (
        Submission.objects.select_for_update(of=("self",)).select_related("rubric_version").get(pk=found.submission_id)
    )
    found.state = TaskState.CANCELLED
    found.save(update_fields=["state"])
    version = found.submission_version
    return decide_by(submission=submission, version=version, readings=readings_of(version), now=now)


def _append_decision(
    submission: Submission,
    version: SubmissionVersion,
    readings: Sequence[Review],
    now: datetime,
    appeal: Appeal | None = None,
) -> Decision:
    rubric = submission.rubric_version
    totals = [one.total for one in readings]
    outcome = outcome_of(totals, rubric.pass_points)
    counted = "one reading" if len(totals) == 1 else f"{len(totals)} readings"
    return Decision.objects.create(
        submission=submission,
        version=version,
        appeal=appeal,
        mean=outcome.mean,
        total=outcome.total,
        maximum=maximum_of(rubric.criteria.count()),
        pass_points=rubric.pass_points,
        passed=outcome.passed,
        decided_at=now,
        reason=f"{'after an appeal, ' if appeal else ''}{counted}: {', '.join(str(total) for total in totals)}",
    )

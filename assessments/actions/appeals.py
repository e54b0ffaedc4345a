"""Appeals: asking for one more reading of decided work, and answering with the decision that it comes to."""

from datetime import datetime

from django.db import IntegrityError, transaction

from assessments.actions.practicals import ask_for_reading
from assessments.models import (
    Appeal,
    AppealOrigin,
    AskedBecause,
    Decision,
    ReviewKind,
    Submission,
    SubmissionEvent,
    SubmissionState,
)
from assessments.rules.appeals import APPEALED, promised_for, why_not_appeal
from assessments.signals import appeal_received
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refused, refuse_if

RECHECKED = "read once more, because of our own checks of grading"


def appeal(*, decision: Decision, reason: str, by: Person) -> Appeal:
    """Ask for a fresh, blind reading of the work that a decision is about. Raises `Refused` as `why_not_appeal` says.

    Lock order: submission. Two presses make one appeal.
    """
    return _ask(decision, reason, AppealOrigin.LEARNER, by)


def recheck(*, decision: Decision, reason: str) -> Appeal:
    """Ask for a fresh, blind reading because the grader of the decision lost calibration. Refused as an appeal is."""
    return _ask(decision, reason, AppealOrigin.RECHECK, None)


@transaction.atomic
def _ask(decision: Decision, reason: str, origin: AppealOrigin, by: Person | None) -> Appeal:
    submission = (
        Submission.objects.select_for_update(of=("self",)).select_related("practical").get(pk=decision.submission_id)
    )
    now = database_now()
    refuse_if(why_not_appeal(decision, now))
    due_at = promised_for(submission.practical, now)
    try:
        with transaction.atomic():
            task = ask_for_reading(
                version=decision.version, kind=ReviewKind.APPEAL, now=now, because=AskedBecause.APPEAL, due_at=due_at
            )
            facts = {"reason": reason, "origin": origin, "asked_at": now, "promised_at": due_at}
            row = Appeal.objects.create(against=decision, task=task, **facts)
    except IntegrityError:  # the same appeal by a second press
        raise Refused(APPEALED) from None
    note(submission, now, by, "appealed" if origin == AppealOrigin.LEARNER else RECHECKED)
    appeal_received.send(Appeal, appeal=row, submission=submission)
    return row


def note(submission: Submission, at: datetime, by: Person | None, reason: str) -> None:
    """Write into the history of decided work what happened to its appeal; its state stays."""
    decided = SubmissionState.DECIDED
    SubmissionEvent.objects.create(
        submission=submission, happened_at=at, old=decided, new=decided, by_id=by.pk if by else None, reason=reason
    )

"""What happens to a try before and beside its reading: open, write, hand in, withdraw, give back."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.actions.bookings import call_off
from assessments.actions.leases import end_lease
from assessments.models import (
    AskedBecause,
    Practical,
    PriorityClass,
    Recording,
    ReviewKind,
    ReviewTask,
    Submission,
    SubmissionEvent,
    SubmissionState,
    SubmissionVersion,
    TaskState,
)
from assessments.models.practicals import TRANSITIONS
from assessments.models.reviews import OPEN_TASK_STATES, EndOfLease, Lease
from assessments.rules.agreements import as_handed_in
from assessments.rules.policies import policy_now
from assessments.rules.practicals import (
    brief_choices,
    criteria_of,
    self_rows_of,
    why_not_edit,
    why_not_hand_in,
    why_not_open,
    why_not_return,
    why_not_withdraw,
)
from assessments.rules.promises import promised_at
from assessments.rules.recordings import current_recordings, why_not_use
from assessments.rules.self_assessments import cleaned_self, self_as_handed_in, why_not_assess
from assessments.rules.sessions import booking_of, why_not_cancel
from assessments.rules.worksheets import cleaned
from assessments.signals import (
    practical_opening,
    review_task_waiting,
    submission_received,
    submission_returned,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.lib.states import why_not_move

SHUFFLE = 1 << 31
CLASS_OF = {ReviewKind.FIRST: PriorityClass.FIRST, ReviewKind.APPEAL: PriorityClass.APPEAL}
CHANGED = Refusal("changed", gettext_noop("This try was handed in at the same moment. Look at it, then decide again."))
STALE_NOTES = Refusal(
    "stale-notes", gettext_noop("You changed this in another tab. Both versions are here; nothing was overwritten.")
)


def move(submission: Submission, *, to: str, at: datetime, by: Person | None, reason: str = "") -> None:
    """Write a submission's next state and the event that tells of it. The caller holds its lock and asked its rule."""
    old, submission.state = submission.state, to
    submission.save()
    SubmissionEvent.objects.create(
        submission=submission, happened_at=at, old=old, new=to, by_id=by.pk if by else None, reason=reason
    )


@transaction.atomic
def open_submission(*, practical: Practical, by: Person) -> Submission:
    """Open the learner's next try and draw its brief. Raises `Refused` as `why_not_open` says, also in a race."""
    now = database_now()
    refuse_if(why_not_open(by, practical, now))
    practical_opening.send(Practical, learner=by, practical=practical, now=now)
    choices = brief_choices(by, practical)
    newest = Submission.objects.filter(learner_id=by.pk, practical=practical).order_by("-number").first()
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                practical=practical,
                learner_id=by.pk,
                number=newest.number + 1 if newest else 1,
                brief=secrets.choice(choices) if choices else None,
                rubric_version_id=practical.rubric_version_id,
                supervision=practical.supervision,
                opened_at=now,
            )
    except IntegrityError:  # a second press of the same button won: submission_one_open_per_learner
        raise Refused(Refusal("already-open", _("This try is open already."))) from None
    SubmissionEvent.objects.create(submission=submission, happened_at=now, new=submission.state, by_id=by.pk)
    return submission


@transaction.atomic
def save_work(
    *,
    submission: Submission,
    notes: str,
    worksheet: Mapping[str, Any] | None = None,
    self_assessment: Mapping[str, Any] | None = None,
    revision: int,
    by: Person,
) -> tuple[Submission, Refusal | None]:
    """Store what the learner typed: notes, worksheet ({field: text}), own marks. `revision` is what it was written on.

    Returns the submission, and a refusal where another tab saved in between: nothing is overwritten, and the caller
    shows both. Raises `Refused` once the try is handed in.
    """
    submission = locked_submission(submission)
    refuse_if(why_not_edit(submission))
    typed = submission.worksheet if worksheet is None else cleaned(submission.practical.worksheet, worksheet)
    own = (
        submission.self_assessment
        if self_assessment is None
        else cleaned_self(criteria_of(submission), self_assessment)
    )
    if (submission.notes, submission.worksheet, submission.self_assessment) == (notes, typed, own):
        return submission, None
    if submission.revision != revision:
        return submission, STALE_NOTES
    submission.notes, submission.worksheet, submission.self_assessment = notes, typed, own
    submission.revision += 1
    submission.save(update_fields=["notes", "worksheet", "self_assessment", "revision"])
    return submission, None


@transaction.atomic
def hand_in(*, submission: Submission, by: Person) -> Submission:
    """Hand a try in: freeze what was made as a version and ask for its first reading.

    Handing in twice gives the same receipt. Raises `Refused` as `why_not_hand_in` says.
    Lock order: recordings, submission (rules.md 4.3).
    """
    recordings = _locked_recordings(submission)
    submission = locked_submission(submission)
    if submission.state in (SubmissionState.SUBMITTED, SubmissionState.IN_REVIEW, SubmissionState.DECIDED):
        return submission
    now = database_now()
    refuse_if(why_not_hand_in(submission, now))
    version = _take_in(submission, [one for one in recordings if not why_not_use(one)], now, by)
    booking = booking_of(submission)
    live = booking.slot.grader if booking and not version.recordings.exists() else None
    ask_for_reading(version=version, kind=ReviewKind.FIRST, now=now, wanted=live)
    submission_received.send(Submission, submission=submission)
    return submission


def _take_in(submission: Submission, recordings: list[Recording], now: datetime, by: Person) -> SubmissionVersion:
    version = _freeze(submission, recordings, now)
    submission.submitted_at = now
    submission.promised_at = promised_at(submission.practical, now, policy_now().further_percent)
    submission.receipt = version.receipt
    move(submission, to=SubmissionState.SUBMITTED, at=now, by=by)
    return version


@transaction.atomic
def hand_in_live(*, submission: Submission, grader: Person) -> ReviewTask:
    """Hand a try in as it stands, because its session is being marked live, and ask for the reading of this grader.

    The caller holds the booking's lock and asked its rule. Refused: wrong-state.
    """
    submission = locked_submission(submission)
    refuse_if(why_not_move(TRANSITIONS, old=submission.state, new=SubmissionState.SUBMITTED))
    now = database_now()
    version = _take_in(submission, [], now, grader)
    task = ask_for_reading(version=version, kind=ReviewKind.FIRST, now=now, wanted=grader)
    submission_received.send(Submission, submission=submission)
    return task


def _locked_recordings(submission: Submission) -> list[Recording]:
    """Locked whatever their state: none can become ready between the rule's look and the version that names it."""
    current = [one.pk for one in current_recordings(submission).values()]
    return list(Recording.objects.select_for_update().filter(pk__in=current).order_by("place"))


def locked_submission(submission: Submission) -> Submission:
    """The try as it is now with its practical, its row locked."""
    return Submission.objects.select_for_update(of=("self",)).select_related("practical").get(pk=submission.pk)


def _freeze(submission: Submission, recordings: list[Recording], now: datetime) -> SubmissionVersion:
    number = submission.versions.count() + 1
    files = list(submission.files.kept())
    links = list(submission.links.values("url", "title"))
    disclosures = [as_handed_in(one) for one in submission.disclosures.all()]
    own = self_as_handed_in(rows) if not why_not_assess(rows := self_rows_of(submission, recordings)) else []
    typed = [submission.notes, submission.worksheet, own, links, disclosures]
    made = [*(one.sha256 for one in (*recordings, *files)), *typed]
    digest = hashlib.sha256(json.dumps([str(submission.pk), number, made]).encode()).hexdigest()
    version = SubmissionVersion.objects.create(
        submission=submission,
        number=number,
        notes=submission.notes,
        worksheet=submission.worksheet,
        worksheet_fields=submission.practical.worksheet,
        self_assessment=own,
        links=links,
        disclosures=disclosures,
        handed_in_at=now,
        receipt=f"{digest[:4]}-{digest[4:8]}",
    )
    version.recordings.set(recordings)
    version.files.set(files)
    return version


def ask_for_reading(
    *,
    version: SubmissionVersion,
    kind: ReviewKind,
    now: datetime,
    wanted: Person | None = None,
    because: AskedBecause = AskedBecause.HANDED_IN,
    due_at: datetime | None = None,
) -> ReviewTask:
    """Put the wish for a set of marks into the queue; its place among equals is drawn here, once.

    `wanted` is the grader who alone can give them, because they sat in; `due_at` the promised date unless told.
    """
    task = ReviewTask.objects.create(
        submission_id=version.submission_id,
        submission_version=version,
        kind=kind,
        asked_because=because,
        wanted_grader_id=wanted.pk if wanted else None,
        priority_class=CLASS_OF.get(kind, PriorityClass.FURTHER),
        due_at=due_at or version.submission.promised_at or now,
        shuffle=secrets.randbelow(SHUFFLE),
        created_at=now,
    )
    review_task_waiting.send(ReviewTask, task=task)
    return task


@transaction.atomic
def withdraw_submission(*, submission: Submission, by: Person) -> Submission:
    """Take a try back before any grader had it; it does not count, and its session is called off.

    Raises `Refused` as `why_not_withdraw` says, and "changed". Lock order: tasks, submission, bookings, so that a claim
    at the same moment either wins or finds nothing.
    """
    tasks, submission = _locked_with_tasks(submission)
    now = database_now()
    refuse_if(why_not_withdraw(submission, now))
    _cancel(tasks)
    for booking in (
        submission.bookings.live().select_for_update(of=("self",)).select_related("slot__practical", "submission")
    ):
        if why_not_cancel(booking, now) is None:
            call_off(booking, by=by, at=now, reason="The learner withdrew this try.")
    submission.withdrawn_at = now
    move(submission, to=SubmissionState.WITHDRAWN, at=now, by=by)
    return submission


@transaction.atomic
def return_submission(*, submission: Submission, reason: str, by: Person) -> Submission:
    """Give a handed-in try back to its learner to replace, with a reason. Ends leases; drafts stay.

    Raises `Refused` as `why_not_return` says, and "changed". Lock order: leases, tasks, submission.
    """
    now = database_now()
    leases = Lease.objects.live().filter(task__submission=submission)
    for lease in leases.select_for_update(of=("self",)):
        end_lease(lease, end=EndOfLease.TAKEN_BACK, at=now, task_state=TaskState.CANCELLED, reason=reason)
    tasks, submission = _locked_with_tasks(submission)
    refuse_if(why_not_return(submission, now))
    _cancel(tasks)
    move(submission, to=SubmissionState.RETURNED, at=now, by=by, reason=reason)
    submission_returned.send(Submission, submission=submission, reason=reason)
    return submission


def _locked_with_tasks(submission: Submission) -> tuple[list[ReviewTask], Submission]:
    """The open readings of a try, then the try, locked. Refused: changed, where a reading was asked for between both locks."""
    opened = ReviewTask.objects.filter(submission=submission, state__in=OPEN_TASK_STATES)
    tasks = list(opened.select_for_update())
    submission = locked_submission(submission)
    if opened.exclude(pk__in=[task.pk for task in tasks]).exists():
        raise Refused(CHANGED)
    return tasks, submission


def _cancel(tasks: list[ReviewTask]) -> None:
    for task in tasks:
        task.state = TaskState.CANCELLED
        task.save(update_fields=["state"])

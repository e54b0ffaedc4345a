"""What happens to exams, practicals, recordings and reviews.

Each receiver writes a row, and its task is hurried after the commit.
"""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accreditation.actions import (
    lead_news,
    news,
    practical_news,
)
from accreditation.actions.ledger import settle_fact
from accreditation.rules.ledger import ATTEMPTS, SUBMISSIONS
from accreditation.rules.programs import LONELY, is_asked_for
from accreditation.rules.update_pages import why_not_sit_update
from assessments.models import RecordingState
from assessments.rules.recordings import sentence_about
from assessments.signals import (
    appeal_received,
    attempt_graded,
    attempt_opening,
    attempt_received,
    attempt_reopened,
    attempt_scheduled,
    attempt_voided,
    exam_publishing,
    promises_at_risk,
    recording_checked,
    ruling_clip_failed,
    session_attested,
    session_booked,
    session_called_off,
    standard_round_opened,
    submission_decided,
    submission_received,
    submission_returned,
    upload_waits,
)
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if


@receiver(submission_decided)
def audit_decision(submission: Any, decision: Any, **_: Any) -> None:
    """And decisions: which version, which total."""
    total = {"total": str(decision.total), "passed": decision.passed}
    record_event(event="submission decided", by=None, subject=f"assessments.submission:{submission.pk}", **total)


@receiver(attempt_opening)
def refuse_who_is_not_asked(learner: Any, exam: Any, now: Any, **_: Any) -> None:
    """The exam of an update is for those whom it asks."""
    if exam.for_asked_only:
        refuse_if(why_not_sit_update(learner, exam, now))


@receiver(exam_publishing)
def warn_of_lonely_exam(exam: Any, **_: Any) -> str:
    """Learners come to an exam through a program."""
    return "" if is_asked_for(exam) else LONELY


@receiver(attempt_graded)
def prove_exam(attempt: Any, passed: bool, first_time_graded: bool, **_: Any) -> None:
    """A passed exam is evidence, a pass that was taken away none any more; either result is news."""
    if passed or not first_time_graded:
        settle_fact(source=ATTEMPTS, key=attempt.pk, reason=attempt.current_run.reason)
    news.tell_of_result(attempt=attempt, passed=passed)


@receiver(attempt_received)
def tell_of_arrival(attempt: Any, **_: Any) -> None:
    """A closed exam that waits to be scored has its receipt."""
    news.tell_of_arrival(attempt=attempt)


@receiver(attempt_scheduled)
def tell_of_sitting(attempt: Any, **_: Any) -> None:
    """A planned sitting is news."""
    news.tell_of_sitting(attempt=attempt)


@receiver(standard_round_opened)
def ask_judges(setting: Any, **_: Any) -> None:
    """Judges learn that their judgements are wanted."""
    news.tell_of_judging(setting=setting)


@receiver(attempt_reopened)
def tell_of_reopening(attempt: Any, **_: Any) -> None:
    """So is an exam that goes on again."""
    news.tell_of_reopening(attempt=attempt)


@receiver(attempt_voided)
def forget_exam(attempt: Any, cause: str, **_: Any) -> None:
    """A pass that doesn't count any more proves nothing."""
    settle_fact(source=ATTEMPTS, key=attempt.pk, reason=f"attempt taken out of the count: {cause}")


@receiver(submission_received)
def tell_of_hand_in(submission: Any, **_: Any) -> None:
    """A hand-in has its receipt in the notices."""
    practical_news.tell_of_submission(submission=submission)


@receiver(submission_returned)
def tell_of_return(submission: Any, reason: str, **_: Any) -> None:
    """A hand-in that was given back says why."""
    practical_news.tell_of_return(submission=submission, reason=reason)


@receiver(submission_decided)
def prove_practical(submission: Any, decision: Any, **_: Any) -> None:
    """A passed practical is evidence of one use case, its brief's; either outcome is news."""
    if decision.passed or decision.appeal is not None:
        reason = f"read once more, with {decision.total} of {decision.maximum}"
        settle_fact(source=SUBMISSIONS, key=submission.pk, reason=reason)
    practical_news.tell_of_decision(submission=submission, decision=decision)


@receiver(promises_at_risk)
def tell_leads_of_risk(risk: Any, **_: Any) -> None:
    """Promised dates that can't be kept are news to those who lead the queue."""
    lead_news.tell_of_risk(risk=risk, today=timezone.now().date())


@receiver(ruling_clip_failed)
def tell_leads_of_clip(clip: Any, **_: Any) -> None:
    """A clip that could not be cut is news to those who lead the queue."""
    lead_news.tell_of_clip(clip=clip)


@receiver(appeal_received)
def tell_of_appeal(appeal: Any, submission: Any, **_: Any) -> None:
    """An appeal is news to those who lead the queue."""
    lead_news.tell_of_appeal(appeal=appeal, submission=submission)


@receiver(session_booked)
def tell_of_session(booking: Any, **_: Any) -> None:
    """A booked session is news to everybody in it."""
    practical_news.tell_of_session(booking=booking)


@receiver(session_attested)
def tell_of_attestation(booking: Any, **_: Any) -> None:
    """A session that took place is news to its learner, who waits for that."""
    practical_news.tell_of_attestation(booking=booking)


@receiver(session_called_off)
def tell_of_session_off(booking: Any, by: Any, reason: str, **_: Any) -> None:
    """A session that was called off is news to the others in it."""
    practical_news.tell_of_session_off(booking=booking, by=by, reason=reason)


@receiver(recording_checked)
def tell_of_recording(recording: Any, **_: Any) -> None:
    """A recording that can't be used is news; one that can shows on its page. A camera track alone holds nobody up."""
    if recording.state == RecordingState.REJECTED and recording.main_id is None:
        practical_news.tell_of_recording(recording=recording, sentence=sentence_about(recording))


@receiver(upload_waits)
def tell_of_upload(upload: Any, **_: Any) -> None:
    """An upload that stands still for a day is news to its owner."""
    practical_news.tell_of_upload(upload=upload)

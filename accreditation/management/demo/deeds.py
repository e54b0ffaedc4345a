"""What the demo's people do: the deeds of real people, one after the other."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from accreditation.actions.sweeps import sweep_awards, sweep_standings
from accreditation.models import Reassessment, User
from accreditation.rules.awards import awards_due
from accreditation.rules.tier_awards import tier_awards_due
from assessments.actions.attempts import start_attempt
from assessments.actions.claims import claim_next
from assessments.actions.closing import submit_attempt
from assessments.actions.marks import CommentText, keep_comment, send_review
from assessments.actions.practicals import hand_in, open_submission, save_work
from assessments.actions.recorder import begin_recording, give_consent, interrupt_silent_recordings, mark_part
from assessments.actions.recordings import check_recording
from assessments.actions.responses import save_responses
from assessments.actions.uploads import append_bytes, open_upload, take_in_file
from assessments.models import AnswerKey, Attempt, Exam, Practical, Recording, RecordingState, Submission
from assessments.models.reviews import Visibility
from assessments.rules.recorder import SILENT_AFTER, part_names
from assessments.rules.reviews import sheet_of
from assessments.rules.saves import Entry
from assessments.rules.uploads import Piece
from courses.actions.progress import mark_lesson_done
from courses.models import Course, LearningPath

TAB = "demo"


def do_course(learner: User, slug: str, *, lessons: int | None = None) -> None:
    """Mark the first lessons of a course done, or all of them."""
    for lesson in Course.objects.get(slug=slug).lessons.order_by("position")[:lessons]:
        mark_lesson_done(lesson=lesson, by=learner)


def do_path(learner: User, slug: str) -> None:
    """Do every course of a path."""
    for step in LearningPath.objects.get(slug=slug).steps.select_related("course"):
        do_course(learner, step.course.slug)


def begin_exam(learner: User, slug: str, *, right: int, wrong: int = 0) -> Attempt:
    """Start an exam and answer some questions right, then some wrong."""
    attempt = start_attempt(exam=Exam.objects.get(slug=slug), by=learner)
    items = list(attempt.items.select_related("version__answer_key").order_by("position"))[: right + wrong]
    entries = [
        Entry(item.position, 1, _answer(item.version.answer_key, item.tokens, right=n < right))
        for n, item in enumerate(items)
    ]
    save_responses(attempt_id=attempt.pk, by=learner, client_id=TAB, epoch=attempt.writer_epoch, entries=entries)
    return attempt


def _answer(key: AnswerKey, tokens: dict[str, int], *, right: bool) -> tuple[str, ...]:
    chosen = [token for token, option in tokens.items() if float(key.answers[str(option)]) > 0]
    others = [token for token in tokens if token not in chosen]
    return tuple(chosen) if right else (others[0],)


def pass_exam(learner: User, slug: str) -> Attempt:
    """Sit an exam with every answer right."""
    return sit_exam(learner, slug, right=1000)


def sit_exam(learner: User, slug: str, *, right: int) -> Attempt:
    """Sit an exam with so many right answers, the rest wrong."""
    attempt = begin_exam(learner, slug, right=right, wrong=1000)
    submit_attempt(
        attempt_id=attempt.pk, by=learner, client_id=TAB, epoch=attempt.writer_epoch, submission_id=str(uuid.uuid4())
    )
    attempt.refresh_from_db()
    return attempt


def begin_practical(learner: User, slug: str) -> Submission:
    """Open a try."""
    return open_submission(practical=Practical.objects.get(slug=slug), by=learner)


def bring_recording(learner: User, submission: Submission, clip: Path, *, place: int = 1) -> Recording:
    """Upload a clip, and check it here and now: the demo doesn't wait for a worker."""
    name = f"{submission.practical.slug}{clip.suffix}"
    upload = take_in_file(submission=submission, place=place, path=clip, name=name, by=learner)
    recording = Recording.objects.get(pk=upload.recording_id)
    _until(lambda: _is_checked(recording))
    return recording


def begin_upload(learner: User, submission: Submission, clip: Path) -> Recording:
    """Send the first half of a clip, and then nothing more."""
    size = clip.stat().st_size
    upload = open_upload(submission=submission, length=size, metadata={"filename": clip.name}, by=learner)
    with clip.open("rb") as file:
        append_bytes(upload=upload, piece=Piece(offset=0, size=size // 2), stream=file, by=learner)
    return Recording.objects.get(pk=upload.recording_id)


def break_off_recording(learner: User, submission: Submission, clip: Path) -> Recording:
    """Record in the browser until that dies: what came is safe, and its learner decides about it."""
    consent = give_consent(submission=submission, others="Jonas Weber", by=learner)
    upload = begin_recording(submission=submission, consent=consent, metadata={}, by=learner)
    for number, name in enumerate(part_names(submission.practical)[:2]):
        mark_part(recording=upload.recording, name=name, at_ms=30_000 * number)
    with clip.open("rb") as file:
        append_bytes(upload=upload, piece=Piece(offset=0, size=clip.stat().st_size), stream=file, by=learner)
    interrupt_silent_recordings(now=timezone.now() + 2 * SILENT_AFTER)
    return Recording.objects.get(pk=upload.recording_id)


def hand_in_recording(learner: User, slug: str, clip: Path) -> Submission:
    """Open a try, upload a clip and hand in."""
    submission = begin_practical(learner, slug)
    bring_recording(learner, submission, clip)
    return hand_in(submission=submission, by=learner)


def fill_in(learner: User, submission: Submission, **typed: Any) -> Submission:
    """Type notes, a worksheet or own marks into an open try."""
    said = {"notes": submission.notes} | typed
    submission, _ = save_work(submission=submission, revision=submission.revision, by=learner, **said)
    return submission


def hand_in_worksheet(learner: User, slug: str, worksheet: Mapping[str, str]) -> Submission:
    """Open a try that asks for a worksheet and hand it in."""
    submission = fill_in(learner, begin_practical(learner, slug), worksheet=worksheet)
    return hand_in(submission=submission, by=learner)


def grade_next(grader: User, points: Sequence[int], notes: Callable[[str], str]) -> Submission | None:
    """Claim the next work and mark its criteria with these points in order, with a comment on each."""
    lease = claim_next(by=grader)
    if lease is None:
        return None
    task, sheet = lease.task, sheet_of(lease.task)
    criteria = list(sheet.criteria)
    marks = {criterion.slug: points[n % len(points)] for n, criterion in enumerate(criteria)}
    for number, criterion in enumerate(criteria):
        start_ms = 5000 + 9000 * number if sheet.has_recording else None
        said = CommentText(notes(criterion.name), criterion, start_ms, None, Visibility.LEARNER)
        keep_comment(task=task, token=lease.token, key=uuid.uuid4(), revision=0, said=said, by=grader)
    reason = "Watched together with the person who made it."
    send_review(task=task, token=lease.token, marks=marks, unheard_reason=reason, by=grader)
    return task.submission_version.submission


def settle() -> None:
    """Compute standings and issue badges now, together with the workers where they run."""
    _until(_is_settled)


def _is_settled() -> bool:
    sweep_standings()
    sweep_awards()
    now = timezone.now()
    return not (
        Reassessment.objects.filter(done_at=None).exists() or awards_due(now).exists() or tier_awards_due(now).exists()
    )


def _is_checked(recording: Recording) -> bool:
    """Whether its checks are over; a worker that took it first is waited for."""
    check_recording(recording_id=recording.pk)
    recording.refresh_from_db()
    return recording.state in (RecordingState.READY, RecordingState.REJECTED, RecordingState.FAILED)


def _until(is_done: Callable[[], bool]) -> None:
    """Try for a minute, with a short rest in between."""
    for _ in range(300):
        if is_done():
            return
        time.sleep(0.2)
    raise TimeoutError("The demo waited a minute for a worker.")

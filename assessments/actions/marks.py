"""What a grader writes: drafts, comments, marks.

Whatever was typed is kept, also when its lease has run out: keeping returns a refusal beside the row instead of
raising, because raising would undo the keeping.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from assessments.actions.decisions import decide_submission
from assessments.actions.gold import score_gold
from assessments.actions.leases import end_lease
from assessments.actions.reviews import locked_lease
from assessments.models import (
    Comment,
    Criterion,
    Decision,
    EndOfLease,
    Impression,
    Mark,
    Recording,
    Review,
    ReviewDraft,
    ReviewKind,
    ReviewTask,
    TaskState,
)
from assessments.rules.listening import Heard, heard_of, spans_of
from assessments.rules.reviews import (
    Sheet,
    sheet_of,
    total_of,
    why_not_hold,
    why_not_save_comment,
    why_not_save_draft,
    why_not_send,
    why_not_show_own,
    why_not_touch_comment,
)
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if

SENT = Refusal("already-sent", gettext_noop("You have sent your marks for this work; they can't be changed."))


@transaction.atomic
def keep_draft(
    *, task: ReviewTask, token: int, data: Mapping[str, Any], revision: int, by: Person
) -> tuple[ReviewDraft, Refusal | None]:
    """Store what the grader has chosen so far: {"marks": {criterion: points}, "note", "unheard": text, "parts": {number: ms}}.

    Returns the stored draft, and a refusal where the lease is stale (the draft is stored all the same) or where
    another tab stored a different draft since `revision` (nothing is overwritten). The caller shows either as 409.
    """
    now = database_now()
    lease = locked_lease(task, token, by)
    draft, _ = ReviewDraft.objects.select_for_update().get_or_create(
        task=task, grader_id=by.pk, defaults={"saved_at": now}
    )
    if Review.objects.filter(task=task, grader_id=by.pk).exists():
        return draft, SENT
    refusal = why_not_save_draft(draft, data, revision)
    if refusal is not None:
        return draft, refusal
    draft.data, draft.revision, draft.saved_at = dict(data), draft.revision + 1, now
    draft.save()
    return draft, why_not_hold(lease, now)


@transaction.atomic
def note_impression(*, task: ReviewTask, token: int, by: Person) -> Impression:
    """Keep the grader's marks as their first impression, once; from then on they see the learner's own.

    The marks are those of the stored draft. Raises `Refused` for a stale lease, and while a criterion has no mark.
    """
    now = database_now()
    refuse_if(why_not_hold(locked_lease(task, token, by), now))
    draft = ReviewDraft.objects.filter(task=task, grader_id=by.pk).first()
    marks = draft.data.get("marks", {}) if draft else {}
    refuse_if(why_not_show_own(sheet_of(task), marks))
    values = {"marks": marks, "noted_at": now}
    return Impression.objects.get_or_create(task=task, grader_id=by.pk, defaults=values)[0]


@dataclass(frozen=True, slots=True)
class CommentText:
    """A comment as typed: text, moment in milliseconds, criterion, who may read it, and which recording it is about."""

    text: str
    criterion: Criterion | None
    start_ms: int | None
    end_ms: int | None
    visibility: str
    place: int = 1


@transaction.atomic
def keep_comment(
    *, task: ReviewTask, token: int, key: UUID, revision: int, said: CommentText, by: Person
) -> tuple[Comment, Refusal | None]:
    """Store a comment under the id that the browser gave it; the same content twice is one comment.

    Returns the stored comment, and a refusal where the lease is stale (kept for this grader alone) or where another
    tab changed it since `revision`. Nobody else reads it before the grader's marks are sent. Raises `Refused`
    ("not-yours") for the id of another grader's comment, or of one on other work: its text is not shown either.
    """
    now = database_now()
    lease = locked_lease(task, token, by)
    recording = _shown(task, said)
    comment = Comment.objects.select_for_update().filter(pk=key).first()
    if comment is None:
        comment = Comment(pk=key, task=task, submission_version=task.submission_version, grader_id=by.pk, revision=0)
    elif refusal := why_not_touch_comment(comment, task, by):
        raise Refused(refusal)
    elif _says(comment, said, recording):
        return comment, why_not_hold(lease, now)
    elif refusal := why_not_save_comment(comment, revision):
        return comment, refusal
    if Review.objects.filter(submission_version=comment.submission_version, grader_id=by.pk).exists():
        return comment, SENT
    for name in ("text", "criterion", "start_ms", "end_ms", "visibility"):
        setattr(comment, name, getattr(said, name))
    comment.recording = recording
    comment.revision, comment.saved_at = comment.revision + 1, now
    comment.save()
    return comment, why_not_hold(lease, now)


def _shown(task: ReviewTask, said: CommentText) -> Recording | None:
    """The recording whose moment a comment names."""
    if said.start_ms is None:
        return None
    return task.submission_version.recordings.filter(place=said.place).first()


def _says(comment: Comment, said: CommentText, recording: Recording | None) -> bool:
    now = (
        comment.text,
        comment.criterion_id,
        comment.recording_id,
        comment.start_ms,
        comment.end_ms,
        comment.visibility,
    )
    return now == (
        said.text,
        said.criterion.pk if said.criterion else None,
        recording.pk if recording else None,
        said.start_ms,
        said.end_ms,
        said.visibility,
    )


@transaction.atomic
def delete_comment(*, task: ReviewTask, token: int, key: UUID, revision: int, by: Person) -> None:
    """Remove one's own comment, as it was last seen. Raises `Refused` for a stale lease or revision."""
    refuse_if(why_not_hold(locked_lease(task, token, by), database_now()))
    comment = Comment.objects.select_for_update().filter(pk=key, task=task).first()
    if comment is None:
        return
    refuse_if(why_not_touch_comment(comment, task, by) or why_not_save_comment(comment, revision))
    comment.delete()


@transaction.atomic
def send_review(
    *, task: ReviewTask, token: int, marks: Mapping[str, int], unheard_reason: str = "", by: Person
) -> Decision | None:
    """Send marks: append the review, end the lease, and decide when enough marks are in; the decision, if any.

    Raises `Refused` for a stale lease and as `why_not_send` says; the caller has kept the draft before.
    Lock order: lease, task, submission.
    """
    now = database_now()
    lease = locked_lease(task, token, by)
    refuse_if(SENT if lease is not None and lease.end == EndOfLease.SENT else why_not_hold(lease, now))
    assert lease is not None
    task = (
        ReviewTask.objects.select_for_update(of=("self",))
        .select_related("submission__rubric_version", "submission__practical", "submission_version")
        .get(pk=task.pk)
    )
    sheet = sheet_of(task)
    heard = heard_of(spans_of(task, by), task.submission_version.recordings.all(), unheard_reason)
    refuse_if(why_not_send(sheet, marks, Comment.objects.filter(task=task, grader_id=by.pk), heard))
    end_lease(lease, end=EndOfLease.SENT, at=now, task_state=TaskState.DONE)
    review = _append_review(task, sheet, marks, heard, by, now)
    if task.kind == ReviewKind.GOLD:
        score_gold(review=review, now=now)
        return None
    return decide_submission(version=task.submission_version, now=now)


def _append_review(
    task: ReviewTask, sheet: Sheet, marks: Mapping[str, int], heard: Heard, by: Person, now: datetime
) -> Review:
    review = Review.objects.create(
        task=task,
        submission_version=task.submission_version,
        grader_id=by.pk,
        kind=task.kind,
        total=total_of(marks),
        heard_percent=heard.percent,
        unheard_reason="" if heard.is_enough else heard.reason[:300],
        sent_at=now,
    )
    Mark.objects.bulk_create(
        Mark(review=review, criterion=criterion, points=marks[criterion.slug]) for criterion in sheet.criteria
    )
    return review

"""Who may take which work, how long a lease holds, and when marks may be sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import (
    Comment,
    Criterion,
    EndOfLease,
    Lease,
    ReviewDraft,
    ReviewKind,
    ReviewTask,
)
from assessments.rules.decisions import is_near_the_cut
from assessments.rules.listening import Heard, why_not_unheard
from courses.lib.people import Person
from courses.lib.refusals import Refusal

SKIPS_A_DAY = 3
ALL_HEARD = Heard()
LEVELS_WITH_EVIDENCE = (1, 2, 5)
STALE_LEASE = Refusal(
    "stale-lease",
    gettext_noop("Your lease has run out, so this was not counted. What you wrote is kept as your draft."),
)


def why_not_give_back(grader: Person, now: datetime) -> Refusal | None:
    """Why a grader can't skip: three skips within 24 hours are used. A conflict is no skip. One query."""
    skips = Lease.objects.filter(
        grader_id=grader.pk, end=EndOfLease.GIVEN_BACK, released_at__gt=now - timedelta(days=1)
    ).count()
    if skips < SKIPS_A_DAY:
        return None
    return Refusal(
        "skips-used",
        _("You have given back %(skips_a_day)s today. Finish this one, or let the lease run out.")
        % {"skips_a_day": SKIPS_A_DAY},
    )


def why_not_open_to_all(task: ReviewTask) -> Refusal | None:
    """Why not every grader may draw this: calibration is asked of one grader. No query."""
    if task.kind != ReviewKind.GOLD:
        return None
    return Refusal("calibration", _("This calibrates one grader, so nobody else draws it."))


def why_not_hold(lease: Lease | None, now: datetime) -> Refusal | None:
    """Why a lease gives no rights: it is somebody else's, ended, or past its time. Source: rules.md 5.3."""
    if lease is None or lease.released_at is not None or lease.expires_at <= now:
        return STALE_LEASE
    return None


def why_not_save_draft(draft: ReviewDraft, data: Mapping[str, object], revision: int) -> Refusal | None:
    """Why a draft can't be stored: another tab stored a different one in between. Source: rules.md 5.4."""
    if draft.revision == revision or draft.data == data:
        return None
    return Refusal("stale-draft", _("You changed these marks in another tab. Both are shown; nothing was overwritten."))


def why_not_touch_comment(comment: Comment, task: ReviewTask, grader: Person) -> Refusal | None:
    """Why a comment is none of this desk: it is another grader's, or belongs to other work of this one."""
    if comment.grader_id != grader.pk or comment.task_id != task.pk:
        return Refusal("not-yours", _("This comment is not yours."))
    return None


def why_not_save_comment(comment: Comment, revision: int) -> Refusal | None:
    """Why a comment can't be stored: another tab changed it in between."""
    if comment.revision != revision:
        return Refusal("stale-comment", _("You changed this comment in another tab. Both are shown."))
    return None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What marks are checked against: the criteria, the pass mark, and whether comments need a moment."""

    criteria: tuple[Criterion, ...]
    pass_points: int
    has_recording: bool

    def counts(self, comment: Comment) -> bool:
        """Whether a comment is evidence: with a moment where there is a recording."""
        return comment.start_ms is not None or not self.has_recording


def sheet_of(task: ReviewTask) -> Sheet:
    """The sheet of a task, from the rubric version that the submission was opened with. Four queries at most."""
    rubric = task.submission.rubric_version
    has_recording = bool(task.submission_version.recordings.all())
    return Sheet(
        tuple(rubric.criteria.order_by("position").prefetch_related("levels")), rubric.pass_points, has_recording
    )


def why_not_show_own(sheet: Sheet, marks: Mapping[str, int]) -> Refusal | None:
    """Why the learner's own marks stay hidden: a criterion has no mark yet."""
    missing = [criterion.name for criterion in sheet.criteria if criterion.slug not in marks]
    return (
        Refusal(
            "marks-missing", _("Score %(missing)s first, so that the view is your own.") % {"missing": _names(missing)}
        )
        if missing
        else None
    )


def total_of(marks: Mapping[str, int]) -> int:
    """The sum of the marks given so far."""
    return sum(marks.values())


def why_not_send(
    sheet: Sheet, marks: Mapping[str, int], comments: Iterable[Comment], heard: Heard = ALL_HEARD
) -> Refusal | None:
    """Why marks can't be sent yet: criteria without a mark, marks without the evidence that they need, too little heard.

    Levels 1, 2 and 5 need a comment about their criterion; totals near the pass mark need one at all. Where there is
    a recording, only a comment with its moment counts. Source: rules.md 5.5, 5.18.
    """
    missing = [criterion.name for criterion in sheet.criteria if criterion.slug not in marks]
    if missing:
        return Refusal("marks-missing", _("Score %(missing)s.") % {"missing": _names(missing)})
    evidence = [comment for comment in comments if sheet.counts(comment)]
    about = {comment.criterion_id for comment in evidence}
    bare = [c.name for c in sheet.criteria if marks[c.slug] in LEVELS_WITH_EVIDENCE and c.pk not in about]
    kind = _("comment at its moment") if sheet.has_recording else "comment"
    if bare:
        return Refusal(
            "evidence-missing",
            _("Levels 1, 2 and 5 need a %(kind)s. Add one about %(bare)s.") % {"kind": kind, "bare": _names(bare)},
        )
    if is_near_the_cut(total_of(marks), sheet.pass_points) and not evidence:
        return Refusal(
            "evidence-missing",
            _("A total of %(marks)s is near the pass mark: add one %(kind)s.")
            % {"marks": total_of(marks), "kind": kind},
        )
    return why_not_unheard(heard)


def _names(names: list[str]) -> str:
    return (
        names[0]
        if len(names) == 1
        else _("%(join)s and %(names)s") % {"join": ", ".join(names[:-1]), "names": names[-1]}
    )

"""What the review queue looks like: to a grader, and to the learner who waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q

from assessments.models import Lease, PriorityClass, Review, ReviewDraft, ReviewKind, ReviewTask, Submission, TaskState
from assessments.models.reviews import OPEN_TASK_STATES
from assessments.rules.claims import claimable_by, facts_of, why_not_claim
from assessments.rules.fatigue import PROMPT, worked_since
from assessments.rules.gold import must_qualify
from courses.lib.people import Person
from courses.lib.refusals import Refusal


@dataclass(frozen=True, slots=True)
class QueueClass:
    """One class of waiting work in the order in which it is drawn."""

    number: int
    name: str
    waiting: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class GraderDraft:
    """Work that a grader began: with a lease that holds until `expires_at`, or without one."""

    task: ReviewTask
    lease: Lease | None
    may_resume: bool


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """The queue page: figures, classes, one's own drafts, how many one has sent today, and whether one still qualifies."""

    for_you: int
    waiting: int
    oldest_at: datetime | None
    classes: tuple[QueueClass, ...]
    drafts: tuple[GraderDraft, ...]
    sent_today: int
    refusal: Refusal | None
    worked_today: timedelta
    qualifies: bool

    @property
    def tires(self) -> bool:
        """Whether it is time to think of a longer rest: two hours are done today."""
        return self.worked_today >= PROMPT

    @property
    def held(self) -> GraderDraft | None:
        """The work that the grader holds now."""
        return next((draft for draft in self.drafts if draft.lease), None)


def classes_of() -> tuple[QueueClass, ...]:
    """What waits, class by class, in the order in which it is drawn. One query."""
    rows = {
        row["priority_class"]: row
        for row in ReviewTask.objects.waiting()
        .exclude(kind=ReviewKind.GOLD)
        .order_by()
        .values("priority_class")
        .annotate(waiting=Count("pk"), oldest_at=Min("created_at"))
    }
    return tuple(
        QueueClass(one.value, str(one.label), rows.get(one, {}).get("waiting", 0), rows.get(one, {}).get("oldest_at"))
        for one in PriorityClass
    )


def queue_of(grader: Person, now: datetime) -> QueueFigures:
    """The queue as a grader sees it. Five queries, however much waits; a few more where there is gold."""
    facts = facts_of(grader)
    classes = classes_of()
    starts = [one.oldest_at for one in classes if one.oldest_at]
    drafts = _drafts_of(grader, now)
    return QueueFigures(
        for_you=claimable_by(grader, facts).order_by().count(),
        waiting=max(0, sum(one.waiting for one in classes) - _hidden(drafts)),
        oldest_at=min(starts) if starts else None,
        classes=classes,
        drafts=drafts,
        sent_today=Review.objects.filter(grader_id=grader.pk, sent_at__gte=facts.midnight).count(),
        refusal=why_not_claim(facts),
        worked_today=worked_since(facts.spells, facts.midnight),
        qualifies=facts.has_gold and must_qualify(grader),
    )


def _hidden(drafts: tuple[GraderDraft, ...]) -> int:
    """How many works fewer a grader is shown: taking gold takes none from the queue, which would tell it from other work."""
    return sum(one.lease is not None and one.task.kind == ReviewKind.GOLD for one in drafts)


def _drafts_of(grader: Person, now: datetime) -> tuple[GraderDraft, ...]:
    """Work held now, and work whose lease was lost while a draft or comment is kept; sent work is left out."""
    sent = Review.objects.filter(submission_version=OuterRef("submission_version"), grader_id=grader.pk)
    kept = ReviewDraft.objects.filter(task=OuterRef("pk"), grader_id=grader.pk)
    holding = Lease.objects.holding(now).filter(grader_id=grader.pk)
    tasks = (
        ReviewTask.objects.visible_to(grader)
        .filter(~Exists(sent), ~Q(state=TaskState.CANCELLED))
        .filter(Exists(kept) | Exists(holding.filter(task=OuterRef("pk"))))
        .select_related("submission__practical")
    )
    leases = {lease.task_id: lease for lease in holding}
    return tuple(
        GraderDraft(task, leases.get(task.pk), task.state == TaskState.WAITING and not leases) for task in tasks
    )


@dataclass(frozen=True, slots=True)
class PlaceInQueue:
    """Where handed-in work stands: readings drawn before it, or that a grader has it."""

    before: int
    is_taken: bool


def place_of(submission: Submission) -> PlaceInQueue | None:
    """The place of handed-in work in the queue, None when nothing of it waits or is read. Two queries."""
    open_task = submission.review_tasks.filter(state__in=OPEN_TASK_STATES).exclude(kind=ReviewKind.GOLD).first()
    if open_task is None:
        return None
    if open_task.state == TaskState.LEASED:
        return PlaceInQueue(0, True)
    mine = (open_task.priority_class, open_task.due_at, open_task.shuffle)
    earlier = (
        Q(priority_class__lt=mine[0])
        | Q(priority_class=mine[0], due_at__lt=mine[1])
        | Q(priority_class=mine[0], due_at=mine[1], shuffle__lt=mine[2])
    )
    return PlaceInQueue(ReviewTask.objects.waiting().exclude(kind=ReviewKind.GOLD).filter(earlier).count(), False)

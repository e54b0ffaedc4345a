"""The review queue, the leases on it, and what graders gave: marks, comments, drafts."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from assessments.models.conflicts import clashes
from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL
from courses.lib.people import Person
from courses.lib.states import Transitions


class ReviewerPool(models.Model):
    """Graders who read certain practicals, by their field for example. Personal data: who belongs to it."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="reviewer_pools", blank=True)
    history = HistoricalRecords(m2m_fields=[members])

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class ReviewKind(models.TextChoices):
    """Why a set of marks is wanted."""

    FIRST = "first", gettext_lazy("first reading")
    SECOND = "second", gettext_lazy("second reading")
    THIRD = "third", gettext_lazy("third reading")
    APPEAL = "appeal", gettext_lazy("appeal")
    GOLD = "gold", gettext_lazy("calibration")


class AskedBecause(models.TextChoices):
    """Why a reading was asked for: what the lead sees beside each task."""

    HANDED_IN = "handed_in", gettext_lazy("handed in")
    REQUIRED = "required", gettext_lazy("the practical asks for so many readings")
    NEW_GRADER = "new_grader", gettext_lazy("a new grader's reading")
    FLAGGED = "flagged", gettext_lazy("the checks of the recording noted something")
    LAST_ATTEMPT = "last_attempt", gettext_lazy("not enough to pass, and the last try comes next or was this one")
    APART = "apart", gettext_lazy("two readings lie far apart")
    MONITOR = "monitor", gettext_lazy("drawn at random")
    VALUE = "value", gettext_lazy("the outcome is uncertain enough")
    APPEAL = "appeal", gettext_lazy("the learner appealed")
    GOLD = "gold", gettext_lazy("calibration")


class TaskState(models.TextChoices):
    """Where a review task stands."""

    WAITING = "waiting", gettext_lazy("waiting")
    LEASED = "leased", gettext_lazy("with a grader")
    DONE = "done", gettext_lazy("done")
    CANCELLED = "cancelled", gettext_lazy("cancelled")


OPEN_TASK_STATES = (TaskState.WAITING, TaskState.LEASED)
TASK_TRANSITIONS: Transitions = {
    TaskState.WAITING: frozenset({TaskState.LEASED, TaskState.CANCELLED}),
    TaskState.LEASED: frozenset({TaskState.WAITING, TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}


class PriorityClass(models.IntegerChoices):
    """The order in which tasks are drawn, before their due time."""

    APPEAL = 1, gettext_lazy("Appeals")
    PROMISED = 2, gettext_lazy("Past or near the promised date")
    FURTHER = 3, gettext_lazy("Second and third readings")
    FIRST = 4, gettext_lazy("First readings")


class ReviewTaskQuerySet(models.QuerySet):
    """Tasks by state, by conflict of interest and by who may open them."""

    def waiting(self) -> "ReviewTaskQuerySet":
        """Tasks that a grader could be given."""
        return self.filter(state=TaskState.WAITING)

    def free_of_conflict(self, grader: Person) -> "ReviewTaskQuerySet":
        """Leaves out own work, the manager line, the same organisation, and conflict rows that stand. Source: rules.md 5.2."""
        handed_in_at = OuterRef("submission_version__handed_in_at")
        return self.exclude(clashes(grader, "submission__learner", handed_in_at))

    def visible_to(self, user: Person) -> "ReviewTaskQuerySet":
        """Tasks that the person holds or once held, unless a conflict was found since."""
        held = Lease.objects.filter(task=OuterRef("pk"), grader_id=user.pk)
        return self.filter(Exists(held)).free_of_conflict(user)


class ReviewTask(models.Model):
    """One wanted set of marks on what was handed in. `shuffle` is fixed at insertion. No personal data of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey("assessments.Submission", models.PROTECT, related_name="review_tasks")
    wanted_grader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text=gettext_lazy("Who alone can mark it, because they sat in; empty for every grader."),
    )  # fmt: skip
    submission_version = models.ForeignKey("assessments.SubmissionVersion", models.PROTECT, related_name="review_tasks")
    kind = models.CharField(max_length=8, choices=ReviewKind, default=ReviewKind.FIRST)
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.WAITING)
    priority_class = models.PositiveSmallIntegerField(choices=PriorityClass, default=PriorityClass.FIRST)
    due_at = models.DateTimeField()
    shuffle = models.PositiveIntegerField()
    asked_because = models.CharField(
        max_length=12, choices=AskedBecause, default=AskedBecause.HANDED_IN, db_default=AskedBecause.HANDED_IN
    )
    value = models.FloatField(
        null=True,
        blank=True,
        help_text=gettext_lazy("By how much it was expected to lower the chance of a wrong decision, 0 to 1."),
    )
    offered_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Until then only the graders that it was offered to may draw it.")
    )
    created_at = models.DateTimeField()

    objects = ReviewTaskQuerySet.as_manager()

    class Meta:
        ordering = ["priority_class", "due_at", "shuffle"]
        permissions = [("grade", "Can grade submissions"), ("lead_reviews", "Can lead the review queue")]
        indexes = [
            models.Index(
                fields=["priority_class", "due_at", "shuffle"],
                condition=Q(state=TaskState.WAITING),
                name="review_task_claim_order",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(state__in=OPEN_TASK_STATES) & ~Q(kind=ReviewKind.GOLD),
                name="review_task_one_open_per_submission",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.pk)[:4]}"


class Offer(models.Model):
    """A grader whose reading would say most about this work; drawn before others may. Personal data: who was asked."""

    task = models.ForeignKey(ReviewTask, models.CASCADE, related_name="offers")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["task", "rank"]
        constraints = [models.UniqueConstraint(fields=["task", "grader"], name="offer_once_per_grader")]

    def __str__(self) -> str:
        return f"{self.task}, {self.rank}."


class EndOfLease(models.TextChoices):
    """How a lease ended."""

    SENT = "sent", gettext_lazy("marks sent")
    GIVEN_BACK = "given_back", gettext_lazy("given back")
    EXPIRED = "expired", gettext_lazy("ran out")
    TAKEN_BACK = "taken_back", gettext_lazy("taken back by staff")


class LeaseQuerySet(models.QuerySet):
    """Leases by whether they hold."""

    def live(self) -> "LeaseQuerySet":
        """Leases that nobody ended; one past its time stays among them until the sweep finds it."""
        return self.filter(released_at__isnull=True)

    def holding(self, now: datetime) -> "LeaseQuerySet":
        """Leases that give rights at this moment."""
        return self.live().filter(expires_at__gt=now)


class Lease(models.Model):
    """A time-limited claim of a task by a grader. `token` is its fencing token: drawn from a sequence, it only rises.

    Personal data: which grader held which work.
    """

    token = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(ReviewTask, models.PROTECT, related_name="leases")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="leases")
    taken_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(help_text=gettext_lazy("How long each renewal holds."))
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=12, choices=EndOfLease, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        ordering = ["-token"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(released_at__isnull=True), name="lease_live_by_end"),
            models.Index(fields=["grader", "task"], name="lease_by_grader_and_task"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(released_at__isnull=True), name="lease_one_per_task"),
            models.UniqueConstraint(
                fields=["grader"], condition=Q(released_at__isnull=True), name="lease_one_per_grader"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, end="") | (Q(released_at__isnull=False) & ~Q(end="")),
                name="lease_ended_says_how",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("taken_at")), name="lease_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.task} until {self.expires_at:%H:%M}"


class Review(models.Model):
    """One grader's reading of one version: append-only. `total` is the sum of its marks, which a trigger checks.

    Personal data: which grader gave what to whom.
    """

    task = models.OneToOneField(ReviewTask, models.PROTECT, related_name="review")
    submission_version = models.ForeignKey("assessments.SubmissionVersion", models.PROTECT, related_name="reviews")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=8, choices=ReviewKind)
    total = models.PositiveSmallIntegerField()
    heard_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=gettext_lazy("Of all recordings, as far as known.")
    )
    unheard_reason = models.CharField(
        max_length=300, blank=True, db_default="", help_text=gettext_lazy("Why less was enough.")
    )
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at"]
        constraints = [
            models.UniqueConstraint(fields=["submission_version", "grader"], name="review_one_per_version_and_grader")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.total} points"


class Mark(models.Model):
    """Points on one criterion; a foreign key to its levels keeps them within it. Personal data: a result."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="marks")
    criterion = models.ForeignKey("assessments.Criterion", models.PROTECT, related_name="marks")
    points = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="mark_one_per_criterion"),
            models.CheckConstraint(
                condition=Q(points__range=(LOWEST_LEVEL, HIGHEST_LEVEL)), name="mark_between_one_and_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.points}"


class Visibility(models.TextChoices):
    """Who reads a comment once the submission is decided."""

    LEARNER = "learner", gettext_lazy("learner sees it")
    GRADERS = "graders", gettext_lazy("graders only")


class CommentQuerySet(models.QuerySet):
    """Comments in the order in which they are read."""

    def as_read(self) -> "CommentQuerySet":
        """Remarks on the whole first, then recording by recording along its time. With criterion and recording."""
        order = (F("recording__place").asc(nulls_first=True), F("start_ms").asc(nulls_first=True), "saved_at")
        return self.select_related("criterion", "recording").order_by(*order)


class Comment(models.Model):
    """A grader's remark, at a moment of the recording where there is one. The id comes from the browser, so that a
    repeated save is one comment. Frozen once the grader's marks are sent.

    Personal data: what a grader wrote about a person's work.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    task = models.ForeignKey(ReviewTask, models.PROTECT, related_name="comments")
    submission_version = models.ForeignKey("assessments.SubmissionVersion", models.PROTECT, related_name="comments")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_comments")
    criterion = models.ForeignKey("assessments.Criterion", models.PROTECT, null=True, blank=True)
    recording = models.ForeignKey(
        "assessments.Recording", models.PROTECT, null=True, blank=True, related_name="comments"
    )
    start_ms = models.PositiveIntegerField(null=True, blank=True)
    end_ms = models.PositiveIntegerField(null=True, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.LEARNER)
    text = models.TextField(max_length=4000)
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = [F("start_ms").asc(nulls_first=True), "saved_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_ms__isnull=True) | Q(start_ms__isnull=False, end_ms__gte=F("start_ms")),
                name="comment_moments_in_order",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="comment_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class ReviewDraft(models.Model):
    """What a grader has chosen so far: `data` is {"marks": {criterion slug: points}}. Outlives a lost lease.

    Personal data: marks that a grader considered.
    """

    task = models.ForeignKey(ReviewTask, models.PROTECT, related_name="drafts")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_drafts")
    data = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at"]
        constraints = [models.UniqueConstraint(fields=["task", "grader"], name="review_draft_one_per_task_and_grader")]

    def __str__(self) -> str:
        return f"draft on {self.task}"


class Impression(models.Model):
    """A grader's own marks before they saw the learner's: append-only. `marks` is {criterion slug: points}.

    Personal data: marks that a grader considered.
    """

    task = models.ForeignKey(ReviewTask, models.PROTECT, related_name="impressions")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="impressions")
    marks = models.JSONField()
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["noted_at"]
        constraints = [models.UniqueConstraint(fields=["task", "grader"], name="impression_one_per_task_and_grader")]

    def __str__(self) -> str:
        return f"first impression of {self.task}"

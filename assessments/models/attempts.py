"""Attempts: one sitting of one learner, what was drawn, answered, adjusted and scored."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from courses.lib.people import Person
from courses.lib.states import Transitions


class AttemptState(models.TextChoices):
    """Where a sitting stands. `ready` is only for sittings that staff schedule."""

    READY = "ready", gettext_lazy("scheduled")
    IN_PROGRESS = "in_progress", gettext_lazy("in progress")
    PAUSED = "paused", gettext_lazy("paused")
    SUBMITTED = "submitted", gettext_lazy("handed in")
    GRADED = "graded", gettext_lazy("scored")
    VOID = "void", gettext_lazy("void")


TRANSITIONS: Transitions = {
    AttemptState.READY: frozenset({AttemptState.IN_PROGRESS, AttemptState.VOID}),
    AttemptState.IN_PROGRESS: frozenset({AttemptState.PAUSED, AttemptState.SUBMITTED, AttemptState.VOID}),
    AttemptState.PAUSED: frozenset({AttemptState.IN_PROGRESS, AttemptState.VOID}),
    AttemptState.SUBMITTED: frozenset({AttemptState.GRADED, AttemptState.IN_PROGRESS, AttemptState.VOID}),
    AttemptState.GRADED: frozenset({AttemptState.IN_PROGRESS, AttemptState.VOID}),
    AttemptState.VOID: frozenset(),
}
LIVE = (AttemptState.IN_PROGRESS, AttemptState.PAUSED)
CLOSED = (AttemptState.SUBMITTED, AttemptState.GRADED)


class CloseReason(models.TextChoices):
    """What ended a sitting."""

    CANDIDATE = "candidate", gettext_lazy("by the learner")
    TIME = "time", gettext_lazy("when time was up")
    STAFF = "staff", gettext_lazy("by staff")


class DatabaseTime(models.Func):
    """The start of the running transaction as the database sees it, for use inside a query."""

    template = "CURRENT_TIMESTAMP"
    output_field = models.DateTimeField()


class AttemptQuerySet(models.QuerySet):
    """Attempts by whose they are and where they stand."""

    def timed(self) -> "AttemptQuerySet":
        """Each attempt with `now`, the transaction's time, in the same query."""
        return self.annotate(now=DatabaseTime())

    def locked(self, *, skip: bool = False) -> "AttemptQuerySet":
        """The rows locked to the end of the transaction; `skip` leaves out those that another one holds."""
        return self.select_for_update(of=("self",), skip_locked=skip)

    def visible_to(self, user: Person) -> "AttemptQuerySet":
        """One's own. Staff read attempts in the administration only."""
        return self.filter(learner_id=user.pk)

    def live(self) -> "AttemptQuerySet":
        """Started and not ended."""
        return self.filter(state__in=LIVE)

    def counting(self) -> "AttemptQuerySet":
        """Ended sittings that count: scored ones, not void."""
        return self.filter(scored=True, state__in=CLOSED)

    def scheduled(self) -> "AttemptQuerySet":
        """Sittings that staff have planned and nobody has started."""
        return self.filter(state=AttemptState.READY)

    def passed(self) -> "AttemptQuerySet":
        """Sittings that count and reached the pass mark."""
        return self.counting().filter(current_run__passed=True)


class Attempt(models.Model):
    """One sitting. Only time adjustments move `deadline_at`; `policy_snapshot` holds the limits resolved at the start.

    `writer_client` and `writer_epoch` say which tab may write. `opens_at` and `closes_at`: when staff let a scheduled one
    start. `paused_until` is the end of a learner's own break; staff's pause has none. Personal data: who sat which exam,
    when, the result.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts")
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, related_name="attempts")
    exam_version = models.ForeignKey("assessments.ExamVersion", models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=AttemptState)
    scored = models.BooleanField(default=True, help_text=gettext_lazy("Off for practice, which never counts."))
    started_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason, blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    policy_snapshot = models.JSONField(default=dict)
    seed = models.CharField(max_length=64)
    writer_client = models.CharField(max_length=64, blank=True)
    writer_epoch = models.PositiveIntegerField(default=1)
    submission_id = models.CharField(max_length=64, blank=True)
    answers_hash = models.CharField(max_length=64, blank=True)
    answered_count = models.PositiveSmallIntegerField(null=True)
    current_run = models.ForeignKey("ScoringRun", models.PROTECT, null=True, related_name="+")

    objects = AttemptQuerySet.as_manager()
    now: datetime

    class Meta:
        ordering = ["-started_at"]
        permissions = [
            ("void_attempt", "Can take an attempt out of the count"),
            ("pause_attempt", "Can pause and resume an attempt"),
            ("reopen_attempt", "Can reopen a closed attempt, and consent to it"),
            ("schedule_attempt", "Can schedule a sitting"),
            ("admit_late_answers", "Can let late answers count"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["learner", "exam", "scored", "number"], name="attempt_one_per_number"),
            models.UniqueConstraint(
                fields=["learner"], condition=Q(scored=True, state__in=LIVE), name="attempt_one_open_per_learner"
            ),
            models.UniqueConstraint(
                fields=["learner", "exam"], condition=Q(state=AttemptState.READY), name="attempt_one_scheduled_per_exam"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="attempt_number_from_one"),
            models.CheckConstraint(
                condition=Q(state=AttemptState.PAUSED, paused_at__isnull=False)
                | (~Q(state=AttemptState.PAUSED) & Q(paused_at__isnull=True)),
                name="attempt_paused_has_time",
            ),
            models.CheckConstraint(
                condition=Q(paused_until__isnull=True) | Q(paused_at__isnull=False, paused_until__gt=F("paused_at")),
                name="attempt_break_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="attempt_opens_before_it_closes",
            ),
            models.CheckConstraint(
                condition=Q(state=AttemptState.VOID)
                | Q(state=AttemptState.READY, started_at__isnull=True)
                | (~Q(state=AttemptState.READY) & Q(started_at__isnull=False)),
                name="attempt_started_unless_ready",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True, deadline_at__isnull=True)
                | Q(started_at__isnull=False, deadline_at__isnull=False, deadline_at__gt=F("started_at")),
                name="attempt_deadline_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state=AttemptState.VOID)
                | (Q(state__in=CLOSED, closed_at__isnull=False) & ~Q(close_reason=""))
                | (~Q(state__in=CLOSED) & Q(closed_at__isnull=True, close_reason="")),
                name="attempt_closed_has_time_and_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=AttemptState.GRADED) | Q(current_run__isnull=False), name="attempt_graded_has_run"
            ),
        ]
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(state=AttemptState.IN_PROGRESS), name="attempt_overdue"),
            models.Index(fields=["closed_at"], condition=Q(state=AttemptState.SUBMITTED), name="attempt_unscored"),
            models.Index(fields=["paused_until"], condition=Q(paused_until__isnull=False), name="attempt_on_break"),
        ]

    def __str__(self) -> str:
        return f"{self.exam}, try {self.number}"

    def get_absolute_url(self) -> str:
        """The question page."""
        return reverse("assessments:attempt", args=[self.pk])

    @property
    def result_url(self) -> str:
        """The result page."""
        return reverse("assessments:attempt-result", args=[self.pk])

    @property
    def receipt(self) -> str:
        """What the learner keeps: two groups of the hash over every answer, or nothing while the sitting is open."""
        return f"{self.answers_hash[:4]}-{self.answers_hash[4:8]}" if self.answers_hash else ""


class AttemptItem(models.Model):
    """One drawn question, its option order and what is answered now. Draw and order never change (triggers).

    `option_order` holds option ids as shown, `option_tokens` the random ids that stand for them in this delivery.
    Personal data: what was asked, through the attempt.
    """

    attempt = models.ForeignKey(
        Attempt, models.CASCADE, related_name="items", db_index=False
    )  # one_per_position serves
    position = models.PositiveSmallIntegerField()
    question = models.ForeignKey("assessments.Question", models.PROTECT, related_name="items")
    version = models.ForeignKey("assessments.QuestionVersion", models.PROTECT, related_name="items")
    option_order = ArrayField(models.BigIntegerField(), default=list)
    option_tokens = ArrayField(models.CharField(max_length=32), default=list)
    max_mark = models.DecimalField(max_digits=7, decimal_places=4, default=1)
    current_event = models.ForeignKey(  # nothing looks an item up by it, and without an index a save updates in place
        "ResponseEvent", models.PROTECT, null=True, related_name="+", db_index=False
    )
    voided = models.BooleanField(default=False)

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attempt_item_one_per_position"),
            models.UniqueConstraint(fields=["attempt", "question"], name="attempt_item_one_per_question"),
            models.CheckConstraint(condition=Q(position__gte=1), name="attempt_item_position_from_one"),
            models.CheckConstraint(condition=Q(max_mark__gt=0), name="attempt_item_max_above_zero"),
        ]

    def __str__(self) -> str:
        return f"question {self.position}"

    @property
    def tokens(self) -> dict[str, int]:
        """The delivery's option ids, in the order shown, each with the option it stands for."""
        return dict(zip(self.option_tokens, self.option_order, strict=True))


class Disposition(models.TextChoices):
    """What became of a saved answer when it arrived."""

    CHAIN = "chain", gettext_lazy("became current")
    SUPERSEDED = "superseded", gettext_lazy("kept, older or from another tab")
    LATE = "late", gettext_lazy("kept, came when it didn't run")
    REFUSED = "refused", gettext_lazy("kept, could not be read")


class ResponseEvent(models.Model):
    """One save of one answer, append-only; `value` is what the kind made of it. Personal data: the answer."""

    item = models.ForeignKey(
        AttemptItem, models.CASCADE, related_name="events", db_index=False
    )  # its constraint serves
    client_id = models.CharField(max_length=64)
    seq = models.PositiveIntegerField()
    value = models.JSONField(null=True)
    answered = models.BooleanField()
    flagged = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    disposition = models.CharField(max_length=10, choices=Disposition)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "client_id", "seq"], name="response_event_one_per_client_and_seq")
        ]

    def __str__(self) -> str:
        return f"save {self.seq}, {self.get_disposition_display()}"


class ScoringRun(models.Model):
    """One scoring of a whole attempt, append-only; a trigger recomputes sum and pass. Personal data: the result."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="runs")
    score = models.DecimalField(max_digits=9, decimal_places=4)
    max_score = models.DecimalField(max_digits=9, decimal_places=4)
    passed = models.BooleanField()
    reason = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_score__gt=0, score__gte=0, score__lte=F("max_score")), name="scoring_run_within_maximum"
            )
        ]

    def __str__(self) -> str:
        return f"{self.score.normalize():f} of {self.max_score.normalize():f}"


class ItemScore(models.Model):
    """The mark of one item in one run, append-only. Personal data: the mark."""

    run = models.ForeignKey(ScoringRun, models.CASCADE, related_name="scores")
    item = models.ForeignKey(AttemptItem, models.PROTECT, related_name="scores")
    mark = models.DecimalField(max_digits=7, decimal_places=4)
    max_mark = models.DecimalField(max_digits=7, decimal_places=4)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "item"], name="item_score_once_per_run"),
            models.CheckConstraint(
                condition=Q(max_mark__gt=0, mark__gte=0, mark__lte=F("max_mark")), name="item_score_within_maximum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mark.normalize():f} of {self.max_mark.normalize():f}"

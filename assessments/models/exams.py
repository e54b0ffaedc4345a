"""Exams and their frozen versions."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from assessments.models.banks import Difficulty
from courses.lib.people import Person
from courses.models.content import ContentState


class ExamQuerySet(models.QuerySet):
    """Exams that a person may see."""

    def published(self) -> "ExamQuerySet":
        """What anyone may sit."""
        return self.filter(state=ContentState.PUBLISHED)

    def visible_to(self, user: Person) -> "ExamQuerySet":
        """Published exams; drafts and withdrawn ones too for those who edit exams."""
        if user.has_perm("assessments.change_exam"):
            return self
        return self.published()


class Exam(models.Model):
    """A written exam; its limits stand in the current version. No personal data."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    bank = models.ForeignKey("assessments.QuestionBank", models.PROTECT, related_name="exams")
    state = models.CharField(max_length=12, choices=ContentState, default=ContentState.DRAFT)
    for_asked_only = models.BooleanField(
        default=False, db_default=False, editable=False, help_text=gettext_lazy("Whoever isn't asked to sit it can't.")
    )
    current_version = models.ForeignKey(
        "ExamVersion", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    history = HistoricalRecords()

    objects = ExamQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(current_version__isnull=False) | ~Q(state=ContentState.PUBLISHED),
                name="exam_published_has_version",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The rules page."""
        return reverse("assessments:exam", args=[self.slug])


def default_waits() -> list[int]:
    """Hours between tries: a day after the first, a week after the second, 30 days after later ones."""
    return [24, 168, 720]


class ExamVersion(models.Model):
    """Limits, window, pass mark, retakes and release of results, frozen when published (trigger). Personal data: the publisher.

    `pass_percent` is a share of 100; `waits_hours` the pause after the first, second, … try, the last one repeating.
    """

    exam = models.ForeignKey(Exam, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    minutes = models.PositiveSmallIntegerField(default=60)
    pass_percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(80))
    waits_hours = ArrayField(models.PositiveIntegerField(), default=default_waits, blank=True)
    max_attempts = models.PositiveSmallIntegerField(default=4)
    within_days = models.PositiveSmallIntegerField(default=365)
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Nobody starts before (UTC). Empty: at once.")
    )
    closes_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Every sitting ends by then (UTC). Empty: never.")
    )
    results_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("No result before (UTC). Empty: at once.")
    )
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["exam", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "number"], name="exam_version_one_per_number"),
            models.CheckConstraint(
                condition=Q(pass_percent__gt=0, pass_percent__lte=100), name="exam_version_pass_mark_is_a_percent"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, max_attempts__gte=1, within_days__gte=1),
                name="exam_version_limits_from_one",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="exam_version_opens_before_it_closes",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class BlueprintCell(models.Model):
    """How many questions of which objective, course or topic, and of which difficulty. Empty means any. No personal data.

    `question`: exactly this one, and then nothing else is said.
    """

    exam_version = models.ForeignKey(ExamVersion, models.CASCADE, related_name="cells")
    position = models.PositiveSmallIntegerField(default=0)
    course = models.ForeignKey("courses.Course", models.PROTECT, null=True, blank=True, related_name="+")
    objective = models.ForeignKey("courses.Objective", models.PROTECT, null=True, blank=True, related_name="+")
    topic = models.CharField(max_length=200, blank=True, db_default="")
    difficulty = models.CharField(max_length=8, choices=Difficulty, blank=True)
    question = models.ForeignKey("assessments.Question", models.PROTECT, null=True, blank=True, related_name="+")
    count = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["exam_version", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1), name="blueprint_cell_count_from_one"),
            models.CheckConstraint(
                condition=Q(course__isnull=True, objective__isnull=True)
                | Q(course__isnull=True, topic="")
                | Q(objective__isnull=True, topic=""),
                name="blueprint_cell_one_kind_of_topic",
            ),
            models.CheckConstraint(
                condition=Q(question__isnull=True)
                | Q(course__isnull=True, objective__isnull=True, topic="", difficulty="", count=1),
                name="blueprint_cell_one_question_and_no_more",
            ),
        ]

    def __str__(self) -> str:
        topic = self.question or self.objective or self.course or self.topic or "any topic"
        return f"{self.count} × {topic}{f', {self.difficulty}' if self.difficulty else ''}"

"""Statistics of exams as they were computed at night or on request."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class ComputationQuerySet(models.QuerySet):
    """Computed ones, and those that wait."""

    def computed(self) -> "ComputationQuerySet":
        """With figures, newest first."""
        return self.filter(computed_at__isnull=False).order_by("-computed_at", "-pk")

    def waiting(self) -> "ComputationQuerySet":
        """Asked for and not there yet."""
        return self.filter(computed_at__isnull=True)


class Computation(models.Model):
    """Figures that were asked for, then are there: the row is the queue. `due_at`: when it is tried, or tried again after
    `problem`.
    """

    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    computed_at = models.DateTimeField(null=True)
    figures: Any = models.JSONField(default=dict)

    objects = ComputationQuerySet.as_manager()

    class Meta:
        abstract = True


class ExamStatistics(Computation):
    """One computation of an exam's statistics. Personal data: who asked.

    `figures`: `ExamFigures` without its items, and with `histogram` (persons in twenty classes of 5 % of the total) and
    `exposure`.
    """

    exam = models.ForeignKey("assessments.Exam", models.CASCADE, related_name="statistics")
    persons = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name_plural = gettext_lazy("exam statistics")
        constraints = [
            models.UniqueConstraint(
                fields=["exam"], condition=Q(computed_at__isnull=True), name="exam_statistics_one_waiting_per_exam"
            ),
            models.CheckConstraint(
                condition=Q(computed_at__isnull=True, persons__isnull=True)
                | Q(computed_at__isnull=False, persons__isnull=False),
                name="exam_statistics_computed_has_persons",
            ),
        ]
        indexes = [
            models.Index(fields=["exam", "-computed_at"], name="exam_statistics_newest"),
            models.Index(fields=["due_at"], condition=Q(computed_at__isnull=True), name="exam_statistics_due"),
        ]

    def __str__(self) -> str:
        return f"statistics of {self.requested_at:%-d %B %Y, %H:%M}"


class ItemStatistics(models.Model):
    """One question, as it was worded, within one computation. Shares of 1. No personal data.

    `figures`: `ItemFigures`; `options`: `OptionFigures` by option row id, for questions to choose from.
    """

    statistics = models.ForeignKey(ExamStatistics, models.CASCADE, related_name="items")
    version = models.ForeignKey("assessments.QuestionVersion", models.PROTECT, related_name="statistics")
    n = models.PositiveIntegerField()
    facility = models.FloatField(null=True)
    item_total_corrected = models.FloatField(null=True)
    exposure = models.FloatField(
        null=True, help_text=gettext_lazy("Share of the attempts of 90 days that were given the question.")
    )
    flags = ArrayField(models.CharField(max_length=20), default=list)
    figures: Any = models.JSONField(default=dict)
    options: Any = models.JSONField(default=list)

    class Meta:
        ordering = ["statistics", "pk"]
        verbose_name_plural = gettext_lazy("item statistics")
        constraints = [
            models.UniqueConstraint(fields=["statistics", "version"], name="item_statistics_one_per_version"),
            models.CheckConstraint(
                condition=Q(facility__isnull=True) | Q(facility__gte=0, facility__lte=1),
                name="item_statistics_facility_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(item_total_corrected__isnull=True)
                | Q(item_total_corrected__gte=-1, item_total_corrected__lte=1),
                name="item_statistics_correlation_from_minus_one_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"figures of a question, n = {self.n}"

"""Gold: work with the marks of a panel, which graders read without knowing it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class GoldQuerySet(models.QuerySet):
    """Gold works by whether they are given out."""

    def live(self) -> "GoldQuerySet":
        """Those that graders may be given."""
        return self.filter(released_at__isnull=False, retired_at__isnull=True)


class GoldWork(models.Model):
    """Decided work whose learner agreed that graders calibrate on it, with the panel's marks and why they are right.

    `marks` is {criterion slug: points}, `total` their sum. Released it is given to graders; retired, no more. Personal
    data: a learner's work and how they agreed.
    """

    version = models.OneToOneField("assessments.SubmissionVersion", models.PROTECT, related_name="gold")
    marks = models.JSONField()
    total = models.PositiveSmallIntegerField()
    rationale = models.TextField(
        help_text=gettext_lazy("Why these marks are right, criterion by criterion. Graders read it afterwards.")
    )
    consent = models.CharField(max_length=300, help_text=gettext_lazy("How and when the learner agreed to this use."))
    released_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    history = HistoricalRecords()

    objects = GoldQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = gettext_lazy("gold work")
        constraints = [
            models.CheckConstraint(condition=~Q(rationale="") & ~Q(consent=""), name="gold_says_why_and_how_agreed"),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(released_at__isnull=False), name="gold_retired_after_release"
            ),
        ]

    def __str__(self) -> str:
        return f"gold {self.pk}, {self.total} points"


class GoldResult(models.Model):
    """How one grader's reading of a gold work compares with the panel: append-only. Personal data: how a grader marks."""

    gold = models.ForeignKey(GoldWork, models.PROTECT, related_name="results")
    review = models.OneToOneField("assessments.Review", models.PROTECT, related_name="gold_result")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="gold_results")
    is_qualifying = models.BooleanField()
    total = models.PositiveSmallIntegerField()
    panel_total = models.PositiveSmallIntegerField()
    pass_points = models.PositiveSmallIntegerField()
    is_hit = models.BooleanField(
        help_text=gettext_lazy("Neither more than two points off nor on the wrong side by more than one.")
    )
    scored_at = models.DateTimeField()

    class Meta:
        ordering = ["-scored_at", "-pk"]
        indexes = [models.Index(fields=["grader", "-scored_at"], name="gold_result_by_grader")]

    def __str__(self) -> str:
        return f"{self.total} against {self.panel_total}"

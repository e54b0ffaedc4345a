"""Accommodations: what was agreed with one person about how they sit exams."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class AccommodationQuerySet(models.QuerySet):
    """Accommodations by whom and when they hold for."""

    def for_sitting(self, learner: Any, exam: Any, day: date | Any) -> "AccommodationQuerySet":
        """Those of the learner that hold on this day (UTC), for this exam or for all. Takes ids or expressions."""
        return self.filter(
            Q(exam=exam) | Q(exam__isnull=True),
            Q(valid_until__isnull=True) | Q(valid_until__gte=day),
            learner=learner,
            valid_from__lte=day,
        )


class Accommodation(models.Model):
    """What a person was granted: more time, breaks, tries, another window, large print. Days are inclusive, in UTC.

    `time_percent` multiplies the limit (100 to 400). `opens_at` and `closes_at` stand in for the exam's window. Resolved
    when a sitting starts, or by "apply now". Personal data, sensitive: needs of the person; graders and readers of results
    never see it.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accommodations")
    exam = models.ForeignKey(
        "assessments.Exam",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=gettext_lazy("Empty: every exam."),
    )
    time_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(100), MaxValueValidator(400)],
        help_text=gettext_lazy("Of the limit: 150 is half as long again, 400 the most."),
    )
    extra_minutes = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("On top of that."))
    break_minutes = models.PositiveSmallIntegerField(
        default=0,
        help_text=gettext_lazy(
            "In one sitting, in as many breaks as the learner takes. The clock stops, questions are hidden."
        ),
    )
    extra_attempts = models.PositiveSmallIntegerField(default=0)
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("Instead of the exam's own window (UTC).")
    )
    closes_at = models.DateTimeField(null=True, blank=True)
    window_extension_minutes = models.PositiveSmallIntegerField(
        default=0, help_text=gettext_lazy("Past the end of the window, so that it doesn't cut the extra time.")
    )
    large_print = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField(help_text=gettext_lazy("What it rests on. Kept confidential."))
    history = HistoricalRecords()

    objects = AccommodationQuerySet.as_manager()

    class Meta:
        ordering = ["learner", "-valid_from"]
        permissions = [("apply_accommodation", "Can apply an accommodation to a running attempt")]
        constraints = [
            models.CheckConstraint(
                condition=Q(time_percent__gte=100, time_percent__lte=400), name="accommodation_time_one_to_four"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="accommodation_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="accommodation_window_opens_before_it_closes",
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("learner")), name="accommodation_approved_by_another"),
            models.CheckConstraint(condition=~Q(reason=""), name="accommodation_has_reason"),
        ]
        indexes = [models.Index(fields=["learner", "valid_from"], name="accommodation_by_learner")]

    def __str__(self) -> str:
        return f"{self.exam or 'every exam'}, from {self.valid_from}"

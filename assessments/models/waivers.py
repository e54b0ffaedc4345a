"""Leave to sit an exam for those who know its questions."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class WaiverQuerySet(models.QuerySet):
    """Waivers by whether they stand."""

    def open(self) -> "WaiverQuerySet":
        """Those that were not ended."""
        return self.filter(ended_at=None)


class Waiver(models.Model):
    """One person may sit one exam for credit although they judged it or may read its answers, and why; ended, never deleted.

    Personal data: who may, who said so, and the reason.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="waivers")
    exam = models.ForeignKey("assessments.Exam", models.PROTECT, related_name="waivers")
    reason = models.CharField(
        max_length=300, help_text=gettext_lazy("Why a pass proves something all the same. It is kept.")
    )
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    waived_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords()

    objects = WaiverQuerySet.as_manager()

    class Meta:
        ordering = ["-waived_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "exam"], condition=Q(ended_at__isnull=True), name="waiver_one_open_per_exam"
            ),
            models.CheckConstraint(condition=~Q(waived_by=F("learner")), name="waiver_given_by_another"),
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.learner}, {self.exam}"

"""Appeals: a learner asks for one more reading of work that was decided."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy


class AppealOrigin(models.TextChoices):
    """Who asked for the fresh reading."""

    LEARNER = "learner", gettext_lazy("the learner")
    RECHECK = "recheck", gettext_lazy("calibration of a grader")


class AppealQuerySet(models.QuerySet):
    """Appeals by whether they were answered."""

    def open(self) -> "AppealQuerySet":
        """Those without their answer."""
        from assessments.models.practicals import Decision

        return self.filter(~Exists(Decision.objects.filter(appeal=OuterRef("pk"))))


class Appeal(models.Model):
    """An appeal against one decision, by its learner or because its grader lost calibration: append-only. Its answer is the
    decision that names it.

    Personal data: why a learner thinks that they were judged wrongly.
    """

    against = models.OneToOneField("assessments.Decision", models.PROTECT, related_name="appealed_by")
    task = models.OneToOneField("assessments.ReviewTask", models.PROTECT, related_name="appeal")
    origin = models.CharField(max_length=8, choices=AppealOrigin, default=AppealOrigin.LEARNER)
    reason = models.TextField(max_length=2000)
    asked_at = models.DateTimeField()
    promised_at = models.DateTimeField()

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="appeal_has_its_reason")]

    def __str__(self) -> str:
        return f"appeal of {self.asked_at:%-d %B %Y}"

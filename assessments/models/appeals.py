"""Appeals: a learner asks for one more reading of work that was decided."""

from django.db import models
from django.db.models import Exists, OuterRef, Q


class AppealQuerySet(models.QuerySet):
    """Appeals by whether they were answered."""

    def open(self) -> "AppealQuerySet":
        """Those without their answer."""
        from assessments.models.practicals import Decision

        return self.filter(~Exists(Decision.objects.filter(appeal=OuterRef("pk"))))


class Appeal(models.Model):
    """A learner's appeal against one decision: append-only. Its answer is the decision that names it.

    Personal data: why a learner thinks that they were judged wrongly.
    """

    against = models.OneToOneField("assessments.Decision", models.PROTECT, related_name="appealed_by")
    task = models.OneToOneField("assessments.ReviewTask", models.PROTECT, related_name="appeal")
    reason = models.TextField(max_length=2000)
    asked_at = models.DateTimeField()
    promised_at = models.DateTimeField()

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="appeal_has_its_reason")]

    def __str__(self) -> str:
        return f"appeal of {self.asked_at:%-d %B %Y}"

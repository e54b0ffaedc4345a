"""How many marks the lead lets a submission have, and what the last night knew of graders."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class ReviewPolicy(models.Model):
    """What the lead decided about further readings: append-only, the newest counts. Shares are whole percent.

    Personal data: who decided it.
    """

    further_percent = models.PositiveSmallIntegerField(
        default=25, help_text=gettext_lazy("Readings beyond the first, for each hundred first ones, over 28 days.")
    )
    monitor_percent = models.PositiveSmallIntegerField(
        default=3,
        help_text=gettext_lazy(
            "Drawn at random for a second reading, whatever the marks: what agreement is measured on."
        ),
    )
    reason = models.CharField(max_length=300)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name_plural = gettext_lazy("review policies")
        constraints = [
            models.CheckConstraint(condition=Q(further_percent__lte=200), name="review_policy_at_most_three_readings"),
            models.CheckConstraint(
                condition=Q(monitor_percent__lte=models.F("further_percent")), name="review_policy_monitor_in_budget"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.further_percent} % further readings, {self.monitor_percent} % of them at random"


class RubricBeliefs(models.Model):
    """What the marks of the past say of graders and of one rubric's totals: for choosing further readings alone, never
    for a mark. `data` is that of `rules/allocation.Beliefs`; `price` what a reading must be worth, a share of 1.

    Personal data: how a grader marks.
    """

    rubric = models.OneToOneField("assessments.Rubric", models.CASCADE, related_name="beliefs")
    data = models.JSONField()
    price = models.FloatField()
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ["rubric"]
        verbose_name_plural = gettext_lazy("beliefs by rubric")

    def __str__(self) -> str:
        return f"{self.rubric}, {self.computed_at:%Y-%m-%d}"

"""Statistics of graders as they were computed at night or on request."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from assessments.models.statistics import Computation
from courses.lib.people import Person


class ReviewStatistics(Computation):
    """One computation of what all graders gave: asked for, then there. Kept for 90 nights. Personal data: who asked.

    `since`: the day from which readings count. `figures`: `PoolFigures`, with shares as {"hits", "n"}.
    """

    since = models.DateField(null=True)
    readings = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name_plural = gettext_lazy("review statistics")
        constraints = [
            models.UniqueConstraint(
                fields=["computed_at"],
                condition=Q(computed_at__isnull=True),
                nulls_distinct=False,
                name="review_statistics_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(computed_at__isnull=True, readings__isnull=True, since__isnull=True)
                | Q(computed_at__isnull=False, readings__isnull=False, since__isnull=False),
                name="review_statistics_computed_has_readings",
            ),
        ]
        indexes = [models.Index(fields=["-computed_at"], name="review_statistics_newest")]

    def __str__(self) -> str:
        return f"graders' figures of {self.requested_at:%-d %B %Y, %H:%M}"


class GraderFiguresQuerySet(models.QuerySet):
    """Figures by who may see them."""

    def visible_to(self, user: Person) -> "GraderFiguresQuerySet":
        """One's own; those of all graders for who leads the queue."""
        return self if user.has_perm("assessments.lead_reviews") else self.filter(grader=user.pk)


class GraderFigures(models.Model):
    """One grader within one computation, kept as long as it. Personal data: how a person works.

    `figures`: `GraderFigures` of the rules, with shares as {"hits", "n"}. `flags`: names of what the lead should look at.
    """

    statistics = models.ForeignKey(ReviewStatistics, models.CASCADE, related_name="graders")
    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grader_figures")
    n = models.PositiveIntegerField(help_text=gettext_lazy("Readings within the window."))
    flags = ArrayField(models.CharField(max_length=20), default=list)
    figures: Any = models.JSONField(default=dict)

    objects = GraderFiguresQuerySet.as_manager()

    class Meta:
        ordering = ["statistics", "pk"]
        verbose_name_plural = gettext_lazy("grader figures")
        constraints = [
            models.UniqueConstraint(fields=["statistics", "grader"], name="grader_figures_one_per_computation"),
            models.CheckConstraint(condition=Q(n__gte=1), name="grader_figures_of_somebody_who_marked"),
        ]

    def __str__(self) -> str:
        return f"figures of a grader, n = {self.n}"

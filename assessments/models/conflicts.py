"""Who may not grade whom."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from simple_history.models import HistoricalRecords


class ConflictKind(models.TextChoices):
    """What stands between a grader and a learner."""

    MANAGER = "manager", "manager line"
    ORGANISATION = "organisation", "same organisation"
    TRAINER = "trainer", "trained the learner"
    DECLARED = "declared", "declared"


DERIVED = (ConflictKind.MANAGER, ConflictKind.ORGANISATION)
"""Kinds that follow from who somebody is to whom. Ended, they still stand for what was handed in before."""


class ConflictQuerySet(models.QuerySet):
    """Conflicts by whether they still stand."""

    def live(self) -> "ConflictQuerySet":
        """Those that nobody ended."""
        return self.filter(ended_at__isnull=True)

    def standing_for(self, handed_in_at: F | OuterRef) -> "ConflictQuerySet":
        """Live ones, and relations that ended after this hand-in: a former manager still knows that work."""
        return self.filter(Q(ended_at__isnull=True) | Q(kind__in=DERIVED, ended_at__gte=handed_in_at))


class Conflict(models.Model):
    """A grader who may not read a learner's work; derived rows name their `source`. Personal data: who knows whom."""

    grader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="conflicts_as_grader")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="conflicts_as_learner")
    kind = models.CharField(max_length=12, choices=ConflictKind, default=ConflictKind.DECLARED)
    source = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = ConflictQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "conflict of interest"
        verbose_name_plural = "conflicts of interest"
        constraints = [
            models.UniqueConstraint(
                fields=["grader", "learner", "kind", "source"],
                condition=Q(ended_at__isnull=True),
                name="conflict_one_live_per_source",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

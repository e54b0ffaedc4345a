"""Who may not grade whom."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from courses.lib.people import Person, line_above, line_below


class ConflictKind(models.TextChoices):
    """What stands between a grader and a learner."""

    MANAGER = "manager", gettext_lazy("manager line")
    ORGANISATION = "organisation", gettext_lazy("same organisation")
    TRAINER = "trainer", gettext_lazy("trained the learner")
    DECLARED = "declared", gettext_lazy("declared")


DERIVED = (ConflictKind.MANAGER, ConflictKind.ORGANISATION)
"""Kinds that follow from who somebody is to whom. Ended, they still stand for what was handed in before."""


class ConflictQuerySet(models.QuerySet):
    """Conflicts by whether they still stand."""

    def live(self) -> "ConflictQuerySet":
        """Those that nobody ended."""
        return self.filter(ended_at__isnull=True)

    def standing_for(self, handed_in_at: F | OuterRef | Now | datetime) -> "ConflictQuerySet":
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
        verbose_name = gettext_lazy("conflict of interest")
        verbose_name_plural = gettext_lazy("conflicts of interest")
        constraints = [
            models.UniqueConstraint(
                fields=["grader", "learner", "kind", "source"],
                condition=Q(ended_at__isnull=True),
                name="conflict_one_live_per_source",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


def related(person: Any, manager: Any, organisation: Any, *, to: str = "") -> Q:
    """Rows of people, or of those at the path `to`, who are this person, in the line above or below them, or of their
    organisation: neither judges the other. 0 stands for no manager, no organisation. Source: rules.md 5.2.
    """
    at = f"{to}__" if to else ""
    same = Q(**{f"{at}pk": person}) | Q(**{f"{at}organisation": organisation})
    return same | Q(**{f"{at}pk__in": line_below(person)}) | Q(**{f"{at}pk__in": line_above(manager)})


def clashes(grader: Person, learner: str, since: F | OuterRef | Now) -> Q:
    """Rows whose `learner` (a path) this grader may not read: own, the manager line, the same organisation, conflict rows.

    `since` is when the work was handed in. Source: rules.md 5.2.
    """
    clash = related(grader.pk, grader.manager_id or 0, grader.organisation_id or 0, to=learner)
    rows = Conflict.objects.filter(grader_id=grader.pk, learner_id=OuterRef(f"{learner}_id"))
    return clash | Q(Exists(rows.standing_for(since)))

"""Figures of the enablement team's home: computed in the background, kept, and honest about their age."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.lib.states import Transitions


class FiguresState(models.TextChoices):
    """Where a set of figures stands. Due again: its time came, somebody asked, or the last try went wrong."""

    DUE = "due", _("due")
    COMPUTING = "computing", _("being computed")
    KEPT = "kept", _("kept")


FIGURES_TRANSITIONS: Transitions = {
    FiguresState.DUE: frozenset({FiguresState.COMPUTING}),
    FiguresState.COMPUTING: frozenset({FiguresState.KEPT, FiguresState.DUE, FiguresState.COMPUTING}),
    FiguresState.KEPT: frozenset({FiguresState.DUE, FiguresState.COMPUTING}),
}


class KeptFigures(models.Model):
    """One set of figures by name (`accreditation.rules.kept_figures.SETS`): the row is the queue, and holds the last answer.

    `due_at`: when it is computed next; while it is being computed, when whoever computes it is given up. `computed_at`: the
    moment that the figures describe. `took_ms`: milliseconds. `figures`: as the set's own rule returns them, numbers and names
    of programs and organisations. No personal data.
    """

    name = models.SlugField(max_length=40, unique=True)
    state = models.CharField(max_length=10, choices=FiguresState, default=FiguresState.DUE)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    figures: Any = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("kept figures")
        verbose_name_plural = _("kept figures")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=FiguresState.KEPT) | Q(computed_at__isnull=False), name="figures_kept_were_computed"
            ),
            models.CheckConstraint(
                condition=~Q(state=FiguresState.COMPUTING) | Q(began_at__isnull=False), name="figures_computing_began"
            ),
            models.CheckConstraint(
                condition=Q(computed_at__isnull=True, took_ms__isnull=True)
                | Q(computed_at__isnull=False, took_ms__isnull=False),
                name="figures_computed_say_how_long",
            ),
        ]

    def __str__(self) -> str:
        return self.name

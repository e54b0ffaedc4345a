"""Regrades: a defect found in a question that was asked, what it changes for whom, and who decided."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from courses.lib.states import Transitions


class Effect(models.TextChoices):
    """What a correction does to everybody who was asked."""

    KEY = "key", gettext_lazy("other answers are right")
    FULL = "full", gettext_lazy("full marks for all")
    VOID = "void", gettext_lazy("the question doesn't count")


class RegradeState(models.TextChoices):
    """Where a regrade stands. Counting and applying are done in the background."""

    COUNTING = "counting", gettext_lazy("being counted")
    COUNTED = "counted", gettext_lazy("counted, not applied")
    APPLYING = "applying", gettext_lazy("being applied")
    APPLIED = "applied", gettext_lazy("applied")
    DROPPED = "dropped", gettext_lazy("dropped")


TRANSITIONS: Transitions = {
    RegradeState.COUNTING: frozenset({RegradeState.COUNTED, RegradeState.DROPPED}),
    RegradeState.COUNTED: frozenset({RegradeState.COUNTING, RegradeState.APPLYING, RegradeState.DROPPED}),
    RegradeState.APPLYING: frozenset({RegradeState.APPLIED}),
    RegradeState.APPLIED: frozenset(),
    RegradeState.DROPPED: frozenset(),
}


class Regrade(models.Model):
    """A correction of one question version. Counted first (who changes, both ways), then applied in one transaction.

    `answers` replaces what the version's key holds, in the same shape; `lines` is the same as an author types it.
    Personal data: who asked for it and who applied it.
    """

    version = models.ForeignKey("assessments.QuestionVersion", models.PROTECT, related_name="regrades")
    effect = models.CharField(max_length=6, choices=Effect)
    answers: Any = models.JSONField(null=True, blank=True)
    lines = models.TextField(blank=True)
    reason = models.CharField(max_length=300, help_text=gettext_lazy("Learners whose result it changes read this."))
    state = models.CharField(max_length=10, choices=RegradeState, default=RegradeState.COUNTING)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        permissions = [("decide_result", "Can decide whether a pass that a regrade takes away stands")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="regrade_has_reason"),
            models.CheckConstraint(
                condition=Q(effect=Effect.KEY, answers__isnull=False)
                | (~Q(effect=Effect.KEY) & Q(answers__isnull=True)),
                name="regrade_key_has_answers",
            ),
            models.CheckConstraint(
                condition=Q(state=RegradeState.APPLIED, applied_at__isnull=False, applied_by__isnull=False)
                | (~Q(state=RegradeState.APPLIED) & Q(applied_at__isnull=True)),
                name="regrade_applied_has_time_and_person",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(state__in=[RegradeState.COUNTING, RegradeState.COUNTED, RegradeState.APPLYING]),
                name="regrade_one_open_per_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_effect_display()}"


class Outcome(models.TextChoices):
    """What becomes of a pass that a regrade would take away. Nothing, until somebody decides."""

    OPEN = "open", gettext_lazy("to be decided")
    KEPT = "kept", gettext_lazy("the pass stands")
    WITHDRAWN = "withdrawn", gettext_lazy("the pass was withdrawn")


class RegradeChange(models.Model):
    """One attempt whose mark or result a regrade changes; a count rewrites them, an applied one never changes (trigger).

    Marks are null where the question did or does not count. `outcome` is empty unless a pass is at stake.
    Personal data: whose result changes, and who decided about a pass.
    """

    regrade = models.ForeignKey(Regrade, models.CASCADE, related_name="changes")
    attempt = models.ForeignKey("assessments.Attempt", models.PROTECT, related_name="regrade_changes")
    run = models.ForeignKey("assessments.ScoringRun", models.PROTECT, null=True, related_name="+")
    mark_before = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    mark_after = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    score_before = models.DecimalField(max_digits=9, decimal_places=4)
    score_after = models.DecimalField(max_digits=9, decimal_places=4)
    maximum_before = models.DecimalField(max_digits=9, decimal_places=4)
    maximum_after = models.DecimalField(max_digits=9, decimal_places=4)
    passed_before = models.BooleanField()
    passed_after = models.BooleanField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["regrade", "passed_after", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["regrade", "attempt"], name="regrade_change_one_per_attempt"),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[Outcome.KEPT, Outcome.WITHDRAWN], decided_at__isnull=False, decided_by__isnull=False
                )
                | (Q(outcome__in=["", Outcome.OPEN]) & Q(decided_at__isnull=True)),
                name="regrade_change_decision_is_named",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(passed_before=True, passed_after=False),
                name="regrade_change_outcome_only_of_lost_passes",
            ),
            models.CheckConstraint(
                condition=Q(maximum_after__gt=0, score_after__gte=0, score_after__lte=F("maximum_after")),
                name="regrade_change_within_maximum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt}: {self.score_before.normalize():f} → {self.score_after.normalize():f}"

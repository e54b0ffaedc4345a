"""The ruling book of a rubric: edge cases that were decided once, so that every grader decides them alike."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords

from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL


class RulingQuerySet(models.QuerySet):
    """Rulings by whether they count."""

    def in_force(self) -> "RulingQuerySet":
        """Those that nobody retired or replaced."""
        return self.filter(retired_at__isnull=True)


class Ruling(models.Model):
    """One edge case of a rubric: what was seen, and what it counts as. `criterion`: a slug, empty for the whole.

    Its words never change: a new wording replaces it, or it is retired. Where it was seen is a stretch of a recording, in
    ms, whose learner agreed (`consent`); all of this is blanked when the recording is deleted. Personal data: who decided, and
    what a learner agreed to.
    """

    rubric = models.ForeignKey("assessments.Rubric", models.PROTECT, related_name="rulings")
    criterion = models.SlugField(max_length=80, blank=True, help_text=gettext_lazy("Empty: about the whole work."))
    situation = models.TextField(gettext_lazy("what was seen"), max_length=2000)
    ruling = models.TextField(gettext_lazy("what it counts as, and why"), max_length=2000)
    level = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=gettext_lazy("The level that it comes to, 1 to 5.")
    )
    recording = models.ForeignKey("assessments.Recording", models.PROTECT, null=True, blank=True, related_name="+")
    start_ms = models.PositiveIntegerField(null=True, blank=True)
    end_ms = models.PositiveIntegerField(null=True, blank=True)
    consent = models.CharField(
        max_length=300,
        blank=True,
        help_text=gettext_lazy("How and when the learner agreed that graders learn from this stretch."),
    )
    decided_on = models.DateField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    retired_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = RulingQuerySet.as_manager()

    class Meta:
        ordering = ["rubric", "criterion", "-decided_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(situation="") & ~Q(ruling=""), name="ruling_says_what_and_why"),
            models.CheckConstraint(
                condition=Q(level__isnull=True) | (Q(level__range=(LOWEST_LEVEL, HIGHEST_LEVEL)) & ~Q(criterion="")),
                name="ruling_level_of_a_criterion",
            ),
            models.CheckConstraint(
                condition=Q(recording__isnull=True, start_ms__isnull=True, end_ms__isnull=True)
                | (Q(recording__isnull=False, start_ms__isnull=False, end_ms__gt=F("start_ms")) & ~Q(consent="")),
                name="ruling_clip_is_a_stretch_with_consent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rubric}, {self.criterion or 'the whole'}, {self.decided_on:%-d %B %Y}"

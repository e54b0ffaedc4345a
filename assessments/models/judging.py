"""Comparative judgement: judges say of two works which is the better one, until all of them can be put in order."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy

from courses.lib.people import Person


class JudgingSetQuerySet(models.QuerySet):
    """Sets by who judges them."""

    def visible_to(self, user: Person) -> "JudgingSetQuerySet":
        """Those that a person was chosen to judge."""
        return self.filter(judges=user.pk)


class JudgingSet(models.Model):
    """Works of one rubric that judges compare two by two, to find candidates for gold. Personal data: who judges."""

    title = models.CharField(max_length=200)
    rubric = models.ForeignKey("assessments.Rubric", models.PROTECT, related_name="+")
    judges = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="judging_sets")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = JudgingSetQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")), name="judging_set_closed_later"
            )
        ]

    def __str__(self) -> str:
        return self.title


class JudgedWork(models.Model):
    """One work of a set, and how its learner agreed that it is compared. Personal data: that agreement."""

    judging = models.ForeignKey(JudgingSet, models.PROTECT, related_name="works")
    version = models.ForeignKey("assessments.SubmissionVersion", models.PROTECT, related_name="+")
    consent = models.CharField(max_length=300)

    class Meta:
        ordering = ["judging", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["judging", "version"], name="judged_work_once_per_set"),
            models.CheckConstraint(condition=~Q(consent=""), name="judged_work_says_how_agreed"),
        ]

    def __str__(self) -> str:
        return f"work {self.pk}"


class ComparisonQuerySet(models.QuerySet):
    """Comparisons by what came of them."""

    def open(self) -> "ComparisonQuerySet":
        """Those that still wait for their judge."""
        return self.filter(judged_at__isnull=True, passed_at__isnull=True)

    def judged(self) -> "ComparisonQuerySet":
        """Those that count."""
        return self.filter(judged_at__isnull=False)


class Comparison(models.Model):
    """Two works in front of one judge: judged once, or passed over; append-only from then. Personal data: an opinion."""

    judging = models.ForeignKey(JudgingSet, models.PROTECT, related_name="comparisons")
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comparisons")
    first = models.ForeignKey(JudgedWork, models.PROTECT, related_name="+")
    second = models.ForeignKey(JudgedWork, models.PROTECT, related_name="+")
    better = models.ForeignKey(JudgedWork, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    judged_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(
        null=True, help_text=gettext_lazy("When it was put aside: not to be judged by this person.")
    )

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(first=F("second")), name="comparison_of_two_works"),
            models.CheckConstraint(
                condition=Q(better__isnull=True, judged_at__isnull=True)
                | (Q(judged_at__isnull=False, passed_at__isnull=True) & (Q(better=F("first")) | Q(better=F("second")))),
                name="comparison_judged_for_one_of_both",
            ),
            models.UniqueConstraint(
                "judge", Least("first", "second"), Greatest("first", "second"), name="comparison_pair_once_per_judge"
            ),
            models.UniqueConstraint(
                fields=["judging", "judge"],
                condition=Q(judged_at__isnull=True, passed_at__isnull=True),
                name="comparison_one_open_per_judge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

"""What is done to a sitting beside answering it: time moved, events kept, outages made good, closed ones reopened."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from assessments.models.attempts import Attempt


class TimeKind(models.TextChoices):
    """Why a deadline moved."""

    EXTRA = "extra", gettext_lazy("time given or taken by staff")
    PAUSE = "pause", gettext_lazy("paused by staff")
    BREAK = "break", gettext_lazy("the learner's own break")
    OUTAGE = "outage", gettext_lazy("outage made good")
    REOPENED = "reopened", gettext_lazy("reopened")
    AGREED = "agreed", gettext_lazy("accommodation applied")


PRIVATE = (TimeKind.BREAK, TimeKind.AGREED)
"""What tells of an accommodation; only those who see these see it."""


class Outage(models.Model):
    """A time in which the exams didn't work, made good to everyone who sat one, append-only. Personal data: who noted it."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.CheckConstraint(condition=Q(began_at__lt=F("ended_at")), name="outage_ends_after_it_began"),
            models.CheckConstraint(condition=~Q(reason=""), name="outage_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} to {self.ended_at:%H:%M} UTC"

    @property
    def seconds(self) -> int:
        """How long it was."""
        return int((self.ended_at - self.began_at).total_seconds())


class TimeAdjustment(models.Model):
    """A move of an attempt's deadline, append-only. Personal data: who got how much more time, and why."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="adjustments")
    kind = models.CharField(max_length=8, choices=TimeKind, default=TimeKind.EXTRA, db_default=TimeKind.EXTRA)
    seconds = models.IntegerField()
    reason = models.CharField(max_length=300)
    outage = models.ForeignKey(Outage, models.PROTECT, null=True, related_name="adjustments")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(seconds=0), name="time_adjustment_not_zero"),
            models.CheckConstraint(condition=~Q(reason=""), name="time_adjustment_has_reason"),
            models.UniqueConstraint(fields=["attempt", "outage"], name="time_adjustment_once_per_outage"),
        ]

    def __str__(self) -> str:
        return f"{self.seconds:+} s"


class AttemptEvent(models.Model):
    """What happened to an attempt beside its answers, append-only. Personal data: the actor."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="log")
    kind = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()
    details: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind


class Reopening(models.Model):
    """A closed attempt that goes on again. Where the result was shown already, a second person consents first.

    Personal data: who asked, who consented, and why.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="reopenings")
    minutes = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    consent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(done_at__isnull=True), name="reopening_one_open_per_attempt"
            ),
            models.CheckConstraint(
                condition=Q(consent_by__isnull=True) | ~Q(consent_by=F("asked_by")), name="reopening_two_people"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="reopening_minutes_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="reopening_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.minutes} minutes more"

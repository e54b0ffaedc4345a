"""Graders: what they read, when they are on duty, when they are away."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.models import HistoricalRecords


class Weekday(models.IntegerChoices):
    """The days of a week, as Python counts them."""

    MONDAY = 0, gettext_lazy("Monday")
    TUESDAY = 1, gettext_lazy("Tuesday")
    WEDNESDAY = 2, gettext_lazy("Wednesday")
    THURSDAY = 3, gettext_lazy("Thursday")
    FRIDAY = 4, gettext_lazy("Friday")
    SATURDAY = 5, gettext_lazy("Saturday")
    SUNDAY = 6, gettext_lazy("Sunday")


def check_languages(value: object) -> None:
    """A list of short language codes such as "en" or "pt-br"."""
    if not isinstance(value, list) or not all(isinstance(one, str) and 2 <= len(one) <= 16 for one in value):
        raise ValidationError(_('Write a list of language codes, for example ["en", "de"].'))


class GraderProfile(models.Model):
    """What a grader reads, and whether they do now. One without a profile reads everything, at any time.

    Personal data: how a person works.
    """

    grader = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grader_profile")
    personas = models.ManyToManyField(
        "courses.Persona",
        blank=True,
        help_text=gettext_lazy("Whose customers they judge; empty for all."),
        related_name="+",
    )
    languages = models.JSONField(
        default=list,
        blank=True,
        validators=[check_languages],
        help_text=gettext_lazy('Codes, e.g. ["en", "de"]; empty for all.'),
    )
    is_experienced = models.BooleanField(
        gettext_lazy("marked elsewhere before"), default=False, db_default=False,
        help_text=gettext_lazy("Their first twenty readings are not all read a second time."),
    )  # fmt: skip
    accredited_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When their readings of gold qualified them.")
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    history = HistoricalRecords(m2m_fields=[personas])

    class Meta:
        ordering = ["grader"]
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, pause_reason="")
                | (Q(paused_at__isnull=False) & ~Q(pause_reason="")),
                name="grader_pause_has_its_reason",
            )
        ]

    def __str__(self) -> str:
        return str(self.grader)


class DutyHours(models.Model):
    """Hours of a week in which a grader is on duty, in their own time zone. Personal data: when a person works."""

    profile = models.ForeignKey(GraderProfile, models.CASCADE, related_name="duty_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts_at"]
        verbose_name_plural = gettext_lazy("duty hours")
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="duty_hours_in_order"),
            models.UniqueConstraint(fields=["profile", "weekday", "starts_at"], name="duty_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"


class Absence(models.Model):
    """Days on which a grader is away, both included. Personal data: when a person is away; never why."""

    profile = models.ForeignKey(GraderProfile, models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["starts_on"]
        constraints = [models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="absence_in_order")]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"

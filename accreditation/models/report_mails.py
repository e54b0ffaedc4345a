"""Saved views of reports by mail: how often, to whom, and each sending as a row."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accreditation.models.notices import MAILING, Mailed, MailState
from accreditation.models.reports import ReportView


class Frequency(models.TextChoices):
    """How often a report comes."""

    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")
    MONTHLY = "monthly", _("every month")


class Ended(models.TextChoices):
    """Why somebody gets a report no longer."""

    SELF = "self", _("stopped it")
    OWNER = "owner", _("taken off the list")
    RIGHT = "right", _("may not open it any more")


class ReportSchedule(models.Model):
    """When a saved view goes out by mail; the hour is one of each reader's own time zone. No personal data."""

    view = models.OneToOneField(ReportView, models.CASCADE, related_name="schedule")
    frequency = models.CharField(_("how often"), max_length=7, choices=Frequency, default=Frequency.WEEKLY)
    hour = models.PositiveSmallIntegerField(_("at"), default=8)
    weekday = models.PositiveSmallIntegerField(_("weekday"), default=0, help_text=_("0 is Monday."))
    month_day = models.PositiveSmallIntegerField(_("day of the month"), default=1)
    has_file = models.BooleanField(_("with the figures as a CSV file"), default=False)
    is_active = models.BooleanField(_("on"), default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hour__lte=23, weekday__lte=6, month_day__gte=1, month_day__lte=31),
                name="report_schedule_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.view_id}: {self.frequency}"


class ReportReader(models.Model):
    """Somebody who gets a report by mail, and when next. Personal data: who reads which report."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="readers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_readers")
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=5, choices=Ended, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "person"], name="report_reader_once"),
            models.CheckConstraint(
                condition=Q(ended="", ended_at__isnull=True)
                | (~Q(ended="") & Q(ended_at__isnull=False, due_at__isnull=True)),
                name="report_reader_ended_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="report_reader_by_due_at"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.person_id}"


class ReportMail(Mailed):
    """One sending of a report to one reader for one day, week or month; `period_on` is the day in the reader's time zone.

    `figures`: what it told, without persons. Personal data: who was sent which report when.
    """

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="mails")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_mails")
    period_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)
    not_sent = models.CharField(_("not sent, because"), max_length=200, blank=True)
    figures: Any = models.JSONField(default=dict, blank=True)
    took_ms = models.PositiveIntegerField(_("took (ms)"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "person", "period_on"], name="report_mail_once_per_period"),
            models.CheckConstraint(
                condition=Q(mail_state=MailState.SENT, mailed_at__isnull=False)
                | (Q(mail_state__in=["none", "waiting", "sending", "failed"]) & Q(mailed_at__isnull=True)),
                name="report_mail_mailed_at_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(not_sent="") | Q(mail_state=MailState.NONE), name="report_mail_not_sent_has_no_mail"
            ),
        ]
        indexes = [
            models.Index(fields=["mail_due_at"], condition=Q(mail_state__in=MAILING), name="report_mail_by_due_at")
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id}: {self.period_on}"

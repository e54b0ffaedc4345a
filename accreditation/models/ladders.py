"""On which days people are reminded, for the whole portal or for one program."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

DUE_DAYS = (14, 7, 1, 0, -1)
RENEWAL_DAYS = (30, 7, 1)


def usual_due_days() -> list[int]:
    """Where nobody chose others."""
    return list(DUE_DAYS)


def usual_renewal_days() -> list[int]:
    """Where nobody chose others."""
    return list(RENEWAL_DAYS)


class ReminderLadder(models.Model):
    """The days before a due date and before the end of an accreditation on which people are reminded. No personal data.

    One row without a program speaks for all that have none of their own.
    """

    program = models.OneToOneField(
        "accreditation.Program",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reminder_ladder",
        help_text=_("Empty: for every program without a row of its own."),
    )
    due_days = ArrayField(
        models.SmallIntegerField(),
        verbose_name=_("days before a due date"),
        size=12,
        default=usual_due_days,
        blank=True,
        help_text=_(
            "With commas between: 14, 7, 1, 0, -1. 0 is the day itself, -1 the day after. Empty: no reminders."
        ),
    )
    renewal_days = ArrayField(
        models.SmallIntegerField(),
        verbose_name=_("days before an accreditation ends"),
        size=12,
        default=usual_renewal_days,
        blank=True,
        help_text=_(
            "With commas between: 60, 30, 7, 1. The day on which the renewal opens, and the end, are always told."
        ),
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["program__title"]
        constraints = [
            models.UniqueConstraint(fields=["program"], nulls_distinct=False, name="reminder_ladder_one_per_program"),
        ]

    def __str__(self) -> str:
        return str(self.program) if self.program_id else str(_("every other program"))

    def clean(self) -> None:
        """Each day once, within a year, and one row for all."""
        for name, least in (("due_days", -30), ("renewal_days", 1)):
            days = getattr(self, name) or []
            if len(set(days)) != len(days) or any(not least <= one <= 365 for one in days):
                message = _("Give each day once, between %(least)d and 365.") % {"least": least}
                raise ValidationError({name: message})
        others = ReminderLadder.objects.filter(program=None).exclude(pk=self.pk)
        if self.program_id is None and others.exists():
            raise ValidationError(_("There is a row for every program already. Change that one, or choose a program."))

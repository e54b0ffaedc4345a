"""On which day something happened to an award: always by the calendar of the program that gave it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from badges.models import Credential
from courses.lib.clock import show_day


def zone_of_award() -> Cast:
    """An expression of the award's time zone, for rows that come without their facts. For `day_of`, named `time_zone`."""
    return Cast(KT("facts__time_zone"), TextField())


def day_of(credential: Credential, moment: datetime) -> date:
    """The day of a moment in the award's time zone, in which its last valid day counts. Source: rules.md 8.37."""
    name = getattr(credential, "time_zone", None) or credential.facts["time_zone"]
    return moment.astimezone(ZoneInfo(name)).date()


def day_in_words(credential: Credential, moment: datetime) -> str:
    """That day as pages, cards and sheets write it."""
    return show_day(day_of(credential, moment))

"""The one clock that deadlines and leases follow, the database's; and how pages write a moment."""

import zoneinfo
from datetime import date, datetime

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def database_now() -> datetime:
    """The start of the running transaction as the database sees it, in UTC. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        return cursor.fetchone()[0]


def show_moment(moment: datetime) -> str:
    """A moment in the reader's time zone, as pages write it: "5 December, 14:34"."""
    return date_format(timezone.localtime(moment), _("j F, H:i"))


def show_day(day: date) -> str:
    """A day as pages write it in the reader's language: "5 December 2026"."""
    return date_format(day, "DATE_FORMAT")


def zone_of(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of this name, if there is one. Zones are kept once read; the list of all names is not."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None

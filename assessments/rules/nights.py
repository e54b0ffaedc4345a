"""When work of the night is due."""

from datetime import datetime, time, timedelta

NIGHT = time(2)
"""Computed from this hour on, UTC: the first sweep after it asks."""


def last_night(now: datetime) -> datetime:
    """The last time that the night's hour began."""
    tonight = datetime.combine(now.date(), NIGHT, now.tzinfo)
    return tonight if now >= tonight else tonight - timedelta(days=1)

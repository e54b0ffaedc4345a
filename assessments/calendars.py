"""Sessions as calendar files (RFC 5545), for every program that keeps a calendar."""

from datetime import timedelta

from django.conf import settings
from icalendar import Alarm, Calendar, Event

from assessments.models import Booking

REMINDED_BEFORE = timedelta(minutes=30)
CONTENT_TYPE = "text/calendar; charset=utf-8"


def calendar_of(booking: Booking) -> bytes:
    """The file of one booked session. Called off, the same event says so: it goes from the calendar that it was put in.

    Times are in UTC, which every program shows in its reader's zone.
    """
    slot, event = booking.slot, Event()
    event.add("uid", f"{booking.pk}@{settings.SITE_URL.partition('://')[2]}")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", booking.cancelled_at or booking.booked_at)
    event.add("dtstart", slot.starts_at)
    event.add("dtend", slot.starts_at + timedelta(minutes=slot.minutes))
    event.add("summary", slot.practical.title)
    event.add("description", f"{slot.host} plays the customer.")
    event.add("url", settings.SITE_URL + slot.practical.get_absolute_url())
    event.add("status", "CANCELLED" if booking.cancelled_at else "CONFIRMED")
    if not booking.cancelled_at:  # where the slot's next learner meets is no business of the last one
        event.add("location", slot.location)
        event.add_component(_alarm(slot.practical.title))
    calendar = Calendar()
    calendar.add("prodid", "-//Field Accreditation//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if booking.cancelled_at else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -REMINDED_BEFORE)
    return alarm

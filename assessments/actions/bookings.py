"""Calling a booking off: by its people, with its slot, or because its try was withdrawn."""

from datetime import datetime

from assessments.models import Booking
from assessments.signals import session_called_off
from courses.lib.people import Person


def call_off(booking: Booking, *, by: Person, at: datetime, reason: str = "") -> Booking:
    """Write that a booking does not take place, and tell who listens. The caller holds its lock and asked its rule."""
    booking.cancelled_at, booking.cancelled_by_id, booking.sequence = at, by.pk, booking.sequence + 1
    booking.save()
    session_called_off.send(Booking, booking=booking, by=by, reason=reason)
    return booking

"""Booking live sessions, calling them off, saying what became of them, and marking them while they run."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from assessments.actions.bookings import call_off
from assessments.actions.claims import claim_task
from assessments.actions.practicals import hand_in_live, locked_submission
from assessments.models import Attestation, Booking, Lease, SessionSlot, Submission
from assessments.models.sessions import BookingQuerySet
from assessments.rules.sessions import (
    why_not_attest,
    why_not_begin_live,
    why_not_book,
    why_not_cancel,
    why_not_withdraw_slot,
)
from assessments.signals import session_attested, session_booked
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused, refuse_if

GONE = Refusal("slot-gone", gettext_noop("This time is not free any more. Choose another one."))


@transaction.atomic
def book_slot(*, submission: Submission, slot: SessionSlot, by: Person) -> Booking:
    """Book a slot for a try. Refused: submission-closed, booked-already, slot-gone, also when two learners press at once."""
    submission = locked_submission(submission)
    slot = SessionSlot.objects.select_for_update().get(pk=slot.pk)
    now = database_now()
    refuse_if(why_not_book(submission, slot, now))
    try:
        with transaction.atomic():
            booking = Booking.objects.create(slot=slot, submission=submission, booked_at=now)
    except IntegrityError:  # booking_one_per_slot: somebody was faster
        raise Refused(GONE) from None
    session_booked.send(Booking, booking=booking)
    return booking


def _locked_bookings() -> BookingQuerySet:
    rows = Booking.objects.select_for_update(of=("self",))
    return rows.select_related("slot__host", "slot__grader", "slot__practical", "submission__practical")


def _locked(booking: Booking) -> Booking:
    return _locked_bookings().get(pk=booking.pk)


@transaction.atomic
def cancel_booking(*, booking: Booking, by: Person) -> Booking:
    """Call a booking off before it begins; the slot is free again. Refused: cancelled-already, begun."""
    booking = _locked(booking)
    now = database_now()
    refuse_if(why_not_cancel(booking, now))
    return call_off(booking, by=by, at=now)


@transaction.atomic
def cancel_slot(*, slot: SessionSlot, reason: str, by: Person) -> SessionSlot:
    """Withdraw a slot, and call its booking off with the reason; its learner hears of it. Doing it twice is fine.

    Refused: took-place, being-marked.
    """
    slot = SessionSlot.objects.select_for_update().get(pk=slot.pk)
    if slot.cancelled_at:
        return slot
    now = database_now()
    for booking in _locked_bookings().live().filter(slot=slot):  # what was called off meanwhile is none of them
        booking.submission.refresh_from_db(fields=["state"])  # the query saw it as it was before the lock was had
        refuse_if(why_not_withdraw_slot(booking))
        call_off(booking, by=by, at=now, reason=reason)
    slot.cancelled_at, slot.cancel_reason = now, reason
    slot.save()
    return slot


@transaction.atomic
def attest(*, booking: Booking, took_place: bool, text: str, by: Person) -> Attestation:
    """Say what became of a session, once. One that didn't take place frees its learner to book another.

    Refused: not-host, cancelled-already, not-begun, attested-already.
    """
    booking = _locked(booking)
    now = database_now()
    refuse_if(why_not_attest(booking, by, now))
    said = Attestation.objects.create(booking=booking, by_id=by.pk, took_place=took_place, text=text, said_at=now)
    if took_place:
        session_attested.send(Booking, booking=booking)
    else:
        call_off(booking, by=by, at=now, reason=text)
    return said


@transaction.atomic
def begin_live(*, booking: Booking, by: Person) -> Lease:
    """Open the desk of a session that this grader marks live: the try is handed in as it stands, and theirs to mark.

    Refused: as `why_not_begin_live` says, a conflict of interest found since, and other work that they hold.
    Lock order: submission, booking, as where a try is withdrawn at the same moment.
    """
    locked_submission(booking.submission)
    booking = _locked(booking)
    refuse_if(why_not_begin_live(booking, by, database_now()))
    task = hand_in_live(submission=booking.submission, grader=by)
    return claim_task(task=task, by=by)

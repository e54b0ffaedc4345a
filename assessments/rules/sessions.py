"""Which slots a learner may book, until when a booking may be called off, and what a host attests to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, FilteredRelation, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _

from assessments.models import Attestation, Booking, SessionSlot, SessionUse, Submission
from assessments.models.practicals import EDITABLE_STATES, SubmissionQuerySet
from courses.lib.clock import show_moment
from courses.lib.people import Person
from courses.lib.refusals import Refusal

BOOKED_BEFORE = timedelta(hours=1)
BOOKINGS_A_DAY = 6
LIVE_OPENS = timedelta(minutes=15)
LIVE_CLOSES = timedelta(hours=24)
SLOTS_SHOWN = 30
LONGEST = timedelta(hours=8)


def slots_for(submission: Submission, now: datetime) -> list[SessionSlot]:
    """The slots that the learner of a try may book now, the next ones first. Two queries at most.

    Left out: called off, taken, within the hour, their own, those whose live grader must not read their work, and those
    of people who have the same brief open themselves: whoever plays the customer reads its hidden notes.
    """
    taken = Booking.objects.live().filter(slot=OuterRef("pk"))
    ahead = {"starts_at__gt": now + BOOKED_BEFORE, "host__is_active": True}
    slots = SessionSlot.objects.offered().filter(practical=submission.practical_id, **ahead)
    free = slots.filter(~Exists(taken) & ~Exists(_same_brief(submission)))
    free = free.exclude(host=submission.learner_id).exclude(grader=submission.learner_id)
    chosen = list(free.select_related("host", "grader")[: 2 * SLOTS_SHOWN])
    clear = {grader for grader in {slot.grader for slot in chosen} if grader is None or _may_mark(grader, submission)}
    return [slot for slot in chosen if slot.grader in clear][:SLOTS_SHOWN]


def _same_brief(submission: Submission) -> SubmissionQuerySet:
    """Open tries of a slot's host or grader at the customer that this try was given."""
    people = Q(learner=OuterRef("host")) | Q(learner=OuterRef("grader"))
    if submission.brief is None:
        return Submission.objects.none()
    same = {"brief__pool": submission.brief.pool_id, "brief__slug": submission.brief.slug}
    return Submission.objects.filter(people, state__in=EDITABLE_STATES, **same)


def why_not_offer(slot: SessionSlot) -> Refusal | None:
    """Why a slot can't be offered at its time: its host or live grader is in another one then. One query."""
    ends_at = slot.starts_at + timedelta(minutes=slot.minutes)
    people = {slot.host_id, slot.grader_id} - {None}
    others = SessionSlot.objects.offered().exclude(pk=slot.pk).filter(Q(host__in=people) | Q(grader__in=people))
    near = others.filter(starts_at__lt=ends_at, starts_at__gt=slot.starts_at - LONGEST).select_related("practical")
    clash = next((one for one in near if one.starts_at + timedelta(minutes=one.minutes) > slot.starts_at), None)
    return (
        Refusal("clash", _("Somebody in it is in another session then: %(clash)s.") % {"clash": clash})
        if clash
        else None
    )


def _may_mark(grader: Person, submission: Submission) -> bool:
    own = Submission.objects.filter(pk=submission.pk)
    return grader.has_perm("assessments.grade") and own.free_of_conflict(grader).exists()


def booking_of(submission: Submission) -> Booking | None:
    """The booking of a try that stands, with its slot. One query."""
    return (
        submission.bookings.live()
        .select_related("slot__host", "slot__grader", "slot__practical", "attestation")
        .order_by("-booked_at")
        .first()
    )


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What the page of an open try shows of its session: the booking, or the slots to choose from."""

    use: str
    booking: Booking | None
    attestation: Attestation | None
    slots: tuple[SessionSlot, ...]
    why_not_cancel: Refusal | None


def plan_of(submission: Submission, now: datetime) -> SessionPlan | None:
    """The session of a try; None where its practical has none. Four queries at most."""
    if submission.practical.session == SessionUse.NONE:
        return None
    booking = booking_of(submission)
    attestation = attestation_of(booking) if booking else None
    return SessionPlan(
        use=submission.practical.session,
        booking=booking,
        attestation=attestation,
        slots=() if booking else tuple(slots_for(submission, now)),
        why_not_cancel=why_not_cancel(booking, now) if booking else None,
    )


def attestation_of(booking: Booking) -> Attestation | None:
    """What the host said of a session, None before; loaded with `booking_of`."""
    return getattr(booking, "attestation", None)


def why_not_book(submission: Submission, slot: SessionSlot, now: datetime) -> Refusal | None:
    """Why a try can't have this slot. Four queries at most. Source: rules.md 4.9."""
    if submission.state not in EDITABLE_STATES:
        return Refusal("submission-closed", _("This try is handed in, so no session can be booked for it."))
    if booking_of(submission):
        return Refusal(
            "booked-already", _("You have booked a session for this try. Call it off first to choose another.")
        )
    lately = Booking.objects.filter(submission__learner=submission.learner_id, booked_at__gt=now - timedelta(days=1))
    if lately.count() >= BOOKINGS_A_DAY:
        return Refusal(
            "too-often",
            _("%(bookings_a_day)s bookings a day are possible. Try again tomorrow.")
            % {"bookings_a_day": BOOKINGS_A_DAY},
        )
    if slot not in slots_for(submission, now):
        return Refusal("slot-gone", _("This time is not free any more. Choose another one."))
    return None


def why_not_cancel(booking: Booking, now: datetime) -> Refusal | None:
    """Why a booking can't be called off: it is over, or was called off."""
    if booking.cancelled_at:
        return Refusal("cancelled-already", _("This session was called off already."))
    if booking.slot.starts_at <= now:
        return Refusal("begun", _("This session has begun. Tell the person who plays the customer."))
    return None


def why_not_withdraw_slot(booking: Booking) -> Refusal | None:
    """Why a slot can't be called off under this booking: its session took place, or is being marked. One query."""
    if attestation_of(booking):
        return Refusal(
            "took-place", _("%(host)s said already that this session took place.") % {"host": booking.slot.host}
        )
    if is_marked_live(booking) and booking.submission.state not in EDITABLE_STATES:
        return Refusal("being-marked", _("This session is being marked, or was. It can't be called off any more."))
    return None


def why_not_attest(booking: Booking, by: Person, now: datetime) -> Refusal | None:
    """Why somebody can't say what became of a session: not its host, not begun, called off, or said already."""
    if booking.slot.host_id != by.pk:
        return Refusal("not-host", _("Only the person who plays the customer can attest to it."))
    if booking.cancelled_at:
        return Refusal("cancelled-already", _("This session was called off."))
    if now < booking.slot.starts_at:
        return Refusal(
            "not-begun", _("You can say so from %(starts_at)s.") % {"starts_at": show_moment(booking.slot.starts_at)}
        )
    if attestation_of(booking):
        return Refusal("attested-already", _("You said already what became of it."))
    return None


@dataclass(frozen=True, slots=True)
class HostedSession:
    """A slot as its host or live grader sees it: who booked it, and what they may do now. `is_ahead`: not begun yet."""

    slot: SessionSlot
    booking: Booking | None
    attestation: Attestation | None
    may_attest: bool
    may_begin: bool
    may_cancel: bool
    is_ahead: bool
    is_over: bool

    @property
    def waits(self) -> bool:
        """Whether it is over and its person still has something to do for it."""
        return self.is_over and (self.may_attest or self.may_begin)


def hosted_by(person: Person, now: datetime) -> list[HostedSession]:
    """The slots in which a person plays the customer or marks: those ahead, and those of the last four weeks. Two queries."""
    live = Booking.objects.live().select_related("submission__learner", "attestation")
    slots = SessionSlot.objects.shown_to(person.pk, now).select_related("practical", "host", "grader")
    return [_hosted(slot, person, now) for slot in slots.prefetch_related(Prefetch("bookings", live, "standing"))]


def _hosted(slot: SessionSlot, person: Person, now: datetime) -> HostedSession:
    booking: Booking | None = next(iter(slot.standing), None)  # type: ignore[attr-defined]
    times = {"is_ahead": now < slot.starts_at, "is_over": slot.starts_at + timedelta(minutes=slot.minutes) <= now}
    if booking is None:
        return HostedSession(slot, None, None, may_attest=False, may_begin=False, may_cancel=False, **times)
    booking.slot = slot
    return HostedSession(
        slot,
        booking,
        attestation_of(booking),
        may_attest=why_not_attest(booking, person, now) is None,
        may_begin=why_not_begin_live(booking, person, now) is None,
        may_cancel=why_not_cancel(booking, now) is None,
        **times,
    )


@dataclass(frozen=True, slots=True)
class Sessions:
    """A person's sessions: those that wait for a deed, those that run or come, next first, those behind, latest first."""

    waiting: tuple[HostedSession, ...]
    ahead: tuple[HostedSession, ...]
    behind: tuple[HostedSession, ...]


def sessions_of(person: Person, now: datetime) -> Sessions:
    """What `hosted_by` finds, divided. Two queries."""
    sessions = hosted_by(person, now)
    return Sessions(
        tuple(one for one in sessions if one.waits),
        tuple(one for one in sessions if not one.is_over),
        tuple(one for one in reversed(sessions) if one.is_over and not one.waits),
    )


def is_marked_live(booking: Booking | None) -> bool:
    """Whether a grader sits in, so that no recording needs to be handed in."""
    return booking is not None and booking.slot.grader_id is not None


def why_not_begin_live(booking: Booking, by: Person, now: datetime) -> Refusal | None:
    """Why a grader can't open the desk of a live session: not theirs, too early, too late, or handed in already."""
    if booking.slot.grader_id != by.pk:
        return Refusal("not-grader", _("Another grader marks this session."))
    if booking.cancelled_at:
        return Refusal("cancelled-already", _("This session was called off."))
    if now < booking.slot.starts_at - LIVE_OPENS:
        return Refusal(
            "too-early", _("The desk opens at %(value)s.") % {"value": show_moment(booking.slot.starts_at - LIVE_OPENS)}
        )
    if now > booking.slot.starts_at + LIVE_CLOSES:
        return Refusal("too-late", _("This session is more than a day ago. Ask the learner to book another one."))
    if booking.submission.state not in EDITABLE_STATES:
        return Refusal("handed-in", _("This try was handed in. It waits in the queue, or you have it on your desk."))
    return None


def why_not_meet(submission: Submission, booking: Booking | None, now: datetime) -> Refusal | None:
    """Why a try can't be handed in before its session: none booked where one has to be, or it lies ahead. No query."""
    if booking is None and submission.practical.session == SessionUse.REQUIRED:
        return Refusal("not-booked", _("Book your session first."))
    if booking is not None and now < booking.slot.starts_at:
        return Refusal(
            "session-ahead", _("Your session is on %(starts_at)s.") % {"starts_at": show_moment(booking.slot.starts_at)}
        )
    return None


def why_not_attested(booking: Booking | None) -> Refusal | None:
    """Why a try can't be handed in after its session: its host has to say that it took place. No query. Source: rules.md 4.9."""
    if booking is None or attestation_of(booking) is not None:
        return None
    return Refusal(
        "not-attested", _("%(host)s still has to say that your session took place.") % {"host": booking.slot.host}
    )


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where the session of a try stands, in short. `took_place` is None before its host said so."""

    starts_at: datetime
    host: str
    is_marked_live: bool
    took_place: bool | None


def with_meetings(tries: SubmissionQuerySet) -> SubmissionQuerySet:
    """Tries with what `meeting_of` reads, in the same query: a try has one booking that stands."""
    return tries.annotate(
        live=FilteredRelation("bookings", condition=Q(bookings__cancelled_at__isnull=True)),
        meets_at=F("live__slot__starts_at"),
        meets_host=F("live__slot__host__name"),
        meets_grader=F("live__slot__grader"),
        met=F("live__attestation__took_place"),
    )


def meeting_of(submission: Submission) -> Meeting | None:
    """The session of a try that was loaded `with_meetings`; None where none is booked. No query."""
    starts_at = getattr(submission, "meets_at", None)
    if starts_at is None:
        return None
    row: Any = submission
    return Meeting(starts_at, row.meets_host, row.meets_grader is not None, row.met)

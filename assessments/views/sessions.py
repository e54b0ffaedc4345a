"""Live sessions: booked by learners, attested by hosts, marked live by graders."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from assessments.actions import sessions as actions
from assessments.calendars import CONTENT_TYPE, calendar_of
from assessments.forms.sessions import AttestationForm
from assessments.models import Booking, SessionSlot, Submission
from assessments.rules.sessions import sessions_of, why_not_attest
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs, signed_in
from courses.lib.refusals import refuse_if


@signed_in
@require_POST
def book(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Book the chosen slot for one's own try."""
    mine = Submission.objects.visible_to(person_of(request)).select_related("practical")
    submission = get_object_or_404(mine, pk=submission_id)
    slots = SessionSlot.objects.offered().filter(practical=submission.practical)
    slot = get_object_or_404(slots, pk=_id_in(request.POST.get("slot", "")))
    actions.book_slot(submission=submission, slot=slot, by=person_of(request))
    messages.success(request, _("Booked. Put it into your calendar with the file below."))
    return redirect(f"{submission.practical.get_absolute_url()}#session")


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _booking(request: HttpRequest, booking_id: UUID) -> Booking:
    mine = Booking.objects.visible_to(person_of(request))
    return get_object_or_404(mine.select_related("slot__host", "slot__practical", "submission"), pk=booking_id)


@signed_in
@require_POST
def cancel(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Call a booked session off, as its learner, host or grader."""
    booking = _booking(request, booking_id)
    actions.cancel_booking(booking=booking, by=person_of(request))
    messages.info(request, "Called off. The others hear of it.")
    if booking.submission.learner_id == person_of(request).pk:
        return redirect(f"{booking.slot.practical.get_absolute_url()}#session")
    return redirect("assessments:sessions")


@signed_in
@require_safe
def calendar(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """The session for a calendar program; called off, the same file takes it out again."""
    response = HttpResponse(calendar_of(_booking(request, booking_id)), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = _('attachment; filename="session.ics"')
    return response


@signed_in
@require_GET
def brief(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """The customer to play, with what only they know: for the host and a grader who sits in, never for the learner."""
    bookings = Booking.objects.live().attended_by(person_of(request)).filter(submission__brief__isnull=False)
    shown = bookings.select_related("slot__practical", "submission__learner", "submission__brief__persona")
    booking = get_object_or_404(shown.select_related("submission__brief__size"), pk=booking_id)
    context = {"booking": booking, "brief": booking.submission.brief, "practical": booking.slot.practical}
    return render(request, "assessments/sessions/brief.html", context)


@signed_in
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions in which one plays the customer or marks."""
    person = person_of(request)
    return render(request, "assessments/sessions/sessions.html", {"sessions": sessions_of(person, database_now())})


@signed_in
def attestation(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Say what became of a session, as its host."""
    booking, person = _booking(request, booking_id), person_of(request)
    refuse_if(why_not_attest(booking, person, database_now()))
    form = AttestationForm(request.POST or None)
    if form.is_valid():
        actions.attest(booking=booking, by=person, **form.cleaned_data)
        messages.success(request, _("Thank you. The learner can go on."))
        return redirect("assessments:sessions")
    return render(request, "assessments/sessions/attestation.html", {"booking": booking, "form": form})


@needs("assessments.grade")
@require_POST
def begin(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    """Open the desk of a session that one marks live."""
    lease = actions.begin_live(booking=_booking(request, booking_id), by=person_of(request))
    return redirect("assessments:desk", lease.task_id)

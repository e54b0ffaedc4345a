"""What learners, hosts and graders are told of tries, sessions and recordings. One function a fact, as in `news`."""

from django.urls import reverse
from django.utils.formats import date_format

from accreditation.actions.notices import tell
from accreditation.models import NoticeKind
from assessments.models import (
    Booking,
    Decision,
    Recording,
    Submission,
    Upload,
    UploadKind,
)
from assessments.rules.recorder import recorder_page
from courses.lib.people import Person


def tell_of_submission(*, submission: Submission) -> None:
    """A hand-in arrived, with its receipt and the promised day."""
    promised = f" Your answer comes by {submission.promised_at:%-d %B}." if submission.promised_at else ""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.SUBMISSION_RECEIVED,
        key=f"submission-received:{submission.pk}:{submission.receipt}",
        title=f"Handed in: {submission.practical}",
        text=f"Receipt {submission.receipt}.{promised}",
        link=submission.get_absolute_url(),
        link_text="See where it is",
    )


def tell_of_return(*, submission: Submission, reason: str) -> None:
    """Staff gave a hand-in back."""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.RECORDING_REJECTED,
        key=f"submission-returned:{submission.pk}:{submission.receipt}",
        title=f"Given back to you: {submission.practical}",
        text=reason,
        link=submission.get_absolute_url(),
        link_text="Hand it in again",
    )


def tell_of_decision(*, submission: Submission, decision: Decision) -> None:
    """The outcome of a hand-in, in the exact numbers."""
    word = "Passed" if decision.passed else "Not yet"
    appeal = "Your work was read once more: " if decision.appeal else ""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.DECISION,
        key=f"decision:{decision.pk}",
        title=f"{word}: {submission.practical}",
        text=f"{appeal}{decision.total} of {decision.maximum}, pass mark {decision.pass_points}. "
        "Each criterion has its next step.",
        link=submission.get_absolute_url(),
        link_text="Read the feedback",
    )


def tell_of_session(*, booking: Booking) -> None:
    """A session was booked: its learner, who plays the customer, and who marks."""
    learner, host = booking.submission.learner, booking.slot.host
    for person_id in _people_of(booking):
        other = host if person_id == learner.pk else learner
        _tell_of_session(booking, person_id, "session", "Booked", f"{_when(booking)} {other} is there too.")


def tell_of_attestation(*, booking: Booking) -> None:
    """The host said that a session took place: its learner can go on."""
    text = f"{booking.slot.host} has said so. Send what is still asked for, and hand in."
    _tell_of_session(booking, booking.submission.learner_id, "session-attested", "It took place", text, "Go on")


def remind_of_session(*, booking: Booking) -> None:
    """A session begins within a day: everybody in it, once."""
    for person_id in _people_of(booking):
        _tell_of_session(booking, person_id, "session-near", "Soon", _when(booking))


def tell_of_session_off(*, booking: Booking, by: Person, reason: str) -> None:
    """A session does not take place: everybody but the person who called it off."""
    text = f"{booking.slot.starts_at:%-d %B %Y, %H:%M} UTC. {reason}".strip()
    for person_id in _people_of(booking) - {by.pk}:
        link_text = "Book another time" if person_id == booking.submission.learner_id else "See your sessions"
        _tell_of_session(booking, person_id, "session-off", "Called off", text, link_text)


def _tell_of_session(
    booking: Booking, person_id: int, key: str, word: str, text: str, link_text: str = "See the session"
) -> None:
    """To the learner with the way to the practical, to everybody else with the way to their sessions."""
    practical, own = booking.slot.practical, person_id == booking.submission.learner_id
    tell(
        recipient_id=person_id,
        kind=NoticeKind.SESSION,
        key=f"{key}:{booking.pk}",
        title=f"{word}: {practical}",
        text=text,
        link=practical.get_absolute_url() if own else reverse("assessments:sessions"),
        link_text=link_text,
    )


def _when(booking: Booking) -> str:
    slot = booking.slot
    return f"{slot.starts_at:%-d %B %Y, %H:%M} UTC, {slot.minutes} min, {slot.location}."


def _people_of(booking: Booking) -> set[int]:
    people = {booking.submission.learner_id, booking.slot.host_id, booking.slot.grader_id}
    return {person_id for person_id in people if person_id is not None}


def tell_of_recording(*, recording: Recording, sentence: str) -> None:
    """A recording can't be used, and what to do."""
    tell(
        recipient_id=recording.submission.learner_id,
        kind=NoticeKind.RECORDING_REJECTED,
        key=f"recording-rejected:{recording.pk}",
        title=f"Your recording can't be used: {recording.submission.practical}",
        text=sentence,
        link=recording.submission.practical.get_absolute_url(),
        link_text="Choose another file",
    )


def tell_of_upload(*, upload: Upload) -> None:
    """A file, or a recording in the browser, was begun a day ago and isn't complete; until when it can go on."""
    if upload.kind == UploadKind.LIVE:
        _tell_of_unfinished_recording(upload)
        return
    practical = upload.recording.submission.practical
    tell(
        recipient_id=upload.owner_id,
        kind=NoticeKind.UPLOAD_WAITS,
        key=f"upload-waits:{upload.pk}",
        title=f"Your upload isn't finished: {practical}",
        text="What came is safe. Choose the same file again and it goes on from there; "
        f"after {date_format(upload.expires_at, 'j F')} it starts anew.",
        link=practical.get_absolute_url(),
        link_text="Go on",
    )


def _tell_of_unfinished_recording(upload: Upload) -> None:
    recording = upload.recording
    tell(
        recipient_id=upload.owner_id,
        kind=NoticeKind.UPLOAD_WAITS,
        key=f"upload-waits:{upload.pk}",
        title=f"Your recording isn't finished: {recording.submission.practical}",
        text="What came is safe. Open it, best on the computer where you recorded, and use it as it is or discard it; "
        f"after {date_format(upload.expires_at, 'j F')} it is gone.",
        link=recorder_page(recording.submission, recording.place),
        link_text="Decide about it",
    )

"""What learners, hosts and graders are told of tries, sessions and recordings. One function a fact, as in `news`."""

from django.urls import reverse
from django.utils.translation import gettext_noop as noop

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
from courses.lib.words import Said, Words

SEE = noop("See the session")


def tell_of_submission(*, submission: Submission) -> None:
    """A hand-in arrived, with its receipt and the promised day."""
    at = submission.promised_at
    promised = Said(noop("Your answer comes by %(day)s."), {"day": at.date()}) if at else ""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.SUBMISSION_RECEIVED,
        key=f"submission-received:{submission.pk}:{submission.receipt}",
        title=Said(noop("Handed in: %(practical)s"), {"practical": str(submission.practical)}),
        text=(Said(noop("Receipt %(receipt)s."), {"receipt": submission.receipt}), promised),
        link=submission.get_absolute_url(),
        link_text=Said(noop("See where it is")),
    )


def tell_of_return(*, submission: Submission, reason: str) -> None:
    """Staff gave a hand-in back."""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.RECORDING_REJECTED,
        key=f"submission-returned:{submission.pk}:{submission.receipt}",
        title=Said(noop("Given back to you: %(practical)s"), {"practical": str(submission.practical)}),
        text=reason,
        link=submission.get_absolute_url(),
        link_text=Said(noop("Hand it in again")),
    )


def tell_of_decision(*, submission: Submission, decision: Decision) -> None:
    """The outcome of a hand-in, in the exact numbers."""
    marks = {"total": decision.total, "maximum": decision.maximum, "needed": decision.pass_points}
    title = noop("Passed: %(practical)s") if decision.passed else noop("Not yet: %(practical)s")
    appeal = Said(noop("Your work was read once more:")) if decision.appeal else ""
    tell(
        recipient_id=submission.learner_id,
        kind=NoticeKind.DECISION,
        key=f"decision:{decision.pk}",
        title=Said(title, {"practical": str(submission.practical)}),
        text=(
            appeal,
            Said(noop("%(total)s of %(maximum)s, pass mark %(needed)s. Each criterion has its next step."), marks),
        ),
        link=submission.get_absolute_url(),
        link_text=Said(noop("Read the feedback")),
    )


def tell_of_session(*, booking: Booking) -> None:
    """A session was booked: its learner, who plays the customer, and who marks."""
    learner, host = booking.submission.learner, booking.slot.host
    for person_id in _people_of(booking):
        other = host if person_id == learner.pk else learner
        there = Said(noop("%(other)s is there too."), {"other": str(other)})
        _tell_of_session(booking, person_id, "session", noop("Booked: %(practical)s"), (_when(booking), there))


def tell_of_attestation(*, booking: Booking) -> None:
    """The host said that a session took place: its learner can go on."""
    so = Said(
        noop("%(host)s has said so. Send what is still asked for, and hand in."), {"host": str(booking.slot.host)}
    )
    title, learner_id = noop("It took place: %(practical)s"), booking.submission.learner_id
    _tell_of_session(booking, learner_id, "session-attested", title, so, noop("Go on"))


def remind_of_session(*, booking: Booking) -> None:
    """A session begins within a day: everybody in it, once."""
    for person_id in _people_of(booking):
        _tell_of_session(booking, person_id, "session-near", noop("Soon: %(practical)s"), _when(booking))


def tell_of_session_off(*, booking: Booking, by: Person, reason: str) -> None:
    """A session does not take place: everybody but the person who called it off."""
    text = (Said(noop("%(moment)s UTC."), {"moment": booking.slot.starts_at}), reason.strip())
    for person_id in _people_of(booking) - {by.pk}:
        own = person_id == booking.submission.learner_id
        link_text = noop("Book another time") if own else noop("See your sessions")
        _tell_of_session(booking, person_id, "session-off", noop("Called off: %(practical)s"), text, link_text)


def _tell_of_session(booking: Booking, person_id: int, key: str, title: str, text: Words, link_text: str = SEE) -> None:
    """To the learner with the way to the practical, to everybody else with the way to their sessions."""
    practical, own = booking.slot.practical, person_id == booking.submission.learner_id
    tell(
        recipient_id=person_id,
        kind=NoticeKind.SESSION,
        key=f"{key}:{booking.pk}",
        title=Said(title, {"practical": str(practical)}),
        text=text,
        link=practical.get_absolute_url() if own else reverse("assessments:sessions"),
        link_text=Said(link_text),
    )


def _when(booking: Booking) -> Said:
    slot = booking.slot
    facts = {"moment": slot.starts_at, "minutes": slot.minutes, "place": slot.location}
    return Said(noop("%(moment)s UTC, %(minutes)s min, %(place)s."), facts)


def _people_of(booking: Booking) -> set[int]:
    people = {booking.submission.learner_id, booking.slot.host_id, booking.slot.grader_id}
    return {person_id for person_id in people if person_id is not None}


def tell_of_recording(*, recording: Recording, sentence: str) -> None:
    """A recording can't be used, and what to do."""
    tell(
        recipient_id=recording.submission.learner_id,
        kind=NoticeKind.RECORDING_REJECTED,
        key=f"recording-rejected:{recording.pk}",
        title=Said(
            noop("Your recording can't be used: %(practical)s"), {"practical": str(recording.submission.practical)}
        ),
        text=sentence,
        link=recording.submission.practical.get_absolute_url(),
        link_text=Said(noop("Choose another file")),
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
        title=Said(noop("Your upload isn't finished: %(practical)s"), {"practical": str(practical)}),
        text=Said(
            noop(
                "What came is safe. Choose the same file again and it goes on from there; after %(day)s it starts anew."
            ),
            {"day": upload.expires_at.date()},
        ),
        link=practical.get_absolute_url(),
        link_text=Said(noop("Go on")),
    )


def _tell_of_unfinished_recording(upload: Upload) -> None:
    recording = upload.recording
    tell(
        recipient_id=upload.owner_id,
        kind=NoticeKind.UPLOAD_WAITS,
        key=f"upload-waits:{upload.pk}",
        title=Said(
            noop("Your recording isn't finished: %(practical)s"), {"practical": str(recording.submission.practical)}
        ),
        text=Said(
            noop(
                "What came is safe. Open it, best on the computer where you recorded, and use it as it is or discard it; "
                "after %(day)s it is gone."
            ),
            {"day": upload.expires_at.date()},
        ),
        link=recorder_page(recording.submission, recording.place),
        link_text=Said(noop("Decide about it")),
    )

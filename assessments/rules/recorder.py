"""Recording in the browser: who may begin, what is agreed before the first byte, and what belongs beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.models import (
    PartMark,
    Practical,
    Recording,
    RecordingConsent,
    Submission,
    Upload,
    UploadKind,
    UploadState,
)
from assessments.rules.uploads import KEPT_FOR, MAX_STARTS_AN_HOUR, why_not_upload
from courses.lib.people import Person
from courses.lib.refusals import Refusal

CONSENT_WORDING = (
    "Everybody who is heard or seen in this recording agrees to it. We know that the graders of this practical and "
    "Field Enablement may watch it, and that it is deleted when it is no longer needed."
)
CONSENT_GOOD_FOR = timedelta(hours=12)
SILENT_AFTER = timedelta(seconds=60)
LEFT_AFTER = timedelta(minutes=10)
EXTRA_MINUTES = 5
LARGEST_OFFSET_MS = 60_000


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """What the recorder keeps to: minutes that count, the minute at which it stops by itself, and bytes."""

    min_minutes: int
    max_minutes: int
    stop_minutes: int
    max_bytes: int
    screen_required: bool


def recorder_limits(practical: Practical) -> RecorderLimits:
    """The limits of a practical's recorder. It stops five minutes after the longest that is asked for. Source: rules.md 6.14."""
    return RecorderLimits(
        practical.min_minutes,
        practical.max_minutes,
        practical.max_minutes + EXTRA_MINUTES,
        practical.max_bytes,
        practical.screen_required,
    )


def part_names(practical: Practical) -> list[str]:
    """The parts of the session by name, in their order."""
    parts: list[dict[str, Any]] = practical.parts
    return [str(part["name"]) for part in parts if part.get("name")]


def unfinished_of(person: Person) -> Upload | None:
    """The person's recording in the browser that is still open, wherever it belongs. One query."""
    mine = Upload.objects.visible_to(person).open().filter(kind=UploadKind.LIVE)
    return mine.select_related("recording__submission__practical").first()


def recorded_ms(upload: Upload) -> int:
    """About how much of a recording in the browser has come, in milliseconds: from its start to its last piece.

    Exact length is known when it is checked; pieces that waited for the network make this a little long. No query.
    """
    last_piece_at = upload.expires_at - KEPT_FOR
    return max(0, (last_piece_at - upload.created_at) // timedelta(milliseconds=1)) if upload.offset else 0


def why_not_record(submission: Submission, *, place: int, by: Person, now: datetime) -> Refusal | None:
    """Why no recording can begin in the browser for this place: another one is open, or no upload is possible.

    Seven queries at most. Source: rules.md 6.9.
    """
    return _why_not_another(unfinished_of(by)) or why_not_upload(submission, place=place, length=None, by=by, now=now)


def why_not_agree(submission: Submission, *, place: int, by: Person, now: datetime) -> Refusal | None:
    """Why no agreement can be written down: no recording can begin, or too many were within an hour. Eight queries at most."""
    lately = RecordingConsent.objects.filter(given_by_id=by.pk, given_at__gt=now - timedelta(hours=1))
    if lately.count() >= MAX_STARTS_AN_HOUR:
        return Refusal("too-fast", _("You began many recordings within an hour. Try again in a while."))
    return why_not_record(submission, place=place, by=by, now=now)


def _why_not_another(open_one: Upload | None) -> Refusal | None:
    if open_one is None:
        return None
    recording = open_one.recording
    title = recording.submission.practical.title
    sentence = f"Your recording for “{title}” isn't finished. Use what came of it, or discard it, before the next one."
    return Refusal("already-recording", sentence, recorder_page(recording.submission, recording.place), _("Go there"))


def recorder_page(submission: Submission, place: int) -> str:
    """The address of the recorder for one recording of a try."""
    return f"{reverse('assessments:record', args=[submission.pk])}?place={place}"


def why_not_use_consent(
    consent: RecordingConsent | None, submission: Submission, *, place: int, by: Person, now: datetime
) -> Refusal | None:
    """Why this agreement doesn't cover a recording: none, another one's, too old, or used before. One query."""
    if consent is None or (consent.submission_id, consent.place, consent.given_by_id) != (submission.pk, place, by.pk):
        return Refusal("consent-missing", _("Everybody in the recording has to agree to it first."))
    if consent.given_at < now - CONSENT_GOOD_FOR or Recording.objects.filter(consent=consent).exists():
        return Refusal(
            "consent-missing", _("Ask everybody in the recording to agree again: this is another recording.")
        )
    return None


def why_not_track(main: Recording, *, submission: Submission, place: int | None, offset_ms: int) -> Refusal | None:
    """Why no camera track can be sent beside this recording. The caller looked whose it is. One query.

    Source: rules.md 6.6, 6.12.
    """
    upload = main.upload
    if upload.kind != UploadKind.LIVE or upload.state != UploadState.OPEN:
        return Refusal("main-closed", _("The recording that this camera belongs to isn't open any more."))
    if main.submission_id != submission.pk or place not in (None, main.place):
        return Refusal("other-place", _("A camera track belongs to the same try and place as its recording."))
    if abs(offset_ms) > LARGEST_OFFSET_MS:
        return Refusal("offset", _("A camera track begins within a minute of its recording."))
    if main.tracks.kept().exists():
        return Refusal("track-there", _("The camera track of this recording is complete. It has one."))
    return None


def why_not_mark(recording: Recording, *, name: str, at_ms: int) -> Refusal | None:
    """Why this part can't be marked at this moment: not recorded now, no such part, or not after the one before.

    One query. Source: rules.md 6.13.
    """
    practical = recording.submission.practical
    upload = recording.upload
    if upload.kind != UploadKind.LIVE or upload.state != UploadState.OPEN:
        return Refusal("not-recording", _("Parts are marked while it is recorded."))
    if name not in part_names(practical):
        return Refusal("no-such-part", _("This practical has no such part."))
    last = PartMark.objects.filter(recording=recording).last()
    too_late = at_ms > recorder_limits(practical).stop_minutes * 60_000 + LARGEST_OFFSET_MS
    if too_late or (last is not None and at_ms < last.at_ms):
        return Refusal("mark-out-of-order", _("A part begins after the one before it, within the recording."))
    return None

"""When a file may be sent, how much of it, and what an answer to each piece is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import disk
from assessments.models import Recording, RecordingState, Submission, Upload, UploadState
from assessments.models.practicals import EDITABLE_STATES
from courses.lib.people import Person
from courses.lib.refusals import Refusal

GIBIBYTE = 1 << 30
RESERVED_FOR_UNKNOWN = 3 * GIBIBYTE
MAX_OPEN_UPLOADS = 3
MAX_OPEN_BYTES = 8 * GIBIBYTE
MAX_COMPLETE_UPLOADS = MAX_FAILED_UPLOADS = 5
MAX_STARTS_AN_HOUR = 30
KEPT_FOR = timedelta(days=7)


def why_not_upload(
    submission: Submission, *, place: int = 1, length: int | None, by: Person, now: datetime
) -> Refusal | None:
    """Why a new file can't be sent for this place of a submission. `length` is null where the client will say later.

    Six queries at most. Source: rules.md 6.1, 6.6.
    """
    return (
        why_not_send(submission)
        or _why_not_place(submission, place)
        or _why_not_length(submission, length)
        or _why_not_more(submission, place)
        or _why_not_open(by, length or RESERVED_FOR_UNKNOWN, now)
        or _why_not_stored()
    )


def why_not_send(submission: Submission) -> Refusal | None:
    """Why a submission takes no file at all: its practical wants none, or it is handed in."""
    if not submission.practical.recordings_required:
        return Refusal("recording-not-wanted", _("This practical doesn't ask for a recording."))
    if submission.state not in EDITABLE_STATES:
        return Refusal("submission-closed", _("This try is handed in, so its recording can't be replaced."))
    return None


def _why_not_place(submission: Submission, place: int) -> Refusal | None:
    wanted = submission.practical.recordings_required
    if 1 <= place <= wanted:
        return None
    return Refusal(
        "no-such-place",
        ngettext(
            "This practical asks for %(wanted)s recording.", "This practical asks for %(wanted)s recordings.", wanted
        )
        % {"wanted": wanted},
    )


def _why_not_length(submission: Submission, length: int | None) -> Refusal | None:
    if length == 0:
        return Refusal("empty-file", _("This file is empty. Choose the recording itself."))
    if length is not None and length > submission.practical.max_bytes:
        limit = submission.practical.max_bytes / GIBIBYTE
        return Refusal(
            "too-large",
            _("This file is larger than %(limit)s GiB. Export it with a smaller picture.") % {"limit": f"{limit:.2g}"},
        )
    return None


def _why_not_more(submission: Submission, place: int) -> Refusal | None:
    mine = Recording.objects.main().filter(submission=submission, place=place)
    complete = mine.filter(counts=True, upload__state=UploadState.COMPLETE)
    failed = complete.filter(state=RecordingState.FAILED).count()
    if failed >= MAX_FAILED_UPLOADS:
        return Refusal(
            "checks-failed",
            _(
                "We could not check %(failed)s of your files, and look into it. Ask Field Enablement before you send another one."
            )
            % {"failed": failed},
        )
    if complete.count() - failed < MAX_COMPLETE_UPLOADS:
        return None
    return Refusal(
        "uploads-used-up",
        _("%(max_complete_uploads)s files were sent for this try. Ask Field Enablement to open it for another one.")
        % {"max_complete_uploads": MAX_COMPLETE_UPLOADS},
    )


def _why_not_open(by: Person, length: int, now: datetime) -> Refusal | None:
    mine = Upload.objects.visible_to(by)
    if mine.filter(created_at__gt=now - timedelta(hours=1)).count() >= MAX_STARTS_AN_HOUR:
        return Refusal("too-fast", _("You began many uploads within an hour. Try again in a while."))
    if mine.open().count() >= MAX_OPEN_UPLOADS:
        return Refusal(
            "too-many-uploads",
            _("You have %(max_open_uploads)s unfinished uploads. Finish one, or choose another file there.")
            % {"max_open_uploads": MAX_OPEN_UPLOADS},
        )
    if open_bytes(mine.open()) + length > MAX_OPEN_BYTES:
        return Refusal("too-much-open", _("Your unfinished uploads together are too large. Finish one of them first."))
    return None


def open_bytes(uploads: QuerySet[Upload]) -> int:
    """What these uploads may still come to, in bytes; an unknown length counts as the largest file. One query."""
    reserved = Coalesce("length", RESERVED_FOR_UNKNOWN, output_field=BigIntegerField())
    return uploads.aggregate(total=Sum(reserved))["total"] or 0


def _why_not_stored() -> Refusal | None:
    if disk.is_low():
        return Refusal("disk-low", _("We are short of room for new files at the moment. Try again in an hour."))
    return None


@dataclass(frozen=True, slots=True)
class Piece:
    """What a PATCH announces: where it starts, how many bytes, the total if it says so now, "algorithm digest"."""

    offset: int
    size: int
    length: int | None = None
    checksum: tuple[str, bytes] | None = None


def why_not_take_bytes(upload: Upload) -> Refusal | None:
    """Why an upload takes no bytes any more: complete, ended, or run out."""
    if upload.state == UploadState.OPEN:
        return None
    if upload.state == UploadState.COMPLETE:
        return Refusal("complete", _("This file is complete."))
    return Refusal("gone", _("This upload was ended. Choose the file again."))


def why_not_append(upload: Upload, piece: Piece, stored: int) -> Refusal | None:
    """Why these bytes can't be appended to the `stored` ones."""
    closed = why_not_take_bytes(upload)
    if closed:
        return closed
    if piece.offset != stored:
        return Refusal("wrong-offset", _("Go on at byte %(stored)s.") % {"stored": stored})
    return _why_not_declare(upload, piece) or _why_not_fit(upload, piece)


def _why_not_declare(upload: Upload, piece: Piece) -> Refusal | None:
    if piece.length is None:
        return None
    if upload.length is not None and piece.length != upload.length:
        return Refusal("length-is-fixed", _("The length of this file was declared before."))
    return _why_not_length(upload.recording.submission, piece.length)


def _why_not_fit(upload: Upload, piece: Piece) -> Refusal | None:
    if piece.offset + piece.size <= room_of(upload, piece.length):
        return None
    return Refusal("too-large", _("These bytes go beyond the end of the file."))


def room_of(upload: Upload, declared: int | None = None) -> int:
    """How many bytes an upload may hold: its length, or the practical's limit while the length is unknown."""
    return upload.length or declared or upload.recording.submission.practical.max_bytes

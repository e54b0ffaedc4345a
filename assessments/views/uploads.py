"""Resumable uploads (tus 1.0). CSRF protection stays on: clients send X-CSRFToken."""

import re
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import parts
from assessments.actions import recorder
from assessments.actions import uploads as actions
from assessments.models import Recording, RecordingConsent, Submission, Upload, UploadState
from assessments.views import tus
from courses.lib.people import Person, person_of
from courses.lib.policy import signed_in_json

OFFSET = re.compile(r"-?\d{1,6}", re.ASCII)


@signed_in_json
@tus.speaks_tus
def uploads(request: HttpRequest) -> HttpResponseBase:
    """POST begins an upload for the submission that the metadata names; OPTIONS tells what this server can do."""
    if request.method == "OPTIONS":
        return tus.options()
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST", "OPTIONS"])
    person = person_of(request)
    length, metadata = tus.length_in(request), tus.metadata_in(request)
    mine = Submission.objects.visible_to(person).select_related("practical")
    submission = get_object_or_404(mine, pk=_id_in(metadata))
    upload = _begin(submission, length, metadata, person)
    response = HttpResponse(status=201, headers=tus.progress_headers(upload, 0))
    response["Location"] = reverse("assessments:upload", args=[upload.pk])
    response["Recording"] = str(upload.recording_id)
    return response


def _begin(submission: Submission, length: int | None, metadata: dict[str, str], person: Person) -> Upload:
    """A file; or with `live` a recording in the browser, or with `main` the camera track beside one."""
    place = _place_in(metadata)
    if not {"live", "main"} & metadata.keys():
        return actions.open_upload(submission=submission, place=place, length=length, metadata=metadata, by=person)
    if length is not None:
        raise BadRequest(_("A recording in the browser tells its length at its end: Upload-Defer-Length: 1."))
    if "main" in metadata:
        return _begin_track(submission, metadata, person)
    consents = RecordingConsent.objects.filter(given_by_id=person.pk)
    consent = consents.filter(pk=_id_in(metadata, "consent")).first() if "consent" in metadata else None
    return recorder.begin_recording(
        submission=submission, place=place, consent=consent, metadata=metadata, by=person
    )  # fmt: skip


def _begin_track(submission: Submission, metadata: dict[str, str], person: Person) -> Upload:
    mine = Recording.objects.filter(upload__owner_id=person.pk).select_related("upload")
    return recorder.begin_track(
        main=get_object_or_404(mine, pk=_id_in(metadata, "main")),
        submission=submission,
        place=_place_in(metadata) if "place" in metadata else None,
        offset_ms=_offset_in(metadata),
        metadata=metadata,
        by=person,
    )


def _offset_in(metadata: dict[str, str]) -> int:
    """Milliseconds from the start of the main recording to that of its camera track; 0 where nothing is said."""
    told = metadata.get("offset_ms", "0")
    if not OFFSET.fullmatch(told):
        raise BadRequest(_("The offset in Upload-Metadata must be a whole number."))
    return int(told)


def _id_in(metadata: dict[str, str], key: str = "submission") -> UUID:
    try:
        return UUID(metadata.get(key, ""))
    except ValueError as error:
        raise BadRequest(_("Upload-Metadata must name the %(key)s by its id.") % {"key": key}) from error


def _place_in(metadata: dict[str, str]) -> int:
    """Which of the recordings asked for it is; the first where the client says nothing."""
    told = metadata.get("place", "1")
    if not (told.isascii() and told.isdecimal() and len(told) < 4):
        raise BadRequest(_("The place in Upload-Metadata must be a number."))
    return int(told)


@signed_in_json
@tus.speaks_tus
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
    """HEAD tells how far it is, PATCH appends, DELETE gives it up; somebody else's upload is a 404."""
    if request.method == "OPTIONS":
        return tus.options()
    deed = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}.get(request.method or "")
    if deed is None:
        return HttpResponseNotAllowed(["HEAD", "PATCH", "DELETE", "OPTIONS"])
    person = person_of(request)
    mine = Upload.objects.visible_to(person).select_related("recording__submission__practical")
    return deed(request, get_object_or_404(mine, pk=upload_id), person)


def _head(request: HttpRequest, found: Upload, person: Person) -> HttpResponse:
    if found.state in (UploadState.DELETED, UploadState.EXPIRED):
        return HttpResponse(status=410)
    stored = found.offset if found.state == UploadState.COMPLETE else parts.stored_bytes(found)
    return HttpResponse(status=200, headers=tus.progress_headers(found, stored))


def _patch(request: HttpRequest, found: Upload, person: Person) -> HttpResponse:
    if request.content_type != tus.CONTENT_TYPE:
        return HttpResponse(status=415)
    piece = tus.piece_in(request)
    # The request itself is the stream: `request.body` would hold the whole piece in memory.
    changed = actions.append_bytes(upload=found, piece=piece, stream=request, by=person)
    return HttpResponse(status=204, headers=tus.progress_headers(changed, changed.offset))


def _delete(request: HttpRequest, found: Upload, person: Person) -> HttpResponse:
    actions.end_upload(upload=found, by=person)
    return HttpResponse(status=204)

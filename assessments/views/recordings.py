"""A recording's bytes and where it stands, for those who may watch it. Every request is authorised by itself."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments import bucket, disk, storage
from assessments.actions.recordings import note_watching
from assessments.models import Recording, RecordingState, SubmissionFile
from assessments.rules.recordings import is_waiting, may_watch, rejection_of, sentence_about
from assessments.rules.retention import sentence_gone
from courses.lib.clock import database_now
from courses.lib.files import INLINE, content_disposition, private_bytes, private_file
from courses.lib.people import person_of
from courses.lib.policy import signed_in_json
from courses.lib.refusals import Refusal

MOST_SHEETS = 1000
READ_THROUGH = frozenset({"image/jpeg", "text/vtt"})


def place_in(request: HttpRequest) -> int | None:
    """Which of several recordings a page is asked to show (`?recording=2`); None where it doesn't say."""
    told = request.GET.get("recording", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 4 else None


def _watchable(request: HttpRequest, recording_id: UUID) -> Recording:
    """The recording, or the 404 of a missing one."""
    recording = get_object_or_404(Recording.objects.select_related("submission"), pk=recording_id)
    if not may_watch(person_of(request), recording, database_now()):
        raise Http404
    return recording


def gone(thing: Recording | SubmissionFile) -> HttpResponseBase:
    """What was deleted says so, to those who might have watched it. Source: RFC 9110, 15.5.11."""
    return JsonResponse(Refusal("gone", sentence_gone(thing)).as_json(), status=410)


def send_stored(
    request: HttpRequest, stored: str, content_type: str = "", *, name: str = "", attachment: bool = False
) -> HttpResponseBase:
    """A stored file, from this disk or the bucket; the caller has decided that this person may have it.

    From the bucket, small pictures and texts come through here; films and downloads are a redirect to a link that ends
    after five minutes and is asked for anew, with this permission, for every request.
    """
    shown = content_type in INLINE and not attachment
    try:
        return private_file(request, disk.root() / stored, content_type=content_type, name=name, attachment=attachment)
    except FileNotFoundError as error:
        if not bucket.is_configured():
            raise Http404 from error
    try:
        if content_type in READ_THROUGH:
            return private_bytes(bucket.read(stored), content_type=content_type)
        bucket.describe(stored)
        return _redirect(request, stored, content_type if shown else "", name)
    except FileNotFoundError:
        refusal = Refusal(
            "file-missing", _("This file is missing from our storage. Field Enablement can look into it.")
        )
        return JsonResponse(refusal.as_json(), status=404)
    except bucket.BucketAway:
        refusal = Refusal("storage-away", _("The storage doesn't answer at the moment. Try again in a minute."))
        return JsonResponse(refusal.as_json(), status=503, headers={"Retry-After": "30"})


def _redirect(request: HttpRequest, stored: str, shown_as: str, name: str) -> HttpResponseRedirect:
    """To a signed link of five minutes; `shown_as` is empty for a download."""
    address = bucket.link_to(
        stored,
        method=request.method or "GET",
        content_type=shown_as or "application/octet-stream",
        disposition=content_disposition(name, inline=bool(shown_as)),
    )
    headers = {"Cache-Control": _("private, no-store"), "Referrer-Policy": "no-referrer"}
    return HttpResponseRedirect(address, headers=headers)


@signed_in_json
@require_safe
def media(request: HttpRequest, recording_id: UUID) -> HttpResponseBase:
    """The file to play, with ranges, once it is ready."""
    recording = _watchable(request, recording_id)
    if recording.is_gone:
        return gone(recording)
    if recording.state != RecordingState.READY:
        raise Http404
    note_watching(recording=recording, by=person_of(request))
    return send_stored(request, recording.play_path, recording.content_type)


@signed_in_json
@require_safe
def poster(request: HttpRequest, recording_id: UUID) -> HttpResponseBase:
    """A still picture of a ready recording."""
    recording = _watchable(request, recording_id)
    if recording.is_gone:
        return gone(recording)
    if recording.state != RecordingState.READY:
        raise Http404
    return send_stored(request, recording.poster_path, "image/jpeg")


@signed_in_json
@require_safe
def sprite(request: HttpRequest, recording_id: UUID, sheet: int) -> HttpResponseBase:
    """A sheet of small pictures of a ready recording, from 0."""
    recording = _watchable(request, recording_id)
    if recording.is_gone:
        return gone(recording)
    if recording.state != RecordingState.READY or sheet >= MOST_SHEETS:
        raise Http404
    return send_stored(request, disk.relative(storage.sprite_path(recording, sheet)), "image/jpeg")


@signed_in_json
@require_safe
def captions(request: HttpRequest, recording_id: UUID) -> HttpResponseBase:
    """What a machine heard in a ready recording, as WebVTT."""
    recording = _watchable(request, recording_id)
    if recording.is_gone:
        return gone(recording)
    if recording.state != RecordingState.READY:
        raise Http404
    return send_stored(request, disk.relative(storage.captions_path(recording)), "text/vtt")


@signed_in_json
@require_safe
def status(request: HttpRequest, recording_id: UUID) -> JsonResponse:
    """Where the recording stands: what the page shows, for a page that waits."""
    recording = _watchable(request, recording_id)
    rejection = rejection_of(recording)
    return JsonResponse(
        {
            "state": recording.stored if recording.is_gone else recording.state,
            "sentence": sentence_about(recording),
            "code": recording.rejection_code,
            "advice": rejection.advice if rejection else "",
            "waiting": is_waiting(recording),
            "duration_ms": recording.duration_ms,
            "media": reverse("assessments:recording-media", args=[recording.pk]),
        }
    )

"""A recording's bytes and where it stands, for those who may watch it. Every request is authorised by itself."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from assessments import storage
from assessments.actions.recordings import note_watching
from assessments.models import Recording, RecordingState, SubmissionFile
from assessments.rules.recordings import is_waiting, may_watch, rejection_of, sentence_about
from assessments.rules.retention import sentence_gone
from courses.lib.clock import database_now
from courses.lib.files import private_file
from courses.lib.people import person_of
from courses.lib.policy import signed_in_json
from courses.lib.refusals import Refusal


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


def _send(request: HttpRequest, path: str, content_type: str) -> HttpResponseBase:
    try:
        return private_file(request, storage.root() / path, content_type=content_type)
    except FileNotFoundError as error:
        raise Http404 from error


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
    return _send(request, recording.play_path, recording.content_type)


@signed_in_json
@require_safe
def poster(request: HttpRequest, recording_id: UUID) -> HttpResponseBase:
    """A still picture of a ready recording."""
    recording = _watchable(request, recording_id)
    if recording.is_gone:
        return gone(recording)
    if recording.state != RecordingState.READY:
        raise Http404
    return _send(request, recording.poster_path, "image/jpeg")


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

"""The clips of rulings, for graders and leads who may watch them. Every request is authorised by itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from assessments.actions.ruling_clips import note_watching
from assessments.models import RulingClip
from assessments.rules.ruling_clips import captions_of, playable
from assessments.views.recordings import send_stored
from courses.lib.files import private_bytes
from courses.lib.people import person_of
from courses.lib.policy import signed_in_json


def _playable(request: HttpRequest, clip_id: UUID) -> RulingClip:
    """The clip, or the 404 of a missing one."""
    clip: RulingClip = get_object_or_404(playable(person_of(request)), pk=clip_id)
    return clip


@signed_in_json
@require_safe
def media(request: HttpRequest, clip_id: UUID) -> HttpResponseBase:
    """The film, with ranges."""
    clip = _playable(request, clip_id)
    note_watching(clip=clip, by=person_of(request))
    return send_stored(request, clip.path, "video/mp4")


@signed_in_json
@require_safe
def captions(request: HttpRequest, clip_id: UUID) -> HttpResponseBase:
    """What a machine heard in it, as WebVTT."""
    return private_bytes(captions_of(_playable(request, clip_id)).encode(), content_type="text/vtt")

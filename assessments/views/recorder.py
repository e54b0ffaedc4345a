"""Recording in the browser: its page, the agreement before it, and the parts that are marked meanwhile."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.actions.recorder import give_consent, mark_part
from assessments.forms.recorder import ConsentForm, PartMarkForm
from assessments.models import Recording, Submission, Upload
from assessments.rules.recorder import CONSENT_WORDING, part_names, recorder_limits, unfinished_of, why_not_record
from assessments.rules.recordings import current_recordings
from courses.lib.clock import database_now
from courses.lib.people import Person, person_of
from courses.lib.policy import signed_in, signed_in_json


@signed_in
@require_safe
def record(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The recorder for one recording of a try: device check, recording, or what is left of an interrupted one."""
    person = person_of(request)
    submission = _own(person, submission_id)
    place = _place_of(request, submission)
    context = {
        "submission": submission,
        "practical": submission.practical,
        "place": place,
        "limits": recorder_limits(submission.practical),
        "parts": part_names(submission.practical),
        "wording": CONSENT_WORDING,
    }
    return render(request, "assessments/recorder/record.html", context | _standing(person, submission, place))


def _own(person: Person, submission_id: UUID) -> Submission:
    mine = Submission.objects.visible_to(person).select_related("practical")
    return get_object_or_404(mine, pk=submission_id)


def _place_of(request: HttpRequest, submission: Submission) -> int:
    """Which recording it is; the first where the address doesn't say, 404 where the practical asks for no such one."""
    told = request.GET.get("place", "1")
    if not (told.isascii() and told.isdecimal() and len(told) < 4):
        raise Http404
    if submission.practical.recordings_required and not 1 <= int(told) <= submission.practical.recordings_required:
        raise Http404
    return int(told)


def _standing(person: Person, submission: Submission, place: int) -> dict[str, Any]:
    """What is open here, or why nothing can begin, and what a new recording would replace."""
    unfinished = unfinished_of(person)
    if unfinished and (unfinished.recording.submission_id, unfinished.recording.place) == (submission.pk, place):
        track = Upload.objects.open().filter(recording__main=unfinished.recording_id).first()
        return {"unfinished": unfinished, "track": track}
    refusal = why_not_record(submission, place=place, by=person, now=database_now())
    return {"refusal": refusal, "replaces": None if refusal else current_recordings(submission).get(place)}


@signed_in_json
@require_POST
def consent(request: HttpRequest, submission_id: UUID) -> JsonResponse:
    """Write down that everybody agreed; the answer names what the recording must refer to."""
    person = person_of(request)
    submission = _own(person, submission_id)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        sentence = next(iter(form.errors.values()))[0]
        return JsonResponse({"code": "invalid", "sentence": sentence}, status=400)
    data = form.cleaned_data
    given = give_consent(submission=submission, place=data["place"], others=data["others"], by=person)
    return JsonResponse({"consent": str(given.pk), "others": given.others, "given_at": given.given_at.isoformat()})


@signed_in_json
@require_POST
def parts(request: HttpRequest, recording_id: UUID) -> JsonResponse:
    """Mark where a part begins, while it is recorded by this very person; the answer is every mark there is."""
    mine = Recording.objects.filter(upload__owner_id=person_of(request).pk).select_related(
        "submission__practical", "upload"
    )
    recording = get_object_or_404(mine, pk=recording_id)
    form = PartMarkForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "sentence": _("A part needs its name and its moment.")}, status=400)
    mark_part(recording=recording, name=form.cleaned_data["name"], at_ms=form.cleaned_data["at_ms"])
    marks = [{"name": mark.name, "at_ms": mark.at_ms} for mark in recording.part_marks.all()]
    return JsonResponse({"parts": marks})


@signed_in
@require_safe
def signed_in_again(request: HttpRequest) -> HttpResponse:
    """Where signing in again, in a tab of its own, leads to: the recording goes on in the other one."""
    return render(request, "assessments/recorder/signed_in_again.html")

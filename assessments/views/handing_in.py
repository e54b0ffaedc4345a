"""Handing in, and the result."""

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.actions.closing import Submission, submit_attempt
from assessments.forms.sittings import HandInForm
from assessments.models import Attempt, AttemptState
from assessments.models.attempts import CLOSED
from assessments.rules.attempts import is_held, remaining_ms
from assessments.rules.deliveries import overview
from assessments.rules.results import result_of
from assessments.rules.saves import Batch
from assessments.views.attempts import batch_of, is_json, own_attempt, save_batch
from courses.lib.people import person_of
from courses.lib.policy import signed_in, signed_in_json


@signed_in
@require_safe
def hand_in(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """What is answered, flagged and open, before it is final."""
    found = own_attempt(request, attempt_id)
    if found.state != AttemptState.IN_PROGRESS or not found.scored:
        return redirect(found)
    questions = overview(found)
    context = {
        "attempt": found,
        "questions": questions,
        "open": [one for one in questions if not one.answered],
        "flagged": [one for one in questions if one.flagged],
        "answered_count": sum(one.answered for one in questions),
        "remaining_ms": remaining_ms(found, found.now),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
    }
    return render(request, "assessments/exams/hand_in.html", context)


@signed_in_json
@require_POST
def submit(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponseBase:
    """Hand in: JSON with the last batch and the digests, or the hand-in page's form. A repeat gets the same receipt."""
    if not is_json(request):
        return _submit_form(request, attempt_id)
    batch = batch_of(request)
    if isinstance(batch, HttpResponse):
        return batch
    if batch.entries:
        save_batch(request, attempt_id, batch)
    done = _submitted(request, attempt_id, batch)
    return _differing(done) if done.differing else JsonResponse(_receipt(done.attempt))


def _submit_form(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    form = HandInForm(request.POST)
    if not form.is_valid():
        return redirect("assessments:attempt-hand-in", attempt_id)
    data = form.cleaned_data
    client = data["client_id"] or "form"
    return redirect(_submitted(request, attempt_id, Batch(client_id=client, epoch=data["epoch"])).attempt.result_url)


def _submitted(request: HttpRequest, attempt_id: uuid.UUID, batch: Batch) -> Submission:
    try:
        return submit_attempt(
            attempt_id=attempt_id,
            by=person_of(request),
            client_id=batch.client_id,
            epoch=batch.epoch,
            submission_id=batch.submission_id,
            digests=batch.digests,
        )
    except Attempt.DoesNotExist:
        raise Http404 from None


def _receipt(attempt: Attempt) -> dict[str, Any]:
    assert attempt.closed_at is not None  # closed attempts have one
    return {
        "state": attempt.state,
        "receipt": attempt.receipt,
        "hash": attempt.answers_hash,
        "submission_id": attempt.submission_id,
        "closed_at": timezone.localtime(attempt.closed_at).isoformat(),
        "answered": attempt.answered_count,
        "result": attempt.result_url,
    }


def _differing(done: Submission) -> JsonResponse:
    sentence = _("Not every answer of this page is saved yet. Look at the ones named, then hand in again.")
    items = [{"item": one.item, "digest": one.digest} for one in done.differing]
    return JsonResponse({"code": "digests-differ", "sentence": sentence, "items": items}, status=409)


@signed_in
@require_safe
def result(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """Score, what was needed, and the profile by course. Keys are never shown."""
    found = own_attempt(request, attempt_id)
    if not found.scored:
        return redirect("assessments:practice-round", attempt_id)
    if found.state not in CLOSED:
        if found.state != AttemptState.VOID:
            return redirect(found)
        return render(request, "assessments/exams/not_running.html", {"attempt": found})
    result = result_of(person_of(request), found, found.now)
    context = {"attempt": found, "result": result, "held": is_held(found, found.now)}
    return render(request, "assessments/exams/result.html", context)

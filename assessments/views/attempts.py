"""The pages and JSON routes of a sitting. What isn't theirs is not found."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, RawPostDataException
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.actions.attempts import take_over
from assessments.actions.closing import close_if_overdue
from assessments.actions.responses import save_responses
from assessments.actions.timekeeping import break_seconds_used, end_own_break, take_break
from assessments.forms.sittings import AnswerForm, LeaseForm
from assessments.models import Attempt, AttemptState
from assessments.models.attempts import CLOSED
from assessments.rules.attempts import MOVED, break_left, is_break_over, is_overdue, remaining_ms
from assessments.rules.deliveries import deliver
from assessments.rules.saves import MAX_BYTES, Batch, Malformed, Saved, read_batch
from courses.lib.people import person_of
from courses.lib.policy import signed_in, signed_in_json


def own_attempt(request: HttpRequest, attempt_id: uuid.UUID) -> Attempt:
    """The person's own attempt, closed first where its time is up."""
    attempts = (
        Attempt.objects.visible_to(person_of(request)).timed().select_related("exam", "exam_version", "current_run")
    )
    attempt = attempts.filter(pk=attempt_id).first()
    if attempt is None:
        raise Http404
    if is_overdue(attempt, attempt.now) or is_break_over(attempt, attempt.now):
        close_if_overdue(attempt_id=attempt_id)
        attempt = attempts.get(pk=attempt_id)
    return attempt


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """The question page; a POST is one answer of a page without script."""
    found = own_attempt(request, attempt_id)
    if not found.scored:
        return redirect("assessments:practice-round", attempt_id)
    if found.state in CLOSED or found.state == AttemptState.VOID:
        return redirect(found.result_url)
    if request.method == "POST":
        return _save_form(request, found)
    return _question_page(request, found, position_in(request.GET.get("q", "")))


def position_in(text: str) -> int:
    """The question that an address asks for; the first one where it asks for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _question_page(request: HttpRequest, found: Attempt, position: int, *, moved: bool = False) -> HttpResponse:
    if found.state != AttemptState.IN_PROGRESS:
        return _standing_still(request, found)
    questions = deliver(found)
    context = {
        "attempt": found,
        "questions": questions,
        "current": min(max(position, 1), len(questions)),
        "answered_count": sum(one.answered for one in questions),
        "remaining_ms": remaining_ms(found, found.now),
        "moved": moved,
        "has_breaks": bool(found.policy_snapshot.get("break_minutes")),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
    }
    return render(request, "assessments/exams/attempt.html", context, status=409 if moved else 200)


def _standing_still(request: HttpRequest, found: Attempt) -> HttpResponse:
    """A paused, scheduled or void sitting: what it waits for, and none of its questions."""
    context = {"attempt": found, "remaining_ms": remaining_ms(found, found.now)}
    return render(request, "assessments/exams/not_running.html", context)


def _save_form(request: HttpRequest, found: Attempt) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _question_page(request, found, 1)
    saved = save_responses(
        attempt_id=found.pk,
        by=person_of(request),
        client_id="form",
        epoch=form.cleaned_data["epoch"],
        entries=[form.entry()],
    )
    if saved.moved:
        return _question_page(request, found, form.cleaned_data["q"], moved=True)
    return redirect(f"{found.get_absolute_url()}?q={form.target()}")


@signed_in_json
@require_POST
def responses(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponseBase:
    """Save a batch of answers. Source: rules.md 3.5."""
    batch = batch_of(request)
    if isinstance(batch, HttpResponse):
        return batch
    saved = save_batch(request, attempt_id, batch)
    return JsonResponse(saved.as_json() | (MOVED.as_json() if saved.moved else {}), status=409 if saved.moved else 200)


def batch_of(request: HttpRequest) -> Batch | HttpResponse:
    """The request's batch, or the answer that says why it is none."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return JsonResponse({"code": "too-large", "sentence": _("A batch holds at most 64 KiB.")}, status=413)
    try:
        return read_batch(json.loads(request.body))
    except (Malformed, RawPostDataException, ValueError, RecursionError) as error:
        return JsonResponse(
            {"code": "malformed", "sentence": _("The request can't be read: %(error)s.") % {"error": error}}, status=400
        )


def save_batch(request: HttpRequest, attempt_id: uuid.UUID, batch: Batch) -> Saved:
    """What became of the batch; 404 where the attempt isn't theirs."""
    try:
        return save_responses(
            attempt_id=attempt_id,
            by=person_of(request),
            client_id=batch.client_id,
            epoch=batch.epoch,
            entries=batch.entries,
        )
    except Attempt.DoesNotExist:
        raise Http404 from None


@signed_in_json
@require_POST
def take_the_pen(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """Continue here: this tab writes from now on. JSON for the script, a redirect for a form."""
    data = _json_or_form(request)
    form = LeaseForm(data)
    if not form.is_valid():
        return JsonResponse({"code": "malformed", "sentence": _("Say which tab goes on.")}, status=400)
    try:
        found = take_over(attempt_id=attempt_id, by=person_of(request), client_id=form.cleaned_data["client_id"])
    except Attempt.DoesNotExist:
        raise Http404 from None
    if not is_json(request):
        return redirect(f"{found.get_absolute_url()}?q={position_in(request.POST.get('q', ''))}")
    return JsonResponse({"epoch": found.writer_epoch, "remaining_ms": remaining_ms(found, found.now)})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def own_break(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """What a break does and how much of it is left; a POST takes it."""
    found = own_attempt(request, attempt_id)
    if request.method == "POST":
        return redirect(take_break(attempt_id=found.pk, by=person_of(request)))
    if found.state != AttemptState.IN_PROGRESS:
        return redirect(found)
    left = break_left(found, break_seconds_used(found))
    context = {"attempt": found, "left_ms": left * 1000, "remaining_ms": remaining_ms(found, found.now)}
    return render(request, "assessments/exams/break.html", context)


@signed_in
@require_POST
def go_on(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """End one's own break before it is over."""
    return redirect(end_own_break(attempt_id=own_attempt(request, attempt_id).pk, by=person_of(request)))


@signed_in_json
@require_safe
def state(request: HttpRequest, attempt_id: uuid.UUID) -> JsonResponse:
    """Where the sitting stands, for a page that waits; it takes no pen."""
    found = own_attempt(request, attempt_id)
    return JsonResponse({"state": found.state, "remaining_ms": remaining_ms(found, found.now)})


@signed_in
@require_safe
def signed_in_again(request: HttpRequest) -> HttpResponse:
    """Where a sign-in from the middle of an exam ends: the exam goes on in the tab where it stands."""
    return render(request, "assessments/exams/signed_in_again.html")


def is_json(request: HttpRequest) -> bool:
    return request.content_type == "application/json"


def _json_or_form(request: HttpRequest) -> Any:
    if not is_json(request):
        return request.POST
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}

"""Pages of a learner: the practical, the try on it, and what graders said."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from assessments.actions.practicals import hand_in, open_submission, save_notes, withdraw_submission
from assessments.forms.practicals import NotesForm
from assessments.models import Practical, Submission
from assessments.models.practicals import EDITABLE_STATES
from assessments.rules.decisions import maximum_of
from assessments.rules.feedback import criteria_of, feedback_on
from assessments.rules.practicals import tries_left, tries_of, why_not_hand_in, why_not_open, why_not_withdraw
from assessments.rules.queues import place_of
from assessments.rules.recordings import limits_of, places_of
from assessments.views.recordings import place_in
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import signed_in


@signed_in
@require_GET
def practical(request: HttpRequest, slug: str) -> HttpResponse:
    """The practical: locked with its reason, or the brief, the parts and the hand-in of the open try."""
    return _practical_page(request, _practical_of(request, slug))


def _practical_of(request: HttpRequest, slug: str) -> Practical:
    practicals = Practical.objects.visible_to(person_of(request)).select_related("exam", "rubric_version")
    return get_object_or_404(practicals, slug=slug)


def _practical_page(request: HttpRequest, practical: Practical, status: int = 200, **extra: Any) -> HttpResponse:
    learner, now, criteria = person_of(request), database_now(), criteria_of(practical)
    tries = tries_of(learner, practical)
    open_try = next((one for one in tries if one.state in EDITABLE_STATES), None)
    context = {
        "practical": practical,
        "criteria": criteria,
        "maximum": maximum_of(len(criteria)),
        "tries": tries,
        "tries_left": tries_left(learner, practical),
        "refusal": None if open_try else why_not_open(learner, practical, now),
        "limits": limits_of(practical),
    }
    if open_try is not None:
        open_try.practical = practical
        context |= _hand_in_context(open_try)
    return render(request, "assessments/practicals/practical.html", context | extra, status=status)


def _hand_in_context(submission: Submission) -> dict[str, Any]:
    now = database_now()
    return {
        "submission": submission,
        "places": places_of(submission),
        "why_not_hand_in": why_not_hand_in(submission, now),
    }


@signed_in
@require_POST
def open_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a try and draw its brief."""
    practical = _practical_of(request, slug)
    open_submission(practical=practical, by=person_of(request))
    return redirect(practical)


@signed_in
@require_GET
def submission(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The learner's own try: its status with place and promised date, or the feedback once it is decided."""
    submission = _own(request, submission_id)
    if submission.state in EDITABLE_STATES:
        return redirect(submission.practical)
    left = tries_left(person_of(request), submission.practical)
    context = {"submission": submission, "practical": submission.practical, "tries_left": left}
    if feedback := feedback_on(submission, left, place_in(request)):
        again = why_not_open(person_of(request), submission.practical, database_now())
        context |= {"feedback": feedback, "version": feedback.decision.version, "why_not_open": again}
        return render(request, "assessments/practicals/feedback.html", context)
    context |= {
        "place": place_of(submission),
        "version": submission.versions.prefetch_related("recordings").first(),
        "why_not_withdraw": why_not_withdraw(submission, database_now()),
    }
    return render(request, "assessments/practicals/submission.html", context)


def _own(request: HttpRequest, submission_id: UUID) -> Submission:
    mine = Submission.objects.visible_to(person_of(request))
    return get_object_or_404(
        mine.select_related("practical__exam", "practical__rubric_version", "rubric_version", "brief"), pk=submission_id
    )


@signed_in
@require_POST
def notes(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Save the written part, by script or by its button; a stale tab gets both versions."""
    submission = _own(request, submission_id)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "sentence": "These notes are too long to be saved."}, status=400)
    typed = form.cleaned_data["notes"]
    saved, refusal = save_notes(
        submission=submission, notes=typed, revision=form.cleaned_data["revision"], by=person_of(request)
    )
    if request.headers.get("Accept", "").startswith("application/json"):
        answer = {"revision": saved.notes_revision, "notes": saved.notes} | (refusal.as_json() if refusal else {})
        return JsonResponse(answer, status=409 if refusal else 200)
    if refusal:
        return _practical_page(request, submission.practical, 409, typed_notes=typed, notes_refusal=refusal)
    return redirect(submission.practical)


@signed_in
@require_POST
def hand_in_try(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Hand in what the server holds; twice gives the same receipt."""
    submission = _own(request, submission_id)
    form = NotesForm(request.POST)
    if form.is_valid() and submission.state in EDITABLE_STATES:
        typed, revision = form.cleaned_data["notes"], form.cleaned_data["revision"]
        _, refusal = save_notes(submission=submission, notes=typed, revision=revision, by=person_of(request))
        if refusal:
            return _practical_page(request, submission.practical, 409, typed_notes=typed, notes_refusal=refusal)
    return redirect(hand_in(submission=submission, by=person_of(request)))


@signed_in
@require_POST
def withdraw(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Take a try back before a grader has it."""
    withdraw_submission(submission=_own(request, submission_id), by=person_of(request))
    return redirect(_own(request, submission_id).practical)

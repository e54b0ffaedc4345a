"""Pages of a learner: the practical, the try on it, and what graders said."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST

from assessments.actions.practicals import hand_in, open_submission, save_work, withdraw_submission
from assessments.forms.appeals import AppealForm
from assessments.forms.practicals import DisclosureForm, EvidenceForm, LinkForm, WorkForm
from assessments.models import Practical, RubricVersion, Submission, SubmissionState
from assessments.models.practicals import EDITABLE_STATES
from assessments.rules.agreements import Declaration, declarations_of
from assessments.rules.appeals import standing_of
from assessments.rules.decisions import maximum_of
from assessments.rules.feedback import criteria_of, feedback_on
from assessments.rules.handins import evidence_of, proof_of
from assessments.rules.histories import history_of
from assessments.rules.practicals import criteria_of as submission_criteria
from assessments.rules.practicals import (
    pass_of,
    self_rows_of,
    tries_left,
    tries_of,
    why_not_hand_in,
    why_not_open,
    why_not_withdraw,
)
from assessments.rules.queues import place_of
from assessments.rules.recordings import current_recordings, limits_of, places_of
from assessments.rules.sessions import is_marked_live, plan_of
from assessments.rules.worksheets import rows_of
from assessments.views.recordings import place_in
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import signed_in
from courses.lib.refusals import Refusal
from courses.rules.assets import usable_by

TOO_LONG = Refusal(
    "invalid",
    gettext_noop("This is too long to be saved, so nothing was saved or handed in. Shorten it, then save again."),
)


@signed_in
@require_GET
def practical(request: HttpRequest, slug: str) -> HttpResponse:
    """The practical: locked with its reason, or the brief, the parts and the hand-in of the open try."""
    return practical_page(request, _practical_of(request, slug))


def _practical_of(request: HttpRequest, slug: str) -> Practical:
    practicals = Practical.objects.visible_to(person_of(request)).select_related("exam", "rubric_version")
    return get_object_or_404(practicals, slug=slug)


def practical_page(request: HttpRequest, practical: Practical, status: int = 200, **extra: Any) -> HttpResponse:
    """The practical's page; `extra` holds what a refused form typed."""
    learner, now = person_of(request), database_now()
    tries = tries_of(learner, practical)
    open_try = next((one for one in tries if one.state in EDITABLE_STATES), None)
    wording = _wording_of(practical, open_try)
    criteria = criteria_of(wording)
    context = {
        "practical": practical,
        "wording": wording,
        "criteria": criteria,
        "maximum": maximum_of(len(criteria)),
        "tries": tries,
        "passed": pass_of(tries),
        "tries_left": tries_left(learner, practical),
        "refusal": None if open_try else why_not_open(learner, practical, now),
        "limits": limits_of(practical),
        "assets": usable_by(learner, practical.assets.all()),
        "calls": practical.calls.select_related("course").order_by("course", "position"),
    }
    if open_try is not None:
        open_try.practical = practical
        context |= _hand_in_context(open_try)
    return render(request, "assessments/practicals/practical.html", context | extra, status=status)


def _wording_of(practical: Practical, open_try: Submission | None) -> RubricVersion:
    """What is read against: that of the open try, which keeps its own; otherwise what a new try would get."""
    is_newest = open_try is None or open_try.rubric_version_id == practical.rubric_version_id
    return practical.rubric_version if open_try is None or is_newest else open_try.rubric_version


def _hand_in_context(submission: Submission) -> dict[str, Any]:
    now, plan = database_now(), plan_of(submission, database_now())
    is_live = plan is not None and is_marked_live(plan.booking)  # then nothing is recorded, and nobody is heard
    places = [] if is_live else places_of(submission)
    return {
        "submission": submission,
        "places": places,
        "why_not_hand_in": why_not_hand_in(submission, now),
        "plan": plan,
        "history": history_of(submission) if submission.state == SubmissionState.RETURNED else [],
        "rows": rows_of(submission.practical.worksheet, submission.worksheet),
        "own_rows": self_rows_of(submission, [one.recording for one in places if one.recording]),
        "evidence": evidence_of(submission),
        "link_form": LinkForm(),
        "file_form": EvidenceForm(),
        "declarations": [(one, declaration_form(one)) for one in declarations_of(submission, now) if not is_live],
    }


def declaration_form(declared: Declaration, data: QueryDict | None = None) -> DisclosureForm:
    """The form for one recording, with what was declared so far."""
    row = declared.disclosure
    initial: dict[str, Any] = {"place": declared.place}
    if row:
        lines = [f"{one['name']}, {one['agreed_on']}".removesuffix(", ") for one in row.speakers]
        initial |= {"basis": row.basis, "redaction": row.redaction, "purge_on": row.purge_on}
        initial |= {"speakers": "\n".join(lines)}
    return DisclosureForm(data, initial=initial, auto_id=f"id_{declared.place}_%s", days=declared.days)


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
    return submission_page(request, own_submission(request, submission_id))


def submission_page(
    request: HttpRequest, submission: Submission, form: AppealForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a try; `form` holds what a refused appeal said."""
    if submission.state in EDITABLE_STATES:
        return redirect(submission.practical)
    left = tries_left(person_of(request), submission.practical)
    context = {"submission": submission, "practical": submission.practical, "tries_left": left}
    context |= {"history": history_of(submission)}
    if feedback := feedback_on(submission, left, place_in(request)):
        again = why_not_open(person_of(request), submission.practical, database_now())
        decided = feedback.decision.version
        context |= {"feedback": feedback, "version": decided, "why_not_open": again}
        context |= {"proof": proof_of(submission.practical, decided)}
        context |= {"appeal": standing_of(feedback.decision, database_now()), "appeal_form": form or AppealForm()}
        return render(request, "assessments/practicals/feedback.html", context, status=status)
    version = submission.versions.prefetch_related("recordings").first()
    context |= {
        "place": place_of(submission),
        "version": version,
        "proof": proof_of(submission.practical, version) if version else None,
        "why_not_withdraw": why_not_withdraw(submission, database_now()),
    }
    return render(request, "assessments/practicals/submission.html", context)


def own_submission(request: HttpRequest, submission_id: UUID) -> Submission:
    """The person's own try, or 404."""
    mine = Submission.objects.visible_to(person_of(request))
    return get_object_or_404(
        mine.select_related("practical__exam", "practical__rubric_version", "rubric_version", "brief"), pk=submission_id
    )


@signed_in
@require_POST
def notes(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Save the written part, by script or by its button; a stale tab gets both versions."""
    submission = own_submission(request, submission_id)
    form = _work_form(request, submission)
    by_script = request.headers.get("Accept", "").startswith("application/json")
    if not form.is_valid():
        return JsonResponse(TOO_LONG.as_json(), status=400) if by_script else _too_long_page(request, submission, form)
    saved, refusal = _save(request, submission, form)
    if by_script:
        return JsonResponse(_saved(saved, refusal), status=409 if refusal else 200)
    if refusal:
        return _stale_page(request, submission, form, refusal)
    return redirect(submission.practical)


def _work_form(request: HttpRequest, submission: Submission) -> WorkForm:
    own = submission.practical.self_assessment
    criteria = [one.slug for one in submission_criteria(submission)] if own else []
    return WorkForm(request.POST, worksheet=submission.practical.worksheet, criteria=criteria)


def _save(request: HttpRequest, submission: Submission, form: WorkForm) -> tuple[Submission, Refusal | None]:
    return save_work(
        submission=submission,
        notes=form.cleaned_data["notes"],
        worksheet=form.worksheet(),
        self_assessment=form.own_marks(),
        revision=form.cleaned_data["revision"],
        by=person_of(request),
    )


def _saved(saved: Submission, refusal: Refusal | None) -> dict[str, Any]:
    """What a page hears after saving: the stored text, and what is wrong with each field of the worksheet."""
    faults = {f"sheet-{row.slug}": row.fault for row in rows_of(saved.practical.worksheet, saved.worksheet)}
    own = self_rows_of(saved, list(current_recordings(saved).values()))
    faults |= {f"own-points-{row.criterion.slug}": row.fault for row in own}
    waits_for = why_not_hand_in(saved, database_now())
    told = {"revision": saved.revision, "notes": saved.notes, "worksheet": saved.worksheet, "faults": faults}
    told |= {"waits_for": waits_for.sentence if waits_for else ""}
    return told | (refusal.as_json() if refusal else {})


def _stale_page(request: HttpRequest, submission: Submission, form: WorkForm, refusal: Refusal) -> HttpResponse:
    """Both versions of what another tab changed in between."""
    stored = Submission.objects.select_related("practical").get(pk=submission.pk)
    rows = rows_of(stored.practical.worksheet, form.worksheet())
    stored.self_assessment = form.own_marks()
    elsewhere = [
        row
        for row in rows_of(stored.practical.worksheet, stored.worksheet)
        if row.value not in ("", form.worksheet()[row.slug])
    ]
    extra = {"typed_notes": form.cleaned_data["notes"], "notes_refusal": refusal, "rows": rows, "elsewhere": elsewhere}
    return practical_page(request, stored.practical, 409, **extra)


def _too_long_page(request: HttpRequest, submission: Submission, form: WorkForm) -> HttpResponse:
    """All that was typed, on the page that it was typed on, with what is wrong with it."""
    extra = {"typed_notes": form.notes_typed(), "notes_fault": TOO_LONG.sentence} | _typed_rows(submission, form)
    return practical_page(request, submission.practical, 400, **extra)


def _typed_rows(submission: Submission, form: WorkForm) -> dict[str, Any]:
    """Worksheet and own marks as they were typed."""
    submission.self_assessment = form.own_marks()
    own = self_rows_of(submission, list(current_recordings(submission).values()))
    return {"rows": rows_of(submission.practical.worksheet, form.worksheet()), "own_rows": own}


@signed_in
@require_POST
def hand_in_try(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Hand in what the server holds; twice gives the same receipt."""
    submission = own_submission(request, submission_id)
    form = _work_form(request, submission)
    if submission.state in EDITABLE_STATES and "revision" in request.POST:
        if not form.is_valid():
            return _too_long_page(request, submission, form)  # what was typed last must not be left behind
        _, refusal = _save(request, submission, form)
        if refusal:
            return _stale_page(request, submission, form, refusal)
    return redirect(hand_in(submission=submission, by=person_of(request)))


@signed_in
@require_POST
def withdraw(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Take a try back before a grader has it."""
    withdraw_submission(submission=own_submission(request, submission_id), by=person_of(request))
    return redirect(own_submission(request, submission_id).practical)

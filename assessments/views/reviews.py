"""The grader's queue and desk, under /admin/grading/."""

import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.postgres.functions import TransactionNow
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from assessments.actions import claims
from assessments.actions import reviews as leases
from assessments.actions.listening import note_heard
from assessments.actions.marks import delete_comment, keep_comment, keep_draft, note_impression, send_review
from assessments.actions.reusable import keep_for_reuse
from assessments.forms.reviews import CommentForm, GiveBackForm, HeardForm, HoldForm, MarksForm, RemovalForm
from assessments.models import Comment, Lease, ReviewDraft, ReviewTask
from assessments.rules.desks import desk_of
from assessments.rules.listening import heard_of, spans_of
from assessments.rules.queues import queue_of
from assessments.rules.reviews import sheet_of, why_not_send, why_not_show_own
from assessments.views.recordings import place_in
from courses.lib.clock import database_now
from courses.lib.people import Person, person_of
from courses.lib.policy import needs
from courses.lib.refusals import Refusal

grades: Callable[..., Any] = needs("assessments.grade")


@grades
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the one deed to take the next, and one's own drafts."""
    now = database_now()
    return render(request, "admin/grading/queue.html", {"queue": queue_of(person_of(request), now), "now": now})


@grades
@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Take the next work, whatever it is: there is no picking."""
    lease = claims.claim_next(by=person_of(request))
    if lease is None:
        messages.info(request, "Nothing waits for you now. What others handed in may be a conflict for you.")
        return redirect("assessments:grading")
    return redirect("assessments:desk", lease.task_id)


@grades
@require_GET
def desk(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The desk of work that the grader holds; of work they lost, what they had written."""
    return _desk_page(request, task_of(request, task_id))


def task_of(request: HttpRequest, task_id: UUID) -> ReviewTask:
    """The task with what its desk shows, of a grader who holds or held it; 404 for everybody else."""
    tasks = ReviewTask.objects.visible_to(person_of(request)).select_related(
        "submission__practical",
        "submission__rubric_version__rubric",
        "submission__brief",
        "submission_version",
    )
    tasks = tasks.annotate(asked_at=TransactionNow()).prefetch_related("submission_version__recordings")
    return get_object_or_404(tasks, pk=task_id)


def _desk_page(
    request: HttpRequest,
    task: ReviewTask,
    refusal: Refusal | None = None,
    typed: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = task.asked_at  # type: ignore[attr-defined]
    context = {
        "desk": desk_of(task, person_of(request), now, typed, place_in(request)),
        "stopped": refusal,
        "typed": request.POST,
        "new_key": uuid.uuid4(),
        "now": now,
    }
    return render(request, "admin/grading/desk.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _invalid(request: HttpRequest, task: ReviewTask, form: HoldForm) -> HttpResponse:
    sentence = next(iter(form.errors.values()))[0]
    refusal = Refusal("invalid", str(sentence))
    if _wants_json(request):
        return JsonResponse(refusal.as_json(), status=400)
    return _desk_page(request, task, refusal, status=400)


@grades
@require_POST
def draft(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Keep what is chosen so far; 409 with the stored draft where another tab or a lost lease stands against it."""
    task = task_of(request, task_id)
    form = MarksForm(request.POST, sheet=sheet_of(task))
    if not form.is_valid():
        return _invalid(request, task, form)
    kept, refusal = _keep(request, task, form)
    if _wants_json(request):
        return JsonResponse(_told(task, kept, refusal, form, person_of(request)), status=409 if refusal else 200)
    if refusal:
        return _desk_page(request, task, refusal, form.data_of_draft(), status=409)
    return redirect("assessments:desk", task.pk)


def _keep(request: HttpRequest, task: ReviewTask, form: MarksForm) -> tuple[ReviewDraft, Refusal | None]:
    token, revision = form.cleaned_data["token"], form.cleaned_data["revision"]
    return keep_draft(task=task, token=token, data=form.data_of_draft(), revision=revision, by=person_of(request))


def _told(
    task: ReviewTask, kept: ReviewDraft, refusal: Refusal | None, form: MarksForm, person: Person
) -> dict[str, Any]:
    comments = Comment.objects.filter(task=task, grader_id=person.pk)
    heard = heard_of(spans_of(task, person), task.submission_version.recordings.all(), kept.data.get("unheard", ""))
    waits_for = why_not_send(form.sheet, kept.data.get("marks", {}), comments, heard)
    return {
        "revision": kept.revision,
        "saved_at": kept.saved_at.isoformat(),
        "draft": kept.data,
        "waits_for": waits_for.sentence if waits_for else "",
    } | (refusal.as_json() if refusal else {})


@grades
@require_POST
def comment(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Keep a comment, and the marks beside it where its page has no script."""
    task = task_of(request, task_id)
    sheet = sheet_of(task)
    recordings = task.submission_version.recordings.all()
    form, marks = CommentForm(request.POST, sheet=sheet, recordings=recordings), MarksForm(request.POST, sheet=sheet)
    if not form.is_valid():
        return _invalid(request, task, form)
    kept, refusal = _keep_comment(request, task, form)
    if form.cleaned_data["reuse"] and refusal is None:
        about = kept.criterion.slug if kept.criterion else ""
        keep_for_reuse(task=task, criterion=about, text=kept.text[:1000], by=person_of(request))
    if _wants_json(request):
        facts = {"comment": kept, "stopped": refusal, "removable": refusal is None}
        return render(request, "admin/grading/comment.html", facts, status=409 if refusal else 200)
    if marks.is_valid():
        marks.cleaned_data["note"] = ""
        _, stale = _keep(request, task, marks)
        refusal = refusal or stale
    if refusal:
        return _desk_page(request, task, refusal, marks.data_of_draft() if marks.is_valid() else None, status=409)
    return redirect("assessments:desk", task.pk)


def _keep_comment(request: HttpRequest, task: ReviewTask, form: CommentForm) -> tuple[Comment, Refusal | None]:
    data, said = form.cleaned_data, form.said()
    token, key, revision = data["token"], data["key"], data["comment_revision"]
    return keep_comment(task=task, token=token, key=key, revision=revision, said=said, by=person_of(request))


@grades
@require_POST
def comment_removal(request: HttpRequest, task_id: UUID, comment_id: UUID) -> HttpResponse:
    """Remove one's own comment as it was last seen; the marks beside it are kept."""
    task = task_of(request, task_id)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        return _invalid(request, task, form)
    token, revision = form.cleaned_data["token"], form.cleaned_data["removed_revision"]
    delete_comment(task=task, token=token, key=comment_id, revision=revision, by=person_of(request))
    keep_marks_beside(request, task)
    return redirect("assessments:desk", task.pk)


def keep_marks_beside(request: HttpRequest, task: ReviewTask) -> None:
    """Keep what is chosen beside another deed of the same page, as far as it can be read."""
    marks = MarksForm(request.POST, sheet=sheet_of(task))
    if marks.is_valid():
        _keep(request, task, marks)


def _kept_sheet(
    request: HttpRequest, task_id: UUID, why_not: Callable[[ReviewTask, MarksForm], Refusal | None]
) -> tuple[ReviewTask, MarksForm] | HttpResponse:
    """A task and the marks that were sent, kept as its draft; else the page that says what stands against them."""
    task = task_of(request, task_id)
    form = MarksForm(request.POST, sheet=sheet_of(task))
    if not form.is_valid():
        return _invalid(request, task, form)
    _, stale = _keep(request, task, form)
    if refusal := stale or why_not(task, form):
        return _desk_page(request, task, refusal, form.data_of_draft(), status=409)
    return task, form


@grades
@require_POST
def send(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Send the marks; what stands against it is shown on the desk with everything still chosen."""
    person = person_of(request)

    def why_not(task: ReviewTask, form: MarksForm) -> Refusal | None:
        _keep_heard(request, task)
        heard = heard_of(spans_of(task, person), task.submission_version.recordings.all(), form.why_unheard())
        return why_not_send(form.sheet, form.marks(), Comment.objects.filter(task=task, grader_id=person.pk), heard)

    kept = _kept_sheet(request, task_id, why_not)
    if isinstance(kept, HttpResponse):
        return kept
    task, form = kept
    token, reason = form.cleaned_data["token"], form.why_unheard()
    send_review(task=task, token=token, marks=form.marks(), unheard_reason=reason, by=person)
    messages.success(request, gettext("Marks sent."))
    return redirect("assessments:grading")


@grades
@require_POST
def impression(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Keep what is chosen as the first impression, and show how the learner marked themselves."""
    kept = _kept_sheet(request, task_id, lambda _, form: why_not_show_own(form.sheet, form.marks()))
    if isinstance(kept, HttpResponse):
        return kept
    task, form = kept
    note_impression(task=task, token=form.cleaned_data["token"], by=person_of(request))
    return redirect("assessments:desk", task.pk)


@needs("assessments.grade", json=True)
@require_POST
def heartbeat(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Renew the lease because its grader plays or types; answers how many seconds it holds."""
    task = task_of(request, task_id)
    form = HeardForm(request.POST)
    if not form.is_valid():
        return JsonResponse(
            {"code": "invalid", "sentence": gettext("The token or what was heard can't be read.")}, status=400
        )
    person = person_of(request)
    lease = leases.heartbeat(task=task, token=form.cleaned_data["token"], by=person)
    _note_heard(task, lease, form, person)
    heard = heard_of(spans_of(task, person), task.submission_version.recordings.all())
    return JsonResponse({"seconds": lease.seconds, "heard_percent": heard.percent})


def _note_heard(task: ReviewTask, lease: Lease, form: HeardForm, person: Person) -> None:
    if spans := form.cleaned_data["heard"]:
        note_heard(task=task, lease=lease, place=form.cleaned_data["place"] or 1, spans=spans, by=person)


def _keep_heard(request: HttpRequest, task: ReviewTask) -> None:
    """What was played since the last sign of life, sent with the marks; what can't be read is left out."""
    form, person = HeardForm(request.POST), person_of(request)
    lease = Lease.objects.live().filter(task=task, grader_id=person.pk).first()
    if lease is not None and form.is_valid():
        _note_heard(task, lease, form, person)


@grades
@require_POST
def give_back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Put the work back, with a reason."""
    task = task_of(request, task_id)
    form = GiveBackForm(request.POST)
    if not form.is_valid():
        return _invalid(request, task, form)
    leases.give_back(task=task, by=person_of(request), **form.cleaned_data)
    messages.info(request, "Given back. Another grader gets it.")
    return redirect("assessments:grading")


@grades
@require_POST
def resume(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take work again whose lease ran out; the kept draft is there."""
    lease = claims.resume(task=task_of(request, task_id), by=person_of(request))
    return redirect("assessments:desk", lease.task_id)

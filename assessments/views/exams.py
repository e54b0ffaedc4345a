"""The pages of written exams: the rules before, and the start."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from assessments.actions.attempts import start_attempt
from assessments.actions.closing import close_overdue_of
from assessments.models import Exam
from assessments.rules.exams import rules_page
from courses.lib.clock import database_now
from courses.lib.compiled import Compiled
from courses.lib.people import person_of
from courses.lib.policy import signed_in


@Compiled
def exam_to_start(slug: Any) -> QuerySet[Any]:
    """A published exam with its version."""
    return Exam.objects.published().select_related("current_version").filter(slug=slug)


@signed_in
@require_safe
def exam(request: HttpRequest, slug: str) -> HttpResponse:
    """What the exam asks, how it is scored, and its start; or why it is locked, and earlier tries."""
    exams = Exam.objects.visible_to(person_of(request)).select_related("current_version")
    found = get_object_or_404(exams, slug=slug)
    close_overdue_of(learner=person_of(request))
    page = rules_page(person_of(request), found, database_now())
    return render(request, "assessments/exams/rules.html", {"exam": found, "page": page})


@signed_in
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a sitting, or go on with the open one; `with_less` is the consent where the window cuts the time."""
    found = exam_to_start.first(slug=slug)
    if found is None:
        raise Http404
    with_less = bool(request.POST.get("with_less"))
    return redirect(start_attempt(exam=found, by=person_of(request), with_less=with_less))

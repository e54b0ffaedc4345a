"""Figures of graders, under /admin/grading/. Pages read a table; nothing is computed in a request."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from assessments.actions.review_statistics import ask_for_review_statistics
from assessments.models import GraderFigures
from assessments.rules.gold import calibration_of
from assessments.rules.review_statistics_pages import grader_page, lead_page, own_page
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs

grades: Callable[..., Any] = needs("assessments.grade")
leads: Callable[..., Any] = needs("assessments.lead_reviews")


@grades
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """A grader's own newest figures, and how their calibrations went."""
    person = person_of(request)
    return render(
        request, "admin/grading/own_figures.html", {"page": own_page(person), "calibration": calibration_of(person.pk)}
    )


@leads
@require_GET
def lead(request: HttpRequest) -> HttpResponse:
    """The queue, agreement, hours and graders, for whoever leads."""
    now = database_now()
    return render(request, "admin/grading/lead_figures.html", {"page": lead_page(now), "now": now})


@grades
@require_GET
def grader(request: HttpRequest, figures_id: int) -> HttpResponse:
    """One grader of one computation, for whoever leads; for graders only their own."""
    rows = GraderFigures.objects.visible_to(person_of(request)).select_related("grader", "statistics")
    row = get_object_or_404(rows, pk=figures_id)
    context = {"page": grader_page(row), "calibration": calibration_of(row.grader_id)}
    return render(request, "admin/grading/grader.html", context)


@leads
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Queue a computation."""
    ask_for_review_statistics(by=person_of(request), now=database_now())
    messages.info(request, "Asked for. New figures stand here in about a minute; reload the page then.")
    return redirect("assessments:review-statistics")

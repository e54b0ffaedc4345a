"""Statistics of exams, under /admin/statistics/. Pages read a table; nothing is computed in a request."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from assessments.actions.exam_statistics import ask_for_statistics
from assessments.models import Exam, ItemStatistics
from assessments.rules.statistics_pages import SORTS, exams_with_statistics, item_page, statistics_page
from assessments.views import charts
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs

reads: Callable[..., Any] = needs("assessments.view_examstatistics")
reads_keys: Callable[..., Any] = needs("assessments.view_answerkey")
asks: Callable[..., Any] = needs("assessments.add_examstatistics")
HEADINGS = (
    ("question", "Question", ""),
    ("n", "n", "people who saw it"),
    ("facility", "Right", "mean mark of 100"),
    ("correlation", "Tells apart", "correlation with the other questions"),
    ("exposure", "Given", "of 100 attempts in 90 days"),
)


@reads
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every exam and when its figures were computed."""
    return render(request, "admin/statistics/index.html", {"exams": exams_with_statistics()})


@reads
@require_GET
def exam(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures of one exam."""
    found = get_object_or_404(Exam, slug=slug)
    page = statistics_page(found, sort=request.GET.get("sort", ""), page=request.GET.get("page"))
    figures = page.latest.figures if page.latest else {}
    context = {
        "page": page,
        "figures": figures,
        "headings": [_heading(name, label, title, page.sort) for name, label, title in HEADINGS],
        "histogram": charts.histogram(figures["histogram"], figures["cut_percent"]) if figures else None,
        "dots": charts.scatter(page.points),
        "grid": charts.GRID,
        "across": charts.ACROSS,
    }
    return render(request, "admin/statistics/exam.html", context)


def _heading(name: str, label: str, title: str, sort: str) -> dict[str, str]:
    """A column's heading: the link turns the order round where the table is sorted by it."""
    assert name in SORTS
    rising, falling = sort == name, sort == f"-{name}"
    way = "ascending" if rising else "descending" if falling else "none"
    return {"label": label, "title": title, "way": way, "link": f"?sort={'-' if rising else ''}{name}"}


@asks
@require_POST
def compute(request: HttpRequest, slug: str) -> HttpResponse:
    """Queue a computation."""
    found = get_object_or_404(Exam, slug=slug)
    ask_for_statistics(exam=found, by=person_of(request), now=database_now())
    messages.info(request, "Asked for. New figures stand here in about a minute; reload the page then.")
    return redirect("assessments:statistics-exam", slug)


@reads_keys
@require_GET
def item(request: HttpRequest, slug: str, version_id: int) -> HttpResponse:
    """One question: its figures, who chose what, and what is odd."""
    found = get_object_or_404(Exam, slug=slug)
    latest = found.statistics.computed().only("pk").first()
    rows = ItemStatistics.objects.select_related("version__question", "statistics")
    page = item_page(get_object_or_404(rows, statistics=latest, version_id=version_id))
    context = {
        "exam": found,
        "latest": page.item.statistics,
        "page": page,
        "lines": charts.by_thirds(page.options),
        "grid": charts.SHARES,
    }
    return render(request, "admin/statistics/item.html", context)

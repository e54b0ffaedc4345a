"""The kept figures below /admin/figures/: computing them anew, their files, and the lists that no other page has."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.figures import ask_for_figures
from accreditation.rules import work_figures
from accreditation.rules.funnels import DIMENSIONS, STEPS
from accreditation.rules.kept_figures import Kept, kept_for
from assessments.rules.statistics.readings import told
from courses.lib.cells import csv_file, disarmed
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import needs

reads: Callable[..., Any] = needs("accreditation.view_keptfigures")
reads_questions: Callable[..., Any] = needs("assessments.view_itemstatistics")
reads_criteria: Callable[..., Any] = needs("assessments.view_criterion")
ASKED_PER_TEN_MINUTES = 6
EACH_PAGE = 100


def _own(request: HttpRequest) -> dict[str, Kept]:
    """The sets that are this person's to read; without any there is no such page."""
    kept = kept_for(request.user, timezone.now())
    if not kept:
        raise Http404
    return kept


@reads
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Ask for the figures that this person may read."""
    names = list(_own(request))
    if wait := seconds_to_wait("figures", caller(request), allowed=ASKED_PER_TEN_MINUTES, per_seconds=600):
        minutes = -(-wait // 60)
        told_ = ngettext(
            "You have asked often. Ask again in %(n)s minute; until then they are computed as planned.",
            "You have asked often. Ask again in %(n)s minutes; until then they are computed as planned.",
            minutes,
        )
        messages.warning(request, told_ % {"n": minutes})
    else:
        ask_for_figures(names=names)
        messages.info(request, _("Asked for. New figures are here in about a minute; reload the page then."))
    return redirect("admin:index")


@reads
@require_GET
def figures_file(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """One set as CSV: counts only, nobody's name."""
    kept = _own(request).get(name)
    if kept is None or kept.figures is None:
        raise Http404
    return csv_file(LINES.get(name, _flat)(kept), f"{name}-{kept.computed_at:%Y-%m-%d}.csv")


def _funnel(kept: Kept) -> Iterator[list[str]]:
    yield ["program", "by", "value", "name", *STEPS]
    for one in (kept.figures or {})["programs"]:
        lines = [["all", "", "", *one["total"]]]
        lines += [[name, value, label, *counts] for name in DIMENSIONS for value, label, *counts in one["by"][name]]
        for by, value, label, *counts in lines:
            at = dict(zip(one["steps"], counts, strict=True))
            numbers = (str(at.get(step, "")) for step in STEPS)
            yield [disarmed(one["slug"]), by, disarmed(value), disarmed(label), *numbers]


def _ends(kept: Kept) -> Iterator[list[str]]:
    yield ["first day", "last day", "accreditations"]
    yield from ([first, last, str(count)] for first, last, count in (kept.figures or {})["weeks"])


def _queue(kept: Kept) -> Iterator[list[str]]:
    yield ["waiting from days", "to days", "pieces of work"]
    for low, high, count in (kept.figures or {})["ages"]:
        yield [str(low), "" if high is None else str(high), str(count)]


def _rates(kept: Kept) -> Iterator[list[str]]:
    parts = ("n", "hits", "percent", "low", "high")
    yield ["slug", "title", *(f"{part}, {days}" for days in ("30 days", "30 days before") for part in parts)]
    for row in (kept.figures or {})["rows"]:
        numbers = [row[days][part] for days in ("now", "before") for part in parts]
        cells = ["" if one is None else str(one) for one in numbers]
        yield [disarmed(row["slug"]), disarmed(row["title"]), *cells]


def _flat(kept: Kept) -> Iterator[list[str]]:
    """Sets of single counts."""
    yield ["figure", "count"]
    for name, value in (kept.figures or {}).items():
        if isinstance(value, int):
            yield [name, str(value)]


LINES: dict[str, Callable[[Kept], Iterator[list[str]]]] = {
    "funnel": _funnel,
    "ends": _ends,
    "queue": _queue,
    "exams": _rates,
    "practicals": _rates,
}


@reads_questions
@require_GET
def questions(request: HttpRequest) -> HttpResponse:
    """Questions of all exams with odd figures, each with why."""
    rows = work_figures.odd_questions().select_related("statistics__exam", "version__question")
    page = Paginator(rows, EACH_PAGE).get_page(request.GET.get("page"))
    shown = [(row, [told(flag) for flag in row.flags]) for row in page]
    return render(request, "admin/figures/questions.html", {"page": page, "rows": shown})


@reads_criteria
@require_GET
def criteria(request: HttpRequest) -> HttpResponse:
    """Criteria on which nearly everybody gets the same end of the scale."""
    page = Paginator(work_figures.odd_criteria(), EACH_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "fewest": work_figures.CRITERION_MARKS, "low": work_figures.LOW_MARK}
    return render(request, "admin/figures/criteria.html", context)

"""Reports of programs, under /admin/reports/: counts of stored standings, and the people behind each of them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accreditation.models import Organisation, Program, StandingState
from accreditation.rules import program_reports as report
from accreditation.rules.funnels import STEPS, steps_of
from accreditation.rules.program_people import people_on
from accreditation.rules.programs import local_day
from accreditation.rules.report_mails import mailed_to
from accreditation.rules.report_views import problem_of, views_for
from accreditation.views.who import user_of
from courses.lib.cells import csv_file
from courses.lib.policy import needs
from courses.lib.workbooks import workbook_file
from courses.models import Persona, Role

reads: Callable[..., Any] = needs("accreditation.view_accreditation")
HEADINGS = (
    ("name", "Person"),
    ("progress", "Requirements met"),
    ("due", "Due"),
    ("until", "Valid until"),
)
MANY_ORGANISATIONS = 500
"""So many are offered; any other is found by a part of its name."""


@reads
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every program in figures, and the views that were kept."""
    mailed = mailed_to(user_of(request))
    views = [(view, problem_of(view), mailed.get(view.pk)) for view in views_for(request.user)]
    context = {"rows": report.programs_in_figures(), "views": views}
    return render(request, "admin/reports/index.html", context)


@reads
@require_GET
def program(request: HttpRequest, slug: str) -> HttpResponse:
    """One program: its figures, where people stand still, and the people that are asked for."""
    shown, today, chosen, rows = _asked(request, slug)
    everybody = report.chosen_of(people_on(shown), chosen.but(standing=""), today, shown)
    counts = report.figures(everybody, today)
    sort = request.GET.get("sort", "") if request.GET.get("sort") in report.SORTS else "name"
    number = counts.by_state.get(chosen.standing, 0) if chosen.standing else counts.people
    kept = chosen.said
    context = {
        "program": shown,
        "chosen": chosen,
        "figures": counts,
        "states": _states(counts, kept),
        "standing_still": report.stand_still(shown, rows) if number else [],
        "page": report.page_of(rows, number, sort=sort, page=request.GET.get("page")),
        "count": number,
        "headings": [(label, name == sort, _query(kept, sort=name)) for name, label in HEADINGS],
        "kept": f"{_query(kept, sort=sort)}&",
        "csv": _query(kept),
        "is_narrowed": bool(kept),
        "steps": [(step, STEPS[step]) for step in steps_of(shown)],
        "without_open": _query({name: value for name, value in kept.items() if name != "open"}),
        **_choices(),
    }
    return render(request, "admin/reports/program.html", context)


@reads
@require_GET
def people_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The people that are asked for, as CSV, row by row."""
    shown, today, _, rows = _asked(request, slug)
    return csv_file(report.report_rows(shown, rows), f"{shown.slug}-{today}.csv")


@reads
@require_GET
def people_workbook(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The people that are asked for, as XLSX, row by row."""
    shown, today, _, rows = _asked(request, slug)
    return workbook_file(report.report_cells(shown, rows), f"{shown.slug}-{today}.xlsx")


def _asked(request: HttpRequest, slug: str) -> tuple[Program, Any, report.Chosen, Any]:
    rows = Program.objects.exclude(current_version=None).select_related("current_version")
    shown = get_object_or_404(rows, slug=slug)
    today, chosen = local_day(shown, timezone.now()), report.Chosen.of(request.GET)
    return shown, today, chosen, report.chosen_of(people_on(shown), chosen, today, shown)


def _query(kept: Mapping[str, str], **more: str) -> str:
    return urlencode({**kept, **more})


def _states(counts: report.Figures, kept: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each standing that somebody has, with its share and the list behind it."""
    return [
        {
            "state": state,
            "label": StandingState(state).label,
            "count": count,
            "percent": round(100 * count / counts.people),
            "width": f"{100 * count / counts.people:.1f}",
            "link": _query(kept, standing=state),
            "is_chosen": kept.get("standing") == state,
        }
        for state, count in counts.by_state.items()
        if count
    ]


def _choices() -> dict[str, Any]:
    """What the fields of the form offer. Four queries."""
    organisations = Organisation.objects.order_by("name").values_list("name", flat=True)[:MANY_ORGANISATIONS]
    regions = Organisation.objects.exclude(region="").order_by("region").values_list("region", flat=True).distinct()
    return {
        "standings": StandingState.choices,
        "roles": Role.objects.values_list("slug", "name"),
        "personas": Persona.objects.values_list("slug", "name"),
        "organisations": organisations,
        "regions": [(region, region) for region in regions],
    }

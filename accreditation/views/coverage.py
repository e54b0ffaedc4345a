"""The coverage report, under /admin/coverage/: what covers each competency, what is missing, and what is behind each figure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accreditation.models import Program
from accreditation.rules import coverage as report
from accreditation.rules.competencies import framework_of
from accreditation.rules.coverage_people import WHICH, People, Prover
from accreditation.rules.programs import rules_of, with_rules
from courses.lib.cells import csv_file
from courses.lib.policy import needs
from courses.models import Competency, JourneyStage

reads: Callable[..., Any] = needs("accreditation.view_accreditation")
PEOPLE_A_PAGE = 50
PROGRAMS = Program.objects.exclude(current_version=None).order_by("title")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader chose; what isn't known is everything."""

    stage: str
    program: Program | None
    only_gaps: bool = False

    @property
    def query(self) -> str:
        """The same as a query."""
        said = {"stage": self.stage, "program": self.program.slug if self.program else ""}
        said["only"] = "gaps" if self.only_gaps else ""
        return urlencode({name: value for name, value in said.items() if value})


@reads
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every competency, gaps first."""
    asked = _asked(request)
    found = report.coverage(timezone.now().date(), stage=asked.stage, program=asked.program)
    if asked.only_gaps:
        found = replace(found, rows=[row for row in found.rows if row.has_gaps_in])
    context = {
        "report": found,
        "chosen": asked,
        "heat": [(row, _cells(found, row)) for row in found.rows],
        "columns": report.COLUMNS,
        "stages": [*JourneyStage.objects.values_list("slug", "name"), ("-", "No stage")],
        "programs": PROGRAMS.values_list("slug", "title"),
    }
    return render(request, "admin/coverage/index.html", context)


@reads
@require_GET
def figures_file(request: HttpRequest) -> StreamingHttpResponse:
    """The report as CSV, row by row."""
    asked, today = _asked(request), timezone.now().date()
    found = report.coverage(today, stage=asked.stage, program=asked.program)
    if asked.only_gaps:
        found = replace(found, rows=[row for row in found.rows if row.has_gaps_in])
    return csv_file(report.lines_of(found), f"coverage-{today}.csv")


@reads
@require_GET
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """What is behind the figures of one competency: lessons, questions, criteria, programs and people."""
    row = get_object_or_404(Competency.objects.select_related("framework", "parent", "replaced_by"), slug=slug)
    asked = _asked(request)
    which = request.GET.get("which", "") if request.GET.get("which") in WHICH else ""
    within = report.within_of(rules_of(asked.program)) if asked.program else report.Within()
    objectives = report.objectives_about(within).filter(competency=row).select_related("course")
    every, rules = report.programs_and_rules()
    counted = report.people_of(list(rules.values()), timezone.now().date(), asked.program)
    programs = report.programs_asking(report.published_of(every, asked.program), rules, counted)
    page, people = _people(request, row, which, counted)
    context = {
        "competency": row,
        "framework": framework_of(row),
        "chosen": asked,
        "objectives": objectives.prefetch_related("lessons"),
        "assets": report.assets_about(within).filter(competencies=row).distinct(),
        "questions": report.questions_on(row, within),
        "criteria": report.criteria_about(within)
        .filter(competency=row)
        .select_related("rubric_version__rubric")
        .distinct(),
        "programs": programs.get(row.pk, []),
        "people": people,
        "page": page,
        "which": which,
        "choices": [("", "all"), ("known", "who know it"), ("shown", "who have shown it"), ("kept", "who keep it")],
        "kept": "&".join([*filter(None, (urlencode({"which": which}) if which else "", asked.query)), ""]),
    }
    return render(request, "admin/coverage/competency.html", context)


def _asked(request: HttpRequest) -> Asked:
    slug, stage = request.GET.get("program", "")[:80], request.GET.get("stage", "")[:80]
    known = stage == "-" or JourneyStage.objects.filter(slug=stage).exists()
    program = with_rules(PROGRAMS.filter(slug=slug)).first() if slug else None
    return Asked(stage if known else "", program, request.GET.get("only") == "gaps")


def _cells(found: report.Coverage, row: report.Row) -> list[dict[str, Any]]:
    """The strip of a competency: a cell for each figure, its place in percent."""
    width = 100 / len(report.COLUMNS)
    return [
        {
            "name": name,
            "count": count,
            "shade": found.shade(name, count),
            "x": f"{number * width:.3f}",
            "width": f"{width - 0.8:.3f}",
            "middle": f"{(number + 0.5) * width - 0.4:.3f}",
        }
        for number, (name, _, count) in enumerate(row.cells)
    ]


def _people(request: HttpRequest, row: Competency, which: str, asked: People) -> tuple[Any, list[Prover]]:
    """A page of those who have it today."""
    number = request.GET.get("page", "")
    at = min(int(number), 100_000) if number.isascii() and number.isdigit() and int(number[:9]) > 0 else 1
    people, count = asked.named(row.pk, which, limit=PEOPLE_A_PAGE, offset=(at - 1) * PEOPLE_A_PAGE)
    if not people and at > 1:
        at = 1
        people, count = asked.named(row.pk, which, limit=PEOPLE_A_PAGE, offset=0)
    return Paginator(range(count), PEOPLE_A_PAGE).get_page(at), people

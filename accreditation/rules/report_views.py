"""Saved views of reports: what may be kept, what opens, and what no longer does. Source: rules.md 13.41 to 13.43."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accreditation.models import Program, ReportKind, ReportView
from accreditation.rules.program_reports import SORTS, Chosen
from courses.lib.refusals import Refusal
from courses.models import ContentState

MOST_VIEWS = 100
"""So many a person keeps."""
LONGEST_QUERY = 2000
COVERAGE_FIELDS = ("stage", "program", "only")


def views_for(person: Any) -> QuerySet[ReportView]:
    """Their own and the shared ones, by name, with owner and program. One query."""
    return ReportView.objects.visible_to(person).select_related("owner", "program")


def query_of(kind: str, asked: str) -> dict[str, str]:
    """What a report of this kind understands of a query; everything else is left out."""
    said = dict(parse_qsl(asked[:LONGEST_QUERY]))
    if kind == ReportKind.PROGRAM:
        sort = {"sort": said["sort"]} if said.get("sort") in SORTS else {}
        return Chosen.of(said).said | sort
    return {name: said[name][:80] for name in COVERAGE_FIELDS if said.get(name)}


def why_not_save(person: Any, name: str, *, but: int | None = None) -> Refusal | None:
    """A name of one's own, and not too many."""
    own = ReportView.objects.of(person).exclude(pk=but)
    if not name.strip():
        return Refusal("no-name", _("Give the view a name, so that you find it again."))
    if len(name.strip()) > 80:
        return Refusal("long-name", _("Use a name of at most 80 characters."))
    if own.filter(name=name.strip()).exists():
        return Refusal("taken", _("You have a view of that name. Use another one, or remove it first."))
    if but is None and own.count() >= MOST_VIEWS:
        return Refusal("many", _("You keep 100 views. Remove one that you no longer need."))
    return None


def problem_of(view: ReportView) -> str:
    """Why its report is not what it was, empty where it is."""
    if view.program is None:
        return ""
    if view.program.current_version_id is None:
        return _("Its program has no rules any more.")
    return _("Its program was withdrawn.") if view.program.state == ContentState.WITHDRAWN else ""


def why_not_open(view: ReportView) -> Refusal | None:
    """A report needs a program with rules; that of a withdrawn one still opens, since people hold it."""
    if view.program is not None and view.program.current_version_id is None:
        return Refusal("no-rules", problem_of(view), reverse("program-reports"), _("See the reports"))
    return None


def address_of(view: ReportView) -> str:
    """The report with what was chosen."""
    query: Mapping[str, str] = view.query
    page = reverse("program-report", args=[view.program.slug]) if view.program else reverse("coverage")
    return f"{page}?{urlencode(query)}" if query else page


def program_for(slug: str) -> Program | None:
    """The program of this slug that has a report."""
    return Program.objects.exclude(current_version=None).filter(slug=slug[:80]).first()

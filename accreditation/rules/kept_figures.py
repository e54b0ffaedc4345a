"""The sets of figures that are kept for the enablement team's home, and how old they are. Source: rules.md 13.40."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accreditation.models import FiguresState, KeptFigures
from accreditation.rules import funnels, work_figures
from courses.lib.refusals import Refusal


@dataclass(frozen=True, slots=True)
class FigureSet:
    """A set: who may read it (a permission), how long it is good for, and the rule that computes it as of a moment."""

    title: Any
    permission: str
    every: timedelta
    compute: Callable[[datetime], dict[str, Any]]


HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
SETS: Mapping[str, FigureSet] = {
    "funnel": FigureSet(_("Where people are"), "accreditation.view_accreditation", HOUR, funnels.funnels),
    "ends": FigureSet(_("What ends within 90 days"), "accreditation.view_accreditation", HOUR, funnels.ends_by_week),
    "queue": FigureSet(_("The review queue"), "assessments.view_reviewtask", QUARTER, work_figures.queue),
    "exams": FigureSet(_("Exams: first tries"), "assessments.view_attempt", HOUR, work_figures.exams),
    "practicals": FigureSet(_("Practicals: first tries"), "assessments.view_submission", HOUR, work_figures.practicals),
    "questions": FigureSet(_("Questions to look at"), "assessments.view_itemstatistics", HOUR, work_figures.questions),
    "criteria": FigureSet(_("Criteria to look at"), "assessments.view_criterion", HOUR, work_figures.criteria),
    "gaps": FigureSet(_("Gaps in the content"), "accreditation.view_accreditation", HOUR, work_figures.gaps),
    "content": FigureSet(_("Content to check again"), "courses.view_source", HOUR, work_figures.content),
    "appeals": FigureSet(_("Appeals"), "assessments.view_appeal", QUARTER, work_figures.appeals),
    "imports": FigureSet(_("Imports of questions"), "assessments.view_questionimport", QUARTER, work_figures.imports),
    "mails": FigureSet(_("Mails"), "accreditation.view_notice", QUARTER, work_figures.mails),
}
"""What is kept, in the order of the page."""
STALE_AFTER = timedelta(hours=6)
"""Older figures are called out of date: several computations have failed or nobody computes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A set as a page shows it. `figures`: None before the first computation. `seconds`: how long it took."""

    name: str
    title: Any
    figures: Mapping[str, Any] | None
    computed_at: datetime | None
    seconds: float | None
    is_stale: bool
    is_due: bool
    problem: str


def kept_for(person: Any, now: datetime) -> dict[str, Kept]:
    """The sets that this person may read, by name. One query."""
    names = [name for name, one in SETS.items() if person.has_perm(one.permission)]
    rows = {row.name: row for row in KeptFigures.objects.filter(name__in=names)}
    return {name: _kept(name, rows.get(name), now) for name in names}


def _kept(name: str, row: KeptFigures | None, now: datetime) -> Kept:
    title = SETS[name].title
    if row is None or row.computed_at is None or row.took_ms is None:
        return Kept(name, title, None, None, None, False, True, row.problem if row else "")
    is_due = row.state != FiguresState.KEPT
    is_stale = now - row.computed_at > STALE_AFTER
    return Kept(name, title, row.figures, row.computed_at, row.took_ms / 1000, is_stale, is_due, row.problem)


def why_not_compute(names: list[str]) -> Refusal | None:
    """Figures are computed anew for whoever may read any of them."""
    if not names:
        return Refusal("not-allowed", str(_("None of these figures is yours to read.")))
    return None

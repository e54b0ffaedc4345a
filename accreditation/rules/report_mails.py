"""Reports by mail: who may get one, when it comes, and what it tells. Source: rules.md 13.80 to 13.84."""

import calendar
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import (
    Ended,
    Frequency,
    ReportKind,
    ReportMail,
    ReportReader,
    ReportSchedule,
    ReportView,
    StandingState,
    User,
)
from accreditation.rules import coverage, program_reports
from accreditation.rules.program_people import people_on
from accreditation.rules.programs import local_day
from accreditation.rules.report_views import program_for, why_not_open
from courses.lib.cells import csv_lines, disarmed
from courses.lib.clock import zone_of
from courses.lib.refusals import Refusal

PERMISSION = "accreditation.view_accreditation"
FEWEST = 5
"""Of fewer people a mail tells no figures: they would tell of persons."""
MOST_READERS = 50
MOST_LINES = 10


def may_read(person: User) -> bool:
    """Whether the reports are open to them now: active, and their groups let them read standings."""
    return person.is_active and person.has_perm(PERMISSION)


def staff_for(view: ReportView) -> QuerySet[User]:
    """Who may be put on its list: the owner, and of a shared view everybody who may read reports, by name. One query."""
    app, codename = PERMISSION.split(".")
    named = Permission.objects.filter(content_type__app_label=app, codename=codename)
    may = Q(groups__permissions__in=named) | Q(user_permissions__in=named) | Q(is_superuser=True)
    people = User.objects.filter(Q(pk=view.owner_id) | may, is_active=True)
    return (people if view.is_shared else people.filter(pk=view.owner_id)).distinct().order_by("name", "pk")


def why_not_schedule(view: ReportView) -> Refusal | None:
    """A view whose report opens, and that isn't a search for somebody."""
    if view.query.get("q"):
        return Refusal(
            "one-person", _("This view searches for a name. Reports by mail hold no persons: keep one without it.")
        )
    return why_not_open(view)


def why_not_mail(schedule: ReportSchedule, person: User) -> Refusal | None:
    """Asked anew at each sending: right, view and report may be gone since."""
    view = schedule.view
    if not may_read(person):
        return Refusal("no-right", _("They may not read reports any more."))
    if view.owner_id != person.pk and not (view.is_shared and may_read(view.owner)):
        return Refusal("not-shared", _("The view isn't shared with them any more."))
    return why_not_schedule(view)


def why_not_take_up(reader: ReportReader) -> Refusal | None:
    """Who stopped it takes it up again; who was taken off asks whoever keeps the view."""
    if reader.ended in (Ended.OWNER, Ended.RIGHT) or not reader.schedule.is_active:
        return Refusal("off-the-list", _("This report is not sent to you any more. Ask whoever keeps the view."))
    return why_not_mail(reader.schedule, reader.person)


def moment_on(schedule: ReportSchedule, day: date, zone: Any) -> datetime:
    """The hour of that day on the wall of this zone. One that comes twice is the first, one that is left out the next."""
    return datetime.combine(day, time(schedule.hour), zone).astimezone(UTC)


def is_its_day(schedule: ReportSchedule, day: date) -> bool:
    """Whether a report comes on this day; a month that is too short has it on its last."""
    if schedule.frequency == Frequency.WEEKLY:
        return day.weekday() == schedule.weekday
    last = calendar.monthrange(day.year, day.month)[1]
    return schedule.frequency == Frequency.DAILY or day.day == min(schedule.month_day, last)


def next_time(schedule: ReportSchedule, person: User, after: datetime) -> tuple[datetime, date]:
    """The first moment later than `after`, and its day in the reader's zone. At most 32 steps."""
    zone = zone_of(person.time_zone) or UTC
    day = after.astimezone(zone).date()
    while not (is_its_day(schedule, day) and moment_on(schedule, day, zone) > after):
        day += timedelta(days=1)
    return moment_on(schedule, day, zone), day


def last_time(schedule: ReportSchedule, person: User, now: datetime) -> tuple[datetime, date]:
    """The newest moment that has come by now, and its day: what was missed comes once, for the newest day."""
    zone = zone_of(person.time_zone) or UTC
    day = now.astimezone(zone).date()
    while not (is_its_day(schedule, day) and moment_on(schedule, day, zone) <= now):
        day -= timedelta(days=1)
    return moment_on(schedule, day, zone), day


def figures_for(view: ReportView, now: datetime) -> dict[str, Any]:
    """What a mail tells of a view, in plain values: `figures` and `lines` as [label, number] pairs, and `is_small`.

    No person is in it. Of a program four queries over the standings, of the coverage those of its report; memory does not
    grow with the people.
    """
    return _of_program(view, now) if view.kind == ReportKind.PROGRAM else _of_coverage(view, now)


def _of_program(view: ReportView, now: datetime) -> dict[str, Any]:
    program = view.program
    assert program is not None  # report_view_names_its_program
    today, chosen = local_day(program, now), program_reports.Chosen.of(view.query)
    rows = program_reports.chosen_of(people_on(program), chosen, today, program)
    counts = program_reports.figures(rows, today)
    if 0 < counts.people < FEWEST:
        return {"figures": [], "lines": [], "is_small": True}
    figures = [
        [_("People"), counts.people],
        *([str(StandingState(state).label).capitalize(), number] for state, number in counts.by_state.items()),
        [_("Overdue"), counts.overdue],
        [_("End within 90 days"), counts.ends_soon],
    ]
    lacking = program_reports.stand_still(program, rows) if counts.people else []
    lines = [[one.requirement.name or _("A number of proofs"), one.people] for one in lacking]
    return {"figures": figures, "lines": lines, "is_small": False}


def _of_coverage(view: ReportView, now: datetime) -> dict[str, Any]:
    said: Mapping[str, str] = view.query
    found = coverage.coverage(now.date(), stage=said.get("stage", ""), program=program_for(said.get("program", "")))
    gaps = {one: sum(one in row.has_gaps_in for row in found.rows) for one in coverage.GAPS}
    lacking = [row for row in found.rows if row.has_gaps_in]
    figures = [
        [_("Competencies"), len(found.rows)],
        [_("Nothing teaches it"), gaps["taught"]],
        [_("No question tests it"), gaps["tested"]],
        [_("Nobody proves it"), gaps["proved"]],
    ]
    return {"figures": figures, "lines": [[row.competency.name, len(row.gaps)] for row in lacking], "is_small": False}


def file_of(told: Mapping[str, Any]) -> str:
    """The figures as a CSV file; no person is in it."""
    rows: Iterable[Iterable[str]] = ([disarmed(str(label)), str(number)] for label, number in _pairs(told))
    return "".join(csv_lines([[_("figure"), _("number")], *rows]))


def _pairs(told: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    yield from told["figures"]
    yield from told["lines"]


def readers_due(now: datetime) -> QuerySet[ReportReader]:
    """Whose report has come."""
    return ReportReader.objects.filter(due_at__lte=now).order_by("due_at")


def mailed_to(person: User) -> dict[int, ReportReader]:
    """Where a person stands on the lists of reports, by view. One query."""
    rows = ReportReader.objects.filter(person=person, schedule__is_active=True).select_related("schedule")
    return {row.schedule.view_id: row for row in rows}


def mails_of(schedule: ReportSchedule) -> QuerySet[ReportMail]:
    """The newest sendings of a schedule with their readers. One query."""
    return schedule.mails.select_related("person").order_by("-created_at", "-pk")[:20]

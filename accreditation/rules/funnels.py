"""How far people come on a program: enrolled, learning, exam passed, handed in, accredited, fading, renewed.

Each step is one condition that the counts and the list behind them share, so that they can't differ. Source: rules.md 13.35.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from accreditation.models import IN_FORCE, Accreditation, Evidence, Program, Requirement, StandingState
from accreditation.models.evidence import EvidenceKind
from accreditation.rules.program_people import people_on
from assessments.models import Practical, Submission

STEPS: Mapping[str, Any] = {
    "enrolled": _("Enrolled"),
    "learning": _("Learning"),
    "passed": _("Passed the exam"),
    "handed_in": _("Handed in a practical"),
    "accredited": _("Accredited at some time"),
    "fading": _("Fading now"),
    "renewed": _("Renewed"),
}
"""The steps in order. The first five follow each other, the last two are of those who were accredited."""
DIMENSIONS: Mapping[str, Any] = {
    "month": _("Month of enrolment"),
    "role": _("Role"),
    "region": _("Region"),
    "company": _("Organisation"),
}
NOTHING = "-"
"""The value of who has no role, region or organisation."""
MOST_LINES = 100
"""So many lines of one dimension are kept, those with most people; the report finds the others."""
ROOM = "SET LOCAL work_mem = '64MB'"
"""Those who passed are looked up in memory: a hundred thousand numbers don't fit into the database's four megabytes."""


def step_of(program: Program, step: str) -> Q:
    """Who of `people_on(program)` has come to this step. No query by itself."""
    further = {
        "learning": ~Q(state=StandingState.NOT_STARTED),
        "passed": Q(learner__in=_passed(program)),
        "handed_in": Q(learner__in=_handed_in(program)),
        "accredited": Q(cycles__len__gte=1),
        "fading": Q(state=StandingState.FADING),
        "renewed": Q(cycles__len__gte=2),
    }
    return Q(enrolment__isnull=False) & further.get(step, Q())


def _asked(program: Program) -> QuerySet[Requirement]:
    return Requirement.objects.filter(group__version=program.current_version_id).order_by()


def _practicals(program: Program) -> Q:
    """The practicals that a program asks for; all of them where it asks for any of a number."""
    counted = [one for one in _asked(program).exclude(count=None).values_list("count", flat=True) if one]
    if any(not one.get("targets") for one in counted):
        return Q()
    named = _asked(program).exclude(practical=None).values_list("practical", flat=True)
    return Q(pk__in={*named, *(key for one in counted for key in one["targets"])})


def _passed(program: Program) -> QuerySet[Any]:
    """Who passed an exam that the program asks for, or that opens one of its practicals."""
    named = set(_asked(program).exclude(exam=None).values_list("exam", flat=True))
    opening = Practical.objects.filter(_practicals(program)).exclude(exam=None).values_list("exam", flat=True)
    facts = Evidence.objects.filter(kind=EvidenceKind.EXAM, exam__in=named | set(opening), withdrawn_by=None)
    return facts.order_by().values("learner")


def _handed_in(program: Program) -> QuerySet[Any]:
    """Who handed in one of its practicals, whatever became of it."""
    practicals = list(Practical.objects.filter(_practicals(program)).values_list("pk", flat=True))
    rows = Submission.objects.filter(practical__in=practicals, submitted_at__isnull=False)
    return rows.order_by().values("learner")


def steps_of(program: Program) -> list[str]:
    """The steps that this program has: none of an exam or a practical where it asks for none. Three queries."""
    exams = _asked(program).exclude(exam=None).exists()
    practicals = Practical.objects.filter(_practicals(program)).exists()
    left_out = {*(() if exams or practicals else ("passed",)), *(() if practicals else ("handed_in",))}
    return [step for step in STEPS if step not in left_out]


def funnel_of(program: Program, now: datetime) -> dict[str, Any]:
    """The counts of one program: in all, by month of enrolment, role, region and organisation, and two times 30 days.

    `{"slug", "title", "steps", "total": [count by step], "by": {dimension: [[value, label, *counts]]}, "enrolled": [last
    30 days, the 30 before], "accredited": the same}`. One statement over all its people, whatever their number.
    """
    steps = steps_of(program)
    lines = list(_lines(program, steps))
    found = {"slug": program.slug, "title": program.title, "steps": steps, "total": _sum(lines, len(steps))}
    by = {name: _by(name, lines, len(steps)) for name in DIMENSIONS}
    return found | {"by": by} | _of_thirty_days(program, now)


def _lines(program: Program, steps: Iterable[str]) -> list[Any]:
    people = people_on(program).filter(step_of(program, "enrolled")).order_by()
    month = TruncMonth("enrolment__enrolled_at", tzinfo=UTC)
    place = ("learner__organisation__slug", "learner__organisation__name", "learner__organisation__region")
    grouped = people.annotate(month=month).values_list("month", "learner__role__slug", "learner__role__name", *place)
    counts = {f"at_{step}": Count("pk", filter=step_of(program, step)) for step in steps}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROOM)
        return list(grouped.annotate(**counts))


def _by(dimension: str, lines: Iterable[Any], steps: int) -> list[list[Any]]:
    """The lines of one dimension, months in order, others by the number of people."""
    found: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        counts = found.setdefault(_value(dimension, line), [0] * steps)
        for place, count in enumerate(line[6:]):
            counts[place] += count
    rows: list[Any] = [[value, label, *counts] for (value, label), counts in found.items()]
    if dimension == "month":
        return sorted(rows, key=lambda row: row[0])[-24:]
    return sorted(rows, key=lambda row: (-row[2], row[1]))[:MOST_LINES]


def _value(dimension: str, line: Any) -> tuple[str, str]:
    month, role, role_name, organisation, organisation_name, region = line[:6]
    known = {
        "month": (f"{month:%Y-%m}", f"{month:%Y-%m}"),
        "role": (role, role_name),
        "region": (region, region),
        "company": (organisation, organisation_name),
    }
    value, label = known[dimension]
    return (value, label) if value else (NOTHING, "")


def _sum(lines: Iterable[Any], steps: int) -> list[int]:
    total = [0] * steps
    for line in lines:
        for place, count in enumerate(line[6:]):
            total[place] += count
    return total


def _of_thirty_days(program: Program, now: datetime) -> dict[str, Any]:
    """Who enrolled, and who became accredited, within the last 30 whole days, and within the 30 before. One query."""
    counts = {}
    for name, field in (("enrolled", enrolled_within), ("accredited", accredited_within)):
        for place, (first, last) in enumerate(two_times_thirty(now)):
            counts[f"{name}_{place}"] = Count("pk", filter=Q(enrolment__isnull=False) & field(first, last))
    found = people_on(program).aggregate(**counts)
    return {name: [found[f"{name}_0"], found[f"{name}_1"]] for name in ("enrolled", "accredited")}


def two_times_thirty(now: datetime) -> list[tuple[date, date]]:
    """The last 30 days and the 30 before them, first and last day, in UTC; today is in the first."""
    today = now.astimezone(UTC).date()
    return [(today - timedelta(days=29), today), (today - timedelta(days=59), today - timedelta(days=30))]


def enrolled_within(first: date | None, last: date | None) -> Q:
    """Who was enrolled between these days, both included, in UTC."""
    wanted = Q()
    if first:
        wanted &= Q(enrolment__enrolled_at__gte=datetime.combine(first, time.min, UTC))
    if last:
        wanted &= Q(enrolment__enrolled_at__lt=datetime.combine(last + timedelta(days=1), time.min, UTC))
    return wanted


def accredited_within(first: date | None, last: date | None) -> Q:
    """Whose present accreditation was completed between these days, both included."""
    wanted = Q()
    if first:
        wanted &= Q(completed_on__gte=first)
    if last:
        wanted &= Q(completed_on__lte=last)
    return wanted


def month_of(value: str) -> tuple[date, date] | None:
    """First and last day of a month written as 2026-11."""
    try:
        first = datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def funnels(now: datetime) -> dict[str, Any]:
    """Every program that has rules and people on it, the one with most people first. About nine queries a program."""
    programs = Program.objects.exclude(current_version=None).order_by("title")
    found = [funnel_of(program, now) for program in programs]
    rows = [one for one in found if one["total"][0]]
    return {"programs": sorted(rows, key=lambda one: -one["total"][0]), "without_people": len(found) - len(rows)}


def ends_by_week(now: datetime) -> dict[str, Any]:
    """What is in force and ends within 90 days, by week from today on: `[[first day, last day, count]]`. One query."""
    today = now.astimezone(UTC).date()
    weeks = [(today + timedelta(days=start), today + timedelta(days=min(start + 6, 90))) for start in range(0, 91, 7)]
    rows = Accreditation.objects.filter(state__in=IN_FORCE, learner__is_active=True)
    counts = {f"week_{place}": Count("pk", filter=Q(valid_until__range=week)) for place, week in enumerate(weeks)}
    found = rows.aggregate(**counts)
    return {
        "weeks": [
            [first.isoformat(), last.isoformat(), found[f"week_{place}"]] for place, (first, last) in enumerate(weeks)
        ]
    }

"""The report of a program: who is on it, how far they are, and where they stand still. Source: rules.md 7.80.

Everything is counted from the standings as they are stored, so that a hundred thousand people cost no more than a scan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Func, Q, QuerySet

from accreditation.models import IN_FORCE, Accreditation, Program, Requirement, StandingState
from accreditation.models.programs import TARGETS
from accreditation.rules.funnels import STEPS, accredited_within, enrolled_within, step_of
from accreditation.rules.programs import version_of
from courses.lib.cells import disarmed

PEOPLE_A_PAGE = 50
NOBODYS = "-"
SOON = timedelta(days=30)
ENDS_SOON = timedelta(days=90)
SORTS: Mapping[str, Sequence[Any]] = {
    "name": ("learner__name",),
    "progress": ("-met", "learner__name"),
    "due": (F("enrolment__due_on").asc(nulls_last=True), "learner__name"),
    "until": (F("valid_until").asc(nulls_last=True), "learner__name"),
}
"""How the list may be sorted; people of one name by their number."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader of the report asks for; empty says nothing.

    `standing`: a state. `role`, `persona`: slugs, "-" for none. `organisation`: a part of its name, or "-" for the field's own
    people. `company`: the slug of one organisation, "-" for none. `region`: of organisations, "-" for none. `step`: of the
    funnel. `enrolled_from`, `enrolled_until`, `accredited_from`, `accredited_until`: days as 2026-11-01, both included.
    `due`: "over" or "soon" (30 days). `ends`: "soon" (90 days). `open`: the number of a
    requirement that is not met. `q`: a part of name or address.
    """

    standing: str = ""
    role: str = ""
    persona: str = ""
    organisation: str = ""
    region: str = ""
    company: str = ""
    step: str = ""
    enrolled_from: str = ""
    enrolled_until: str = ""
    accredited_from: str = ""
    accredited_until: str = ""
    due: str = ""
    ends: str = ""
    open: str = ""
    q: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Chosen":
        """From a query; what isn't known is left out, and what is too long for any row finds nothing."""
        return cls(**{one.name: str(asked.get(one.name, ""))[:200].strip() for one in fields(cls)})

    @property
    def said(self) -> dict[str, str]:
        """What is asked for, as a query."""
        return {name: value for name, value in asdict(self).items() if value}

    def but(self, **other: str) -> "Chosen":
        """The same with something else in its place."""
        return replace(self, **other)


@dataclass(frozen=True, slots=True)
class ProgramFigures:
    """A program, and its people in numbers."""

    program: Program
    people: int
    accredited: int
    fading: int
    lapsed: int


@dataclass(frozen=True, slots=True)
class StandStill:
    """A requirement, and how many people lack it."""

    requirement: Requirement
    people: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How many people are on a program, by standing; how many are overdue, and how many end within 90 days."""

    people: int
    by_state: Mapping[str, int]
    overdue: int
    ends_soon: int

    @property
    def accredited(self) -> int:
        """Those whose accreditation is in force."""
        return sum(self.by_state.get(state, 0) for state in IN_FORCE)


def programs_in_figures() -> list[ProgramFigures]:
    """Every program that has rules, with its people by standing. Two queries."""
    programs = Program.objects.exclude(current_version=None).order_by("title")
    rows = Accreditation.objects.filter(learner__is_active=True).order_by().values("program", "state")
    counts: dict[int, dict[str, int]] = {}
    for row in rows.annotate(people=Count("pk")):
        counts.setdefault(row["program"], {})[row["state"]] = row["people"]
    return [_in_figures(program, counts.get(program.pk, {})) for program in programs]


def _in_figures(program: Program, counts: Mapping[str, int]) -> ProgramFigures:
    in_force = sum(counts.get(state, 0) for state in IN_FORCE)
    fading, lapsed = counts.get(StandingState.FADING, 0), counts.get(StandingState.LAPSED, 0)
    return ProgramFigures(program, sum(counts.values()), in_force, fading, lapsed)


def chosen_of(
    rows: QuerySet[Accreditation], chosen: Chosen, today: date, program: Program | None = None
) -> QuerySet[Accreditation]:
    """Those that a reader asks for. `program`: whose steps a chosen step is one of; without it a step is left out."""
    step = step_of(program, chosen.step) if program and chosen.step in STEPS else Q()
    return rows.filter(_who(chosen), _when(chosen, today), _where(chosen), _since(chosen), step)


def _who(chosen: Chosen) -> Q:
    wanted = Q()
    for name in ("role", "persona"):
        if slug := getattr(chosen, name):
            wanted &= Q(**{f"learner__{name}": None}) if slug == NOBODYS else Q(**{f"learner__{name}__slug": slug})
    wanted &= _of_company(chosen.company)
    if chosen.organisation == "-":
        wanted &= Q(learner__organisation=None)
    elif chosen.organisation:
        wanted &= Q(learner__organisation__name__icontains=chosen.organisation)
    if chosen.region == NOBODYS:
        wanted &= Q(learner__organisation=None) | Q(learner__organisation__region="")
    elif chosen.region:
        wanted &= Q(learner__organisation__region=chosen.region)
    if chosen.q:
        wanted &= Q(learner__name__icontains=chosen.q) | Q(learner__email__icontains=chosen.q)
    return wanted


def _of_company(slug: str) -> Q:
    if slug == NOBODYS:
        return Q(learner__organisation=None)
    return Q(learner__organisation__slug=slug) if slug else Q()


def _since(chosen: Chosen) -> Q:
    """Enrolled and accredited between the days that are asked for; what is no day finds nobody."""
    try:
        enrolled, accredited = (
            [date.fromisoformat(day) if day else None for day in days]
            for days in (
                (chosen.enrolled_from, chosen.enrolled_until),
                (chosen.accredited_from, chosen.accredited_until),
            )
        )
        return enrolled_within(*enrolled) & accredited_within(*accredited)
    except (ValueError, OverflowError):
        return Q(pk=None)


def _when(chosen: Chosen, today: date) -> Q:
    wanted = Q()
    if chosen.due == "over":
        wanted &= overdue(today)
    elif chosen.due == "soon":
        wanted &= Q(enrolment__due_on__range=(today, today + SOON)) & ~Q(state__in=IN_FORCE)
    if chosen.ends == "soon":
        wanted &= ends_soon(today)
    return wanted


def overdue(today: date) -> Q:
    """Whose date is past and who is not accredited."""
    return Q(enrolment__due_on__lt=today) & ~Q(state__in=IN_FORCE)


def ends_soon(today: date) -> Q:
    """Whose accreditation ends within 90 days."""
    return Q(state__in=IN_FORCE, valid_until__lte=today + ENDS_SOON)


def _where(chosen: Chosen) -> Q:
    wanted = Q()
    if chosen.standing:
        wanted &= Q(state=chosen.standing)
    if chosen.open:
        wanted &= (
            Q(open_requirements__contains=[int(chosen.open)])
            if chosen.open.isdecimal() and len(chosen.open) < 19
            else Q(pk=None)
        )
    return wanted


def figures(rows: QuerySet[Accreditation], today: date) -> Figures:
    """Counts of these people. One query."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in StandingState.values}
    found = rows.aggregate(
        people=Count("pk"),
        overdue=Count("pk", filter=overdue(today)),
        ends_soon=Count("pk", filter=ends_soon(today)),
        **counts,
    )
    return Figures(found["people"], {state: found[state] for state in counts}, found["overdue"], found["ends_soon"])


def stand_still(program: Program, rows: QuerySet[Accreditation]) -> list[StandStill]:
    """For each requirement of the rules in force that somebody lacks: how many do, most first. Two queries."""
    lacks = rows.annotate(lack=Func("open_requirements", function="unnest")).order_by().values_list("lack")
    counts = dict(lacks.annotate(people=Count("*")))
    asked = _requirements(program).in_bulk(counts)
    named = [StandStill(requirement, counts[pk]) for pk, requirement in asked.items()]
    return sorted(named, key=lambda one: (-one.people, one.requirement.pk))


def _requirements(program: Program) -> QuerySet[Requirement]:
    return Requirement.objects.filter(group__version=version_of(program)).select_related(*TARGETS)


def page_of(rows: QuerySet[Accreditation], count: int, *, sort: str, page: str | None) -> Page:
    """One page of people, each with what the list shows; the last page costs no more than the first. Two queries."""
    shown: Any = Paginator(range(count), PEOPLE_A_PAGE).get_page(page)
    keys = _keys(rows.order_by(*SORTS.get(sort, SORTS["name"]), "pk"), count, shown.object_list)
    people = rows.select_related("learner__role", "learner__organisation").defer("cycles")
    found = people.annotate(due_on=F("enrolment__due_on")).in_bulk(keys)
    shown.object_list = [found[pk] for pk in keys]
    return shown


def _keys(rows: QuerySet[Accreditation], count: int, places: Any) -> list[int]:
    """The keys at these places of a sorted list, counted from its nearer end."""
    if not places:
        return []
    first, last = places[0], places[-1] + 1
    if first <= count - last:
        return list(rows.values_list("pk", flat=True)[first:last])
    return list(rows.reverse().values_list("pk", flat=True)[count - last : count - first])[::-1]


COLUMNS = (
    "name", "e-mail", "role", "persona", "organisation", "region", "manager", "standing", "requirements met",
    "requirements asked", "still open", "enrolled on", "due on", "accredited on", "valid until", "computed at",
)  # fmt: skip
CELLS = (
    "learner__name", "learner__email", "learner__role__name", "learner__persona__name", "learner__organisation__name",
    "learner__organisation__region", "learner__manager__name",
)  # fmt: skip
REST = ("state", "met", "asked", "open_requirements", "enrolment__enrolled_at", "enrolment__due_on", "completed_on",
        "valid_until", "computed_at")  # fmt: skip


def report_cells(program: Program, rows: QuerySet[Accreditation]) -> Iterator[list[Any]]:
    """The people as typed cells, headings first: text as it was written, numbers, days, and moments in UTC.

    Read from the database portion by portion.
    """
    yield list(COLUMNS)
    names = {one.pk: one.name for one in _requirements(program)}
    for row in rows.order_by("learner__name", "pk").values_list(*CELLS, *REST).iterator(chunk_size=2000):
        state, met, needed, open_, enrolled, *days = row[len(CELLS) :]
        lacks = "; ".join(names[pk] for pk in open_ if pk in names)
        first = enrolled.date() if enrolled else None
        yield [*row[: len(CELLS)], str(StandingState(state).label), met, needed, lacks, first, *days]


def report_rows(program: Program, rows: QuerySet[Accreditation]) -> Iterator[Iterable[str]]:
    """The people as lines of a CSV file, headings first; dates are ISO, in UTC."""
    return (_as_text(cells) for cells in report_cells(program, rows))


def _as_text(cells: Iterable[Any]) -> list[str]:
    return [_text_of(cell) for cell in cells]


def _text_of(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else disarmed(str(cell))

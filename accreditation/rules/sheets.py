"""A person's standing on one sheet: each competency as known, shown and kept, by the proofs that hold today.

A proof is as good as the programs that ask for it let it be: to the end of the accreditation that stands on it, or, before
there is one, for as long as one would hold from its day. What no program asks for goes by its own end. The course or exam
proves the competencies of its objectives and questions; a practical those of its criteria, or else of the exam that opens it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from accreditation.models import (
    IN_FORCE,
    Accreditation,
    Evidence,
    EvidenceKind,
    Program,
    Proof,
    StandingState,
    Supervision,
    User,
)
from accreditation.rules.competencies import about_proofs
from accreditation.rules.program_rules import RENEWAL_WINDOW_DAYS, ProgramRules
from accreditation.rules.programs import (
    FACT_COLUMNS,
    fact_from,
    facts_that_stand,
    held_among,
    rules_of,
    standing_in,
    updates_of,
    with_rules,
)
from accreditation.rules.proofs import Fact, RequirementRules, end_of, months_later
from accreditation.rules.updates import UpdateStanding
from courses.models import Competency

MIDDLE, REACH, TOP = 110, 88, 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the three questions for one competency. `state`: proven, fading, lapsed, or empty where nothing proves it.

    `by`: how often its proofs were observed, shadowed and alone.
    """

    state: str = ""
    last: date | None = None
    until: date | None = None
    count: int = 0
    by: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it counts today."""
        return self.state in ("proven", "fading")

    @property
    def supervision(self) -> str:
        """How alone, in words: "2 alone, 1 observed"."""
        return ", ".join(f"{self.by[one]} {one.label}" for one in reversed(Supervision) if one and self.by.get(one))


@dataclass(frozen=True, slots=True)
class Line:
    """A competency with its three questions."""

    number: int
    competency: Competency
    known: Cell
    shown: Cell
    kept: Cell

    @property
    def level(self) -> int:
        """How many of the three questions are answered today."""
        return sum(one.holds for one in (self.known, self.shown, self.kept))


@dataclass(frozen=True, slots=True)
class Moment:
    """One proof on the time line."""

    day: date
    title: str
    kind: str
    stage: str
    detail: str
    until: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything on one page. `moments`: newest first. `updates`: what is to be caught up with, for which program."""

    person: User
    today: date
    lines: Sequence[Line]
    moments: Sequence[Moment]
    held: Sequence[Accreditation]
    updates: Sequence[tuple[Program, UpdateStanding]] = ()

    @property
    def outline(self) -> str:
        """The figure of the radar as points of an SVG: one corner a competency; empty below three of them."""
        return " ".join(corner(one.number, len(self.lines), one.level) for one in self.lines) if self.axes else ""

    @property
    def axes(self) -> list[tuple[int, str, float, float]]:
        """Number, outer end and place of the number of each axis; none below three competencies."""
        count = len(self.lines)
        if count < 3:
            return []
        places = [_at(one.number, count, REACH + 12) for one in self.lines]
        ends = [corner(one.number, count, TOP) for one in self.lines]
        return [(line.number, end, x, y + 4) for line, end, (x, y) in zip(self.lines, ends, places, strict=True)]

    @property
    def rings(self) -> list[str]:
        """The three levels as outlines."""
        count = len(self.lines)
        return [" ".join(corner(n, count, level) for n in range(1, count + 1)) for level in range(1, TOP + 1)]


def corner(number: int, count: int, level: int) -> str:
    """The corner of a level on one of `count` axes: "x,y"."""
    x, y = _at(number, count, REACH * level / TOP)
    return f"{x:.1f},{y:.1f}"


def _at(number: int, count: int, reach: float) -> tuple[float, float]:
    turn = 2 * math.pi * (number - 1) / count
    return MIDDLE + reach * math.sin(turn), MIDDLE - reach * math.cos(turn)


def sheet_of(person: User, now: datetime) -> Sheet:
    """The sheet of a person as of today. Ten queries, whatever they proved."""
    today = now.date()
    rows = facts_that_stand(Evidence.objects.filter(learner=person)).exclude(kind=EvidenceKind.REVOCATION)
    rows = rows.select_related("course__journey_stage", "exam", "practical__exam", "attestation", "credit", "use_case")
    rows = rows.select_related("update_part__course")
    proofs = [
        (row, fact_from([getattr(row, name) for name in FACT_COLUMNS])) for row in rows.order_by("performed_on", "pk")
    ]
    held = list(Accreditation.objects.filter(learner=person).select_related("program").order_by("program__title"))
    programs = _programs(person, held)
    asked = _asked(programs, held)
    untils = {fact.pk: _until(fact, asked) for _, fact in proofs}
    moments = [_moment(row, untils[row.pk], today) for row, _ in reversed(proofs)]
    return Sheet(
        person, today, _lines(proofs, untils, asked, today), moments, held, _updates(programs, proofs, held, now)
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A requirement with the rules that it belongs to, and the end of the accreditation where it is in force."""

    requirement: RequirementRules
    rules: ProgramRules
    in_force_until: date | None

    def is_about(self, fact: Fact) -> bool:
        """Whether this fact could meet it."""
        one = self.requirement
        if one.count:
            return fact.kind == EvidenceKind.PRACTICAL and (not one.count.targets or fact.target in one.count.targets)
        if fact.kind == EvidenceKind.COURSE and fact.target in one.courses:
            return True
        return (fact.kind, fact.target) == (one.kind, one.target)


def _programs(person: User, held: Iterable[Accreditation]) -> list[Program]:
    """The programs that the person is on, or holds. Three queries."""
    mine = Q(enrolments__learner=person, enrolments__withdrawn_at=None) | Q(pk__in=[row.program_id for row in held])
    return list(with_rules(Program.objects.filter(mine).exclude(current_version=None).distinct()))


def _updates(
    programs: Iterable[Program], proofs: Iterable[tuple[Evidence, Fact]], held: Iterable[Accreditation], now: datetime
) -> list[tuple[Program, UpdateStanding]]:
    """What changed since the person proved it. No query."""
    facts, times = [fact for _, fact in proofs], held_among(held)
    revoked = {row.program_id for row in held if row.state == StandingState.REVOKED}
    asking = [program for program in programs if updates_of(program) and program.pk not in revoked]
    return [(program, one) for program in asking for one in standing_in(program, facts, times, now).updates]


def _asked(programs: Iterable[Program], held: Iterable[Accreditation]) -> list[_Asked]:
    """What these programs ask for. No query."""
    until = {row.program_id: row.valid_until for row in held if row.state in IN_FORCE}
    found = [(program, rules_of(program)) for program in programs]
    return [
        _Asked(one, rules, until.get(program.pk))
        for program, rules in found
        for group in (*rules.groups, *rules.renewal)
        for one in group.everything()
    ]


def _until(fact: Fact, asked: Iterable[_Asked]) -> date | None:
    """The last day on which a proof is good for anything; None where nothing ends it."""
    ends = [
        min(
            end_of(fact, one.requirement.valid_months),
            one.in_force_until or months_later(fact.performed_on, one.rules.validity_months),
        )
        for one in asked
        if one.is_about(fact)
    ]
    end = max(ends, default=end_of(fact, None))
    return None if end == date.max else end


def _state(until: date | None, today: date) -> str:
    if until is None or until > today + timedelta(days=RENEWAL_WINDOW_DAYS):
        return "proven"
    return "fading" if until >= today else "lapsed"


def _moment(row: Evidence, until: date | None, today: date) -> Moment:
    about: Any = row.course or row.exam or row.practical or row.attestation or row.credit or row.update_part
    stage = row.course.journey_stage if row.course else None
    detail = ", ".join(
        filter(None, [str(row.use_case or ""), row.get_supervision_display() if row.supervision else ""])
    )
    return Moment(
        row.performed_on, str(about), row.get_kind_display(), str(stage or ""), detail, until, _state(until, today)
    )


def _lines(
    proofs: Sequence[tuple[Evidence, Fact]], untils: Mapping[int, date | None], asked: Sequence[_Asked], today: date
) -> list[Line]:
    """A line for each competency that any proof is about, in the order of the framework. Four queries.

    Catching up with a change proves nothing more than was proved before it.
    """
    proofs = [(row, fact) for row, fact in proofs if row.kind != EvidenceKind.UPDATE]
    about = about_proofs(row for row, _ in proofs)
    cells: dict[int, dict[str, list[Fact]]] = {}
    for row, fact in proofs:
        if row.practical:
            for pk in about.of_practical(row.practical.pk, row.practical.exam_id):
                for question in _questions(fact, asked):
                    cells.setdefault(pk, {}).setdefault(question, []).append(fact)
        for pk in (*about.by_course.get(row.course_id, ()), *about.by_exam.get(row.exam_id, ())):
            cells.setdefault(pk, {}).setdefault(Proof.KNOW, []).append(fact)
    return [
        Line(number, one, *(_cell(cells[one.pk].get(proof, ()), untils, today) for proof in Proof))
        for number, one in enumerate(Competency.objects.filter(pk__in=cells), 1)
    ]


def _questions(fact: Fact, asked: Iterable[_Asked]) -> list[str]:
    """A practical shows; one that was done alone, or that a program asks for to keep, keeps as well."""
    keeps = fact.supervision == Supervision.ALONE
    keeps = keeps or any(one.requirement.proof == Proof.KEEP and one.is_about(fact) for one in asked)
    return [Proof.SHOW, *([Proof.KEEP] if keeps else [])]


def _cell(facts: Sequence[Fact], untils: Mapping[int, date | None], today: date) -> Cell:
    if not facts:
        return Cell()
    ends = [untils[fact.pk] for fact in facts]
    until = None if None in ends else max(end for end in ends if end)
    holding = [fact for fact in facts if (end := untils[fact.pk]) is None or end >= today]
    by = {str(one): sum(fact.supervision == one for fact in holding) for one in Supervision if one}
    return Cell(_state(until, today), max(fact.performed_on for fact in facts), until, len(holding), by)

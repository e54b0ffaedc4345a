"""How many people know, have shown and keep each competency today: the sheets of everybody in one statement.

The same rule as `sheet_of`, set-based: what each program asks for goes in as a small table, and so does what each course,
exam and practical is about. Source: rules.md 7.75, 7.76.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from accreditation.models import IN_FORCE, EvidenceKind, Proof, Supervision
from accreditation.rules.competencies import AboutProofs, asked_by, shown_by, taught_by
from accreditation.rules.program_rules import ProgramRules
from assessments.models import Practical

NOBODY = (0, 0, 0)
ROOM = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_sort = off"
"""A hundred thousand proofs are grouped in memory and by hash: the planner takes them for a few and would sort them all."""
ASKED = ("program", "kind", "target", "valid_months", "validity_months", "keeps")
JUDGED = """
WITH asked AS (
    SELECT * FROM unnest(%(program)s::bigint[], %(kind)s::text[], %(target)s::bigint[], %(valid_months)s::int[],
        %(validity_months)s::int[], %(keeps)s::bool[]
    ) AS one (program_id, kind, target, valid_months, validity_months, keeps)
), about AS (
    SELECT * FROM unnest(%(about_kind)s::text[], %(about_target)s::bigint[], %(competency)s::bigint[])
        AS one (kind, target, competency_id)
), fact AS (
    SELECT evidence.learner_id, evidence.kind, evidence.performed_on, evidence.supervision,
        coalesce(evidence.course_id, evidence.exam_id, evidence.practical_id) AS target,
        coalesce(evidence.valid_until, 'infinity'::date) AS own_end
    FROM accreditation_evidence evidence
    JOIN accreditation_user person ON person.id = evidence.learner_id AND person.is_active
    WHERE evidence.kind IN ('course', 'exam', 'practical')
        AND NOT EXISTS (SELECT FROM accreditation_evidence undone WHERE undone.withdraws_id = evidence.id) {of_program}
), judged AS (
    SELECT fact.learner_id, fact.kind, fact.target,
        bool_or(is_on) AS is_asked,
        bool_or(is_on AND ends >= %(today)s) AS holds_as_asked,
        bool_or(is_on AND ends >= %(today)s AND fact.supervision = %(alone)s) AS kept_as_asked,
        bool_or(is_on AND keeps) AS is_to_keep,
        bool_or(own_end >= %(today)s) AS holds,
        bool_or(own_end >= %(today)s AND fact.supervision = %(alone)s) AS kept
    FROM fact
    LEFT JOIN asked ON asked.kind = fact.kind AND asked.target = fact.target
    LEFT JOIN accreditation_enrolment enrolment ON enrolment.learner_id = fact.learner_id
        AND enrolment.program_id = asked.program_id AND enrolment.withdrawn_at IS NULL
    LEFT JOIN accreditation_accreditation held ON held.learner_id = fact.learner_id AND held.program_id = asked.program_id
    CROSS JOIN LATERAL (
        SELECT enrolment.id IS NOT NULL OR held.id IS NOT NULL AS is_on,
            least(own_end, fact.performed_on + make_interval(months => asked.valid_months), coalesce(
                CASE WHEN held.state = ANY (%(in_force)s) THEN held.valid_until END,
                fact.performed_on + make_interval(months => asked.validity_months)
            )) AS ends
    ) AS judgement
    GROUP BY fact.learner_id, fact.kind, fact.target
), proved AS (
    SELECT learner_id, kind, target,
        CASE WHEN is_asked THEN holds_as_asked ELSE holds END AS holds,
        kind = 'practical'
            AND CASE WHEN is_asked THEN kept_as_asked OR (is_to_keep AND holds_as_asked) ELSE kept END AS keeps
    FROM judged
), person AS (
    SELECT about.competency_id, proved.learner_id, bool_or(proved.kind <> 'practical') AS knows,
        bool_or(proved.kind = 'practical') AS shows, bool_or(proved.keeps) AS keeps
    FROM proved JOIN about ON about.kind = proved.kind AND about.target = proved.target
    WHERE proved.holds
    GROUP BY about.competency_id, proved.learner_id
)
"""
OF_PROGRAM = """AND EXISTS (
    SELECT FROM accreditation_accreditation of_it
    WHERE of_it.learner_id = evidence.learner_id AND of_it.program_id = %(only)s
)"""
COUNTED = """
SELECT competency_id, count(*) FILTER (WHERE knows), count(*) FILTER (WHERE shows), count(*) FILTER (WHERE keeps)
FROM person GROUP BY competency_id
"""
NAMED = """
SELECT person.learner_id, reader.name, person.knows, person.shows, person.keeps, count(*) OVER ()
FROM person JOIN accreditation_user reader ON reader.id = person.learner_id
WHERE {which} ORDER BY reader.name, person.learner_id LIMIT %(limit)s OFFSET %(offset)s
"""
WHICH = {"": "true", "known": "person.knows", "shown": "person.shows", "kept": "person.keeps"}


@dataclass(frozen=True, slots=True)
class Prover:
    """A person with what of one competency they have today."""

    pk: int
    name: str
    knows: bool
    shows: bool
    keeps: bool


def about_everything() -> AboutProofs:
    """What every course, exam and practical is about. Three queries."""
    return AboutProofs(taught_by(), asked_by(), shown_by())


@dataclass(frozen=True, slots=True)
class People:
    """What the statement is asked with: the rules of programs, and what everything is about."""

    rules: Sequence[ProgramRules]
    about: AboutProofs
    practicals: Sequence[tuple[int, int]]
    today: date
    program: int | None = None

    def counts(self) -> dict[int, tuple[int, int, int]]:
        """People who know, have shown and keep, by competency. One query."""
        rows = self._rows(COUNTED, {})
        return {competency: (knows, shows, keeps) for competency, knows, shows, keeps in rows}

    def named(self, competency: int, which: str, *, limit: int, offset: int) -> tuple[list[Prover], int]:
        """Who they are, by name, and how many in all (0 beyond the end). One query."""
        asked = {"limit": limit, "offset": offset}
        rows = self._rows(NAMED.format(which=WHICH[which]), asked, only=competency)
        return [Prover(*row[:5]) for row in rows], rows[0][5] if rows else 0

    def _rows(self, sql: str, asked: dict[str, Any], only: int | None = None) -> list[Any]:
        head = JUDGED.format(of_program=OF_PROGRAM if self.program else "")
        values = {
            **_columns(ASKED, self._asked()),
            **_columns(("about_kind", "about_target", "competency"), self._about(only)),
            "today": self.today,
            "alone": str(Supervision.ALONE),
            "in_force": [str(state) for state in IN_FORCE],
            "only": self.program,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ROOM)
            cursor.execute(head + sql, values | asked)
            return cursor.fetchall()

    def _asked(self) -> Iterable[tuple[Any, ...]]:
        """Each thing that a program asks for: a path by its courses, a number of proofs by the practicals that count."""
        for rules in self.rules:
            for one in (one for group in (*rules.groups, *rules.renewal) for one in group.everything()):
                keeps, months = one.proof == Proof.KEEP, (one.valid_months, rules.validity_months)
                kind, targets = str(one.kind), [one.target]
                if one.count:
                    kind = str(EvidenceKind.PRACTICAL)
                    targets = list(one.count.targets) or [pk for pk, _ in self.practicals]
                elif one.courses:
                    kind, targets = str(EvidenceKind.COURSE), list(one.courses)
                yield from (
                    (rules.program_id, kind, target, *months, keeps) for target in targets if target is not None
                )

    def _about(self, only: int | None) -> Iterable[tuple[str, int, int]]:
        shown = {pk: self.about.of_practical(pk, exam) for pk, exam in self.practicals}
        kinds = (
            (EvidenceKind.COURSE, self.about.by_course),
            (EvidenceKind.EXAM, self.about.by_exam),
            (EvidenceKind.PRACTICAL, shown),
        )
        for kind, found in kinds:
            for target, competencies in found.items():
                yield from ((str(kind), target, one) for one in competencies if only in (None, one))


def _columns(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    table = list(rows)
    return {name: [row[number] for row in table] for number, name in enumerate(names)}


def practicals_and_exams() -> list[tuple[int, int]]:
    """Every practical with the exam that opens it. One query."""
    return list(Practical.objects.order_by().values_list("pk", "exam_id"))

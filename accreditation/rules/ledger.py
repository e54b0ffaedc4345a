"""The ledger of evidence: which row below proves what, said once, and where the ledger says something else.

Receivers and `manage.py rebuild_evidence` ask this module alone. Evidence that was entered by hand, from before the portal or
in the administration, stands on no row and is nobody's business here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate
from django.utils.translation import gettext_noop

from accreditation.models import (
    Evidence,
    EvidenceKind,
    GivenAttestation,
    GivenCredit,
    Program,
    Supervision,
    UpdateReading,
)
from assessments.models import Attempt, Decision, SubmissionState
from badges.models import Credential, Reissue
from courses.models import CourseCompletion

COLUMNS = (
    "source", "learner_id", "kind", "course_id", "exam_id", "practical_id", "program_id", "attestation_id", "credit_id",
    "performed_on", "supervision", "use_case_id", "product_id", "persona_id", "vertical_id", "is_complex", "score",
    "maximum", "valid_until", "update_part_id",
)  # fmt: skip
"""What a fact says, in this order: the columns of the ledger that a row below decides."""
NUMBERS = frozenset({"score", "maximum"})
AGAIN, SETTLED = "#", ":settled"
"""`source#2` is the second time that a row is recorded; a withdrawal that follows a row below ends in `:settled`."""


@dataclass(frozen=True, eq=False)
class Source:
    """A table whose rows prove something. `rows` are those that do now, `key` their key, `columns` what each says."""

    table: str
    key: str
    key_type: str
    kind: EvidenceKind
    rows: Callable[[], QuerySet[Any]]
    columns: Mapping[str, Any]

    def facts(self) -> "QuerySet[Any, Any]":
        """What should stand in the ledger: tuples as `COLUMNS`. One query."""
        said: dict[str, Any] = {
            "kind": Value(self.kind),
            "supervision": Value(Supervision.NONE),
            "is_complex": Value(False),
        }
        said |= self.columns
        named = Concat(Value(f"{self.table}:"), Cast(self.key, CharField()))
        said.setdefault("source", named)
        cells = [said.get(name, Cast(Value(None), CharField())) for name in COLUMNS]
        return self.rows().order_by().values_list(*cells)

    @cached_property
    def prefix(self) -> str:
        """How the sources of its facts begin."""
        return f"{self.table}:"


def _completions() -> QuerySet[Any]:
    return CourseCompletion.objects.all()


def _passed_attempts() -> QuerySet[Any]:
    return Attempt.objects.passed()


def _passing_decisions() -> QuerySet[Any]:
    """The last word on each decided work, where it is a pass: an appeal's answer takes the place of what was before."""
    later = Decision.objects.filter(submission=OuterRef("submission"), pk__gt=OuterRef("pk"))
    return Decision.objects.filter(passed=True, submission__state=SubmissionState.DECIDED).exclude(Exists(later))


def _revocations() -> QuerySet[Any]:
    """Each program with each revoked award of its badge; of an award that was signed anew, the newest signing speaks."""
    award = "achievement__credentials"
    newest = Q(**{f"{award}__reissue": None}) | Q(
        **{f"{award}__reissue__state__in": [Reissue.State.WAITING, Reissue.State.NEEDLESS]}
    )
    return Program.objects.filter(newest, **{f"{award}__state": Credential.State.REVOKED})


def _day(moment: str) -> TruncDate:
    """The day of a moment in UTC: what was performed is dated the same for everybody."""
    return TruncDate(moment, tzinfo=UTC)


COMPLETIONS = Source(
    "courses.coursecompletion",
    "pk",
    "bigint",
    EvidenceKind.COURSE,
    _completions,
    {"learner_id": F("learner_id"), "course_id": F("course_id"), "performed_on": _day("completed_at")},
)
ATTEMPTS = Source(
    "assessments.attempt",
    "pk",
    "uuid",
    EvidenceKind.EXAM,
    _passed_attempts,
    {
        "learner_id": F("learner_id"),
        "kind": Case(
            When(exam__update_part__isnull=False, then=Value(EvidenceKind.UPDATE)), default=Value(EvidenceKind.EXAM)
        ),
        "exam_id": F("exam_id"),
        "update_part_id": F("exam__update_part__pk"),
        "performed_on": _day("closed_at"),
        "score": F("current_run__score"),
        "maximum": F("current_run__max_score"),
    },
)
SUBMISSIONS = Source(
    "assessments.submission",
    "submission_id",
    "uuid",
    EvidenceKind.PRACTICAL,
    _passing_decisions,
    {
        "learner_id": F("submission__learner_id"),
        "practical_id": F("submission__practical_id"),
        "performed_on": _day("submission__submitted_at"),
        "supervision": F("submission__supervision"),
        "use_case_id": F("submission__brief__use_case_id"),
        "product_id": F("submission__brief__product_id"),
        "is_complex": Coalesce(F("submission__brief__is_complex"), Value(False)),
        "persona_id": F("submission__brief__persona_id"),
        "vertical_id": F("submission__brief__vertical_id"),
        "score": F("total"),
        "maximum": F("maximum"),
    },
)
CREDENTIALS = Source(
    "badges.credential",
    "achievement__credentials__pk",
    "uuid",
    EvidenceKind.REVOCATION,
    _revocations,
    {
        "source": Concat(
            Value("badges.credential:"),
            Cast("achievement__credentials__pk", CharField()),
            Value(":"),
            Cast("pk", CharField()),
        ),
        "learner_id": F("achievement__credentials__holder_id"),
        "program_id": F("pk"),
        "performed_on": _day("achievement__credentials__revoked_at"),
    },
)
ATTESTATIONS = Source(
    "accreditation.givenattestation",
    "pk",
    "bigint",
    EvidenceKind.ATTESTATION,
    lambda: GivenAttestation.objects.filter(withdrawn_at=None),
    {"learner_id": F("learner_id"), "attestation_id": F("attestation_id"), "performed_on": F("performed_on")},
)
CREDITS = Source(
    "accreditation.givencredit",
    "pk",
    "bigint",
    EvidenceKind.CREDIT,
    lambda: GivenCredit.objects.filter(withdrawn_at=None),
    {
        "learner_id": F("learner_id"),
        "credit_id": F("credit_id"),
        "performed_on": F("performed_on"),
        "valid_until": F("valid_until"),
    },
)
READINGS = Source(
    "accreditation.updatereading",
    "pk",
    "bigint",
    EvidenceKind.UPDATE,
    lambda: UpdateReading.objects.all(),
    {"learner_id": F("learner_id"), "update_part_id": F("part_id"), "performed_on": F("read_on")},
)
SOURCES = (COMPLETIONS, ATTEMPTS, SUBMISSIONS, CREDENTIALS, ATTESTATIONS, CREDITS, READINGS)


def row_of(source: str) -> tuple[str, str]:
    """The table and the key of the row that evidence stands on; the key is empty for what was entered by hand."""
    table, _, key = source.partition(AGAIN)[0].partition(":")
    return (table, key) if table in {one.table for one in SOURCES} else (source, "")


def says_the_same(row: Evidence, fact: Sequence[Any]) -> bool:
    """Whether a row of the ledger says what the row below says. Numbers are kept with three digits."""
    pairs = zip(COLUMNS[1:], fact[1:], strict=True)
    return all(_equal(name, getattr(row, name), wanted) for name, wanted in pairs)


def _equal(name: str, kept: Any, wanted: Any) -> bool:
    if name in NUMBERS and kept is not None and wanted is not None:
        return abs(kept - wanted) * 2000 <= 1
    return bool(kept == wanted)


class Problem(TextChoices):
    """How the ledger and the rows below disagree."""

    MISSING = "missing", gettext_noop("is missing")
    GROUNDLESS = "groundless", gettext_noop("stands on nothing")
    TWICE = "twice", gettext_noop("stands twice")
    DIFFERS = "differs", gettext_noop("says something else")


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement. `evidence_id` is the ledger's row, None where it is missing; `is_new`: it was never there."""

    problem: Problem
    source: str
    evidence_id: int | None
    is_new: bool
    ledger: Mapping[str, Any]
    row: Mapping[str, Any]

    @property
    def cells(self) -> dict[str, tuple[Any, Any]]:
        """The columns that differ: what the ledger says, what the row below says. Empty for the other problems."""
        if self.problem != Problem.DIFFERS:
            return {}
        pairs = ((name, self.ledger[name], self.row[name]) for name in COLUMNS[1:])
        return {name: (kept, wanted) for name, kept, wanted in pairs if not _equal(name, kept, wanted)}


# Who withdrew a fact by hand meant it: it is not missing. Only few rows are recorded a second time, so only those are
# looked up among their learner's.
COMPARE = """
WITH fact AS (SELECT {casts} FROM ({facts}) AS said ({names})),
ledger AS (
    SELECT split_part(e.source, '#', 1) AS base, e.id, {ledger_cells} FROM accreditation_evidence e
    WHERE starts_with(e.source, %s)
      AND NOT EXISTS (SELECT 1 FROM accreditation_evidence w WHERE w.withdraws_id = e.id)
),
pair AS (
    SELECT fact.source AS wanted, ledger.base, ledger.id,
        position('#' IN ledger.source) > 0 AND EXISTS (
            SELECT 1 FROM accreditation_evidence o
            WHERE o.learner_id = ledger.learner_id AND split_part(o.source, '#', 1) = ledger.base AND o.id < ledger.id
              AND NOT EXISTS (SELECT 1 FROM accreditation_evidence w WHERE w.withdraws_id = o.id)
        ) AS twice,
        ledger.id IS NULL AND NOT EXISTS (SELECT 1 FROM accreditation_evidence o WHERE o.source = fact.source) AS is_new,
        {both}
    FROM fact FULL JOIN ledger ON ledger.base = fact.source
    WHERE fact.source IS NULL OR ledger.id IS NULL OR position('#' IN ledger.source) > 0 OR {differs}
)
SELECT CASE WHEN id IS NULL THEN 'missing' WHEN wanted IS NULL THEN 'groundless' WHEN twice THEN 'twice' ELSE 'differs' END,
    coalesce(wanted, base), id, is_new, {cells}
FROM pair
WHERE wanted IS NULL OR twice OR (id IS NOT NULL AND ({pair_differs})) OR (id IS NULL AND NOT EXISTS (
    SELECT 1 FROM accreditation_evidence o JOIN accreditation_evidence w ON w.withdraws_id = o.id
    WHERE o.learner_id = f_learner_id AND split_part(o.source, '#', 1) = wanted AND w.source NOT LIKE '%%:settled'
))
ORDER BY coalesce(wanted, base) COLLATE "C", id
"""


def differences(source: Source) -> Iterator[Difference]:
    """Where the ledger says something else than this table's rows, in the order of their sources.

    One statement. The database compares; its answer is read in portions, whatever its length.
    """
    width = len(COLUMNS)
    with connection.chunked_cursor() as cursor:
        cursor.execute(*_comparison(source))
        for problem, base, pk, is_new, *cells in cursor:
            ledger = dict(zip(COLUMNS, cells[:width], strict=True))
            row = dict(zip(COLUMNS, cells[width:], strict=True))
            yield Difference(Problem(problem), base, pk, is_new, ledger, row)


def count_of(source: Source) -> int:
    """How many facts this table's rows should have in the ledger. One query."""
    return source.rows().count()


def _comparison(source: Source) -> tuple[str, list[Any]]:
    """The statement of `COMPARE` for one table, and its values."""
    facts, values = source.facts().query.get_compiler(connection=connection).as_sql()
    both = [f"ledger.{name} AS e_{name}, fact.{name} AS f_{name}" for name in COLUMNS]
    text = COMPARE.format(
        casts=", ".join(f"said.{name}::{column_type(name)}" for name in COLUMNS),
        facts=facts,
        names=", ".join(COLUMNS),
        ledger_cells=", ".join(f"e.{name}" for name in COLUMNS),
        both=", ".join(both),
        differs=" OR ".join(_differs(name, f"ledger.{name}", f"fact.{name}") for name in COLUMNS[1:]),
        pair_differs=" OR ".join(_differs(name, f"e_{name}", f"f_{name}") for name in COLUMNS[1:]),
        cells=", ".join([f"e_{name}" for name in COLUMNS] + [f"f_{name}" for name in COLUMNS]),
    )
    return text, [*values, source.prefix]


def column_type(name: str) -> str:
    """The database's type of a fact's cell, without the length of its column: numbers keep their digits until written."""
    field = next(one for one in Evidence._meta.concrete_fields if one.attname == name)
    kind = str(field.db_type(connection)).partition("(")[0]
    return "text" if kind == "varchar" else kind


def _differs(name: str, kept: str, wanted: str) -> str:
    """As `_equal` says it, for the database."""
    if name in NUMBERS:
        return f"coalesce(abs({kept} - {wanted}) > 0.0005, {kept} IS DISTINCT FROM {wanted})"
    return f"{kept} IS DISTINCT FROM {wanted}"

"""The ledger follows the rows below: a new fact is appended, a fact that no longer holds is withdrawn, both by new rows."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accreditation.actions.evidence import ask_for_reassessment, ask_for_reassessments
from accreditation.models import Evidence, EvidenceKind
from accreditation.rules.ledger import (
    AGAIN,
    COLUMNS,
    SETTLED,
    Difference,
    Source,
    column_type,
    row_of,
    says_the_same,
)
from courses.lib.compiled import Compiled, OneOf
from courses.lib.inserts import append
from courses.lib.prepared import Prepared

PORTION = 1000
REBUILT = "the row that it stood on says something else"


@transaction.atomic(savepoint=False)
def settle_fact(*, source: Source, key: Any, reason: str = REBUILT) -> bool:
    """Let the ledger say of one row below what that row says now; whether anything was written. Any number of times.

    What it said before is withdrawn for this reason. What somebody withdrew by hand stays withdrawn, and a revocation is
    never withdrawn. Two statements for a new fact. Source: rules.md 7.1, 7.3, 7.20, 7.21.
    """
    learners = _append_new(source, [key]) or _put_right(source, key, reason)
    for learner_id in sorted(learners):
        ask_for_reassessment(learner_id=learner_id)
    return bool(learners)


def settle_differences(*, source: Source, found: Iterable[Difference]) -> int:
    """Settle what `differences` found of this table, in portions of a thousand; how many. The sweep reassesses."""
    settled, rest = 0, iter(found)
    while portion := list(islice(rest, PORTION)):
        new = {row_of(one.source)[1].partition(":")[0] for one in portion if one.is_new}
        keys = {row_of(one.source)[1].partition(":")[0] for one in portion} - new
        with transaction.atomic():
            learners = _append_new(source, sorted(new))
            for key in sorted(keys):
                learners |= _put_right(source, key, REBUILT)
            ask_for_reassessments(learner_ids=learners)
        settled += len(portion)
    return settled


def _append_new(source: Source, keys: Collection[Any]) -> set[int]:
    """Append the facts of these rows that were never there; whose they are. One statement."""
    if not keys:
        return set()
    listed = "{" + ",".join(str(key) for key in keys) + "}"
    with connection.cursor() as cursor:
        _appending(source).execute(cursor, {"keys": listed, "now": timezone.now()})
        return {learner_id for (learner_id,) in cursor.fetchall()}


@cache
def _appending(source: Source) -> Prepared:
    """The INSERT … SELECT of one table's facts; columns of the ledger that no row decides get what they have by default."""

    def proved(keys: Any) -> Any:
        return source.facts().filter(OneOf(source.key, keys, source.key_type))

    text, places = Compiled(proved).text_and_names()
    fields = [one for one in Evidence._meta.concrete_fields if not one.primary_key]
    columns, cells = (", ".join(names) for names in ([str(one.column) for one in fields], map(_cell, fields)))
    statement = (
        f"INSERT INTO accreditation_evidence ({columns}) SELECT {cells} FROM ({text}) AS said ({', '.join(COLUMNS)}) "  # noqa: S608 - names from models
        "ON CONFLICT (source) DO NOTHING RETURNING learner_id"
    )
    return Prepared(f"prove_{source.kind}", statement, (*places, "now"))


def _cell(field: Any) -> str:
    if field.attname in COLUMNS:
        return f"said.{field.attname}::{column_type(field.attname)}"
    if field.attname == "recorded_at":
        return "$2::timestamptz"
    with connection.cursor() as cursor:
        value = cursor.mogrify("%s", [field.get_db_prep_save(field.get_default(), connection)]).decode()
    return f"{value}::{field.db_type(connection)}"


def _put_right(source: Source, key: Any, reason: str) -> set[int]:
    """Compare one row below with all that the ledger has of it, and write what is missing; whose standing that changes."""
    facts = {str(fact[0]): fact for fact in _facts_of(source, key)}
    lines: dict[str, list[Evidence]] = {base: [] for base in facts}
    for row in _ledger_of(source, key):
        lines.setdefault(row.source.partition(AGAIN)[0], []).append(row)
    changed: set[int] = set()
    for base, line in lines.items():
        changed |= _settle_line(base, line, facts.get(base), reason)
    return changed


def _facts_of(source: Source, key: Any) -> list[Sequence[Any]]:
    try:
        return list(source.facts().filter(**{source.key: key}))
    except (ValidationError, ValueError):  # a source that names no row at all: nothing stands behind it
        return []


def _ledger_of(source: Source, key: Any) -> list[Evidence]:
    """Every row that was ever recorded of it, locked, oldest first, each with its withdrawal."""
    base = f"{source.prefix}{key}"
    ours = Q(source=base) | Q(source__startswith=f"{base}{AGAIN}") | Q(source__startswith=f"{base}:")
    rows = Evidence.objects.filter(ours).select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(rows.select_related("withdrawn_by"))


def _settle_line(base: str, line: Sequence[Evidence], fact: Sequence[Any] | None, reason: str) -> set[int]:
    """Withdraw what doesn't fit, append what is missing."""
    withdrawn = [row for row in line if hasattr(row, "withdrawn_by")]
    by_hand = any(not row.withdrawn_by.source.endswith(SETTLED) for row in withdrawn)
    standing = [row for row in line if row not in withdrawn]
    fits = next((row for row in standing if fact and says_the_same(row, fact)), None)
    wrong = [row for row in standing if row != fits and row.kind != EvidenceKind.REVOCATION]
    rows = [_withdrawal(row, reason) for row in wrong]
    if fact and not fits and not by_hand and len(wrong) == len(standing):
        said = dict(zip(COLUMNS, fact, strict=True)) | {"source": f"{base}{AGAIN}{len(line) + 1}" if line else base}
        rows.append(Evidence(**said))
    append(rows, ignore_conflicts=True)
    return {row.learner_id for row in rows}


def _withdrawal(row: Evidence, reason: str) -> Evidence:
    return Evidence(
        learner_id=row.learner_id,
        kind=EvidenceKind.WITHDRAWAL,
        source=f"withdrawal:{row.pk}{SETTLED}",
        performed_on=timezone.now().date(),
        withdraws=row,
        reason=reason,
    )

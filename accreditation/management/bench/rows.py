"""Rows by the ten thousand: one INSERT … SELECT for each table, columns taken from the model."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models, transaction

from assessments.models import Attempt, AttemptItem, ItemScore, ResponseEvent, ScoringRun

Columns = Mapping[str, str]
PEOPLE = "unnest(%(people)s::bigint[]) WITH ORDINALITY AS person (id, place)"


def insert(model: type[models.Model], columns: Columns, source: str, params: Mapping[str, Any]) -> int:
    """Write `columns` (name → SQL expression) of every row that `source` (what follows FROM) yields; how many."""
    table = model._meta.db_table
    sql = " ".join(
        ["INSERT INTO", table, f"({', '.join(map(_quoted, columns))})", "SELECT", ", ".join(columns.values())]
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FROM {source}", params)
        return cursor.rowcount


def copy(model: type[models.Model], changed: Columns, source: str, params: Mapping[str, Any]) -> int:
    """Write rows of the model again as `insert` does, from `kept`, an alias in `source`, with some columns changed."""
    names = [str(field.column) for field in model._meta.concrete_fields]
    kept = {name: f"kept.{_quoted(name)}" for name in names}
    if isinstance(model._meta.pk, models.AutoField) and "id" not in changed:
        del kept["id"]
    return insert(model, kept | dict(changed), source, params)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def next_id(model: type[models.Model]) -> str:
    """An SQL expression that draws a primary key."""
    return f"nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))"


# Foreign keys are deferred, so the ids of runs and events are drawn first and no row is written twice.
SITTINGS = f"""
CREATE TEMPORARY TABLE sitting AS
    SELECT person.id AS learner_id, gen_random_uuid() AS id, {next_id(ScoringRun)} AS run_id FROM {PEOPLE};
CREATE TEMPORARY TABLE sitting_item AS
    SELECT sitting.id AS attempt_id, sitting.run_id, item.id AS old_id, item.current_event_id AS old_event_id,
           {next_id(AttemptItem)} AS id,
           CASE WHEN item.current_event_id IS NOT NULL THEN {next_id(ResponseEvent)} END AS event_id
    FROM sitting CROSS JOIN assessments_attemptitem item WHERE item.attempt_id = %(template)s;
ANALYZE sitting; ANALYZE sitting_item;
"""  # noqa: S608


@transaction.atomic
def copy_sitting(template: Attempt, people: Sequence[int], *, ago: str = "0") -> None:
    """Give each of these learners a sitting like the template: draw, answers, and scores where it has them.

    `ago`: an interval by which theirs lies earlier.
    """
    params: dict[str, Any] = {"template": template.pk, "people": list(people), "ago": ago}
    with connection.cursor() as cursor:
        cursor.execute(SITTINGS, params)
    run = "sitting.run_id" if template.current_run_id else "NULL"
    times = {name: f"kept.{name} - %(ago)s::interval" for name in ("started_at", "deadline_at", "closed_at")}
    own = {"id": "sitting.id", "learner_id": "sitting.learner_id", "current_run_id": run}
    copy(Attempt, own | times, "sitting JOIN assessments_attempt kept ON kept.id = %(template)s", params)
    one = "sitting_item one JOIN {} kept ON kept.{} = one.{}"
    own = {"id": "one.id", "attempt_id": "one.attempt_id", "current_event_id": "one.event_id"}
    copy(AttemptItem, own, one.format("assessments_attemptitem", "id", "old_id"), params)
    own = {"id": "one.event_id", "item_id": "one.id"}
    copy(ResponseEvent, own, one.format("assessments_responseevent", "id", "old_event_id"), params)
    if template.current_run_id:
        own = {"id": "sitting.run_id", "attempt_id": "sitting.id"}
        copy(ScoringRun, own, "sitting JOIN assessments_scoringrun kept ON kept.attempt_id = %(template)s", params)
        own = {"run_id": "one.run_id", "item_id": "one.id"}
        copy(ItemScore, own, one.format("assessments_itemscore", "item_id", "old_id"), params)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE sitting, sitting_item")

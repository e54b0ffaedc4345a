"""Saving answers: the autosave protocol. What was acknowledged is in the database; what came too late is kept too."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from assessments.actions.closing import close_attempt
from assessments.actions.timekeeping import end_break
from assessments.models import Attempt, AttemptItem, Disposition, ResponseEvent
from assessments.rules.attempts import (
    digest_of,
    disposition_of,
    holds_lease,
    is_break_over,
    is_overdue,
    is_writable,
    remaining_ms,
)
from assessments.rules.kinds import Unanswerable, kind_of
from assessments.rules.saves import Entry, Reply, Saved
from courses.lib.compiled import Compiled, OneOf
from courses.lib.people import Person
from courses.lib.prepared import Prepared

STATUS = {Disposition.CHAIN: "stored", Disposition.SUPERSEDED: "stale"}
"""What a page hears for a disposition; every other one is "refused", with its reason."""

# Events and what they make current in one statement, whatever their number: a save is the most frequent deed of all.
WRITE = Prepared(
    "keep_answers",
    """
WITH sent AS (
    SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bool[], $5::bool[], $6::text[], $7::text[], $8::bool[])
        AS s(item_id, seq, value, answered, flagged, digest, disposition, current)
), kept AS (
    INSERT INTO assessments_responseevent
        (item_id, client_id, seq, value, answered, flagged, digest, received_at, disposition)
    SELECT item_id, $9::text, seq, value::jsonb, answered, flagged, digest, $10::timestamptz, disposition FROM sent
    RETURNING id, item_id, seq
)
UPDATE assessments_attemptitem i SET current_event_id = kept.id
FROM kept JOIN sent USING (item_id, seq) WHERE i.id = kept.item_id AND sent.current
""",
    ("item", "seq", "value", "answered", "flagged", "digest", "disposition", "current", "client_id", "now"),
)


@Compiled
def running_of(learner: Any, pk: Any) -> QuerySet[Any]:
    """The learner's own attempt, locked, with its time."""
    return Attempt.objects.visible_to(learner).timed().locked().filter(pk=pk)


@Compiled
def items_to_save(attempt: Any, positions: Any, client_id: Any, numbers: Any) -> QuerySet[Any]:
    """The items of a batch, each with the tab's last number for it and what became of the same numbers before.

    `answered_count` is how many the attempt has answered in all.
    """
    mine = ResponseEvent.objects.filter(item=OuterRef("pk"), client_id=client_id).order_by()
    again = mine.filter(OneOf("seq", numbers, "int"))
    answered = AttemptItem.objects.filter(attempt=attempt, current_event__answered=True).order_by().values("attempt")
    return (
        AttemptItem.objects.filter(OneOf("position", positions, "int"), attempt=attempt)
        .select_related("version", "current_event")
        .only("position", "option_order", "option_tokens", "version__kind", "current_event")
        .annotate(
            last_seq=Coalesce(Subquery(mine.order_by("-seq").values("seq")[:1]), 0),
            known=ArraySubquery(again.values(told=JSONObject(seq="seq", disposition="disposition"))),
            answered_count=Coalesce(Subquery(answered.annotate(count=Count("pk")).values("count")), 0),
        )
        .order_by()
    )


@dataclass(slots=True)
class _Batch:
    """One batch while it is worked through: what is true of the tab, what is there, what will be written."""

    client_id: str
    now: datetime
    writable: bool
    leased: bool
    items: dict[int, AttemptItem] = field(default_factory=dict)
    known: dict[tuple[int, int], str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    fresh: list[ResponseEvent] = field(default_factory=list)


@transaction.atomic
def save_responses(
    *, attempt_id: uuid.UUID, by: Person, client_id: str, epoch: int, entries: Sequence[Entry] = ()
) -> Saved:
    """Keep every entry, make the newest of the writing tab current, and say what became of each.

    Repeating (item, client, seq) returns the first outcome. An empty batch is the heartbeat. Raises
    Attempt.DoesNotExist where it isn't theirs. Three statements, whatever the number of entries; the first save of a
    tab takes the pen with a fourth.
    """
    attempt = running_of.get(learner=by, pk=attempt_id)
    if is_break_over(attempt, attempt.now):
        end_break(attempt)
    now, leased = attempt.now, holds_lease(attempt, client_id, epoch)
    batch = _Batch(client_id, now, writable=is_writable(attempt, now), leased=leased)
    if batch.writable and leased and not attempt.writer_client:
        attempt.writer_client = client_id
        attempt.save(update_fields=["writer_client"])
    replies, count = _keep(attempt, entries, batch)
    if is_overdue(attempt, now):
        close_attempt(attempt=attempt, now=now)
    return Saved(
        state=attempt.state,
        saved_at=now,
        remaining_ms=remaining_ms(attempt, now),
        epoch=attempt.writer_epoch,
        saved_count=count,
        moved=batch.writable and not leased,
        items=replies,
    )


def _keep(attempt: Attempt, entries: Sequence[Entry], batch: _Batch) -> tuple[list[Reply], int]:
    """Write the entries; their replies, and how many items are answered now."""
    if not entries:
        return [], attempt.items.filter(current_event__answered=True).count()
    rows = items_to_save(
        attempt=attempt,
        positions=[one.item for one in entries],
        client_id=batch.client_id,
        numbers=[one.seq or 0 for one in entries],
    )
    count = rows[0].answered_count if rows else 0
    before = sum(map(_is_answered, rows))
    batch.items = {item.position: item for item in rows}
    batch.last = {item.pk: item.last_seq for item in rows}
    batch.known = {(item.pk, one["seq"]): one["disposition"] for item in rows for one in item.known}
    in_order = sorted(range(len(entries)), key=lambda n: entries[n].seq or 0)
    outcomes = {n: _outcome(entries[n], batch) for n in in_order}
    _write(batch)
    replies = [_reply(outcomes[n], one, batch) for n, one in enumerate(entries)]
    return replies, count - before + sum(map(_is_answered, rows))


def _write(batch: _Batch) -> None:
    """Append the new events, and point each item to the one that became current. One statement, or none."""
    if not batch.fresh:
        return
    current = {id(item.current_event) for item in batch.items.values()}
    columns = ("seq", "answered", "flagged", "digest", "disposition")
    values: dict[str, Any] = {name: [getattr(one, name) for one in batch.fresh] for name in columns}
    values["item"] = [one.item_id for one in batch.fresh]
    values["value"] = [json.dumps(one.value) for one in batch.fresh]
    values["current"] = [id(one) in current for one in batch.fresh]
    with connection.cursor() as cursor:
        WRITE.execute(cursor, values | {"client_id": batch.client_id, "now": batch.now})


def _is_answered(item: AttemptItem) -> bool:
    return item.current_event is not None and item.current_event.answered


def _outcome(entry: Entry, batch: _Batch) -> tuple[str, str]:
    """(status, reason) of one entry; a new one becomes a row to write."""
    item = batch.items.get(entry.item)
    if item is None:
        return "refused", "unknown-item"
    seq = entry.seq or batch.last[item.pk] + 1
    if (item.pk, seq) in batch.known:
        before = batch.known[item.pk, seq]
        first = STATUS.get(Disposition(before), "refused")
        return ("duplicate", "") if first == "stored" else (first, before)
    event, reason = _event(entry, item, seq, batch)
    batch.fresh.append(event)
    batch.known[item.pk, seq] = event.disposition
    batch.last[item.pk] = max(batch.last[item.pk], seq)
    if event.disposition == Disposition.CHAIN:
        item.current_event = event
    return STATUS.get(Disposition(event.disposition), "refused"), reason


def _event(entry: Entry, item: AttemptItem, seq: int, batch: _Batch) -> tuple[ResponseEvent, str]:
    """The row of a new entry, and why it doesn't count where it doesn't."""
    value, answer, fault = _parsed(entry, item)
    disposition = disposition_of(
        writable=batch.writable, leased=batch.leased, newer=seq > batch.last[item.pk], readable=not fault
    )
    event = ResponseEvent(
        item=item,
        client_id=batch.client_id,
        seq=seq,
        value=value,
        answered=not fault and kind_of(item.version.kind).is_answered(value),
        flagged=entry.flagged,
        digest=digest_of(answer, flagged=entry.flagged),
        received_at=batch.now,
        disposition=disposition,
    )
    return event, (fault or disposition) if disposition != Disposition.CHAIN else ""


def _parsed(entry: Entry, item: AttemptItem) -> tuple[Any, Sequence[str], str]:
    """(stored value, answer as the page sends it, fault). What can't be read is kept as it came."""
    kind, tokens = kind_of(item.version.kind), item.tokens
    try:
        value = kind.parse(entry.value, tokens)
    except Unanswerable as error:
        return list(entry.value), entry.value, str(error)
    return value, kind.deliver(value, tokens), ""


def _reply(outcome: tuple[str, str], entry: Entry, batch: _Batch) -> Reply:
    """The item's current number and digest go with every reply, so that the page never has to guess."""
    item = batch.items.get(entry.item)
    event = item.current_event if item else None
    status, reason = outcome
    return Reply(entry.item, status, event.seq if event else 0, event.digest if event else "", reason)

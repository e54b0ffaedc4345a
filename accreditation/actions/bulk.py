"""Bulk deeds are ordered, worked on in batches, stopped, continued and undone. The rows are the truth; a task only hurries them.

Lock order: one batch at a time for the whole portal (`LOCK`), then the deed, then people by primary key.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accreditation.actions import bulk_batches, bulk_kinds, people_undo
from accreditation.actions.organisation_news import tell_of_import
from accreditation.actions.people_rows import apply_row
from accreditation.models import BulkDeed, BulkDeedRow, DeedKind, DeedRowState, DeedState, User
from accreditation.rules.bulk import Order, order_of, why_not_begin, why_not_continue, why_not_order, why_not_stop
from accreditation.rules.bulk import why_not_undo as why_not_put_back
from accreditation.signals import bulk_deed_ordered
from courses.actions.audit import record_event
from courses.lib.limits import seconds_to_wait
from courses.lib.refusals import Refusal, Refused, refuse_if

log = logging.getLogger(__name__)
BATCH = 100
WORTH_A_TASK = 240.0
"""Seconds that one task works on a deed before it makes room; a sweep goes on with the rest."""
SILENCE = timedelta(minutes=1)
"""After so long without a batch a sweep takes a deed up."""
MOST_TRIES = 5
LOCK = 8_013_020
MESSAGES_AN_HOUR = 10
MOST_PEOPLE = 100_000

Settle = Callable[[BulkDeedRow, User | None], None]


@transaction.atomic
def order_deed(
    *, kind: str, people: Sequence[int], title: str, filter: Mapping[str, Any], arguments: Mapping[str, Any], by: User
) -> BulkDeed:
    """Write the order and everybody it is about, as a list that no later change of the filter touches.

    Refused: `not-allowed`, `past`, `not-published`, `nobody`, `too-many` people or messages.
    """
    now = timezone.now()
    refuse_if(why_not_order(kind, by))
    refuse_if(why_not_begin(order_of(kind, arguments, by, now.date())))
    if not people:
        refuse_if(Refusal("nobody", _("Nobody is like that. Choose other people.")))
    if len(people) > MOST_PEOPLE:
        refuse_if(Refusal("too-many", _("That is too many at once. Choose fewer people.")))
    if kind == DeedKind.MESSAGE and seconds_to_wait(
        "bulk-message", f"person {by.pk}", allowed=MESSAGES_AN_HOUR, per_seconds=3600
    ):
        refuse_if(Refusal("too-many", _("You have sent many messages within the hour. Go on later.")))
    deed = BulkDeed.objects.create(
        kind=kind, filter=dict(filter), arguments=dict(arguments), title=title[:300], people=len(people),
        by=by, made_at=now, due_at=now + SILENCE,
    )  # fmt: skip
    rows = (BulkDeedRow(deed=deed, position=place, person_id=pk) for place, pk in enumerate(people))
    BulkDeedRow.objects.bulk_create(rows, batch_size=2000)
    begin(deed)
    return deed


def begin(deed: BulkDeed) -> None:
    """Say that a deed was ordered or goes on: audited, and hurried."""
    record_event(
        event="bulk deed", by=deed.by, subject=f"accreditation.bulkdeed:{deed.pk}", kind=deed.kind, people=deed.people
    )
    bulk_deed_ordered.send(sender=BulkDeed, deed=deed)


@transaction.atomic
def stop_deed(*, deed: BulkDeed, by: User) -> BulkDeed:
    """Let no further batch begin; what is done stays. Waits for the batch that is under way. Refused where it doesn't run."""
    row = _locked(deed)
    refuse_if(why_not_order(row.kind, by))
    refuse_if(why_not_stop(row))
    row.state, row.due_at = DeedState.STOPPED, None
    row.save(update_fields=["state", "due_at"])
    record_event(event="bulk deed stopped", by=by, subject=f"accreditation.bulkdeed:{row.pk}")
    return row


@transaction.atomic
def continue_deed(*, deed: BulkDeed, by: User) -> BulkDeed:
    """Go on with what was stopped or failed, from the first row that waits. Refused as `why_not_continue` says."""
    row = _locked(deed)
    refuse_if(why_not_continue(row, by))
    row.state, row.due_at, row.tries, row.problem = DeedState.RUNNING, timezone.now() + SILENCE, 0, ""
    row.save(update_fields=["state", "due_at", "tries", "problem"])
    record_event(event="bulk deed continued", by=by, subject=f"accreditation.bulkdeed:{row.pk}")
    bulk_deed_ordered.send(sender=BulkDeed, deed=row)
    return row


@transaction.atomic
def undo_deed(*, deed: BulkDeed, by: User) -> BulkDeed:
    """Order that what a deed did is put back, the last row first; what somebody changed since stays. Once.

    Refused as `why_not_undo` says. Source: rules.md 13.20, 13.27.
    """
    first = _locked(deed)
    refuse_if(why_not_put_back(first, by))
    now = timezone.now()
    done = list(first.rows.filter(state=DeedRowState.DONE).order_by("-position").values_list("pk", "person_id"))
    if not done:
        refuse_if(Refusal("nothing", _("It did nothing that could be undone.")))
    row = BulkDeed.objects.create(
        kind=first.kind, undoes=first, arguments=first.arguments, people=len(done), by=by, made_at=now,
        due_at=now + SILENCE, title=(_("Undo: %(title)s") % {"title": first.title})[:300],
    )  # fmt: skip
    rows = (
        BulkDeedRow(deed=row, position=place, person_id=person, undoes_id=pk) for place, (pk, person) in enumerate(done)
    )
    BulkDeedRow.objects.bulk_create(rows, batch_size=2000)
    begin(row)
    return row


def _locked(deed: BulkDeed) -> BulkDeed:
    return BulkDeed.objects.select_for_update(of=("self",)).select_related("by").get(pk=deed.pk)


def work_on_deed(*, deed_id: int, seconds: float = WORTH_A_TASK) -> bool:
    """Do batches of a deed until it is finished, stopped, or this time is over. Whether the deed is still under way.

    Each batch is one transaction with its rows, so that a worker that dies in one has done nothing of it, and no row is done
    twice. A batch that fails is tried again by the sweep, five times.
    """
    until = time.monotonic() + seconds
    goes_on = True
    while goes_on and time.monotonic() < until:
        if not _count_try(deed_id):
            return False
        try:
            goes_on = _batch(deed_id)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            log.exception("a batch of bulk deed %s was not done", deed_id)
            _give_up_after_tries(deed_id, type(error).__name__)
            return True
    if goes_on:
        bulk_deed_ordered.send(sender=BulkDeed, deed=BulkDeed(pk=deed_id))
    return goes_on


@transaction.atomic
def _count_try(deed_id: int) -> bool:
    """Whether the deed runs. Counted before the batch: a worker that is killed by its row each time must not try for ever."""
    deed = BulkDeed.objects.select_for_update().filter(pk=deed_id, state=DeedState.RUNNING).first()
    if deed is None:
        return False
    if deed.tries >= MOST_TRIES:
        _fail(deed, deed.problem or "killed")
        return False
    deed.tries, deed.due_at = deed.tries + 1, timezone.now() + SILENCE
    deed.save(update_fields=["tries", "due_at"])
    return True


@transaction.atomic
def _give_up_after_tries(deed_id: int, problem: str) -> None:
    deed = BulkDeed.objects.select_for_update().filter(pk=deed_id, state=DeedState.RUNNING).first()
    if deed is not None:
        deed.problem = problem
        deed.save(update_fields=["problem"])
        if deed.tries >= MOST_TRIES:
            _fail(deed, problem)


def _fail(deed: BulkDeed, problem: str) -> None:
    deed.state, deed.due_at, deed.problem = DeedState.FAILED, None, problem
    deed.save(update_fields=["state", "due_at", "problem"])


@transaction.atomic
def _batch(deed_id: int) -> bool:
    """Settle the next hundred rows; whether there may be more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    rows = BulkDeed.objects.select_for_update(of=("self",)).select_related("by")
    deed = rows.filter(pk=deed_id, state=DeedState.RUNNING).first()
    if deed is None:
        return False
    now = timezone.now()
    if refusal := why_not_order(deed.kind, deed.by):
        deed.state, deed.due_at, deed.problem = DeedState.STOPPED, None, refusal.sentence
        deed.save(update_fields=["state", "due_at", "problem"])
        return False
    waiting = deed.rows.filter(state=DeedRowState.WAITING).select_related("import_row", "undoes").order_by("position")
    batch = list(waiting[:BATCH])
    _settle_all(deed, batch, order_of(deed.kind, deed.arguments, deed.by, now.date()))
    for row in batch:
        row.settled_at = now
    BulkDeedRow.objects.bulk_update(batch, ["person", "state", "why", "before", "after", "settled_at"])
    deed.tries, deed.due_at, deed.problem = 0, now + SILENCE, ""
    if len(batch) < BATCH:
        deed.state, deed.due_at, deed.ended_at = DeedState.DONE, None, now
        if deed.kind == DeedKind.IMPORT and deed.undoes_id is None:
            tell_of_import(deed=deed)
    deed.save(update_fields=["state", "due_at", "tries", "problem", "ended_at"])
    return len(batch) == BATCH


def _settle_all(deed: BulkDeed, batch: Sequence[BulkDeedRow], order: Order) -> None:
    """Each row by itself; a bad one stops no other."""
    keys = sorted({row.person_id for row in batch if row.person_id})
    rows = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation")
    people = {person.pk: person for person in rows.filter(pk__in=keys).order_by("pk")}
    _settle_together(deed, batch, people, order)
    settle = _deed_of(deed, order)
    for row in batch:
        if row.state == DeedRowState.WAITING:
            _settle(row, settle, people.get(row.person_id or 0))
    if deed.undoes_id is not None and deed.kind == DeedKind.IMPORT:
        people_undo.remove_untouched(rows=[row for row in batch if row.person_id], by=deed.by)


def _settle_together(deed: BulkDeed, batch: Sequence[BulkDeedRow], people: Mapping[int, User], order: Order) -> None:
    """What can be done at once; where one row spoils that, nothing of it is done and each goes by itself."""
    named = [row.person_id for row in batch]
    try:
        with transaction.atomic():
            bulk_batches.settle_together(deed=deed, rows=batch, people=people, order=order)
    except (SoftTimeLimitExceeded, OperationalError, InterfaceError):
        raise
    except Exception:  # the row to blame is found by doing each alone
        log.warning("a batch of bulk deed %s is done row by row", deed.pk, exc_info=True)
        for row, kept in zip(batch, named, strict=True):
            row.state, row.before, row.after, row.person_id = DeedRowState.WAITING, {}, {}, kept


def _deed_of(deed: BulkDeed, order: Order) -> Settle:
    """What is done for one row."""
    if deed.kind == DeedKind.IMPORT:
        if deed.undoes_id is not None:
            return lambda row, person: people_undo.put_back(row=row, person=person, by=deed.by)
        tells = bool(deed.arguments.get("tells"))
        return lambda row, person: apply_row(row=row, person=person, by=deed.by, tells=tells)
    if deed.undoes_id is not None:
        return lambda row, person: bulk_kinds.put_back(row=row, person=person, order=order)
    return lambda row, person: bulk_kinds.do_for(row=row, person=person, order=order, deed=deed)


def _settle(row: BulkDeedRow, settle: Settle, person: User | None) -> None:
    kept = row.person_id
    try:
        with transaction.atomic():
            settle(row, person)
        row.state = DeedRowState.DONE
    except (SoftTimeLimitExceeded, OperationalError, InterfaceError):
        raise  # the time or the database is to blame, not the row
    except Refused as refused:
        _not_done(row, kept, DeedRowState.SKIPPED, refused.refusal.sentence)
    except Exception as error:  # one bad row never stops the batch
        log.exception("a row of a bulk deed failed", extra={"deed": row.deed_id, "position": row.position})
        name = type(error).__name__
        _not_done(
            row, kept, DeedRowState.FAILED, _("An error of ours (%(name)s). Tell who runs the portal.") % {"name": name}
        )


def _not_done(row: BulkDeedRow, person_id: int | None, state: DeedRowState, why: str) -> None:
    row.state, row.why, row.person_id, row.before, row.after = state, why[:500], person_id, {}, {}

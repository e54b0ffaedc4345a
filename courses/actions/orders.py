"""Putting rows in order: all places in one deed."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from courses.actions.audit import record_event
from courses.lib.people import Person
from courses.lib.refusals import refuse_if
from courses.models.withdrawals import subject_of
from courses.rules.orders import why_not_order


@transaction.atomic
def put_in_order(
    *, rows: QuerySet[Any], wanted: Sequence[int], before: str, of: Model | None, what: str, by: Person
) -> int:
    """Give the rows the places 0, 1, 2, …; how many moved. `of`: what they belong to, locked for it; `before`: what was seen.

    Refused: `stale-order`, where the list changed since or other rows are named. Rows with a history get a version each.
    """
    if of is not None:
        type(of)._default_manager.select_for_update().get(pk=of.pk)
    found = list(rows.select_for_update(of=("self",)))
    refuse_if(why_not_order([one.pk for one in found], wanted, before))
    place = {pk: number for number, pk in enumerate(wanted)}
    moved = [one for one in found if one.position != place[one.pk]]
    for one in moved:
        one.position = place[one.pk]
        one._history_user = by
        one.save(update_fields=["position"])
    if moved:
        subject = subject_of(of) if of is not None else rows.model._meta.label_lower
        record_event(event="put in order", by=by, subject=subject, what=what, order=list(wanted))
    return len(moved)

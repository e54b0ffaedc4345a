"""Giving awards and endorsements their bit of a status list, and signing the lists.

Lock order: credential, endorsement, beginning of a list, list, key lock.
"""

import secrets
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from badges import statuslists
from badges.actions.signing import signed_text
from badges.models import Credential, Endorsement, StatusList
from badges.rules.issuing import our_issuer
from courses.lib.clock import database_now

LIST_LOCK = 0x6C697374
"""Number of the advisory lock under which a list is begun."""
DRAWS = 8
"""Indexes drawn at once. Where all are given already, the list is full enough and the next one begins."""


@transaction.atomic
def draw_entry(kind: str = StatusList.Kind.AWARDS) -> tuple[StatusList, int]:
    """A list of this kind, and an index of it that nothing else has: drawn at random, so that neighbours tell nothing.

    Two queries. Two who draw the same index at once differ by the constraint: one of them starts again. An index is never given
    twice, because neither credentials nor endorsements are ever deleted.
    """
    newest = StatusList.objects.defer("document").filter(kind=kind).first()
    if newest is not None:
        drawn = [secrets.randbelow(statuslists.SIZE) for _ in range(DRAWS)]
        given = entries_of(newest).filter(status_index__in=drawn)
        free = set(drawn).difference(given.values_list("status_index", flat=True))
        if free:
            return newest, free.pop()
    return _begin_list(kind, after=newest.number if newest else 0), secrets.randbelow(statuslists.SIZE)


def entries_of(row: StatusList) -> QuerySet[Any]:
    """Everything that has a bit of the list."""
    model = Endorsement if row.kind == StatusList.Kind.ENDORSEMENTS else Credential
    return model.objects.filter(status_list__number=row.number)


def _begin_list(kind: str, *, after: int) -> StatusList:
    """The list of this kind that follows number `after`. Two who begin it at once make one."""
    _lock_beginning()
    if begun := StatusList.objects.filter(kind=kind, number__gt=after).first():
        return begun
    newest = StatusList.objects.values_list("number", flat=True).first()
    row = StatusList(kind=kind, number=(newest or 0) + 1)
    _write(row)
    return row


def lock_lists() -> None:
    """Hold every list, and let none be begun, until the transaction ends: for whoever signs all of them under the key lock.

    One that were begun meanwhile would be locked after the keys, while whoever revokes on it waits for the keys.
    """
    _lock_beginning()
    list(StatusList.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _lock_beginning() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LIST_LOCK])


@transaction.atomic
def sign_list(*, list_id: int) -> StatusList:
    """Write and sign a list anew from its entries. Whoever revokes calls it in the same transaction.

    Two at once take turns, and the second sees what the first revoked.
    """
    row = StatusList.objects.select_for_update(no_key=True).get(pk=list_id)
    _write(row)
    return row


@transaction.atomic
def sign_every_list() -> int:
    """Sign all lists anew, for a key that was withdrawn; how many there are."""
    keys = list(StatusList.objects.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        sign_list(list_id=key)
    return len(keys)


def _write(row: StatusList) -> None:
    revoked = entries_of(row).filter(state__in=[Credential.State.REVOKED, Endorsement.State.WITHDRAWN])
    now = database_now()
    row.signed_at = max(row.signed_at or now, now)  # the later of two writers may have begun before the other
    row.document = signed_text(
        statuslists.build_list(
            issuer=our_issuer(),
            number=row.number,
            revoked=[index for index in revoked.values_list("status_index", flat=True) if index is not None],
            valid_from=row.signed_at,
        )
    )
    row.save()

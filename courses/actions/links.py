"""Addresses are noted, checked one machine after the other, and agreed to again where a change was none.

Source: rules.md 2.20 to 2.24.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.lib.outbound import Ask, Reply, ask, is_configured
from courses.lib.people import Person
from courses.lib.refusals import Refusal, Refused
from courses.models import Link, LinkState
from courses.rules.links import (
    USE,
    addresses_in_use,
    conditions,
    days_between,
    failed_by,
    found_by,
    host_of,
    is_page,
)

BATCH = 200
BUSY = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)
LATER = timedelta(hours=1)
"""A check that a killed worker took with it is made again so much later."""
NO_HEAD = (400, 404, 405, 406, 410, 500, 501, 503)
log = logging.getLogger(__name__)


def note_addresses(*, now: datetime | None = None) -> int:
    """A row for each address that content in use points at, none for those that nothing does any more. Returns the new ones."""
    now = now or timezone.now()
    used = addresses_in_use()
    known = set(Link.objects.values_list("url", flat=True))
    Link.objects.filter(url__in=known - set(used)).delete()
    fresh = [Link(url=url, host=host_of(url), due_at=now) for url in used if url not in known]
    Link.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    return len(fresh)


def links_due(*, now: datetime) -> list[int]:
    """Keys of the addresses to check now, the machines in turn, those that were due longest first. None while it is off."""
    if not is_configured(USE):
        return []
    rows = Link.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "host")[: BATCH * 5]
    turns: dict[str, int] = {}
    placed = []
    for pk, host in rows:
        turns[host] = turns.get(host, 0) + 1
        placed.append((turns[host], pk))
    most = settings.LINK_CHECKS_A_MINUTE
    return [pk for turn, pk in sorted(placed, key=lambda one: one[0]) if turn <= most][:BATCH]


def check_link(*, link_id: int, now: datetime | None = None) -> Link | None:
    """Ask for one address and write down what came of it. None where it isn't due, or its machine is being asked already.

    One request at a time to a machine, and no more than `LINK_CHECKS_A_MINUTE` addresses of it a minute. Nothing is locked
    while the other side takes its time. Whatever it answers, the next address is asked as if nothing had been.
    """
    now = now or timezone.now()
    link = _claim(link_id, now)
    if link is None:
        return None
    days = days_between(link)
    try:
        reply = _ask(link)
        values = found_by(link, reply, now, days)
        _hold_off(link, reply, now)
    except Exception as problem:  # a stranger's page: no answer may stop the addresses after it
        log.info("a link could not be checked", extra={"link": link.pk}, exc_info=True)
        values = failed_by(link, problem, now, days)
    with transaction.atomic():
        row = Link.objects.select_for_update().filter(pk=link.pk).first()
        if row is None:  # nothing points at it any more
            return None
        if row.fingerprint != link.fingerprint and "changed_at" in values:  # somebody agreed to the page meanwhile
            values["changed_at"] = None if values["seen"] == row.fingerprint else now
            values["state"] = LinkState.CHANGED if values["changed_at"] else LinkState.FINE
        for name, value in (values | {"busy_until": None}).items():
            setattr(row, name, value)
        row.save()
    return row


@transaction.atomic
def _claim(link_id: int, now: datetime) -> Link | None:
    """The row, held for this check; None where it has to wait. The lock on the machine's name ends with the transaction."""
    host = Link.objects.filter(pk=link_id).values_list("host", flat=True).first()
    if host is None or not is_configured(USE):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('links'), hashtext(%s))", [host])
    same = Link.objects.filter(host=host)
    if same.filter(busy_until__gt=now).exists():
        return None
    if same.filter(asked_at__gt=now - MINUTE).count() >= settings.LINK_CHECKS_A_MINUTE:
        return None
    link = Link.objects.select_for_update().filter(pk=link_id, due_at__lte=now).first()
    if link is None or (link.asked_at and link.asked_at > now - MINUTE):
        return None
    link.asked_at, link.busy_until, link.due_at = now, now + BUSY, now + LATER
    link.save(update_fields=["asked_at", "busy_until", "due_at"])
    return link


def _ask(link: Link) -> Reply:
    """The headers first; the page only where it is text, and another one than was seen. A HEAD that is refused says nothing."""
    headers = conditions(link)
    first = ask(Ask(USE, link.url, method="HEAD", headers=headers))
    if first.status == 304 or (first.is_fine and not is_page(first)):
        return first
    if not first.is_fine and first.status not in NO_HEAD:
        return first
    return ask(Ask(USE, link.url, headers=headers))


def _hold_off(link: Link, reply: Reply, now: datetime) -> None:
    """A machine that asks for time gets it, for all its addresses, a day at most."""
    wait = min(reply.seconds_to_wait(), 86_400)
    if reply.status in (429, 503) and wait:
        until = now + timedelta(seconds=wait)
        Link.objects.filter(host=link.host, due_at__lt=until).exclude(pk=link.pk).update(due_at=until)


@transaction.atomic
def ask_again(*, link: Link, by: Person) -> Link:
    """Let an address be checked within the next minutes. Refused while the check is off."""
    if not is_configured(USE):
        raise Refused(
            Refusal(
                "outbound_off",
                _("This portal asks no other machines yet. Its operator can switch the check of links on."),
            )
        )
    link = Link.objects.select_for_update().get(pk=link.pk)
    link.due_at = timezone.now()
    link.save(update_fields=["due_at"])
    return link


@transaction.atomic
def dismiss_change(*, link: Link, by: Person) -> Link:
    """Somebody looked, and what seemed changed is as it should be: the page as it was seen is agreed to."""
    link = Link.objects.select_for_update().get(pk=link.pk)
    if link.changed_at is None:
        raise Refused(Refusal("not-changed", _("Nothing looks changed there.")))
    _agree(link, by, timezone.now())
    return link


def agree_to_page(*, url: str, by: Person | None) -> None:
    """The source at this address was looked at: its page as it was seen last is agreed to. Within the caller's transaction."""
    link = Link.objects.select_for_update().filter(url=url, changed_at__isnull=False).first() if url else None
    if link:
        _agree(link, by, timezone.now())


def _agree(link: Link, by: Person | None, now: datetime) -> None:
    link.fingerprint, link.text, link.changed_at = link.seen, link.seen_text, None
    link.dismissed_at, link.dismissed_by_id = now, by.pk if by else None
    if link.state == LinkState.CHANGED:
        link.state = LinkState.MOVED if link.moved_to else LinkState.FINE
    link.save()

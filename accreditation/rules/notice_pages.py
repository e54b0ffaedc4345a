"""One page of a person's notices: by day, filtered, and with a way on that doesn't shift when new ones come."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accreditation.models import Notice, NoticeKind, User

PAGE = 20


@dataclass(frozen=True, slots=True)
class NoticePage:
    """`days`: pairs of a heading and its notices, newest first. `after`: the cursor of older ones, or empty."""

    days: list[tuple[str, list[Notice]]]
    after: str


def notice_page(*, person: User, kind: str, only_unread: bool, before: str, now: datetime) -> NoticePage:
    """Twenty notices of this kind (any where empty or unknown) that are older than the cursor. One query."""
    rows = Notice.objects.visible_to(person)
    if kind in NoticeKind.values:
        rows = rows.filter(kind=kind)
    if only_unread:
        rows = rows.unread()
    if cursor := _read(before):
        rows = rows.filter(Q(created_at__lt=cursor[0]) | Q(created_at=cursor[0], pk__lt=cursor[1]))
    found = list(rows[: PAGE + 1])
    shown, today = found[:PAGE], timezone.localdate(now)
    days = groupby(shown, key=lambda row: timezone.localdate(row.created_at))
    after = f"{shown[-1].created_at.isoformat()}_{shown[-1].pk}" if len(found) > PAGE else ""
    return NoticePage([(_name(day, today), list(group)) for day, group in days], after)


def _read(cursor: str) -> tuple[datetime, int] | None:
    """The moment and the row of a cursor; None where it is none, so an odd address shows the newest."""
    moment, _sign, number = cursor[:80].partition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    fits = at is not None and at.tzinfo is not None and number.isascii() and number.isdigit() and len(number) < 19
    return (at, int(number)) if at and fits else None


def _name(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    return _("Yesterday") if day == today - timedelta(days=1) else date_format(day, "j F Y")


def kinds_of(person: User) -> list[tuple[str, str]]:
    """The kinds of notices that the person has, to choose from. One query."""
    kinds = set(Notice.objects.visible_to(person).order_by().values_list("kind", flat=True).distinct())
    return [(kind.value, str(kind.label)) for kind in NoticeKind if kind in kinds]

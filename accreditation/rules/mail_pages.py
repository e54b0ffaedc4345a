"""What the administration shows of mails: how the last day went, what may be tried again, and examples to look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from accreditation.models import (
    Digest,
    Invitation,
    MailState,
    Manner,
    Notice,
    NoticeKind,
    ReportKind,
    ReportMail,
    ReportView,
    User,
)
from accreditation.models.notices import Mailed
from courses.lib.clock import show_day
from courses.lib.refusals import Refusal

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class MailCount:
    """How many mails of the last 24 hours are in a state; `value` is the state."""

    value: str
    label: str
    count: int


def counts_of_the_day(rows: type[Notice] | type[Digest] | type[ReportMail], now: datetime) -> list[MailCount]:
    """The mails of notices (or digests) written in the last 24 hours, by state. One query."""
    found = rows._default_manager.filter(created_at__gte=now - DAY).order_by()
    counts = dict(found.values_list("mail_state").annotate(Count("pk")))
    return [MailCount(one.value, str(one.label), counts[one]) for one in MailState if one in counts]


def why_not_try_again(row: Mailed) -> Refusal | None:
    """Only what was given up is tried again."""
    if row.mail_state != MailState.FAILED:
        return Refusal("not-given-up", _("This mail was not given up."))
    return None


def example_notice(kind: str, reader: User) -> Notice:
    """The reader's own newest notice of this kind, or a made-up one. Not saved. One query."""
    told = Notice.objects.filter(kind=kind, recipient=reader).first()
    label = str(NoticeKind(kind).label)
    example = Notice(
        kind=kind, title=label, text=_("What happened, and what to do next, stands here."), link="/notices/"
    )
    row = told or example
    row.recipient, row.created_at = reader, row.created_at or timezone.now()
    return row


def example_digest(period: str, reader: User) -> tuple[Digest, list[Notice]]:
    """A digest of three examples. Not saved."""
    kinds = (NoticeKind.DECISION, NoticeKind.BADGE, NoticeKind.DUE_DATE)
    return Digest(person=reader, period=Manner(period)), [example_notice(kind, reader) for kind in kinds]


def example_report(reader: User) -> dict[str, Any]:
    """What a report by mail tells, made up. Not saved."""
    figures = [[_("People"), 1200], [_("Overdue"), 35], [_("End within 90 days"), 80]]
    view = ReportView(pk=0, owner=reader, name=_("A saved view"), kind=ReportKind.COVERAGE)
    told = {"figures": figures, "lines": [], "is_small": False}
    return {"view": view, "told": told, "lines": [], "day": show_day(timezone.localdate())}


def example_invitation(reader: User) -> Invitation:
    """An invitation as the reader would get it. Not saved."""
    return Invitation(email=reader.email, role=reader.role, organisation=reader.organisation)

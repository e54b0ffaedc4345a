"""Sending the e-mail of a row that is its outbox: taken before it is sent, tried again later, given up in the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accreditation.models import MailState, User
from accreditation.models.notices import MAILING, Mailed
from accreditation.rules.mail_pages import why_not_try_again
from accreditation.rules.mail_times import quiet_end
from accreditation.rules.stopping import stop_address
from courses.actions.audit import record_event
from courses.lib.clock import zone_of
from courses.lib.refusals import refuse_if

TRIES = 24
"""A server that fails every other time loses one mail in sixteen million; one that is away is waited for over a day."""
LONGEST_WAIT = timedelta(hours=2)
STUCK_AFTER = timedelta(minutes=10)
MAIL_FIELDS = ["mail_state", "mail_due_at", "mail_attempts", "mail_problem", "mailed_at"]


def deliver(*, row: Mailed | None, send: Callable[[Any], None]) -> bool:
    """Send the mail of a row that `take` gave out. A failure waits longer each time, half a minute to two hours."""
    if row is None:
        return False
    try:
        send(row)
    except Exception as problem:  # a mail that can't be written fails like one that can't be sent, and is given up too
        _put_back(row, f"{type(problem).__name__}: {problem}")
        return False
    row.mail_state, row.mailed_at, row.mail_problem = MailState.SENT, timezone.now(), ""
    row.save(update_fields=MAIL_FIELDS)
    return True


@transaction.atomic
def take(*, rows: QuerySet, pk: int, person: str, kind: str = "") -> Any:
    """Mark a due mail as being sent and return its row; None where there is nothing to send now.

    The row says "being sent" before the mail server is asked: a process that dies in between leaves a row that the
    sweep takes up again, so a mail may come twice, under one Message-ID, never not at all. In the person's quiet hours it
    waits for their end, which is no try.
    """
    now, locked = timezone.now(), rows.select_for_update(skip_locked=True, of=("self",))
    row = (
        locked.select_related(person, f"{person}__mail_times")
        .filter(pk=pk, mail_state__in=MAILING, mail_due_at__lte=now)
        .first()
    )
    if row is None:
        return None
    reader = getattr(row, person)
    ends_at = quiet_end(person=reader, kind=kind or getattr(row, "kind", ""), now=now)
    if not reader.is_active or row.mail_attempts >= TRIES:
        row.mail_state = MailState.FAILED if reader.is_active else MailState.NONE
    elif ends_at:
        row.mail_state, row.mail_due_at = MailState.WAITING, ends_at
    else:
        row.mail_state, row.mail_due_at = MailState.SENDING, now + STUCK_AFTER
        row.mail_attempts += 1
    row.save(update_fields=MAIL_FIELDS)
    return row if row.mail_state == MailState.SENDING else None


def _put_back(row: Mailed, problem: str) -> None:
    given_up = row.mail_attempts >= TRIES
    row.mail_state = MailState.FAILED if given_up else MailState.WAITING
    row.mail_due_at = timezone.now() + wait_after(row.mail_attempts)
    row.mail_problem = problem[:1000]
    row.save(update_fields=MAIL_FIELDS)


@transaction.atomic
def try_again(*, row: Mailed, by: User) -> Mailed:
    """Let a mail that was given up be tried anew, as often as the first time. Refused as `why_not_try_again` says."""
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    refuse_if(why_not_try_again(locked))
    locked.mail_state, locked.mail_due_at, locked.mail_attempts = MailState.WAITING, timezone.now(), 0
    locked.save(update_fields=MAIL_FIELDS)
    record_event(event="mail tried again", by=by, subject=f"{row._meta.verbose_name} {row.pk}")
    return locked


def wait_after(attempts: int) -> timedelta:
    """How long after this many failures the next try waits: 30 seconds, a minute, two … two hours."""
    return min(timedelta(seconds=15 * 2 ** min(attempts, 12)), LONGEST_WAIT)


def compose(
    *, template: str, person: User, what: str, facts: dict[str, Any], message_id: str
) -> EmailMultiAlternatives:
    """A mail as text and as HTML, in the person's language and zone, with the one-click stop of what it is (RFC 8058)."""
    stop = stop_address(person_id=person.pk, what=what)
    known = {"person": person, "stop_url": stop, "site_url": settings.SITE_URL} | facts
    with translation.override(person.language), timezone.override(zone_of(person.time_zone)):
        known["organisation_name"] = settings.ORGANISATION_NAME
        subject = " ".join(render_to_string(f"emails/{template}.subject", known).split())
        text, page = (render_to_string(f"emails/{template}.{ending}", known) for ending in ("txt", "html"))
    # The same id each time: a mail that has to be sent again after a crash is one mail to the reader's mail program.
    headers = {
        "Message-ID": f"<{message_id}@{settings.SITE_HOST}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(subject, text, to=[person.email], headers=headers)
    mail.attach_alternative(page, "text/html")
    return mail

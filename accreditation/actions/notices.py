"""Telling people things: a row first, the mail from the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accreditation.models import MailPreference, MailState, Notice, User
from accreditation.signals import notice_written

TRIES = 8
STUCK_AFTER = timedelta(minutes=10)
# Where another transaction tells the same at this moment, it is waited for, and its row is read afterwards.
TELL = """
INSERT INTO accreditation_notice (recipient_id, kind, key, title, text, link, link_text, created_at,
    mail_state, mail_due_at, mail_attempts, mail_problem)
SELECT %(recipient)s, n.kind, n.key, n.title, n.text, n.link, n.link_text, %(now)s,
    CASE WHEN p.id IS NULL THEN 'waiting' ELSE 'none' END, CASE WHEN p.id IS NULL THEN %(now)s END, 0, ''
FROM unnest(%(kind)s::text[], %(key)s::text[], %(title)s::text[], %(text)s::text[], %(link)s::text[], %(link_text)s::text[])
    AS n(kind, key, title, text, link, link_text)
LEFT JOIN accreditation_mailpreference p ON p.person_id = %(recipient)s AND p.kind = n.kind
ON CONFLICT (recipient_id, key) DO NOTHING RETURNING *
"""


@dataclass(frozen=True, slots=True)
class News:
    """What a notice says; `key` names the fact, so that one person is told of it once."""

    kind: str
    key: str
    title: str
    text: str = ""
    link: str = ""
    link_text: str = ""


def tell(*, recipient_id: int, **news: str) -> Notice:
    """Write one notice (the fields of `News`) once per recipient and `key`, as `tell_all` does."""
    return tell_all(recipient_id=recipient_id, news=[News(**news)])[0]


def tell_all(*, recipient_id: int, news: Sequence[News]) -> list[Notice]:
    """Write each notice once per recipient and `key`; its mail waits unless the person doesn't want that kind.

    One statement, whatever the number; what was told before comes back as it is, with a second.
    """
    wanted = list({one.key: one for one in news}.values())
    facts = {name: [getattr(one, name) for one in wanted] for name in News.__dataclass_fields__}
    facts["title"] = [one.title[:200] for one in wanted]
    fresh = Notice.objects.raw(TELL, facts | {"recipient": recipient_id, "now": timezone.now()})
    rows = {row.key: row for row in fresh}
    for row in list(rows.values()):
        notice_written.send(sender=Notice, notice=row)
    if told := [one.key for one in wanted if one.key not in rows]:
        rows |= {row.key: row for row in Notice.objects.filter(recipient_id=recipient_id, key__in=told)}
    return [rows[one.key] for one in news]


def deliver_notice(*, notice_id: int) -> bool:
    """Send the mail of one waiting notice. A failure waits longer each time, and is given up after eight tries.

    The row says "being sent" before the mail server is asked: a process that dies in between leaves a row that the
    sweep takes up again, so a mail may come twice, under one Message-ID, never not at all.
    """
    notice = _take(notice_id)
    if notice is None:
        return False
    try:
        _send(notice)
    except Exception as problem:  # a mail that can't be written fails like one that can't be sent, and is given up too
        _put_back(notice, f"{type(problem).__name__}: {problem}")
        return False
    notice.mail_state, notice.mailed_at, notice.mail_problem = MailState.SENT, timezone.now(), ""
    notice.save(update_fields=["mail_state", "mailed_at", "mail_problem"])
    return True


def _take(notice_id: int) -> Notice | None:
    now = timezone.now()
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("recipient")
        notice = rows.filter(
            pk=notice_id, mail_state__in=[MailState.WAITING, MailState.SENDING], mail_due_at__lte=now
        ).first()
        if notice is None:
            return None
        if not notice.recipient.is_active or notice.mail_attempts >= TRIES:
            notice.mail_state = MailState.FAILED if notice.recipient.is_active else MailState.NONE
            notice.save(update_fields=["mail_state"])
            return None
        notice.mail_state, notice.mail_due_at = MailState.SENDING, now + STUCK_AFTER
        notice.mail_attempts += 1
        notice.save(update_fields=["mail_state", "mail_due_at", "mail_attempts"])
        return notice


def _send(notice: Notice) -> None:
    facts = {"notice": notice, "site_url": settings.SITE_URL, "organisation_name": settings.ORGANISATION_NAME}
    subject = " ".join(render_to_string("emails/notice.subject", facts).split())
    # The same id each time: a mail that has to be sent again after a crash is one mail to the reader's mail program.
    headers = {"Message-ID": f"<notice-{notice.pk}@{settings.SITE_HOST}>"}
    text = render_to_string("emails/notice.txt", facts)
    mail = EmailMultiAlternatives(subject, text, to=[notice.recipient.email], headers=headers)
    mail.attach_alternative(render_to_string("emails/notice.html", facts), "text/html")
    mail.send()


def _put_back(notice: Notice, problem: str) -> None:
    given_up = notice.mail_attempts >= TRIES
    notice.mail_state = MailState.FAILED if given_up else MailState.WAITING
    notice.mail_due_at = timezone.now() + timedelta(minutes=2**notice.mail_attempts)
    notice.mail_problem = problem[:1000]
    notice.save(update_fields=["mail_state", "mail_due_at", "mail_problem"])


@transaction.atomic
def mark_read(*, notice: Notice, by: User) -> Notice:
    """Note that the reader has opened it."""
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return notice


def mark_all_read(*, by: User) -> int:
    """Note that the reader has seen every notice. Returns how many were new."""
    return Notice.objects.visible_to(by).unread().update(read_at=timezone.now())


@transaction.atomic
def choose_mail(*, kinds: set[str], all_kinds: set[str], by: User) -> None:
    """Keep which kinds of notices a person wants by e-mail too."""
    MailPreference.objects.filter(person=by).delete()
    MailPreference.objects.bulk_create(MailPreference(person=by, kind=kind) for kind in sorted(all_kinds - kinds))

"""Telling people things: a row first, the mail from the row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from accreditation.actions.mailing import compose, deliver, take
from accreditation.models import Notice, User, usual_manner
from accreditation.signals import notice_written
from courses.lib.words import Words, keep, say

# Where another transaction tells the same at this moment, it is waited for, and its row is read afterwards.
TELL = """
INSERT INTO accreditation_notice (recipient_id, kind, key, title, text, link, link_text, words, created_at,
    mail_state, mail_due_at, mail_attempts, mail_problem)
SELECT n.recipient, n.kind, n.key, n.title, n.text, n.link, n.link_text, n.words::jsonb, %(now)s,
    CASE m.manner WHEN 'at_once' THEN 'waiting' WHEN 'never' THEN 'none' ELSE m.manner END,
    CASE WHEN m.manner <> 'never' THEN %(now)s END, 0, ''
FROM unnest(%(recipient)s::bigint[], %(kind)s::text[], %(key)s::text[], %(title)s::text[], %(text)s::text[], %(link)s::text[],
    %(link_text)s::text[], %(words)s::text[], %(usual)s::text[])
    AS n(recipient, kind, key, title, text, link, link_text, words, usual)
LEFT JOIN accreditation_mailpreference p ON p.person_id = n.recipient AND p.kind = n.kind
CROSS JOIN LATERAL (SELECT COALESCE(p.manner, n.usual) AS manner) m
ON CONFLICT (recipient_id, key) DO NOTHING RETURNING *
"""


TOLD = {"title": 200, "text": None, "link_text": 80}
"""What a notice says in words, and how much of it fits in its column."""


@dataclass(frozen=True, slots=True)
class News:
    """What a notice says; `key` names the fact, so that one person is told of it once.

    Title, text and the words of the link are `Said`, so that each reader has them in their language, or text as it is.
    """

    kind: str
    key: str
    title: Words
    text: Words = ""
    link: str = ""
    link_text: Words = ""


def tell(*, recipient_id: int, **news: Any) -> Notice:
    """Write one notice (the fields of `News`) once per recipient and `key`, as `tell_all` does."""
    return tell_all(recipient_id=recipient_id, news=[News(**news)])[0]


def tell_all(*, recipient_id: int, news: Sequence[News]) -> list[Notice]:
    """Write each notice once per recipient and `key`; its mail waits, alone or for a digest, as the person wants that kind.

    One statement, whatever the number; what was told before comes back as it is, with a second.
    """
    wanted = list({one.key: one for one in news}.values())
    rows = {row.key: row for row in tell_people(news=[(recipient_id, one) for one in wanted])}
    if told := [one.key for one in wanted if one.key not in rows]:
        rows |= {row.key: row for row in Notice.objects.filter(recipient_id=recipient_id, key__in=told)}
    return [rows[one.key] for one in news]


def tell_people(*, news: Sequence[tuple[int, News]]) -> list[Notice]:
    """Write each notice to its recipient, once per recipient and `key`; returns those that are new. One statement."""
    wanted = {(recipient, one.key): one for recipient, one in news}
    told = list(wanted.values())
    facts: dict[str, list[Any]] = {name: [getattr(one, name) for one in told] for name in ("kind", "key", "link")}
    facts["recipient"] = [recipient for recipient, _key in wanted]
    with translation.override(settings.LANGUAGE_CODE):
        facts |= {name: [say(getattr(one, name))[:most] for one in told] for name, most in TOLD.items()}
    facts["words"] = [
        json.dumps({name: keep(getattr(one, name)) for name in TOLD if _is_said(one, name)}) for one in told
    ]
    facts["usual"] = [str(usual_manner(one.kind)) for one in told]
    rows = list(Notice.objects.raw(TELL, facts | {"now": timezone.now()}))
    for row in rows:
        notice_written.send(sender=Notice, notice=row)
    return rows


def _is_said(one: News, name: str) -> bool:
    return not isinstance(getattr(one, name), str)


def deliver_notice(*, notice_id: int) -> bool:
    """Send the mail of one waiting notice, as `deliver` says."""
    return deliver(row=take(rows=Notice.objects.all(), pk=notice_id, person="recipient"), send=lambda row: _send(row))


def _send(notice: Notice) -> None:
    facts = {"notice": notice}
    name = f"notice-{notice.pk}"
    compose(template="notice", person=notice.recipient, what=notice.kind, facts=facts, message_id=name).send()


@transaction.atomic
def mark_read(*, notice: Notice, by: User) -> Notice:
    """Note that the reader has opened it."""
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    return notice


@transaction.atomic
def mark_unread(*, notice: Notice, by: User) -> Notice:
    """Let a notice count as new again: the reader wants to come back to it. Its mail is not sent again."""
    if notice.read_at is not None:
        notice.read_at = None
        notice.save(update_fields=["read_at"])
    return notice


def mark_all_read(*, by: User) -> int:
    """Note that the reader has seen every notice. Returns how many were new."""
    return Notice.objects.visible_to(by).unread().update(read_at=timezone.now())

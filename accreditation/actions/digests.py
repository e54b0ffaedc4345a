"""Digests: what isn't urgent is gathered, and comes as one e-mail a day or a week."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accreditation.actions.mailing import compose, deliver, take
from accreditation.models import Digest, MailState, Notice, User
from accreditation.models.notices import GATHERING
from accreditation.rules.mail_times import last_digest, next_digest

SHOWN = 100


def gather_due(*, person_id: int, now: datetime | None = None) -> list[Digest]:
    """Make the digests of one person that have come, each with its notices in one transaction, and date what still waits.

    What was read in the app is left out; where nothing is left, there is no digest. What comes after a digest of the same
    day or week was made waits for the next one.
    """
    now = now or timezone.now()
    with transaction.atomic():
        person = (
            User.objects.select_for_update(no_key=True, of=("self",)).select_related("mail_times").get(pk=person_id)
        )
        return [made for period in GATHERING if (made := _gather(person, period, now))]


def _gather(person: User, period: str, now: datetime) -> Digest | None:
    """The digest of the newest moment that has come, if anything waits for it."""
    waiting = Notice.objects.filter(recipient=person, mail_state=period)
    moment, day = last_digest(person=person, period=period, now=now)
    waiting.filter(read_at__isnull=False).update(mail_state=MailState.NONE, mail_due_at=None)
    due = waiting.filter(created_at__lt=moment)
    digest = None
    if due.exists() and not Digest.objects.filter(person=person, period=period, period_on=day).exists():
        digest = Digest.objects.create(
            person=person, period=period, period_on=day, mail_state=MailState.WAITING, mail_due_at=now
        )
        due.update(digest=digest, mail_state=MailState.DIGEST, mail_due_at=None)
    waiting.update(mail_due_at=next_digest(person=person, period=period, after=now)[0])
    return digest


def deliver_digest(*, digest_id: int) -> bool:
    """Send one digest, as `deliver` says."""
    return deliver(row=take(rows=Digest.objects.all(), pk=digest_id, person="person"), send=_send)


def _send(digest: Digest) -> None:
    rows = list(digest.notices.order_by("created_at", "pk")[: SHOWN + 1])
    facts = {"digest": digest, "notices": rows[:SHOWN], "more": len(rows) > SHOWN, "count": digest.notices.count()}
    name = f"digest-{digest.pk}"
    compose(template="digest", person=digest.person, what=digest.period, facts=facts, message_id=name).send()

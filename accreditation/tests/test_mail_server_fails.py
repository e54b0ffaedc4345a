"""Many notices, a mail server that fails half the time, workers that die, a broker that forgets: each mail arrives.

`NOTICES_TRIED` says how many; 5,000 takes some minutes.
"""

import os
import random
from collections import Counter

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accreditation.actions import sweeps
from accreditation.actions.notices import deliver_notice, tell
from accreditation.models import Notice
from courses.tests.people import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
MANY = int(os.environ.get("NOTICES_TRIED", "200"))


class Killed(BaseException):
    """A process that is gone: nothing catches it."""


@pytest.fixture
def mailbox(monkeypatch):
    """What a server took, by Message-ID: it fails half the time, before it took the mail or after."""
    arrived, chance = Counter(), random.Random(8)
    arrived.killed = set()

    def send(message, *_):
        name, dice = message.extra_headers["Message-ID"], chance.random()
        if dice < 0.5:
            raise OSError("connection refused")
        arrived[name] += 1
        if 0.5 <= dice < 0.51:
            arrived.killed.add(name)
            raise Killed

    monkeypatch.setattr(EmailMultiAlternatives, "send", send)
    return arrived


def test_each_mail_arrives_whatever_fails(mailbox):
    """No nudge ever reaches a worker, as after an emptied broker: the sweep alone finds them."""
    people = [make_person() for _ in range(20)]
    for number in range(MANY):
        tell(recipient_id=people[number % 20].pk, kind="decision", key=f"fact:{number}", title=f"Fact {number}")
    rows, rounds = Notice.objects.filter(mail_state__in=["waiting", "sending"]), 0

    while rows.exists() and rounds < 200:
        rows.update(mail_due_at=timezone.now())
        rounds += 1
        try:
            if rounds % 5:
                sweeps.sweep_notices()
            else:
                deliver_notice(notice_id=rows.order_by("?").first().pk)
        except Killed:
            continue

    twice = {name for name, many in mailbox.items() if many > 1}
    print(  # noqa: T201
        f"{MANY} notices, {len(mailbox)} arrived, {len(twice)} twice, {len(mailbox.killed)} workers killed, {rounds} rounds"
    )
    assert len(mailbox) == MANY
    assert set(Notice.objects.values_list("mail_state", flat=True)) == {"sent"}
    assert twice <= mailbox.killed

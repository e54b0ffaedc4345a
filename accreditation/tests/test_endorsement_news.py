"""What follows an endorsement: the holder is told, and the audit trail keeps who wrote and who withdrew it."""

import json

import pytest

from accreditation.models import Notice
from badges.tests.test_endorsements import COMMENT, endorse, withdraw
from courses.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_holder_is_told_and_the_audit_trail_keeps_it():
    endorsement = endorse()
    withdraw(endorsement)

    titles = Notice.objects.filter(recipient=endorsement.credential.holder).values_list("title", flat=True)
    assert {"Endorsed: Accredited Partner Seller", "Endorsement withdrawn: Accredited Partner Seller"} <= set(titles)
    events = AuditEvent.objects.filter(subject=f"badges.endorsement:{endorsement.pk}").order_by("pk")
    assert [(one.event, one.actor_id) for one in events] == [
        ("endorsement written", endorsement.author_id), ("endorsement withdrawn", endorsement.author_id),
    ]  # fmt: skip
    assert COMMENT not in json.dumps([one.details for one in events])

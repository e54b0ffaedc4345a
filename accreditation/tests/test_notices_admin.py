"""Mails in the administration: how the day went, another try, and what every mail looks like."""

import pytest
from django.core import mail
from django.urls import reverse

from accreditation.actions.sweeps import sweep_notices
from accreditation.models import Digest, Invitation, Notice, NoticeKind
from accreditation.tests.factories import NoticeFactory, make_enablement
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
PREVIEWS = reverse("admin:accreditation_mail_previews")


@pytest.fixture
def staff(client):
    client.force_login(make_enablement())
    return client


def again(client, row):
    return client.post(reverse("admin:accreditation_notice_deed", args=[row.pk, "again"]))


def test_a_mail_that_was_given_up_is_tried_again(staff):
    row = NoticeFactory(mail_state="failed", mail_attempts=24, mail_problem="OSError: refused")

    again(staff, row)

    assert sweep_notices() == 1
    assert len(mail.outbox) == 1
    assert AuditEvent.objects.filter(event="mail tried again").count() == 1


@pytest.mark.parametrize("state", ["none", "waiting", "daily"])
def test_only_what_was_given_up_is_tried_again(staff, state):
    row = NoticeFactory(mail_state=state)

    again(staff, row)

    row.refresh_from_db()
    assert (row.mail_state, mail.outbox) == (state, [])


def test_the_list_says_how_the_day_went(staff):
    NoticeFactory.create_batch(2, mail_state="failed")

    html = staff.get(reverse("admin:accreditation_notice_changelist")).content.decode()

    assert "given up: 2" in html


@pytest.mark.parametrize("what", [*NoticeKind.values, "daily", "weekly", "invitation"])
def test_every_mail_is_shown_as_text_and_html(staff, what):
    page = staff.get(PREVIEWS, {"mail": what})
    frame = staff.get(reverse("admin:accreditation_mail_preview", args=[what]))

    assert (page.status_code, frame.status_code) == (200, 200)
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    assert "Field Enablement" in frame.content.decode()
    assert (Notice.objects.count(), Digest.objects.count(), Invitation.objects.count(), mail.outbox) == (0, 0, 0, [])


def test_an_unknown_mail_is_not_found_and_others_are_kept_out(staff, client):
    assert staff.get(PREVIEWS, {"mail": "zeal"}).status_code == 404
    client.force_login(make_person())
    assert client.get(PREVIEWS).status_code in (302, 403, 404)
    client.force_login(make_person(is_staff=True))
    assert client.get(PREVIEWS).status_code in (403, 404)

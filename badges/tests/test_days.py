"""The day of an award is one day, wherever it is told: that of the program's calendar."""

import json
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from badges.rules.cards import card_facts
from badges.rules.certificates import certificate_facts
from badges.rules.checking import check_record, record_of
from badges.rules.days import day_in_words, day_of
from badges.rules.issuing import linkedin_url
from badges.tests.factories import make_credential
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 6, 30, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "month"),
    [("UTC", "30 June 2026", 6), ("Pacific/Auckland", "1 July 2026", 7), ("America/Los_Angeles", "30 June 2026", 6)],
)
@pytest.mark.parametrize("reader", ["Asia/Tokyo", "America/Los_Angeles", None])
def test_card_sheet_page_checks_and_profile_tell_the_same_day(client, zone, day, month, reader):
    credential = make_credential(awarded_at=LATE, time_zone=zone, valid_until=None)
    if reader:
        client.force_login(make_person(time_zone=reader))

    page = client.get(credential.get_absolute_url()).content.decode()
    verdict = check_record(credential, now=timezone.now())

    assert day_in_words(credential, credential.awarded_at) == day
    assert card_facts(credential, verdict).dates == f"Awarded {day}"
    assert certificate_facts(credential, verdict).dates == f"Awarded {day}, without an end"
    assert f">{day}</time>" in page and f"From {day}, without an end." in page
    assert f"issueMonth={month}&" in linkedin_url(credential, "x")


def test_day_of_a_revocation_is_told_by_the_same_calendar(client, monkeypatch):
    monkeypatch.setattr("badges.actions.revocations.database_now", lambda: LATE)
    credential = revoke(make_credential(awarded_at=datetime(2026, 6, 1, tzinfo=UTC), time_zone="Pacific/Auckland"))

    page = client.get(credential.get_absolute_url()).content.decode()

    assert "was revoked on 1 July 2026" in page and "Revoked on 1 July 2026." in page


def test_a_row_without_its_facts_brings_its_time_zone(django_assert_num_queries):
    credential = make_credential(awarded_at=LATE, time_zone="Pacific/Auckland")
    row = record_of(json.loads(credential.document))

    with django_assert_num_queries(0):
        assert day_of(row, row.valid_from) == date(2026, 7, 1)

"""The register leaves the house with a permission, after a second look, without formulas, and is written down."""

import csv
import io
import time

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from badges.rules import registers
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
EXPORT = "/admin/badges/credential/export/"


def sign_in(client, *permissions, ago=0):
    person = make_person(is_staff=True)
    person.user_permissions.add(*Permission.objects.filter(content_type__app_label="badges", codename__in=permissions))
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - ago, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return person


def table(response):
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_list_is_downloaded_with_states_and_pages(client):
    sign_in(client, "export", "view_credential")
    live, ended = make_credential(), make_expired_credential(holder=make_person(name="A B"))
    revoked = make_credential(holder=make_person(name="C D"))
    revoke(revoked)

    rows = table(client.get(EXPORT))

    states = {row["page"].split("/")[-2]: row["state"] for row in rows}
    assert states == {str(live.pk): "valid", str(ended.pk): "expired", str(revoked.pk): "revoked"}
    row = next(row for row in rows if row["state"] == "valid")
    assert (row["holder"], row["email"]) == (live.holder.get_full_name(), live.holder.email)
    assert row["valid_until"] == live.valid_until.isoformat() and row["version"] == "1"


def test_the_filters_of_the_list_hold(client):
    sign_in(client, "export", "view_credential")
    make_credential()
    other = make_credential(achievement=make_achievement(slug="other", name="Other"))

    rows = table(client.get(EXPORT, {"achievement__id__exact": other.achievement_id}))

    assert [row["badge"] for row in rows] == ["Other"]


def test_what_a_spreadsheet_would_run_is_disarmed(client):
    sign_in(client, "export", "view_credential")
    make_credential(holder=make_person(name='=HYPERLINK("x")'))

    assert table(client.get(EXPORT))[0]["holder"].startswith("'=")


def test_a_filter_that_there_is_not_downloads_nothing(client):
    sign_in(client, "export", "view_credential")

    assert client.get(EXPORT, {"awarded_at__gte": "never"}).status_code == 404
    assert not AuditEvent.objects.filter(event="badges exported").exists()


def test_more_rows_than_the_cap_are_refused_and_not_cut(client, monkeypatch):
    sign_in(client, "export", "view_credential")
    monkeypatch.setattr(registers, "MOST_ROWS", 1)
    make_credential()
    make_credential(holder=make_person(name="A B"))

    response = client.get(EXPORT)

    assert response.status_code == 409 and "Narrow the list by its filters" in response.content.decode()
    assert not AuditEvent.objects.filter(event="badges exported").exists()


def test_it_stands_in_the_audit_trail(client):
    person = sign_in(client, "export", "view_credential")

    client.get(EXPORT, {"state__exact": "issued"})

    event = AuditEvent.objects.filter(event="badges exported").get()
    assert (event.actor_id, event.details["query"]) == (person.pk, "state__exact=issued")


def test_who_signed_in_long_ago_says_once_more_who_they_are(client):
    sign_in(client, "export", "view_credential", ago=3_600)

    response = client.get(EXPORT)

    assert response.status_code == 302 and "reauthenticate" in response["Location"]


@pytest.mark.parametrize("permissions", [(), ("view_credential",), ("revoke", "view_credential")])
def test_others_get_no_file_and_no_link(client, permissions):
    sign_in(client, *permissions)

    assert client.get(EXPORT).status_code == 403
    if permissions:
        assert "Download this list" not in client.get(reverse("admin:badges_credential_changelist")).content.decode()


def test_a_row_costs_no_statement_of_its_own(client, django_assert_max_num_queries):
    sign_in(client, "export", "view_credential")
    for number in range(6):
        make_credential(holder=make_person(name=f"Person {number}"))

    with django_assert_max_num_queries(14):
        assert len(table(client.get(EXPORT))) == 6

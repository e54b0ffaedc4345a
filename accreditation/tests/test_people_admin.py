"""People in the administration: what enablement may set of others, and what nobody reaches by a side door."""

import pytest
from django.urls import reverse

from accreditation.roles import ENABLEMENT
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"admin:accreditation_{name}", args=args)


def fields(person, **changed):
    """The form of a person as the page would send it back."""
    kept = {"email": person.email, "name": person.name, "time_zone": "UTC", "language": "en", "is_active": "on"}
    return kept | {"groups": [group.pk for group in person.groups.all()]} | changed


@pytest.fixture
def enablement(client):
    person = make_person(groups=[ENABLEMENT], is_staff=True)
    client.force_login(person)
    client.person = person
    return client


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_superuser_is_not_changed_through_an_old_version_of_the_row(enablement, method):
    root = make_person(is_staff=True, is_superuser=True)
    old = root.history.first()

    address = url("user_simple_history", root.pk, old.history_id)
    getattr(enablement, method)(address, fields(root, email="mine@example.com"))

    root.refresh_from_db()
    assert root.email != "mine@example.com"


def test_a_person_who_may_only_view_can_not_edit_through_history(client):
    from django.contrib.auth.models import Permission

    reader = make_person(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(reader)
    other = make_person(name="Before")

    client.post(url("user_simple_history", other.pk, other.history.first().history_id), fields(other, name="After"))

    other.refresh_from_db()
    assert other.name == "Before"

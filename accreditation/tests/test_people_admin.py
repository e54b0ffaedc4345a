"""People in the administration: what enablement may set of others, and what nobody reaches by a side door."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.urls import reverse

from accreditation import adapters
from accreditation.models import User
from accreditation.roles import ENABLEMENT, GRADER, REVIEW_LEAD
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
    reader = make_person(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(reader)
    other = make_person(name="Before")

    client.post(url("user_simple_history", other.pk, other.history.first().history_id), fields(other, name="After"))

    other.refresh_from_db()
    assert other.name == "Before"


NEW_PASSWORD = {"password1": "taken-over-now", "password2": "taken-over-now", "usable_password": "true"}


@pytest.mark.parametrize("group", [ENABLEMENT, REVIEW_LEAD, GRADER])
def test_enablement_can_not_become_a_colleague(enablement, group):
    colleague = make_person(groups=[group], is_staff=True)

    answer = enablement.post(f"/admin/accreditation/user/{colleague.pk}/password/", NEW_PASSWORD)
    enablement.post(url("user_change", colleague.pk), fields(colleague, name="Renamed", email="mine@example.com"))

    now = User.objects.get(pk=colleague.pk)
    assert answer.status_code == 403
    assert now.check_password("demo-accreditation")
    assert (now.name, now.email) == ("Renamed", colleague.email)


def test_enablement_corrects_the_address_of_a_learner(enablement):
    learner = make_person()

    enablement.post(url("user_change", learner.pk), fields(learner, email="right@example.com"))

    assert User.objects.get(pk=learner.pk).email == "right@example.com"


def test_enablement_does_not_raise_its_own_rights(enablement):
    own = enablement.person
    wish = {"is_staff": "on", "is_superuser": "on", "user_permissions": [1], "groups": []}

    enablement.post(url("user_change", own.pk), fields(own, **wish))

    now = User.objects.get(pk=own.pk)
    assert not now.is_superuser
    assert not now.user_permissions.exists()
    assert [group.name for group in now.groups.all()] == [ENABLEMENT]


@pytest.mark.parametrize("path", ["/profile/", "/accounts/signup/"])
def test_a_name_stays_on_one_line(client, path):
    if path == "/profile/":
        client.force_login(make_person(email="one@example.com"))
    form = {"name": "Ann\r\n\u202eBcc: x\x07", "time_zone": "UTC", "language": "en"}

    client.post(path, form | {"email": "one@example.com", "password1": "long-enough-to-keep", "is_staff": "on"})

    assert User.objects.get(email="one@example.com").name == "Ann Bcc: x"


def test_a_learner_sets_nothing_but_the_four_fields_of_the_profile(client):
    learner = make_person()
    client.force_login(learner)
    wish = {"is_staff": "on", "is_superuser": "on", "email": "x@example.com", "groups": 1, "role": 1, "organisation": 1}

    client.post("/profile/", {"name": "Ann", "time_zone": "UTC", "language": "en"} | wish)

    now = User.objects.get(pk=learner.pk)
    assert (now.name, now.email, now.is_staff, now.is_superuser) == ("Ann", learner.email, False, False)
    assert (now.role_id, now.organisation_id, now.groups.count()) == (None, None, 0)


def test_signing_up_takes_a_hash_whether_the_address_is_known_or_not(client, monkeypatch):
    hashed, make = [], adapters.make_password
    monkeypatch.setattr(adapters, "make_password", lambda password: hashed.append(make(password)))
    form = {"name": "Ann", "email": make_person().email, "password1": "long-enough-to-keep"}

    answer = client.post("/accounts/signup/", form)

    assert answer.status_code == 302
    assert len(hashed) == 1


@pytest.mark.parametrize("action", ["publish", "withdraw"])
@pytest.mark.parametrize("model", ["courses.course", "accreditation.program"])
def test_whoever_may_only_view_publishes_and_withdraws_nothing(client, model, action):
    app, name = model.split(".")
    row = apps.get_model(model).objects.create(
        slug="row", title="Row", state="draft" if action == "publish" else "published"
    )
    reader = make_person(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename=f"view_{name}", content_type__app_label=app))
    client.force_login(reader)

    page = client.post(
        reverse(f"admin:{app}_{name}_changelist"), {"action": action, "_selected_action": row.pk}, follow=True
    )

    row.refresh_from_db()
    assert page.status_code == 200
    assert row.state == ("draft" if action == "publish" else "published")

"""Enablement makes systems, sets their reach and blocks what misbehaves; no page shows or spells a secret."""

import re
import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accreditation.models import Application
from accreditation.rules.applications import hash_of
from accreditation.tests.applications import Wallet, make_system, read, system_token
from accreditation.tests.factories import OrganisationFactory, make_enablement, make_program
from badges.tests.factories import make_credential
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/accreditation/application/"


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Registrations are counted by address, and all tests have one."""
    cache.clear()


def sign_in(client, person=None, ago=0):
    person = person or make_enablement()
    client.force_login(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - ago, "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return person


def test_a_system_from_its_form_to_its_first_reading(client):
    enablement, own, program = sign_in(client), OrganisationFactory(), make_program(badge=True)
    make_credential(holder=make_person(organisation=own), achievement=program.achievement)

    form = {"name": "HR of the partner", "organisation": own.pk, "programs": [program.pk]}
    assert client.post(f"{LIST}add/", form).status_code == 302
    row = Application.objects.get()
    page = f"{LIST}{row.pk}/secret/"
    assert "Make a new secret" in client.get(page).content.decode()
    shown = client.post(page)
    secret = re.findall(r"<code>([\w-]{43})</code>", shown.content.decode())[-1]

    assert "no-store" in shown["Cache-Control"] and row.made_by == enablement
    assert read(system_token(row, secret).json()["access_token"])["X-Total-Count"] == "1"
    assert secret not in client.get(page).content.decode() + client.get(f"{LIST}{row.pk}/change/").content.decode()
    written = AuditEvent.objects.get(event="application written")
    assert (written.actor, written.details) == (enablement, {"organisation": own.pk, "programs": [program.slug]})
    assert AuditEvent.objects.get(event="application got a secret").actor == enablement


def test_a_system_without_a_secret_gets_nothing():
    row = make_system()
    row.secret_hash = ""
    row.save()

    for guess in ("", "0", "x" * 43):
        assert system_token(row, guess).status_code == 401


def test_a_new_secret_ends_the_old_and_what_was_got_by_it(client):
    sign_in(client)
    row = make_system(organisation=OrganisationFactory())
    token = system_token(row).json()["access_token"]

    client.post(f"{LIST}{row.pk}/secret/")

    assert system_token(row).status_code == 401 and read(token).status_code == 401


def test_a_secret_asks_once_more_who_it_is(client):
    sign_in(client, ago=3600)

    response = client.post(f"{LIST}{make_system().pk}/secret/")

    assert response.status_code == 302 and "reauthenticate" in response["Location"]


def test_what_registered_itself_is_read_and_blocked_only(client):
    sign_in(client)
    wallet = Wallet()
    pk, before = wallet.row.pk, wallet.row.client_id

    shown = client.get(f"{LIST}{pk}/change/").content.decode()
    client.post(f"{LIST}{pk}/change/", {"name": "Other", "organisation": OrganisationFactory().pk})

    assert "Example Wallet" in shown and 'name="name"' not in shown
    assert (wallet.row.name, wallet.row.organisation, wallet.row.client_id) == ("Example Wallet", None, before)
    assert client.post(f"{LIST}{pk}/secret/").status_code == 404
    client.post(f"{LIST}{pk}/deed/block/")
    assert wallet.row.blocked_at is not None and wallet.token(grant_type="refresh_token").status_code == 401
    client.post(f"{LIST}{pk}/deed/unblock/")
    assert wallet.row.blocked_at is None
    assert list(AuditEvent.objects.filter(event__contains="block").values_list("event", flat=True).order_by("pk")) == [
        "application blocked",
        "application unblocked",
    ]


def test_nothing_is_deleted_by_hand(client):
    sign_in(client, make_person(is_staff=True, is_superuser=True))

    assert client.get(f"{LIST}{make_system().pk}/delete/").status_code == 403


@pytest.mark.parametrize("group", ["grader", "review lead", "partner manager"])
def test_others_have_no_applications(group):
    client = Client()
    sign_in(client, make_person(groups=[group], is_staff=True))
    row = make_system()

    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/secret/", f"{LIST}add/"):
        assert client.get(address).status_code in (403, 302), address
    assert client.post(f"{LIST}{row.pk}/secret/").status_code == 403
    assert Application.objects.get().secret_hash == row.secret_hash


@pytest.mark.parametrize(
    "lookup", ["secret_hash__startswith", "tokens__access_hash__startswith", "consents__code_hash__gt"]
)
def test_no_filter_spells_a_hash(client, lookup):
    sign_in(client)
    make_system()

    assert client.get(LIST, {lookup: "a"}).status_code in (302, 400)


def test_no_page_of_the_administration_shows_a_hash(client):
    sign_in(client, make_person(is_staff=True, is_superuser=True))
    row = make_system()

    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", f"{LIST}?q={row.client_id}"):
        shown = client.get(address)
        assert shown.status_code == 200
        assert hash_of("s3cret-of-a-system") not in shown.content.decode()


def test_an_idle_system_says_so(client):
    sign_in(client)
    row = make_system()

    assert (
        "It reads nothing: choose an organisation"
        in client.get(reverse("admin:accreditation_application_change", args=[row.pk])).content.decode()
    )


def test_the_list_costs_the_same_for_many(client, django_assert_max_num_queries):
    sign_in(client)
    for _ in range(5):
        make_system(organisation=OrganisationFactory())

    with django_assert_max_num_queries(12):
        client.get(LIST)

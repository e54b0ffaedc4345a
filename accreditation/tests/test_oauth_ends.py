"""What ends the reading of an application, what people hear and see of it, and that nothing kept opens a door."""

import io
import logging

import pytest
from allauth.account.signals import password_reset
from django.contrib.auth import get_user_model
from django.core import serializers
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accreditation.models import Application, Notice
from accreditation.rules.scopes import READ_BADGES
from accreditation.tests.applications import (
    EVERYTHING,
    Wallet,
    make_system,
    read,
    system_token,
)
from accreditation.tests.factories import OrganisationFactory
from accreditation.tests.test_oauth import browser_of, look
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Registrations are counted by address, and all tests have one."""
    cache.clear()


def test_suspension_blocking_and_withdrawal_act_on_the_next_request():
    wallet, person = Wallet(), make_person()
    tokens = wallet.connected(person)

    def reads():
        return read(tokens["access_token"]).status_code

    assert reads() == 200
    get_user_model().objects.filter(pk=person.pk).update(is_active=False)
    assert reads() == 401 and wallet.refresh(tokens["refresh_token"]).status_code == 400
    get_user_model().objects.filter(pk=person.pk).update(is_active=True)
    Application.objects.update(blocked_at=timezone.now())
    assert reads() == 401 and wallet.refresh(tokens["refresh_token"]).status_code == 401
    assert look(wallet, person).status_code == 400
    Application.objects.update(blocked_at=None)
    assert reads() == 200
    browser_of(person).post(f"/profile/applications/{wallet.row.pk}/withdraw")
    assert reads() == 401 and wallet.refresh(tokens["refresh_token"]).status_code == 400


def test_a_new_password_ends_what_was_allowed_before():
    wallet, other, person = Wallet(), Wallet(client_name="Other"), make_person(password="demo-accreditation")
    tokens, neighbour = wallet.connected(person), other.connected(make_person())
    browser = browser_of(person)
    new = {"oldpassword": "demo-accreditation", "password1": "another-long-one-77", "password2": "another-long-one-77"}

    assert browser.post("/accounts/password/change/", new).status_code == 302

    assert read(tokens["access_token"]).status_code == 401
    assert read(neighbour["access_token"]).status_code == 200
    assert "Example Wallet" in Notice.objects.get(recipient=person, title="Applications ask you again").text


def test_a_password_set_by_a_superuser_ends_it_too():
    wallet, person = Wallet(), make_person()
    tokens = wallet.connected(person)
    admin = browser_of(make_person(is_staff=True, is_superuser=True))
    new = {"password1": "another-long-one-77", "password2": "another-long-one-77", "usable_password": "true"}

    admin.post(f"/admin/accreditation/user/{person.pk}/password/", new | {"password2": "different"})
    assert read(tokens["access_token"]).status_code == 200
    admin.post(f"/admin/accreditation/user/{person.pk}/password/", new)

    assert read(tokens["access_token"]).status_code == 401


def test_a_reset_password_ends_it_too():
    wallet, person = Wallet(), make_person()
    tokens = wallet.connected(person)

    password_reset.send(sender=type(person), request=None, user=person)

    assert read(tokens["access_token"]).status_code == 401


def test_the_list_shows_who_reads_and_ends_it(django_assert_num_queries):
    person, wallet, once = make_person(), Wallet(client_name="Stays"), Wallet(client_name="Comes once")
    browser = browser_of(person)
    assert "Nobody reads your badges" in browser.get("/profile/applications/").content.decode()
    tokens = wallet.connected(person)
    once.connected(person, scope=READ_BADGES)
    Wallet(client_name="Asked only").code(person)
    Wallet(client_name="Of somebody else").connected(make_person())

    shown = browser.get("/profile/applications/").content.decode()

    assert [name in shown for name in ("Stays", "Comes once", "Asked only", "Of somebody else")] == [
        True,
        True,
        False,
        False,
    ]
    assert "not yet" in shown
    read(tokens["access_token"])
    assert browser.get("/profile/applications/").content.decode().count("not yet") == 1
    browser.post(f"/profile/applications/{wallet.row.pk}/withdraw")
    assert "Stays" not in browser.get("/profile/applications/").content.decode().split("<main")[1].split("</h1>")[1]


def test_somebody_elses_application_is_not_there():
    wallet = Wallet()
    tokens = wallet.connected(make_person())

    assert browser_of(make_person()).post(f"/profile/applications/{wallet.row.pk}/withdraw").status_code == 404
    assert browser_of(make_person()).get(f"/profile/applications/{wallet.row.pk}/withdraw").status_code == 405
    assert read(tokens["access_token"]).status_code == 200


def test_people_hear_of_what_they_allowed():
    person = make_person()

    Wallet().connected(person)

    notice = Notice.objects.get(recipient=person)
    assert notice.title == "You let “Example Wallet” read your badges" and notice.link == "/profile/applications/"
    event = AuditEvent.objects.get(event="application allowed")
    assert (event.actor, event.details["scopes"]) == (person, EVERYTHING.split())


def everything_kept():
    """Every row of every table, as a dump has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            yield from (row for (row,) in cursor.fetchall())


def test_no_dump_history_or_log_holds_what_opens_a_door():
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    level, logging.getLogger().level = logging.getLogger().level, logging.DEBUG
    wallet, row = Wallet(), make_system(organisation=OrganisationFactory())
    person = make_person()
    code = wallet.code(person)
    tokens = wallet.exchange(code).json()
    system = system_token(row).json()
    logging.getLogger().setLevel(level)
    logging.getLogger().removeHandler(handler)

    secrets = [wallet.secret, "s3cret-of-a-system", code, tokens["access_token"], tokens["refresh_token"]]
    kept = "\n".join(everything_kept()) + log.getvalue()
    dumped = serializers.serialize("json", [*Application.objects.all(), *Application.history.all()])

    for secret in [*secrets, system["access_token"]]:
        assert secret not in kept and secret not in dumped
    assert "secret_hash" not in {field.name for field in Application.history.model._meta.fields}

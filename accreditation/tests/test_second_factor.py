"""REQUIRE_MFA: whoever sees others' work sets up a second factor before anything else, on every route."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from accreditation.roles import ELEVATED
from accreditation.tests.addresses import every_route
from accreditation.tests.factories import make_enablement
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.REQUIRE_MFA = True


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def code_of(secret):
    """The code that an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def with_factor(person):
    """A person with an authenticator app: its secret."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def test_the_administration_has_no_sign_in_of_its_own():
    victim, grader = make_enablement(), make_person(groups=["grader"], is_staff=True)
    with_factor(victim)
    with_factor(grader)
    client = signed_in(grader)

    client.post("/admin/login/", {"username": victim.email, "password": "demo-accreditation"})

    assert int(client.session["_auth_user_id"]) == grader.pk


@pytest.mark.parametrize("group", sorted(ELEVATED))
def test_every_page_leads_to_the_second_factor(group):
    client = signed_in(make_person(groups=[group], is_staff=group == "enablement"))

    for address, policy, _ in every_route():
        if address.startswith("/accounts/") or (policy.open and policy.json):
            continue
        response = client.get(address)
        if policy.json:
            assert (response.status_code, response.json()["code"]) == (403, "second-factor"), address
        else:
            assert (response.status_code, response.headers.get("Location")) == (302, ACTIVATE), address


def test_a_superuser_without_a_factor_gets_nowhere():
    client = signed_in(make_person(is_superuser=True))

    assert client.get("/admin/").url == ACTIVATE
    assert client.post("/notices/read").url == ACTIVATE


def test_learners_go_on_without_one():
    assert signed_in(make_person()).get("/notices/").status_code == 200


def test_health_is_answered_to_everybody():
    assert signed_in(make_enablement()).get("/healthz").status_code == 200


def test_with_a_factor_everything_opens():
    person = make_enablement()
    with_factor(person)

    assert signed_in(person).get("/admin/").status_code == 200


def test_without_the_setting_nobody_is_asked(settings):
    settings.REQUIRE_MFA = False

    assert signed_in(make_enablement()).get("/admin/").status_code == 200


def test_a_person_signs_in_repeats_the_password_sets_up_the_factor_and_goes_on(client):
    person = make_enablement(password="a-long-enough-word")
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    client.post(reverse("account_login"), {"login": person.email, "password": "a-long-enough-word"})
    again = client.get("/admin/", follow=True).redirect_chain[-1][0]
    client.post(again, {"password": "a-long-enough-word"})
    secret = client.get(ACTIVATE).context["form"].secret

    response = client.post(ACTIVATE, {"code": code_of(secret)})

    assert response.status_code == 302
    assert Authenticator.objects.filter(user=person, type="totp").exists()
    assert client.get("/admin/").status_code == 200


def test_the_next_sign_in_asks_for_the_code(client):
    person = make_enablement(password="a-long-enough-word")
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    secret = with_factor(person)

    first = client.post(reverse("account_login"), {"login": person.email, "password": "a-long-enough-word"})

    assert first.url == reverse("mfa_authenticate")
    assert client.get("/admin/").url.startswith("/accounts/login/")
    assert client.get(first.url).status_code == 200
    assert client.post(first.url, {"code": "000000"}).status_code == 200
    assert client.post(first.url, {"code": code_of(secret)}).url == "/"
    assert client.get("/admin/").status_code == 200

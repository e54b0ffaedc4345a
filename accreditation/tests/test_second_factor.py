"""The second factor: who needs one, and that no way in goes round it."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse

from accreditation.roles import ENABLEMENT, GRADER, PARTNER_MANAGER
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
PASSWORD = "demo-accreditation"


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_MFA = True


def with_totp(person):
    TOTP.activate(person, SECRET)
    return person


def code():
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def sign_in(client, person):
    person.emailaddress_set.get_or_create(email=person.email, defaults={"verified": True, "primary": True})
    return client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})


@pytest.mark.parametrize("group", [GRADER, ENABLEMENT, PARTNER_MANAGER])
@pytest.mark.parametrize("path", ["/notices/", "/admin/", "/admin/grading/", "/profile/", "/"])
def test_people_with_rights_see_nothing_before_they_have_one(client, group, path):
    client.force_login(make_person(groups=[group], is_staff=group != PARTNER_MANAGER))

    assert client.get(path).url == reverse("mfa_activate_totp")


def test_the_right_code_finishes_a_sign_in(client):
    person = with_totp(make_person(groups=[GRADER], is_staff=True))

    asked = sign_in(client, person)
    page = client.get(asked.url)
    done = client.post(asked.url, {"code": code()})

    assert (asked.url, page.status_code) == (reverse("mfa_authenticate"), 200)
    assert done.status_code == 302
    assert client.get("/admin/grading/").status_code == 200


def test_a_password_alone_opens_nothing_to_whoever_has_one(client):
    person = with_totp(make_person(groups=[GRADER], is_staff=True))

    asked = sign_in(client, person)
    wrong = client.post(asked.url, {"code": "000000"})

    assert wrong.status_code == 200
    assert client.get("/admin/grading/").status_code == 302


def test_the_administration_has_no_sign_in_of_its_own(client):
    victim = with_totp(make_person(groups=[ENABLEMENT], is_staff=True))
    client.force_login(with_totp(make_person(groups=[GRADER], is_staff=True)))

    client.post("/admin/login/", {"username": victim.email, "password": PASSWORD})

    assert int(client.session["_auth_user_id"]) != victim.pk

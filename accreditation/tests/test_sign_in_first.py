"""Whoever is signed out is led to sign in, and back to where they wanted to go; never to another site."""

import pytest

from assessments.tests.sittings import begin
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
PAGE = "text/html,application/xhtml+xml"
REFERERS = [
    "http://testserver//example.org/x",
    "https://example.org/x",
    "",
    "//",
    "http://[",
    "http://[::1/x",
    "javascript:alert(1)",
]


def test_form_without_a_session_leads_to_sign_in_and_back_to_its_page(client):
    address = begin().get_absolute_url()

    response = client.post(f"{address}submit", headers={"accept": PAGE, "referer": f"http://testserver{address}"})

    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/",
        "/\\example.org",
        "javascript:alert(1)",
        "http:///example.org",
        "\t//x.org",
    ],
)
def test_next_leads_to_this_site_only(client, target):
    person = make_person(password="a-long-enough-word")
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    form = {"login": person.email, "password": "a-long-enough-word", "next": target}

    response = client.post("/accounts/login/", form)

    assert (response.status_code, response.url) == (302, "/")


def test_next_leads_back_to_where_one_wanted_to_go(client):
    person = make_person(password="a-long-enough-word")
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    address = client.get("/notices/?page=2").url

    response = client.post(address, {"login": person.email, "password": "a-long-enough-word"})

    assert response.url == "/notices/?page=2"


@pytest.mark.parametrize("referer", REFERERS)
def test_after_a_lost_session_a_form_leads_back_within_this_site(client, referer):
    response = client.post("/notices/read", headers={"referer": referer})

    target = response.url.removeprefix("/accounts/login/?next=")
    assert target.startswith("/")
    assert not target.startswith(("//", "/%2F", "/\\"))

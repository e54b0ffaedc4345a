"""What goes with every answer: a strict content policy, no guessing, no framing, no copies of private pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accreditation.tests.factories import EnrolmentFactory, NoticeFactory, make_enablement, make_program
from accreditation.views import programs
from assessments.tests.sittings import begin
from courses.tests.factories import LessonFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
OPEN_PAGES = [
    "/",
    "/programs/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/credentials/verify",
]
OWN_PAGES = ["/", "/programs/", "/notices/", "/profile/", "/accounts/email/", "/accounts/password/change/"]
ADMIN_PAGES = [
    "/admin/",
    "/admin/accreditation/user/",
    "/admin/accreditation/program/add/",
    "/admin/courses/course/add/",
]
TOKEN = re.compile(r'nonce="[^"]+"')


def policy_of(response):
    """The content policy as directive → sources."""
    parts = response["Content-Security-Policy"].split(";")
    return {name: sources for name, *sources in (part.split() for part in parts)}


def is_guarded(response):
    """Fails where the answer lacks a header that every page has."""
    policy = policy_of(response)
    assert not [
        one for sources in policy.values() for one in sources if "unsafe" in one or one in ("*", "https:", "http:")
    ]
    assert [policy[name] for name in ("object-src", "base-uri", "frame-ancestors")] == [["'none'"]] * 3
    assert policy["form-action"] == ["'self'"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response


def has_no_inline_code(html):
    """Fails where a script, a style or a handler stands in the page itself."""
    scripts = re.findall(r"<script\b[^>]*>", html)
    assert all("src=" in one or "application/json" in one or TOKEN.search(one) for one in scripts), scripts
    assert not re.search(r"<style\b(?![^>]*nonce)", html)
    assert not re.search(r"<[^>]+\sstyle=", html), re.search(r"<[^>]+\sstyle=[^>]*>", html)[0]
    assert not re.search(r"<[^>]+\son[a-z]+=", html)
    assert "javascript:" not in html


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def fully_guarded(response, status=200):
    assert response.status_code == status
    is_guarded(response)
    has_no_inline_code(response.content.decode())


@pytest.mark.parametrize("address", OPEN_PAGES)
def test_open_pages(client, address):
    make_program(badge=True)

    fully_guarded(client.get(address))


@pytest.mark.parametrize("address", OWN_PAGES)
def test_own_pages_are_never_kept(address):
    person = make_person()
    EnrolmentFactory(learner=person)
    NoticeFactory(recipient=person)

    response = signed_in(person).get(address)

    fully_guarded(response)
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize("address", ADMIN_PAGES)
def test_pages_of_the_administration(address):
    response = signed_in(make_enablement()).get(address)

    fully_guarded(response)
    assert "no-store" in response["Cache-Control"]


def test_pages_of_learning():
    person, lesson = make_person(), LessonFactory(video=True)
    attempt = begin(learner=person)

    for address in (lesson.get_absolute_url(), lesson.course.get_absolute_url(), attempt.get_absolute_url()):
        response = signed_in(person).get(address)
        fully_guarded(response)
        assert "no-store" in response["Cache-Control"]


def test_only_listed_hosts_are_framed(settings):
    response = signed_in(make_person()).get("/")

    assert policy_of(response)["frame-src"] == [f"https://{host}" for host in settings.EMBED_HOSTS]


def test_each_page_has_a_nonce_of_its_own(client):
    lesson = LessonFactory(video=True)
    client.force_login(make_person())

    nonces = {TOKEN.search(client.get(lesson.get_absolute_url()).content.decode())[0] for _ in range(3)}

    assert len(nonces) == 3


@pytest.mark.parametrize("person", [None, make_person])
def test_a_page_that_is_not_there(client, person):
    client = signed_in(person()) if person else client

    response = client.get("/nowhere/")

    fully_guarded(response, 404)
    assert "nothing at this address" in response.content.decode()


def test_a_page_of_another_role():
    response = signed_in(make_person()).get(reverse("assessments:grading"))

    fully_guarded(response, 403)
    assert "ask Field Enablement" in response.content.decode()


def test_a_refused_deed():
    response = signed_in(make_enablement()).post(f"/programs/{make_program(publish=False).slug}/enrol")

    fully_guarded(response, 409)
    assert "isn&#x27;t open yet" in response.content.decode()


def test_a_refused_deed_answers_scripts_in_json():
    client = signed_in(make_enablement())
    address = f"/programs/{make_program(publish=False).slug}/enrol"

    response = client.post(address, headers={"accept": "application/json"})

    assert (response.status_code, response.json()["code"]) == (409, "not-published")


def test_a_fault_of_ours_names_the_request_and_nothing_else(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(programs.Program.objects.__class__, "published", lambda self: 1 / 0)

    response = client.get("/programs/")

    shown = response.content.decode()
    fully_guarded(response, 500)
    assert re.search(r"<code>[0-9a-f]{4}-[0-9a-f]{4}</code>", shown)
    assert "ZeroDivision" not in shown
    assert "Traceback" not in shown


def test_a_request_for_another_host(client):
    response = client.get("/", headers={"host": "evil.example.org"})

    assert response.status_code == 400
    assert "evil.example.org" not in response.content.decode()


def test_a_form_with_too_many_fields(client):
    client.force_login(make_person())

    response = client.post("/notices/mail", {f"kind{n}": "x" for n in range(2500)})

    assert response.status_code == 400


def test_an_old_form(client):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_person())

    fully_guarded(strict.post("/notices/read"), 403)


def test_forwarding_headers_of_a_client_change_nothing(client):
    response = client.get(
        "/accounts/login/", headers={"x-forwarded-host": "evil.example.org", "x-forwarded-proto": "https"}
    )

    assert "evil.example.org" not in response.content.decode()
    assert response.wsgi_request.is_secure() is False


def test_the_session_is_closed_to_scripts_and_other_sites(client):
    person = make_person()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)

    response = client.post("/accounts/login/", {"login": person.email, "password": "demo-accreditation"})

    cookie = response.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")

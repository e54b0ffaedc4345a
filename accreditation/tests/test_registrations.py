"""Applications register themselves: strictly, seldom, and for nothing until a person says yes."""

import json

import pytest
from django.core.cache import cache

from accreditation.models import Application
from accreditation.rules.registrations import why_not_return_to
from accreditation.rules.scopes import READ_BADGES, READ_PROFILE, STAY
from accreditation.tests.applications import API, EVERYTHING, RETURN, Wallet, post_json
from courses.models import AuditEvent

pytestmark = pytest.mark.django_db
REGISTER = f"{API}/oauth/register"
GOOD = {"client_name": "Example Wallet", "redirect_uris": [RETURN]}


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Registrations are counted by address, and all tests have one."""
    cache.clear()


def test_an_application_gets_its_id_and_its_secret_once():
    wallet = Wallet(software_id="c88b6ed8", contacts=["x@example.org"], jwks={"keys": []})

    assert wallet.response.status_code == 201 and wallet.response["Cache-Control"] == "no-store"
    assert wallet.facts["client_secret_expires_at"] == 0 and len(wallet.secret) >= 43
    assert wallet.facts["scope"] == EVERYTHING and wallet.facts["software_id"] == "c88b6ed8"
    assert {"contacts", "jwks"}.isdisjoint(wallet.facts)
    assert wallet.secret not in str(vars(wallet.row)) and wallet.row.kind == "wallet"
    assert AuditEvent.objects.get(event="application registered itself").details == {"hosts": ["wallet.example.org"]}


def test_a_public_one_gets_no_secret():
    wallet = Wallet(secret=False)

    assert "client_secret" not in wallet.facts and wallet.row.secret_hash == ""


def test_scopes_that_we_do_not_have_are_left_out(client):
    upsert = READ_BADGES.replace("readonly", "upsert")

    known = post_json(client, REGISTER, GOOD | {"scope": f"{READ_BADGES} {upsert} {STAY}"}).json()
    unknown = post_json(client, REGISTER, GOOD | {"scope": upsert})
    unsaid = post_json(client, REGISTER, GOOD).json()

    assert known["scope"] == f"{READ_BADGES} {STAY}" and known["grant_types"] == ["authorization_code"]
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_client_metadata")
    assert unsaid["scope"] == f"{READ_BADGES} {READ_PROFILE} {STAY}"


@pytest.mark.parametrize(
    "uri",
    [
        RETURN,
        "https://wallet.example.org:8443/a/b?tenant=7",
        "https://xn--bcher-kva.example/",
        "http://127.0.0.1/back",
        "http://127.0.0.1:51004/back",
    ],
)
def test_addresses_that_people_may_be_sent_to(uri):
    assert why_not_return_to(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://wallet.example.org/back",
        "http://localhost/back",
        "http://[::1]/back",
        "http://127.0.0.1.evil.example/back",
        "http://127.0.0.2/back",
        "https://localhost/back",
        "https://10.0.0.1/back",
        "https://2130706433/back",
        "https://intranet/back",
        "https://*.example.org/back",
        "https://wallet.example.org/*",
        "https://wallet.example.org/back#part",
        "https://user@wallet.example.org/back",
        "https://wallet.example.org@evil.example/back",
        "https://wallet.example.org\\@evil.example/back",
        "https://wallet.example.org:port/back",
        "https://wallet.example.org:99999/back",
        "https://wallet.example.org/ back",
        "https://wallet.example.org/\r\nSet-Cookie:a=b",
        "https://wället.example.org/back",
        "https:///back",
        "https:/wallet.example.org/back",
        "//wallet.example.org/back",
        "/back",
        "javascript:alert(1)//x.example",
        "data:text/html,x",
        "com.example.wallet:/back",
        "https://wallet.example.org/" + "a" * 500,
        "",
        None,
        7,
        ["https://wallet.example.org"],
    ],
)
def test_addresses_that_nobody_is_sent_to(uri):
    assert why_not_return_to(uri).code == "invalid_redirect_uri"


def test_our_own_address_leads_nowhere(settings):
    settings.SITE_HOST = "accreditation.example.com"

    assert why_not_return_to("https://accreditation.example.com/profile/").code == "invalid_redirect_uri"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": RETURN}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{RETURN}/{n}" for n in range(11)]}, "invalid_redirect_uri"),
        ({"redirect_uris": [RETURN, "http://evil.example"]}, "invalid_redirect_uri"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "a" * 101}, "invalid_client_metadata"),
        ({"client_name": "Wallet\u202egro.live"}, "invalid_client_metadata"),
        ({"client_name": "Wal\u200blet"}, "invalid_client_metadata"),
        ({"client_name": "a\x00b"}, "invalid_client_metadata"),
        ({"client_name": ["Wallet"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
        ({"grant_types": [["authorization_code"]]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"scope": [READ_BADGES]}, "invalid_client_metadata"),
        ({"policy_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"logo_uri": "http://wallet.example.org/logo"}, "invalid_client_metadata"),
        ({"tos_uri": {"a": 1}}, "invalid_client_metadata"),
        ({"software_id": 7}, "invalid_client_metadata"),
        ({"software_version": "a" * 501}, "invalid_client_metadata"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(client, changes, error):
    response = post_json(client, REGISTER, GOOD | changes)

    assert (response.status_code, response.json()["error"]) == (400, error)
    assert response.json()["error_description"] and not Application.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 5000, b'"text"', b" " * 30_000 + b"{}"])
def test_what_is_no_json_object_is_refused(client, body):
    response = client.post(REGISTER, body, content_type="application/json")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


def test_a_form_registers_nothing(client):
    assert client.post(REGISTER, {"metadata": json.dumps(GOOD)}).status_code == 400


def test_nobody_registers_by_the_dozen(client):
    answers = [post_json(client, REGISTER, GOOD) for _ in range(12)]

    assert [one.status_code for one in answers] == [201] * 10 + [429] * 2
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600
    assert Application.objects.count() == 10
    forged = client.post(REGISTER, "{}", content_type="application/json", headers={"x-forwarded-for": "10.1.1.1"})
    assert forged.status_code == 429


def test_all_together_register_two_hundred_an_hour():
    answers = [
        post_json(client_at(f"10.0.{n // 250}.{n % 250}"), REGISTER, GOOD | {"redirect_uris": []}).status_code
        for n in range(202)
    ]

    assert answers == [400] * 200 + [429] * 2


def client_at(address):
    from django.test import Client

    return Client(REMOTE_ADDR=address)

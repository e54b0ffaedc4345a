"""An application gets what a person allowed, once, by its own proof; everything else gets nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from accreditation.models import ApplicationToken, Consent, Notice
from accreditation.rules.scopes import EMAIL, READ_BADGES, READ_PROFILE, STAY
from accreditation.tests.applications import (
    API,
    CHALLENGE,
    EVERYTHING,
    RETURN,
    VERIFIER,
    Wallet,
    make_system,
    read,
    system_token,
)
from accreditation.tests.test_headers import has_no_inline_code, policy_of
from badges.tests.factories import make_credential
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
AUTHORIZE = f"{API}/oauth/authorize"


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Registrations are counted by address, and all tests have one."""
    cache.clear()


def browser_of(person, **options):
    client = Client(**options)
    client.force_login(person)
    return client


def look(wallet, person, **changes):
    return browser_of(person).get(AUTHORIZE, wallet.question(**changes))


@pytest.mark.parametrize("secret", [True, False])
def test_a_person_allows_and_the_application_reads(secret):
    person = make_person()
    credential = make_credential(holder=person)
    wallet = Wallet(secret=secret)

    back = wallet.asks(person)
    answer = parse_qs(urlsplit(back["Location"]).query)
    tokens = wallet.exchange(answer["code"][0])

    assert back.status_code == 302 and back["Location"].startswith(f"{RETURN}?code=")
    assert (answer["state"], answer["iss"]) == (["state-of-the-wallet"], ["http://localhost:8000"])
    assert tokens.status_code == 200 and "no-store" in tokens["Cache-Control"]
    facts = tokens.json()
    assert (facts["token_type"], facts["expires_in"], facts["scope"]) == ("Bearer", 3600, EVERYTHING)
    assert read(facts["access_token"]).json()["credential"] == [json.loads(credential.document)]


def test_the_question_says_who_asks_for_what():
    person = make_person(name="Priya Raman")
    wallet = Wallet(
        client_name="Wallet & <Co>",
        policy_uri="https://wallet.example.org/privacy",
        tos_uri="https://elsewhere.example/t",
    )

    response = look(wallet, person, scope=READ_BADGES)
    shown = response.content.decode()

    assert response.status_code == 200
    assert "Wallet &amp; &lt;Co&gt;" in shown and "wallet.example.org" in shown
    assert "Your badges, now and later ones" in shown and "Your e-mail address" not in shown
    assert "It reads for one hour" in shown and "You have no badge yet" in shown
    assert "https://wallet.example.org/privacy" in shown and "elsewhere" not in shown
    has_no_inline_code(shown)
    assert not Consent.objects.exists()


def test_the_page_of_the_question_is_framed_by_nobody_and_sends_only_there():
    response = look(Wallet(), make_person())

    policy = policy_of(response)
    assert policy["frame-ancestors"] == ["'none'"] and response["X-Frame-Options"] == "DENY"
    assert policy["form-action"] == ["'self'", "https://wallet.example.org"]
    assert "no-store" in response["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response


def test_saying_no_gives_nothing():
    back = Wallet().asks(make_person(), decision="deny")

    answer = parse_qs(urlsplit(back["Location"]).query)
    assert (answer["error"], answer["state"]) == (["access_denied"], ["state-of-the-wallet"])
    assert "code" not in answer and not Consent.objects.exists()


def test_the_answer_needs_a_session_and_the_forms_token():
    wallet, person = Wallet(), make_person()
    strict = browser_of(person, enforce_csrf_checks=True)

    assert strict.post(AUTHORIZE, {"decision": "allow"}, query_params=wallet.question()).status_code == 403
    visitor = Client().get(AUTHORIZE, wallet.question())
    assert visitor.status_code == 302 and visitor.url.startswith("/accounts/login/?next=/ims/ob/v3p0/oauth/authorize")
    assert browser_of(person).head(AUTHORIZE, wallet.question()).status_code == 405
    assert not Consent.objects.exists()


def test_who_needs_a_second_factor_sets_it_up_first(settings):
    settings.REQUIRE_MFA = True

    assert look(Wallet(), make_person(groups=["grader"])).url == "/accounts/2fa/totp/activate/"


WRONG = {
    "another address": {"redirect_uri": "https://wallet.example.org.evil.example/back"},
    "a longer address": {"redirect_uri": f"{RETURN}/../steal"},
    "a query more": {"redirect_uri": f"{RETURN}?next=evil"},
    "no address": {"redirect_uri": None},
    "signs that break a header": {"redirect_uri": 'https://wallet.example.org/"\\\r\nSet-Cookie: a=b'},
    "an unknown application": {"client_id": "nobody"},
    "a NUL": {"client_id": "a\x00b"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("decision", ["allow", "deny", None])
def test_nobody_is_sent_to_an_address_that_was_not_registered(changes, decision):
    wallet, browser = Wallet(), browser_of(make_person())

    form = {"decision": decision} if decision else {}
    response = browser.post(AUTHORIZE, form, query_params=wallet.question(**changes))

    assert response.status_code == 400
    assert "evil" not in response.content.decode() and "Back to the application" not in response.content.decode()
    assert not Consent.objects.exists()


UNFIT = {
    "no proof key": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "a plain proof key": ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
    "a proof key without method": ({"code_challenge_method": None}, "invalid_request"),
    "a short proof key": ({"code_challenge": "abc"}, "invalid_request"),
    "unknown scopes": ({"scope": "openid everything"}, "invalid_scope"),
    "nothing to read": ({"scope": f"{STAY} {EMAIL}"}, "invalid_scope"),
}


@pytest.mark.parametrize(("changes", "error"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_request_is_told_to_the_person_and_sends_nobody_anywhere(changes, error):
    wallet, person = Wallet(), make_person()

    for response in (look(wallet, person, **changes), wallet.asks(person, **changes)):
        assert response.status_code == 400
        assert f"{RETURN}?error={error}&amp;state=state-of-the-wallet" in response.content.decode()
    assert not Consent.objects.exists()


@pytest.mark.parametrize("kind", ["token", "id_token", "code token", ""])
def test_only_codes_are_given(kind):
    assert look(Wallet(), make_person(), response_type=kind).status_code == 400


def test_a_parameter_said_twice_is_refused():
    wallet = Wallet()
    query = "&".join([f"{name}={value}" for name, value in wallet.question().items()])

    twice = browser_of(make_person()).get(f"{AUTHORIZE}?{query}&redirect_uri=https://evil.example")

    assert twice.status_code == 400


def test_a_system_asks_no_person():
    row = make_system()

    assert look(Wallet(), make_person(), client_id=row.client_id).status_code == 400


def test_scopes_are_those_registered_and_asked():
    wallet, person = Wallet(scope=f"{READ_BADGES} {STAY}"), make_person()

    tokens = wallet.connected(person, scope=EVERYTHING)

    assert tokens["scope"] == f"{READ_BADGES} {STAY}"
    assert read(tokens["access_token"], "profile").status_code == 403


def test_a_program_on_this_computer_comes_back_on_any_port():
    wallet, person = Wallet(secret=False, redirect="http://127.0.0.1/back"), make_person()

    back = wallet.asks(person, redirect_uri="http://127.0.0.1:51004/back")
    code = parse_qs(urlsplit(back["Location"]).query)["code"][0]

    assert back["Location"].startswith("http://127.0.0.1:51004/back?code=")
    assert wallet.exchange(code).status_code == 400
    assert wallet.exchange(code, redirect_uri="http://127.0.0.1:51004/back").status_code == 200
    for other in ("http://127.0.0.1:51004/other", "http://localhost:51004/back", "https://127.0.0.1:51004/back"):
        assert wallet.asks(person, redirect_uri=other).status_code == 400, other


STOLEN = {
    "without the proof key": {"code_verifier": None},
    "with another proof key": {"code_verifier": VERIFIER.replace("nobody", "somebody")},
    "with what was sent in the open": {"code_verifier": CHALLENGE},
    "from another address": {"redirect_uri": "https://wallet.example.org/other"},
    "without its address": {"redirect_uri": None},
}


@pytest.mark.parametrize("changes", STOLEN.values(), ids=STOLEN)
@pytest.mark.parametrize("secret", [True, False])
def test_an_intercepted_code_is_worth_nothing(changes, secret):
    wallet = Wallet(secret=secret)
    code = wallet.code(make_person())

    response = wallet.exchange(code, **changes)

    assert response.status_code == 400 and "access_token" not in response.json()
    assert not ApplicationToken.objects.exists()
    assert wallet.exchange(code).status_code == 200


def test_another_application_has_nothing_of_a_code_or_token():
    wallet, thief, person = Wallet(), Wallet(client_name="Thief"), make_person()
    code = wallet.code(person)

    assert thief.exchange(code).json()["error"] == "invalid_grant"
    tokens = wallet.exchange(code).json()
    assert thief.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert thief.revoke(tokens["refresh_token"]).status_code == 200

    assert read(tokens["access_token"]).status_code == 200
    assert wallet.refresh(tokens["refresh_token"]).status_code == 200


def test_a_code_used_twice_ends_what_it_gave():
    wallet, person = Wallet(), make_person()
    code = wallet.code(person)
    tokens = wallet.exchange(code).json()

    again = wallet.exchange(code)

    assert again.json()["error"] == "invalid_grant"
    assert read(tokens["access_token"]).status_code == 401
    assert wallet.refresh(tokens["refresh_token"]).status_code == 400
    assert "no longer reads" in Notice.objects.filter(recipient=person).first().title


def test_a_code_lives_two_minutes(time_machine):
    wallet = Wallet()
    code = wallet.code(make_person())

    time_machine.move_to(timezone.now() + timedelta(seconds=121))

    assert wallet.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_gets_the_tokens_and_then_none():
    wallet, person = Wallet(), make_person()
    code = wallet.code(person)

    def attempt(_):
        try:
            return wallet.exchange(code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(4)))

    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400]
    (given,) = [one.json() for one in answers if one.status_code == 200]
    assert read(given["access_token"]).status_code == 401


def test_refreshing_gives_a_new_pair_and_ends_the_old():
    wallet, person = Wallet(), make_person()
    first = wallet.connected(person)

    second = wallet.refresh(first["refresh_token"]).json()

    assert {first["access_token"], first["refresh_token"]}.isdisjoint(second.values())
    assert [read(one["access_token"]).status_code for one in (first, second)] == [401, 200]


def test_a_refresh_token_used_twice_ends_everything():
    wallet, person = Wallet(secret=False), make_person()
    first = wallet.connected(person)
    second = wallet.refresh(first["refresh_token"]).json()

    assert wallet.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"

    assert read(second["access_token"]).status_code == 401
    assert wallet.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert Consent.objects.get().withdrawn_at is not None
    assert AuditEvent.objects.get(event="application ended").details["why"] == "a code or token was used twice"


def test_a_refresh_asks_for_no_more_and_may_ask_for_less():
    wallet, person = Wallet(), make_person()
    first = wallet.connected(person, scope=f"{READ_BADGES} {STAY}")

    assert wallet.refresh(first["refresh_token"], scope=EVERYTHING).json()["error"] == "invalid_scope"
    less = wallet.refresh(first["refresh_token"], scope=READ_BADGES).json()
    again = wallet.refresh(less["refresh_token"]).json()

    assert (less["scope"], again["scope"]) == (READ_BADGES, f"{READ_BADGES} {STAY}")


def test_without_leave_to_stay_there_is_no_refresh_token(time_machine):
    wallet, person = Wallet(), make_person()

    tokens = wallet.connected(person, scope=READ_BADGES)

    assert "refresh_token" not in tokens
    assert read(tokens["access_token"]).status_code == 200
    time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=1))
    assert read(tokens["access_token"]).status_code == 401


def test_a_refresh_token_ends_after_ninety_quiet_days(time_machine):
    wallet = Wallet()
    tokens = wallet.connected(make_person())

    time_machine.move_to(timezone.now() + timedelta(days=90, seconds=1))

    assert wallet.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "something"])
def test_tokens_are_handed_back(which, hint):
    wallet = Wallet()
    tokens = wallet.connected(make_person())

    response = wallet.revoke(tokens[which], **({"token_type_hint": hint} if hint else {}))

    assert response.status_code == 200
    assert read(tokens["access_token"]).status_code == 401
    assert wallet.refresh(tokens["refresh_token"]).status_code == (200 if which == "access_token" else 400)


def test_handing_back_tells_nobody_whose_token_that_was():
    wallet, other = Wallet(), Wallet()
    tokens = wallet.connected(make_person())

    answers = [other.revoke(one) for one in (tokens["access_token"], "no-such-token")]

    assert {(one.status_code, one.content) for one in answers} == {(200, b"{}")}


def wrong_proofs(wallet):
    """The answers to everybody who can't prove to be an application."""
    right, form = wallet.secret, {"grant_type": "client_credentials"}
    wallet.secret = "wrong"
    yield wallet.token(**form)
    wallet.secret, known = right, wallet.id
    wallet.id = "unknown"
    yield wallet.token(**form)
    wallet.id, address = known, f"{API}/oauth/token"
    yield wallet.client.post(address, form | {"client_id": wallet.id, "client_secret": right})
    yield wallet.client.post(address, form | {"client_id": wallet.id})
    yield wallet.client.post(address, form, headers={"authorization": "Basic ////"})
    yield wallet.client.post(address, form)


def test_whoever_can_not_prove_who_they_are_hears_the_same():
    answers = list(wrong_proofs(Wallet()))

    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1
    assert answers[0]["WWW-Authenticate"].startswith("Basic")


def test_an_application_takes_no_tokens_for_itself():
    assert Wallet().token(grant_type="client_credentials").json()["error"] == "unauthorized_client"
    row = make_system()
    assert system_token(row, grant_type="authorization_code", code="x").json()["error"] == "unauthorized_client"
    assert system_token(row, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert system_token(row, scope=READ_PROFILE).json()["error"] == "invalid_scope"


def test_secrets_of_an_address_and_things_said_twice_are_refused():
    wallet = Wallet()
    code = wallet.code(make_person())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN, "code_verifier": VERIFIER}

    by_address = wallet.client.post(f"{API}/oauth/token", query_params=form, **wallet.proof())
    twice = wallet.client.post(f"{API}/oauth/token", form | {"code": [code, "other"]}, **wallet.proof())

    assert [by_address.status_code, twice.status_code] == [400, 400]
    assert wallet.client.get(f"{API}/oauth/token", form).status_code == 405
    assert not ApplicationToken.objects.exists()


def test_a_session_is_no_proof_where_tokens_are_given():
    wallet, person = Wallet(), make_person()
    browser = browser_of(person, enforce_csrf_checks=True)

    response = browser.post(f"{API}/oauth/token", {"grant_type": "client_credentials"})

    assert response.status_code == 401
    assert browser.get(f"{API}/credentials").status_code == 401
    assert wallet.row.tokens.count() == 0

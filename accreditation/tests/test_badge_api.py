"""The read API: stored bytes of what counts, page by page, to tokens and to nobody else."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accreditation.actions.applications import clear_applications, give_consent, keep_token, use_code
from accreditation.models import Application, ApplicationToken, Consent
from accreditation.rules import applications
from accreditation.rules.scopes import READ_BADGES, READ_PROFILE, STAY
from accreditation.tests.applications import API, EVERYTHING, RETURN, Wallet, make_system, read, system_token
from accreditation.tests.factories import OrganisationFactory, make_program
from badges.models import Credential
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
SCHEMAS = Path(
    os.environ.get(
        "BADGE_SCHEMAS", Path(__file__).resolve().parents[3] / "shared" / "openbadges" / "schemas" / "current"
    )
)
MINORS = {
    *(
        "forbidden",
        "fullsuccess",
        "internal_server_error",
        "invalid_data",
        "invalid_query_parameter",
        "misdirected_request",
    ),
    *("not_acceptable", "not_allowed", "not_found", "not_modified", "server_busy", "unauthorizedrequest", "unknown"),
}


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Calls are counted, and all tests come from one address."""
    cache.clear()


def token_for(person, *scopes, application=None):
    """An access token for a person's badges, written without the ceremony that has tests of its own."""
    row = application or Application.objects.create(name="Wallet", redirect_uris=[RETURN], scopes=EVERYTHING.split())
    scopes = list(scopes or (READ_BADGES,))
    consent, code = give_consent(application=row, scopes=scopes, redirect_uri=RETURN, challenge="c" * 43, by=person)
    use_code(consent=consent)
    keep_token(application=row, consent=consent, scopes=scopes, access=code, refresh="")
    return code


def several(person, count):
    """So many awards of one person, in the order in which they were issued."""
    return [make_credential(holder=person, achievement=make_achievement(slug=f"badge-{n}")) for n in range(count)]


def make_old(credential):
    """As an award from before the proofs: one token, and no key named. The trigger that keeps awards is passed by."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE badges_credential SET signed_by = '{}', jwt_rs256 = '' WHERE id = %s", [credential.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_own_live_awards_letter_by_letter():
    person = make_person()
    first, second = several(person, 2)
    make_credential(holder=make_person())

    response = read(token_for(person))

    assert response.status_code == 200 and response["Content-Type"] == "application/json"
    assert response.content.decode() == (f'{{"credential":[{first.document},{second.document}],"compactJwsString":[]}}')
    assert response["X-Total-Count"] == "2" and response["Cache-Control"] == "private, no-store"


def test_awards_from_before_the_proofs_come_as_their_token():
    person = make_person()
    old, new = several(person, 2)
    make_old(old)

    facts = read(token_for(person)).json()

    assert facts == {"credential": [json.loads(new.document)], "compactJwsString": [old.jwt]}


def test_what_no_longer_counts_is_left_out_and_what_ran_out_says_so():
    person = make_person()
    revoked, kept = several(person, 2)
    expired = make_expired_credential(holder=person, achievement=make_achievement(slug="expired"))
    revoke(revoked)

    facts = read(token_for(person)).json()

    assert [one["id"].split("/")[-1] for one in facts["credential"]] == [f"{one.pk}.json" for one in (kept, expired)]


def test_somebody_without_badges_has_an_empty_page():
    response = read(token_for(make_person()))

    assert response.json() == {"credential": [], "compactJwsString": []}
    assert response["X-Total-Count"] == "0" and 'offset=0>; rel="last"' in response["Link"]


def links(response):
    return {part.split('rel="')[1][:-1]: part.split(">")[0].strip(" <") for part in response["Link"].split(",")}


def test_pages_are_walked_by_their_links():
    person = make_person()
    rows, token, seen = several(person, 5), token_for(person), []

    address = f"{API}/credentials?limit=2"
    while address:
        response = Client().get(address, headers={"authorization": f"Bearer {token}"})
        seen += [one["id"] for one in response.json()["credential"]]
        address = links(response).get("next", "").replace("http://localhost:8000", "")

    assert seen == [json.loads(row.document)["id"] for row in rows]
    assert links(response) == {
        "first": f"http://localhost:8000{API}/credentials?limit=2&offset=0",
        "last": f"http://localhost:8000{API}/credentials?limit=2&offset=4",
        "prev": f"http://localhost:8000{API}/credentials?limit=2&offset=2",
    }
    assert set(links(read(token, limit=2))) == {"first", "last", "next"}
    assert set(links(read(token, limit=2, offset=2))) == {"first", "last", "next", "prev"}
    assert read(token, limit=2, offset=50).json()["credential"] == []


def test_a_page_is_never_larger_than_a_hundred():
    assert "limit=100&" in read(token_for(make_person()), limit=5000)["Link"]


def test_since_means_issued_after():
    person = make_person()
    _, second, third = several(person, 3)
    token = token_for(person)

    after = read(token, since=second.issued_at.isoformat())

    assert [one["id"] for one in after.json()["credential"]] == [json.loads(third.document)["id"]]
    assert after["X-Total-Count"] == "1" and "since=" in after["Link"]
    unescaped = f"{API}/credentials?since={second.issued_at.isoformat()}"
    assert Client().get(unescaped, headers={"authorization": f"Bearer {token}"})["X-Total-Count"] == "1"
    assert read(token, since="2020-01-01T00:00:00Z")["X-Total-Count"] == "3"
    assert read(token, since="2020-01-01")["X-Total-Count"] == "3"


def is_status_info(response, status, major="failure"):
    facts = response.json()
    assert response.status_code == status
    assert set(facts) == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"}
    assert (facts["imsx_codeMajor"], facts["imsx_severity"]) == (major, "error")
    (field,) = facts["imsx_codeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldName"] == "TargetEndSystem" and field["imsx_codeMinorFieldValue"] in MINORS
    return field["imsx_codeMinorFieldValue"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1.5"}, {"limit": ""}, {"limit": "²"}, {"limit": "9" * 30},
        {"offset": "-1"}, {"offset": "9" * 9}, {"offset": "' or 1=1"}, {"since": "yesterday"}, {"since": ""},
        {"since": "2026-13-01T00:00:00Z"}, {"since": "0001-01-01T00:00:00+14:00"},
    ],
)  # fmt: skip
def test_queries_that_make_no_sense(query):
    assert is_status_info(read(token_for(make_person()), **query), 400) == "invalid_query_parameter"


def test_without_a_token_there_is_nothing():
    person = make_person()
    make_credential(holder=person)
    browser = Client()
    browser.force_login(person)

    for what in ("credentials", "profile"):
        for response in (read("", what), read("", what, client=browser), read("no-such-token", what)):
            assert is_status_info(response, 401) == "unauthorizedrequest"
            assert response["WWW-Authenticate"].startswith('Bearer realm="badges"')


def test_a_token_in_an_address_is_refused():
    token = token_for(make_person())

    assert is_status_info(Client().get(f"{API}/credentials", {"access_token": token}), 400) == "invalid_query_parameter"
    assert read(token, access_token=token).status_code == 400
    other = Client().get(f"{API}/credentials", headers={"authorization": f"Basic {token}"})
    assert other.status_code == 401


def test_a_refresh_token_reads_nothing():
    tokens = Wallet().connected(make_person())

    assert read(tokens["refresh_token"]).status_code == 401


def test_each_address_asks_for_its_scope():
    person = make_person()
    badges, profile = token_for(person, READ_BADGES, STAY), token_for(person, READ_PROFILE)

    assert is_status_info(read(badges, "profile"), 403) == "forbidden"
    assert is_status_info(read(profile, "credentials"), 403) == "forbidden"
    assert 'error="insufficient_scope"' in read(profile, "credentials")["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("what", ["credentials", "profile", "discovery"])
def test_nothing_is_written(method, what):
    token = token_for(make_person())

    response = getattr(Client(enforce_csrf_checks=True), method)(
        f"{API}/{what}", "{}", content_type="application/json", headers={"authorization": f"Bearer {token}"}
    )

    assert is_status_info(response, 405, "unsupported") == "not_allowed"
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_other_addresses_have_nothing():
    assert is_status_info(Client().get(f"{API}/credentials/7"), 404) == "not_found"


def test_our_faults_are_told_in_the_same_form(monkeypatch):
    monkeypatch.setattr("accreditation.views.badge_api.awards_for", lambda token: 1 / 0)

    response = read(token_for(make_person()))

    assert is_status_info(response, 500) == "internal_server_error"
    assert "ZeroDivision" not in response.content.decode()


def test_head_and_options():
    token = token_for(make_person())

    head = Client().head(f"{API}/credentials", headers={"authorization": f"Bearer {token}"})
    asked = Client().options(f"{API}/credentials", headers={"origin": "https://wallet.example.org"})

    assert (head.status_code, head.content, head["X-Total-Count"]) == (200, b"", "0")
    assert asked.status_code == 204 and "Authorization" in asked["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "what", ["credentials", "profile", "discovery", "oauth/token", "oauth/register", "oauth/revoke"]
)
def test_scripts_of_other_sites_may_read_but_never_with_cookies(what):
    browser = Client()
    browser.force_login(make_person())

    for response in (browser.get(f"{API}/{what}"), browser.options(f"{API}/{what}")):
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response
        assert not response.cookies


def test_a_profile_is_a_name_and_no_address():
    person = make_person(name="Priya Raman")

    plain = read(token_for(person, READ_PROFILE), "profile").json()
    full = read(token_for(person, READ_PROFILE, "email"), "profile").json()

    assert set(plain) == {"@context", "id", "type", "name"}
    assert (plain["type"], plain["name"]) == (["Profile"], "Priya Raman")
    assert plain["id"].startswith("urn:uuid:") and full["email"] == person.email


def test_two_applications_can_not_tell_that_they_read_the_same_person():
    person, wallet = make_person(), Wallet()
    tokens = [wallet.connected(person)["access_token"], wallet.connected(person)["access_token"]]
    other = Wallet().connected(person)["access_token"]

    ids = [read(one, "profile").json()["id"] for one in (*tokens, other)]

    assert ids[0] == ids[1] != ids[2]


def test_a_token_asks_no_more_than_120_times_a_minute():
    token, other = token_for(make_person()), token_for(make_person())

    answers = [read(token, "profile").status_code for _ in range(121)]

    assert answers == [403] * 120 + [429]
    assert is_status_info(read(token), 429) == "server_busy" and int(read(token)["Retry-After"]) > 0
    assert read(other).status_code == 200


def test_reading_is_noted_once_an_hour(django_assert_num_queries):
    person = make_person()
    several(person, 3)
    token = token_for(person)

    with django_assert_num_queries(4):  # token, count, page, note
        read(token)
    with django_assert_num_queries(3):
        read(token)
    several(person, 6)
    with django_assert_num_queries(3):
        read(token)
    assert Consent.objects.get().last_read_at is not None


def test_pages_come_by_an_index():
    person = make_person()
    several(person, 2)
    rows = applications.awards_for(ApplicationToken(consent=Consent(person=person)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = rows.only("document")[0:20].explain()

    assert "Index Scan using credential_live_by" in plan and "Sort" not in plan


class TestSystems:
    """A system reads its reach, and nothing by itself."""

    def test_nothing_is_set_so_nothing_is_read(self):
        make_credential()

        response = read(system_token(make_system()).json()["access_token"])

        assert response.json() == {"credential": [], "compactJwsString": []}

    def test_people_of_its_organisation(self):
        own, other = OrganisationFactory.create_batch(2)
        mine = make_credential(holder=make_person(organisation=own))
        make_credential(holder=make_person(organisation=other))
        make_credential(holder=make_person())
        make_credential(holder=make_person(organisation=own, is_active=False))

        assert self.ids(make_system(organisation=own)) == [mine.pk]

    def test_its_programs(self):
        program = make_program(badge=True)
        mine = make_credential(achievement=program.achievement)
        make_credential(achievement=make_achievement(slug="other"))

        assert self.ids(make_system(programs=[program])) == [mine.pk]

    def test_a_program_without_a_badge_reads_nothing(self):
        make_credential()

        assert self.ids(make_system(programs=[make_program()])) == []

    def test_both_mean_both(self):
        own, program = OrganisationFactory(), make_program(badge=True)
        mine = make_credential(holder=make_person(organisation=own), achievement=program.achievement)
        make_credential(holder=make_person(organisation=own), achievement=make_achievement(slug="other"))
        make_credential(holder=make_person(), achievement=program.achievement)

        assert self.ids(make_system(organisation=own, programs=[program])) == [mine.pk]

    def test_another_reach_acts_on_the_next_request(self):
        own, other = OrganisationFactory.create_batch(2)
        make_credential(holder=make_person(organisation=own))
        row = make_system(organisation=own)
        token = system_token(row).json()["access_token"]
        assert read(token)["X-Total-Count"] == "1"

        row.organisation = other
        row.save()

        assert read(token)["X-Total-Count"] == "0"

    def test_it_reads_no_profile_and_gets_no_refresh_token(self):
        facts = system_token(make_system(organisation=OrganisationFactory())).json()

        assert facts["scope"] == READ_BADGES and "refresh_token" not in facts
        assert read(facts["access_token"], "profile").status_code == 403

    def test_each_reading_stands_in_the_audit_trail(self):
        own = OrganisationFactory()
        make_credential(holder=make_person(organisation=own))
        row = make_system(organisation=own)

        read(system_token(row).json()["access_token"])

        event = AuditEvent.objects.get(event="badges read by a system")
        assert (event.subject, event.details) == (f"accreditation.application:{row.pk}", {"count": 1})

    def ids(self, row):
        facts = read(system_token(row).json()["access_token"]).json()
        found = [one["id"].split("/")[-1].removesuffix(".json") for one in facts["credential"]]
        return [Credential.objects.get(pk=one).pk for one in found]


class TestSaysOfItself:
    """Discovery and metadata, for everyone."""

    def test_the_service_description(self, client, settings):
        facts = client.get(f"{API}/discovery").json()

        scheme = facts["components"]["securitySchemes"]["OAuth2ACG"]
        flow = scheme["flows"]["authorizationCode"]
        assert facts["openapi"] == "3.0.1" and facts["info"]["termsOfService"] == settings.TERMS_URL
        assert {"x-imssf-privacyPolicyUrl", "x-imssf-image", "title", "version"} <= set(facts["info"])
        assert scheme["x-imssf-registrationUrl"] == f"http://localhost:8000{API}/oauth/register"
        assert flow["tokenUrl"] == flow["refreshUrl"] == f"http://localhost:8000{API}/oauth/token"
        assert flow["authorizationUrl"] == f"http://localhost:8000{API}/oauth/authorize"
        assert [list(path) for path in facts["paths"].values()] == [["get"]] * 3
        assert not [scope for scope in flow["scopes"] if "upsert" in scope or "update" in scope]

    def test_every_address_in_it_is_there(self, client):
        facts = client.get("/.well-known/oauth-authorization-server").json()

        for name, link in facts.items():
            if name.endswith("_endpoint"):
                assert client.get(link.removeprefix("http://localhost:8000")).status_code in (302, 405), name
        assert facts["issuer"] == "http://localhost:8000" and facts["code_challenge_methods_supported"] == ["S256"]

    def test_the_page_for_makers_of_applications(self, client):
        shown = client.get("/issuer/applications/").content.decode()

        assert 'id="terms"' in shown and 'id="privacy"' in shown and READ_BADGES in shown


@pytest.mark.samples
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the samples are not here")
def test_answers_fit_the_published_schemas():
    person = make_person()
    several(person, 1)
    make_old(make_credential(holder=person, achievement=make_achievement(slug="old")))
    for token, what, name in (
        (token_for(person), "credentials", "getopenbadgecredentialsresponse"),
        (token_for(person, READ_PROFILE, "email"), "profile", "profile"),
        ("none", "profile", "imsx_statusinfo"),
    ):
        schema = json.loads((SCHEMAS / f"ob_v3p0_{name}_schema.json").read_text())
        jsonschema.Draft201909Validator(schema).validate(read(token, what).json())


def test_the_sweep_clears_what_ran_out():
    wallet, person = Wallet(), make_person()
    Wallet(client_name="Never allowed")
    tokens = wallet.connected(person)
    wallet.code(person)
    newer = wallet.refresh(tokens["refresh_token"]).json()
    make_system()
    now = timezone.now()

    assert clear_applications(now=now) == 0
    clear_applications(now=now + timedelta(days=31))
    assert sorted(Application.objects.values_list("name", flat=True)) == ["Example Wallet", "HR"]
    assert (Consent.objects.count(), ApplicationToken.objects.count()) == (1, 2)
    assert wallet.refresh(tokens["refresh_token"]).status_code == 400  # still noticed as used twice
    assert read(newer["access_token"]).status_code == 401
    clear_applications(now=now + timedelta(days=91))
    assert not Consent.objects.exists() and not ApplicationToken.objects.exists()
    clear_applications(now=datetime.now(UTC) + timedelta(days=366))
    assert list(Application.objects.values_list("name", flat=True)) == ["HR"]

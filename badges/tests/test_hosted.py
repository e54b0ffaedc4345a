"""The award as Open Badges 2.0: hashed recipient, words of the day, gone when revoked, and ids that are addresses."""

import hashlib
import json

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from badges import baking, hosted
from badges.actions.credentials import choose_shown_name
from badges.actions.hosted import forget_recipient
from badges.models import Credential, Edition, Recipient
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person
from courses.tests.words import without_tokens

pytestmark = pytest.mark.django_db


def fetch(client, url):
    """Whatever is served at an id, by the path of it."""
    return client.get(url.removeprefix(settings.SITE_URL))


def assertion_of(client, credential):
    return client.get(reverse("badges:ob2-assertion", args=[credential.pk]))


def test_recipient_is_the_hash_of_address_and_salt():
    facts = hosted.hash_recipient("  Ada@Example.COM ", "0123456789abcdef")

    assert facts.identity_hash == "sha256$" + hashlib.sha256(b"ada@example.com0123456789abcdef").hexdigest()


def test_salts_are_random_and_long():
    salts = {hosted.hash_recipient("a@example.com").salt for _ in range(50)}

    assert len(salts) == 50 and all(len(salt) == 32 for salt in salts)


def test_each_document_is_served_at_its_own_id(client):
    document = assertion_of(client, make_credential()).json()
    badge = fetch(client, document["badge"]).json()
    issuer = fetch(client, badge["issuer"]).json()

    assert fetch(client, document["id"]).json() == document
    assert (fetch(client, badge["id"]).json(), fetch(client, issuer["id"]).json()) == (badge, issuer)
    assert [one["type"] for one in (document, badge, issuer)] == ["Assertion", "BadgeClass", "Issuer"]
    assert {one["@context"] for one in (document, badge, issuer)} == {"https://w3id.org/openbadges/v2"}
    assert document["id"].startswith(tuple(issuer["verification"]["startsWith"]))


@pytest.mark.parametrize(
    ("which", "members"),
    [
        ("issuer", {"id", "type", "name", "url", "email"}),
        ("badge", {"id", "type", "name", "description", "image", "criteria", "issuer"}),
        ("assertion", {"id", "type", "recipient", "badge", "verification", "issuedOn"}),
    ],
)
def test_required_members_are_there_and_none_is_empty(client, which, members):
    document = assertion_of(client, make_credential()).json()
    badge = fetch(client, document["badge"]).json()
    found = {"assertion": document, "badge": badge, "issuer": fetch(client, badge["issuer"]).json()}[which]

    assert members <= set(found)
    assert all(found.values())


def test_assertion_names_its_holder_by_hash_only(client):
    holder = make_person(name="Ada Byron", email="ada@example.com")
    credential = make_credential(holder=holder)
    choose_shown_name(credential=credential, shown_name="full", by=holder)
    answer = assertion_of(client, credential)
    found = answer.json()["recipient"]

    assert found["identity"] == hosted.hash_recipient("ada@example.com", found["salt"]).identity_hash
    assert (found["type"], found["hashed"]) == ("email", True)
    assert "byron" not in without_tokens(answer.content.decode()).lower()
    assert "ada@" not in answer.content.decode().lower()


def test_two_awards_of_a_person_have_two_salts():
    holder = make_person()
    make_credential(holder=holder)
    make_credential(holder=holder, achievement=make_achievement(slug="other"))

    assert Recipient.objects.values("salt", "identity_hash").distinct().count() == 2


def test_answers_are_for_any_site_and_of_the_right_type(client):
    document = assertion_of(client, make_credential())

    for answer in (document, fetch(client, document.json()["badge"]), client.get(reverse("badges:ob2-issuer"))):
        assert answer["Content-Type"] == "application/ld+json"
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_id_never_differs_by_query(client):
    url = reverse("badges:ob2-assertion", args=[make_credential().pk])

    assert client.get(url, {"v": "2_0", "identity__email": "x"}).json()["id"] == f"{settings.SITE_URL}{url}"


def test_revoked_assertion_is_gone_at_once_with_a_public_reason(client):
    credential = make_credential()
    assert assertion_of(client, credential)["Cache-Control"] == "no-cache"
    revoke(credential)
    answer = assertion_of(client, credential)

    assert answer.status_code == 410 and answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Content-Type"] == "application/ld+json"
    assert answer.json() == {
        "@context": "https://w3id.org/openbadges/v2",
        "id": f"{settings.SITE_URL}/ob2/assertions/{credential.pk}.json",
        "type": "Assertion",
        "revoked": True,
        "revocationReason": hosted.REVOKED,
    }
    assert credential.revocation_requests.get().reason not in answer.content.decode()


def test_expired_assertion_says_when(client):
    credential = make_expired_credential()

    assert assertion_of(client, credential).json()["expires"] == credential.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "expires" not in assertion_of(client, make_credential(valid_until=None)).json()


def test_award_points_to_the_words_it_was_given(client):
    old = make_credential()
    new = make_credential(achievement=make_achievement(name="Certified Partner Seller", label="Certified"))
    badges = [fetch(client, assertion_of(client, one).json()["badge"]).json() for one in (old, new)]

    assert [badge["name"] for badge in badges] == ["Accredited Partner Seller", "Certified Partner Seller"]
    assert [badge["version"] for badge in badges] == ["1", "2"]
    pictures = [fetch(client, badge["image"]["id"]).content for badge in badges]
    assert pictures == [bytes(edition.image) for edition in Edition.objects.order_by("version")]
    assert pictures[0] != pictures[1]


def test_criteria_are_the_badge_s_own_page(client):
    badge = fetch(client, assertion_of(client, make_credential()).json()["badge"]).json()

    assert fetch(client, badge["criteria"]["id"]).status_code == 200
    assert badge["criteria"]["narrative"].startswith("Passed the")


@pytest.mark.parametrize("form", ["png", "svg"])
def test_pictures_hold_the_assertion_s_address(client, form):
    credential = make_credential()
    answer = client.get(reverse(f"badges:ob2-{form}", args=[credential.pk]))

    with pytest.raises(baking.OlderBadge) as raised:
        baking.read(answer.content)
    assert raised.value.found == assertion_of(client, credential).json()["id"]
    assert answer.content != bytes(credential.png)


def test_drawing_is_inert(client):
    answer = client.get(reverse("badges:ob2-svg", args=[make_credential().pk]))

    assert answer["Content-Security-Policy"].startswith("sandbox") and answer["X-Content-Type-Options"] == "nosniff"


def test_forgotten_person_has_no_assertion_and_keeps_what_was_signed(client):
    credential, other = make_credential(), make_credential()

    assert forget_recipient(holder=credential.holder) == 1
    answer = assertion_of(client, credential)
    assert answer.status_code == 404 and "stand as ever" in answer.json()["sentence"]
    assert client.get(reverse("badges:ob2-png", args=[credential.pk])).status_code == 404
    assert assertion_of(client, other).status_code == 200
    page = client.get(credential.get_absolute_url()).content.decode()
    assert "Valid today" in page and "Open Badge 2.0" not in page


def test_page_offers_the_older_form(client):
    credential = make_credential()

    assert reverse("badges:ob2-png", args=[credential.pk]) in client.get(credential.get_absolute_url()).content.decode()


def test_holder_without_an_address_has_no_assertion(client):
    holder = make_person()
    type(holder).objects.filter(pk=holder.pk).update(email="")
    holder.refresh_from_db()

    assert assertion_of(client, make_credential(holder=holder)).status_code == 404


@pytest.mark.parametrize("name", ["ob2-assertion", "ob2-png", "ob2-svg"])
def test_unknown_award_is_404(client, name):
    assert client.get(reverse(f"badges:{name}", args=["00000000-0000-4000-8000-000000000000"])).status_code == 404


@pytest.mark.parametrize("name", ["ob2-badge", "ob2-badge-image"])
def test_unknown_version_is_404(client, name):
    make_achievement()

    assert client.get(reverse(f"badges:{name}", args=["accredited-partner-seller", 2])).status_code == 404
    assert client.get(reverse(f"badges:{name}", args=["none", 1])).status_code == 404


def test_assertion_costs_one_statement(client, django_assert_num_queries):
    credential = make_credential()
    assertion_of(client, credential)

    with django_assert_num_queries(1):
        assertion_of(client, credential)


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (lambda: Edition.objects.update(name="Other"), "stays as it was given"),
        (lambda: Recipient.objects.update(salt="0123456789abcdef0"), "only ever forgotten"),
        (lambda: Credential.objects.update(edition=None), "stays as it was signed"),
    ],
)
def test_what_was_given_stays(deed, reason):
    make_credential()

    with pytest.raises(IntegrityError, match=reason), transaction.atomic():
        deed()


@pytest.mark.parametrize(
    ("salt", "identity"), [("short", f"sha256${'0' * 64}"), ("0123456789abcdef", "ada@example.com")]
)
def test_no_short_salt_and_no_bare_address_is_kept(salt, identity):
    credential = make_credential()
    forget_recipient(holder=credential.holder)

    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(credential=credential, salt=salt, identity_hash=identity)


def test_achievement_from_before_editions_gets_one_at_its_first_award(client):
    achievement = make_achievement()
    achievement.version = 7  # as a row that was saved before editions were kept
    achievement.save()
    document = assertion_of(client, make_credential(achievement=achievement)).json()

    assert json.loads(fetch(client, document["badge"]).content)["version"] == "7"


def test_pictures_are_baked_at_a_limit(client, monkeypatch):
    monkeypatch.setattr("badges.views.hosted.CALLS_PER_MINUTE", 2)
    credential = make_credential()
    addresses = [reverse(f"badges:ob2-{form}", args=[credential.pk]) for form in ("png", "svg", "png")]

    answers = [client.get(address) for address in addresses]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0

"""The public pages and forms of an award: open to all, exact in their bytes, and never kinder than the checks."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from badges import baking, signing
from badges.actions.credentials import choose_shown_name
from badges.models import Credential, SigningKey
from badges.proofs import bare
from badges.rules.issuing import linkedin_url
from badges.tests.factories import AwardFactsFactory, make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def page(client, credential, **more):
    return client.get(reverse("badges:credential", args=[credential.pk]), **more)


def text_of(response):
    return response.content.decode()


def form_url(credential, form):
    return f"/credentials/{credential.pk}.{form}"


def test_page_shows_the_award_its_checks_and_its_forms(client):
    credential = make_credential()
    text = text_of(page(client, credential))

    for words in (
        "Valid today", "P. R.", "Accredited Partner Seller", "Nothing was changed", "Signed by Example Company",
        "Not revoked", "In date", "Well formed", "6 checks of 6", "91.25 %, pass mark 80 %", "21 of 25, pass mark 18",
        "Pain point identification", 'aria-label="Level 5 of 5"', "Scored by one grader", "linkedin.com/profile/add",
    ):  # fmt: skip
        assert words in text
    for form in ("json", "jwt", "png"):
        assert form_url(credential, form) in text


def test_page_costs_two_statements_and_one_once_its_award_was_examined(client, django_assert_num_queries):
    page(client, make_credential())
    credential = make_credential()

    with django_assert_num_queries(2):
        page(client, credential)
    with django_assert_num_queries(1):
        page(client, credential)


def test_page_costs_no_more_for_more_results(client, django_assert_num_queries):
    many = AwardFactsFactory().results * 10
    unique = tuple(
        type(row)(f"{row.slug}-{n}", row.name, row.points, criteria=row.criteria) for n, row in enumerate(many)
    )
    credential = make_credential(results=unique)

    with django_assert_num_queries(2):
        page(client, credential)


@pytest.mark.parametrize(
    ("make", "word", "says"),
    [
        (lambda: revoke(make_credential()), "Revoked", "proves nothing any more"),
        (make_expired_credential, "Expired", "proves nothing for now"),
    ],
    ids=["revoked", "expired"],
)
def test_page_never_shows_a_bad_award_as_valid(client, make, word, says):
    text = text_of(page(client, make()))

    assert word in text and says in text
    for words in ("Valid today", "certifies that", "linkedin.com", "tag--good"):
        assert words not in text


def test_page_of_an_award_by_a_withdrawn_key_is_not_verified(client):
    credential = make_credential()
    SigningKey.objects.update(state="withdrawn", withdrawn_at=timezone.now())
    text = text_of(page(client, credential))

    assert "Key withdrawn" in text and "which the issuer has withdrawn" in text and "being signed anew" in text
    assert "Valid today" not in text and "Pain point" not in text


def test_revocation_shows_at_once_because_no_cache_keeps_the_page(client):
    credential = make_credential()
    assert page(client, credential)["Cache-Control"] == "no-cache"

    revoke(credential)
    assert "Revoked" in text_of(page(client, credential))


def test_succeeded_award_points_to_the_newer_one(client):
    old = make_expired_credential(holder=(holder := make_person()))
    new = make_credential(holder=holder)

    assert reverse("badges:credential", args=[new.pk]) in text_of(page(client, old))
    assert "A newer award" not in text_of(page(client, new))


def test_award_without_end_says_no_last_day(client):
    text = text_of(page(client, make_credential(valid_until=None, results=(), evidence=())))

    assert "without an end" in text and "valid until" not in text


def test_name_shows_as_chosen_and_the_address_never(client):
    holder = make_person(name="Priya Raman", email="priya@example.com")
    credential = make_credential(holder=holder)
    seen = {}
    for choice in Credential.ShownName.values:
        choose_shown_name(credential=credential, shown_name=choice, by=holder)
        seen[choice] = text_of(page(client, credential))

    assert "Priya Raman" in seen["full"]
    assert "P. R." in seen["initials"] and "Priya" not in seen["initials"]
    assert "The holder of this badge" in seen["nothing"] and "Raman" not in seen["nothing"]
    assert not any("priya@example.com" in text for text in seen.values())


def test_holder_chooses_on_the_page(client):
    credential = make_credential()
    client.force_login(credential.holder)
    assert "Your name on this page" in text_of(page(client, credential))
    assert page(client, credential)["Cache-Control"] == "private, no-store"

    response = client.post(reverse("badges:shown-name", args=[credential.pk]), {"shown_name": "nothing"})
    credential.refresh_from_db()

    assert response.status_code == 302 and response["Location"] == reverse("badges:credential", args=[credential.pk])
    assert credential.shown_name == "nothing"


def test_nobody_else_chooses(client):
    credential = make_credential()
    url = reverse("badges:shown-name", args=[credential.pk])
    assert client.post(url, {"shown_name": "full"})["Location"].startswith("/accounts/")

    client.force_login(make_person())
    assert "Your name on this page" not in text_of(page(client, credential))
    assert client.post(url, {"shown_name": "full"}).status_code == 404
    credential.refresh_from_db()
    assert credential.shown_name == "initials"


def test_unknown_choice_is_refused_and_get_changes_nothing(client):
    credential = make_credential()
    client.force_login(credential.holder)
    url = reverse("badges:shown-name", args=[credential.pk])

    assert client.post(url, {"shown_name": "email"}).status_code == 409
    assert client.get(url).status_code == 405


def test_forms_are_the_stored_bytes_for_any_site(client, django_assert_num_queries):
    credential = make_credential()
    expected = {
        "json": ("application/vc+ld+json", credential.document.encode()),
        "jwt": ("text/plain", credential.jwt.encode()),
        "rs256.jwt": ("text/plain", credential.jwt_rs256.encode()),
        "png": ("image/png", bytes(credential.png)),
    }

    for form, (content_type, content) in expected.items():
        with django_assert_num_queries(1):
            response = client.get(form_url(credential, form))
        assert (response["Content-Type"], response.content) == (content_type, content)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cache-Control"] == "public, max-age=60"


def test_every_form_tells_the_same(client):
    credential = make_credential()
    document, token, picture = (client.get(form_url(credential, form)).content for form in ("json", "jwt", "png"))
    payload = signing.read_unverified(token.decode())[1]

    assert baking.extract(picture) == document.decode()
    assert {name: value for name, value in payload.items() if name not in signing.CLAIMS} == bare(json.loads(document))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/vc", "application/vc"),
        ("application/ld+json, text/html;q=0.5", "application/ld+json"),
        ("application/json", "application/json"),
        ("text/plain", "text/plain"),
        ("application/jwt", "text/plain"),
        ("image/png", "image/png"),
        ("application/x-unknown", "text/html"),
    ],
)
def test_page_answers_in_the_form_that_is_accepted(client, accept, content_type):
    response = page(client, make_credential(), headers={"Accept": accept})

    assert response["Content-Type"].split(";")[0] == content_type
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize("path", ["/", ".json", ".jwt", ".rs256.jwt", ".png"])
def test_unknown_award_is_not_found(client, path):
    assert client.get(f"/credentials/00000000-0000-4000-8000-000000000000{path}").status_code == 404


def test_badge_page_says_what_it_proves(client, django_assert_num_queries):
    achievement = make_achievement(criteria="Passed the *exam*. <script>alert(1)</script>")
    with django_assert_num_queries(1):
        text = text_of(client.get(achievement.get_absolute_url()))

    assert "Passed the <em>exam</em>" in text and "<script>alert" not in text
    assert "How to earn it" in text and "Accreditation by Example Company" in text


def test_badge_page_of_a_micro_credential_without_tags(client):
    text = text_of(client.get(make_achievement(shape="hexagon", tags=[]).get_absolute_url()))

    assert "Micro-credential by Example Company" in text


def test_badge_picture_holds_no_award(client):
    response = client.get(reverse("badges:achievement-image", args=[make_achievement().slug]))

    assert response["Content-Type"] == "image/png"
    with pytest.raises(baking.NotBaked):
        baking.extract(response.content)
    assert client.get("/badges/unknown/").status_code == client.get("/badges/unknown/image.png").status_code == 404


def test_did_document_and_keys_verify_a_token(client):
    credential = make_credential()
    did, keys = client.get("/.well-known/did.json"), client.get("/.well-known/jwks.json")
    header = signing.read_unverified(credential.jwt)[0]

    assert did["Access-Control-Allow-Origin"] == keys["Access-Control-Allow-Origin"] == "*"
    assert did.json()["id"] == "did:web:localhost%3A8000"
    assert header["kid"] in did.json()["assertionMethod"]
    key = next(key for key in keys.json()["keys"] if key["kid"] == header["kid"])
    assert signing.verify(credential.jwt, did=did.json()["id"], keys={header["kid"].partition("#")[2]: key})


def test_withdrawn_key_leaves_both_lists_and_retired_key_stays(client):
    make_credential()
    SigningKey.objects.update(state="retired", retired_at=timezone.now())
    assert len(client.get("/.well-known/jwks.json").json()["keys"]) == 3

    SigningKey.objects.update(state="withdrawn", withdrawn_at=timezone.now())
    assert client.get("/.well-known/jwks.json").json()["keys"] == []
    assert "assertionMethod" not in client.get("/.well-known/did.json").json()


def test_issuer_is_a_page_and_a_profile(client):
    assert "No key yet" in text_of(client.get("/issuer/"))
    make_credential()

    text = text_of(client.get("/issuer/"))
    negotiated = client.get("/issuer/", headers={"Accept": "application/ld+json"})
    profile = client.get("/issuer/profile.json")

    assert "Signs new awards" in text and "did:web:localhost%3A8000" in text
    assert negotiated.content == profile.content and "Accept" in negotiated["Vary"]
    assert profile.json()["id"] == "did:web:localhost%3A8000" and profile.json()["type"] == ["Profile"]


@pytest.mark.parametrize(("state", "words"), [("retired", "Signs no more"), ("withdrawn", "Withdrawn")])
def test_issuer_page_tells_what_a_key_still_does(client, state, words):
    make_credential()
    now = timezone.now()
    SigningKey.objects.update(state=state, retired_at=now, withdrawn_at=now if state == "withdrawn" else None)

    assert words in text_of(client.get("/issuer/"))


def private_needles(key):
    """The private part of a key in every spelling that it might get out by."""
    private = signing._open(bytes(key.sealed_private_key), kid=key.kid, secret=settings.ISSUER_SECRET).private_key
    number = {
        "EdDSA": lambda: private.private_bytes_raw(),
        "ES256": lambda: private.private_numbers().private_value.to_bytes(32, "big"),
        "RS256": lambda: private.private_numbers().d.to_bytes(256, "big")[:32],
    }[key.algorithm]()
    for secret in (number, bytes(key.sealed_private_key)[:32], bytes(key.sealed_private_key)):
        yield from (secret, secret.hex().encode(), b64encode(secret), urlsafe_b64encode(secret).rstrip(b"=")[:40])


def test_no_route_shows_a_private_key(client, admin_client):
    credential, keys = make_credential(), SigningKey.objects.all()
    needles = [needle for key in keys for needle in private_needles(key)]
    paths = [
        "/issuer/", "/issuer/profile.json", "/.well-known/did.json", "/.well-known/jwks.json",
        credential.get_absolute_url(), *(form_url(credential, form) for form in ("json", "jwt", "png")),
        "/credentials/verify", credential.achievement.get_absolute_url(), "/admin/badges/signingkey/",
        *(f"/admin/badges/signingkey/{key.pk}/change/" for key in keys),
        f"/admin/badges/credential/{credential.pk}/change/",
    ]  # fmt: skip

    assert len(needles) == 36
    for path in paths:
        assert admin_client.get(path).status_code == 200
        for answer in (client.get(path), admin_client.get(path)):
            assert not any(needle in answer.content for needle in needles), path


def test_linkedin_gets_name_dates_and_the_page_of_the_award():
    credential = make_credential(awarded_at=timezone.now().replace(year=2026, month=6, day=18))
    url = linkedin_url(credential, "http://localhost:8000/credentials/x/")

    assert "startTask=CERTIFICATION_NAME" in url and "name=Accredited+Partner+Seller" in url
    assert "organizationName=Example+Company" in url and "issueYear=2026&issueMonth=6" in url
    assert f"certId={credential.pk}" in url and "expirationYear=" in url
    assert "expirationYear" not in linkedin_url(make_credential(valid_until=None), "x")

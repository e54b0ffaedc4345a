"""Badges of Open Badges 2.0 on the check page: ours are looked up and say today's state; others are said to be elsewhere."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from badges import baking
from badges.actions.hosted import forget_recipient
from badges.models import SigningKey
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke

pytestmark = pytest.mark.django_db
HOST = "http://localhost:8000"


def fetched(client, form, credential):
    return client.get(reverse(f"badges:ob2-{form}", args=[credential.pk])).content


def verify(client, content, content_type="application/octet-stream"):
    return client.post(reverse("badges:verify"), content, content_type=content_type).json()


def failing(answer):
    return [check["name"] for check in answer["checks"] if not check["passed"]]


def pictures(client, credential):
    return [fetched(client, form, credential) for form in ("png", "svg")]


def picture_of(address):
    return baking.bake(bytes(make_achievement().image), address, keyword=baking.OLD_KEYWORD)


def test_pictures_of_ours_are_looked_up_and_pass_every_check(client):
    for picture in pictures(client, make_credential()):
        answer = verify(client, picture)
        assert answer["verified"] and "code" not in answer
        assert [check["name"] for check in answer["checks"]][:3] == ["named", "as-served", "unchanged"]
        assert len(answer["checks"]) == 8


def test_assertion_as_we_serve_it_passes_and_an_edited_one_fails(client):
    credential = make_credential()
    document = json.loads(fetched(client, "assertion", credential))

    assert verify(client, json.dumps(document), "application/json")["verified"]
    for name in set(document) - {"id"}:
        edited = document | {name: "other"}
        assert failing(verify(client, json.dumps(edited), "application/json")) == ["as-served"]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (lambda: revoke(make_credential()), ["not-revoked"]),
        (make_expired_credential, ["in-date"]),
    ],
    ids=["revoked", "expired"],
)
def test_picture_says_the_state_of_today(client, state, names):
    credential = state()
    address = f"{HOST}{reverse('badges:ob2-assertion', args=[credential.pk])}"

    answer = verify(client, picture_of(address))

    assert not answer["verified"] and failing(answer) == names


def test_picture_of_an_award_by_a_withdrawn_key_is_not_verified(client):
    png, _ = pictures(client, make_credential())
    SigningKey.objects.update(state="withdrawn", withdrawn_at=timezone.now())

    assert "signed-by-us" in failing(verify(client, png))


def test_assertion_of_a_revoked_award_no_longer_says_what_we_serve(client):
    credential = make_credential()
    document = fetched(client, "assertion", credential)
    revoke(credential)

    assert failing(verify(client, document, "application/json")) == ["as-served", "not-revoked"]


@pytest.mark.parametrize(
    "address",
    [f"{HOST}/ob2/assertions/{uuid.uuid4()}.json", f"{HOST}/ob2/assertions/{'-' * 36}.json"],
    ids=["no award", "no id"],
)
def test_an_address_of_nothing_is_not_verified(client, address):
    answer = verify(client, picture_of(address))

    assert not answer["verified"]


def test_award_of_a_forgotten_person_is_found_nowhere(client):
    credential = make_credential()
    png, _ = pictures(client, credential)
    forget_recipient(holder=credential.holder)

    answer = verify(client, png)
    assert not answer["verified"] and failing(answer) == ["named"]


def test_picture_of_another_host_is_told_to_be_elsewhere_and_never_verified(client):
    for found in (
        "https://badges.example.org/assertions/1.json",
        json.dumps(
            {"id": "https://badges.example.org/1", "type": "Assertion", "badge": "https://badges.example.org/b"}
        ),
    ):
        answer = verify(client, picture_of(found))
        assert not answer["verified"] and answer["code"] == "other-issuer"
        assert "badges.example.org" in answer["checks"][0]["text"]
    token = verify(client, picture_of("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"))
    assert not token["verified"] and "Open Badges 2.0" in token["sentence"]


def test_address_that_only_begins_like_ours_is_not_ours(client):
    credential = make_credential()
    for address in (
        f"{HOST}.example.org/ob2/assertions/{credential.pk}.json",
        f"{HOST}/ob2/assertions/{credential.pk}.json?x=1",
        f"https://localhost:8000/ob2/assertions/{credential.pk}.json",
    ):
        assert not verify(client, picture_of(address))["verified"]


def test_page_shows_what_was_found_with_the_way_to_the_award(client):
    credential = make_credential()
    png, _ = pictures(client, credential)

    page = client.post(reverse("badges:verify"), {"file": SimpleUploadedFile("badge.png", png)}).content.decode()

    assert "Valid today" in page and "Names an award of ours" in page
    assert f'href="{credential.get_absolute_url()}"' in page

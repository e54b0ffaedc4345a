"""`/credentials/verify`: every form of ours, every named refusal, for machines and for people."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from badges import openbadges
from badges.rules.presented import LARGEST_PICTURE
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from badges.views import checking

pytestmark = pytest.mark.django_db
URL = "/credentials/verify"


def post_json(client, content, **more):
    return client.post(URL, content if isinstance(content, str) else json.dumps(content), "application/json", **more)


def test_page_offers_file_and_text(client):
    text = client.get(URL).content.decode()

    assert 'type="file"' in text and "<textarea" in text


@pytest.mark.parametrize("member", ["jwt", "credential", "object", "bare"])
def test_json_callers_get_every_check_by_name(member):
    credential = make_credential()
    content = {
        "jwt": {"jwt": credential.jwt},
        "credential": {"credential": credential.jwt},
        "object": {"credential": json.loads(credential.document)},
        "bare": json.loads(credential.document),
    }[member]
    answer = post_json(Client(enforce_csrf_checks=True), content)

    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer.json()["verified"] is True
    names = [check["name"] for check in answer.json()["checks"]]
    assert names == ["unchanged", "signed-by-us", "not-revoked", "in-date", "well-formed", "same-in-every-form"]
    assert all(check["passed"] and check["text"] for check in answer.json()["checks"])


def test_revoked_award_is_not_verified(client):
    credential = make_credential()
    revoke(credential)
    answer = post_json(client, {"jwt": credential.jwt}).json()

    assert answer["verified"] is False
    assert [check["name"] for check in answer["checks"] if not check["passed"]] == ["not-revoked"]


@pytest.mark.parametrize("content_type", ["image/png", "text/plain", "application/vc+ld+json"])
def test_raw_bodies_are_read(client, content_type):
    credential = make_credential()
    forms = {"image/png": bytes(credential.png), "text/plain": credential.jwt}

    answer = client.post(URL, forms.get(content_type, credential.document), content_type)
    assert answer.json()["verified"] is True


@pytest.mark.parametrize("form", ["png", "json", "jwt"])
def test_people_get_a_page_for_their_file(client, form):
    credential = make_credential()
    content = client.get(f"/credentials/{credential.pk}.{form}").content
    answer = client.post(URL, {"file": SimpleUploadedFile(f"badge.{form}", content)}, headers={"Accept": "text/html"})
    text = answer.content.decode()

    assert answer.status_code == 200 and "Valid today" in text and "6 of 6 passed" in text
    assert credential.get_absolute_url() in text


def test_people_may_paste_and_scripts_may_ask_for_json(client):
    credential = make_credential()

    assert "Valid today" in client.post(URL, {"text": f" {credential.jwt}\n"}).content.decode()
    answer = client.post(URL, {"text": credential.jwt}, headers={"Accept": "application/json"})
    assert answer.json()["verified"] is True


def test_failed_check_is_named_on_the_page(client):
    credential = make_credential()
    revoke(credential)
    text = client.post(URL, {"text": credential.jwt}).content.decode()

    assert "Revoked" in text and "5 of 6 passed" in text and "Valid today" not in text


def test_badge_of_another_issuer_is_refused_by_name(client):
    answer = post_json(client, {"credential": {"issuer": "did:web:other.example.com"}})

    assert answer.status_code == 200
    assert answer.json()["verified"] is False and answer.json()["code"] == "other-issuer"


@pytest.mark.parametrize("content", ["", "{", "[]", '"word"', "7", '{"jwt": "hello"}', '{"jwt": 7}', "[" * 100_000])
def test_json_without_a_badge_is_refused(client, content):
    answer = post_json(client, content)

    assert answer.json()["verified"] is False
    assert answer.status_code == 400 or answer.json()["code"] == "other-issuer"


def test_lone_surrogates_are_only_text(client):
    assert post_json(client, '{"jwt": "\\ud800.\\ud800.\\ud800"}').status_code == 400


def test_form_without_anything_says_so(client):
    answer = client.post(URL, {})

    assert answer.status_code == 400 and "There is nothing to check" in answer.content.decode()


def test_picture_without_badge_says_so(client):
    upload = SimpleUploadedFile("badge.png", bytes(make_achievement().image))

    assert "holds no badge" in client.post(URL, {"file": upload}).content.decode()


def test_too_large_is_refused_before_it_is_read(client):
    answer = client.post(URL, b"x" * (LARGEST_PICTURE + 1), "application/octet-stream")

    assert answer.status_code == 413 and answer.json()["code"] == "too-large"
    assert post_json(client, {"jwt": "a.b." + "c" * 200_000}).status_code == 413
    assert post_json(client, {"jwt": "a.b.c", "credential": {"name": "c" * 200_000}}).status_code == 413


def test_two_statements_check_a_token(client, django_assert_num_queries):
    credential = make_credential()

    with django_assert_num_queries(2):
        post_json(client, {"jwt": credential.jwt})


def test_callers_wait_beyond_the_limit_whatever_they_forward(client, monkeypatch):
    monkeypatch.setattr(checking, "CALLS_PER_MINUTE", 2)
    answers = [post_json(client, {}, headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert answers[2].status_code == 429 and int(answers[2]["Retry-After"]) >= 1
    assert answers[2].json()["code"] == "too-many" and answers[2].json()["verified"] is False


def test_limit_leaves_room_for_120_calls_a_minute():
    assert checking.CALLS_PER_MINUTE >= 120


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_allowed(client, method):
    assert getattr(client, method)(URL).status_code == 405


def test_a_token_does_not_vouch_for_another_document(client):
    credential = make_credential()
    document = json.loads(credential.document)
    both = {"jwt": credential.jwt, "credential": document}
    assert post_json(client, both).json()["verified"] is True

    document["name"] = "Another award"

    assert post_json(client, both).json()["verified"] is False


def test_the_schema_is_not_asked_about_large_documents_of_strangers(client, monkeypatch):
    asked = []
    monkeypatch.setattr(openbadges, "schema_errors", lambda document: asked.append(document) or [])
    document = json.loads(make_credential().document)
    asked.clear()
    document["evidence"] = [{"id": "https://example.com/", "type": ["Evidence"]}] * 1000

    answer = post_json(client, document).json()

    assert (answer["verified"], asked) == (False, [])


def test_result_is_where_a_screen_reader_begins_and_every_check_says_passed_or_failed(client):
    credential = make_credential()
    revoke(credential)
    text = client.post(URL, {"text": credential.document}).content.decode()

    _, _, read = text.partition('tabindex="-1" autofocus')
    assert 0 < read.index("Revoked") < read.index("Checked just now")
    assert text.count('<span class="visually-hidden">Failed: </span>') == 1
    assert text.count('<span class="visually-hidden">Passed: </span>') == 5
    assert "autofocus" not in client.get(URL).content.decode()


@pytest.mark.parametrize(
    "make", [make_expired_credential, lambda: revoke(make_credential())], ids=["expired", "revoked"]
)
def test_a_forged_award_is_not_verified_whatever_the_one_it_names_is(client, make):
    forged = make().document.replace("Sells the platform", "Owns the platform")

    page = client.post(URL, {"text": forged}).content.decode()

    assert "<title>Not verified" in page and 'message__title">Not verified' in page

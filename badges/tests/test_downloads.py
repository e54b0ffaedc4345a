"""Stored bytes: called by a name, not sent twice, and told without their body to whoever only asks."""

import pytest
from django.urls import reverse

from badges.tests.factories import make_achievement, make_credential
from badges.tests.test_revoking import revoke

pytestmark = pytest.mark.django_db
FORMS = {"json": "application/vc+ld+json", "jwt": "text/plain", "png": "image/png", "svg": "image/svg+xml"}
HOSTED = ["ob2-assertion", "ob2-png", "ob2-svg"]


def url(credential, form):
    return f"/credentials/{credential.pk}.{form}"


@pytest.mark.parametrize(("form", "content_type"), FORMS.items())
def test_download_has_its_type_and_a_name(client, form, content_type):
    credential = make_credential()
    answer = client.get(url(credential, form))

    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"].startswith(f'inline; filename="badge-{str(credential.pk)[:8]}.{form}"')


@pytest.mark.parametrize("form", [*FORMS, "pdf"])
def test_bytes_that_are_known_are_not_sent_again(client, form):
    credential = make_credential()
    first = client.get(url(credential, form))
    again = client.get(url(credential, form), headers={"if-none-match": first["ETag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]
    assert client.get(url(credential, form), headers={"if-none-match": '"other"'}).content == first.content


@pytest.mark.parametrize("name", HOSTED)
def test_older_forms_are_not_sent_again_either(client, name):
    address = reverse(f"badges:{name}", args=[make_credential().pk])
    etag = client.get(address)["ETag"]

    again = client.get(address, headers={"if-none-match": etag})
    assert again.status_code == 304 and again["Access-Control-Allow-Origin"] == "*"


def test_revocation_is_told_to_whoever_knows_the_assertion(client):
    credential = make_credential()
    address = reverse("badges:ob2-assertion", args=[credential.pk])
    etag = client.get(address)["ETag"]
    revoke(credential)

    assert client.get(address, headers={"if-none-match": etag}).status_code == 410


def test_form_by_acceptance_is_another_answer_than_the_page(client):
    credential = make_credential()
    etag = client.get(credential.get_absolute_url(), headers={"accept": "application/json"})["ETag"]
    page = client.get(credential.get_absolute_url(), headers={"accept": "text/html", "if-none-match": etag})

    assert page.status_code == 200 and "Accept" in page["Vary"]


@pytest.mark.parametrize("form", [*FORMS, "pdf"])
def test_head_tells_all_but_the_body(client, form):
    credential = make_credential()
    full, head = client.get(url(credential, form)), client.head(url(credential, form))

    assert head.status_code == 200 and not head.content
    for header in ("Content-Type", "Content-Length", "ETag", "Content-Disposition"):
        assert head[header] == full[header]


@pytest.mark.parametrize("form", [*FORMS, "pdf"])
def test_nothing_is_posted_to_stored_bytes(client, form):
    assert client.post(url(make_credential(), form)).status_code == 405


def test_picture_of_a_badge_is_called_by_its_slug(client):
    answer = client.get(reverse("badges:achievement-image", args=[make_achievement().slug]))

    assert 'filename="accredited-partner-seller.png"' in answer["Content-Disposition"]

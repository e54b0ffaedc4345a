"""The SVG of an award: the same award as in every other form, kept as it was made, and nothing that a browser could run."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from badges import baking
from badges.models import Credential
from badges.tests.factories import make_achievement, make_credential
from badges.tests.test_revoking import revoke

pytestmark = pytest.mark.django_db


def url(credential):
    return f"/credentials/{credential.pk}.svg"


def test_drawing_holds_the_award_that_the_picture_holds(client):
    credential = make_credential()
    answer = client.get(url(credential))

    assert answer.content.decode() == credential.svg
    assert baking.read(answer.content) == baking.extract(bytes(credential.png))


def test_drawing_is_inert_in_every_browser(client):
    answer = client.get(url(make_credential()))

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_drawing_is_answered_to_whoever_accepts_it(client):
    credential = make_credential()
    answer = client.get(credential.get_absolute_url(), headers={"accept": "image/svg+xml"})

    assert answer.content.decode() == credential.svg and "Accept" in answer["Vary"]
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_drawing_stays_as_it_was_made():
    credential = make_credential()
    make_achievement(label="Other")
    old = credential.svg
    credential.refresh_from_db()

    assert credential.svg == old
    with pytest.raises(IntegrityError, match="stays as it was signed"), transaction.atomic():
        Credential.objects.update(svg="<svg/>")


def test_page_offers_the_drawing_of_an_award_that_has_one(client, monkeypatch):
    credential = make_credential()
    assert url(credential) in client.get(credential.get_absolute_url()).content.decode()

    monkeypatch.setattr(baking, "bake_svg", lambda svg, text: "")  # as awards from before drawings were kept
    older = make_credential()

    assert client.get(url(older)).status_code == 404
    assert url(older) not in client.get(older.get_absolute_url()).content.decode()


def test_drawing_of_nothing_is_404(client):
    assert client.get("/credentials/00000000-0000-4000-8000-000000000000.svg").status_code == 404


def check(client, content, name="badge.svg"):
    upload = SimpleUploadedFile(name, content, "image/svg+xml")
    return client.post(reverse("badges:verify"), {"file": upload}, headers={"accept": "application/json"})


def test_drawing_is_checked_as_the_award_it_holds(client):
    credential = make_credential()
    content = credential.svg.encode()

    assert check(client, content).json()["verified"] is True
    revoke(credential)
    assert check(client, content).json()["verified"] is False


def test_drawing_with_a_changed_award_is_refused(client):
    credential, other = make_credential(), make_credential()
    document = json.loads(credential.document) | {"name": "Something grander"}
    header, _, signature = credential.jwt.split(".")
    swapped = f"{header}.{other.jwt.split('.')[1]}.{signature}"

    for forged in (json.dumps(document), swapped):
        assert check(client, baking.bake_svg("<svg></svg>", forged).encode()).json()["verified"] is False


def test_hostile_drawing_is_refused_with_its_reason(client):
    answer = check(client, b'<!DOCTYPE svg [<!ENTITY a "ha">]><svg>&a;</svg>')

    assert answer.status_code == 400 and "line 1: A DOCTYPE is not allowed." in answer.json()["sentence"]

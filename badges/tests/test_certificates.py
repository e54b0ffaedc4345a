"""The sheet of an award: what it says, what it never says, and which awards have none."""

import io
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from badges import artwork, certificate
from badges.actions.credentials import choose_shown_name
from badges.models import SigningKey
from badges.rules.certificates import certificate_facts
from badges.rules.checking import check_record
from badges.rules.issuing import NO_NAME
from badges.tests.factories import make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def pdf_of(client, credential, **headers):
    return client.get(reverse("badges:credential-pdf", args=[credential.pk]), headers=headers)


def facts_of(credential):
    return certificate_facts(credential, check_record(credential, now=timezone.now()))


def make_named(name, choice="full"):
    holder = make_person(name=name)
    credential = make_credential(holder=holder)
    return choose_shown_name(credential=credential, shown_name=choice, by=holder)


def test_sheet_is_a_tagged_pdf_with_title_and_language(client):
    answer = pdf_of(client, make_named("Priya Raman"))
    content = answer.content

    assert answer["Content-Type"] == "application/pdf" and content.startswith(b"%PDF-1.")
    assert b"/Marked true" in content and b"/Lang (en)" in content and b"/DisplayDocTitle true" in content
    assert b"/Title (Accredited Partner Seller: Priya Raman)" in content
    for kind in (b"/H1", b"/Figure", b"/P"):
        assert b"/S " + kind in content
    assert b"/Alt (Badge: Accredited Partner Seller)" in content
    assert b"/FontFile2" in content and b"+NotoSans" in content
    assert content.count(b"/Type /Page\n") == 1


def test_sheet_is_called_by_its_badge_and_is_not_kept_by_caches(client):
    answer = pdf_of(client, make_credential())

    assert answer["Content-Disposition"].startswith('inline; filename="accredited-partner-seller-certificate.pdf"')
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-cache", "nosniff")


def test_same_facts_are_the_same_bytes(client):
    facts = facts_of(make_credential())
    first = certificate.draw(facts)
    certificate.draw.cache_clear()

    assert certificate.draw(facts) == first


def test_unchanged_sheet_is_not_sent_again(client):
    credential = make_named("Priya Raman")
    etag = pdf_of(client, credential)["ETag"]

    again = pdf_of(client, credential, if_none_match=etag)
    assert again.status_code == 304 and not again.content
    choose_shown_name(credential=credential, shown_name="nothing", by=credential.holder)
    assert pdf_of(client, credential, if_none_match=etag).status_code == 200


def test_sheet_says_who_what_and_until_when():
    facts = facts_of(make_named("Priya Raman"))

    assert (facts.issuer, facts.holder, facts.title) == ("Example Company", "Priya Raman", "Accredited Partner Seller")
    assert re.fullmatch(r"Awarded \d+ \w+ \d{4}, valid until \d+ \w+ \d{4}", facts.dates)
    assert facts.page_url.endswith("/") and not facts.mark
    assert facts_of(make_credential(valid_until=None)).dates.endswith("without an end")


@pytest.mark.parametrize(("choice", "shown"), [("full", "Ada Byron"), ("initials", "A. B."), ("nothing", NO_NAME)])
def test_holder_is_named_as_they_allow(choice, shown):
    assert facts_of(make_named("Ada Byron", choice)).holder == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Łucja Đặng-Ωmega Яна", "Łucja Đặng-Ωmega Яна"),
        ("Zoe\u0308 O’Neil, Jr. (3)", "Zoe\u0308 O’Neil, Jr. (3)"),
        ("李小龙", NO_NAME),
        ("محمد علي", NO_NAME),
        ("दीपक", NO_NAME),
        ("Ada 🎓", NO_NAME),
    ],
)
def test_name_that_the_font_cannot_show_is_left_to_the_page(name, shown):
    assert facts_of(make_named(name)).holder == shown


@pytest.mark.parametrize("name", ["Ng", "Maria Guadalupe " * 9, "W" * 80], ids=["short", "long", "one word"])
def test_every_name_fits_above_the_code(name, monkeypatch):
    seen = []
    monkeypatch.setattr(certificate, "_check", lambda sheet, facts: seen.append(sheet.get_y()))
    facts = facts_of(make_credential(statement="met every requirement of this program. " * 40))
    certificate.draw(type(facts)(**{field: getattr(facts, field) for field in facts.__slots__} | {"holder": name}))

    assert seen[0] < certificate.BOTTOM - 32


def test_expired_sheet_is_marked_across(client):
    credential = make_expired_credential()
    facts = facts_of(credential)

    assert facts.mark.startswith("Expired after")
    assert pdf_of(client, credential).status_code == 200
    assert certificate.draw(facts) != certificate.draw(type(facts)(**as_dict(facts) | {"mark": ""}))


def as_dict(facts):
    return {field: getattr(facts, field) for field in facts.__slots__}


def test_revoked_award_has_no_sheet_and_says_so(client):
    answer = pdf_of(client, revoke(make_credential()))

    assert answer.status_code == 410 and answer["Content-Type"].startswith("text/html")
    assert "proves nothing any more" in answer.content.decode() and "certifies that" not in answer.content.decode()


def test_award_that_cannot_be_verified_has_no_sheet(client):
    credential = make_credential()
    SigningKey.objects.update(state="withdrawn", withdrawn_at=timezone.now())

    answer = pdf_of(client, credential)
    assert answer.status_code == 409 and "Key withdrawn" in answer.content.decode()


def test_unknown_award_is_404(client):
    assert client.get("/credentials/00000000-0000-4000-8000-000000000000.pdf").status_code == 404


def test_page_offers_the_sheet_of_a_good_award_only(client):
    good, bad = make_credential(), revoke(make_credential())

    assert f"/credentials/{good.pk}.pdf" in client.get(good.get_absolute_url()).content.decode()
    assert f"/credentials/{bad.pk}.pdf" not in client.get(bad.get_absolute_url()).content.decode()


def test_sheets_are_not_drawn_without_end_for_one_caller(client, monkeypatch):
    cache.clear()
    monkeypatch.setattr("badges.views.certificates.CALLS_PER_MINUTE", 2)
    credential = make_credential()
    codes = [pdf_of(client, credential).status_code for _ in range(3)]

    assert codes == [200, 200, 429]


def test_award_from_before_editions_shows_its_picture():
    credential = make_credential()
    credential.edition = None

    assert Image.open(io.BytesIO(facts_of(credential).drawing)).size == (artwork.WIDTH, artwork.WIDTH)
    assert certificate.draw(facts_of(credential)).startswith(b"%PDF")

"""Pictures to share: they say today's state, name the holder as they allow, and stand on other people's pages."""

import io

import pytest
from django.utils import timezone
from PIL import Image

from badges.actions.credentials import choose_shown_name
from badges.cards import CardFacts, draw_card, draw_strip
from badges.models import Credential
from badges.rules import cards as rules
from badges.rules.checking import check_record
from badges.tests.factories import make_credential, make_expired_credential
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def facts_of(credential):
    credential = Credential.objects.get(pk=credential.pk)
    return rules.card_facts(credential, check_record(credential, now=timezone.now()))


@pytest.mark.parametrize(("name", "size"), [("card", (1200, 630)), ("strip", (1040, 240))])
def test_pictures_are_for_everyone_and_have_their_size(client, name, size):
    response = client.get(f"{make_credential().get_absolute_url()}{name}.png")

    assert response["Content-Type"] == "image/png" and response["Cache-Control"] == "no-cache"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert Image.open(io.BytesIO(response.content)).size == size


@pytest.mark.parametrize("name", ["card", "strip"])
def test_an_unknown_award_has_no_picture(client, name):
    assert client.get(f"/credentials/5f1a3c9e-0000-4000-8000-000000000000/{name}.png").status_code == 404


def test_the_state_of_today_is_said():
    live, ended, revoked = make_credential(), make_expired_credential(), make_credential(holder=make_person(name="A B"))
    revoke(revoked)

    states = [(facts.state, facts.tone, facts.dates.split()[0:1]) for facts in map(facts_of, (live, ended, revoked))]

    assert states == [("Valid today", "good", ["Valid"]), ("Expired", "caution", ["Ended"]), ("Revoked", "danger", [])]


def test_a_revocation_shows_in_the_picture_at_once(client):
    credential = make_credential()
    address = f"{credential.get_absolute_url()}strip.png"
    before = client.get(address).content

    revoke(credential)

    assert client.get(address).content != before


@pytest.mark.parametrize(
    ("choice", "name", "shown"),
    [
        ("initials", "Priya Raman", "P. R."),
        ("full", "Priya Raman", "Priya Raman"),
        ("nothing", "Priya Raman", rules.NO_NAME),
        ("full", "北京 大学", rules.NO_NAME),
    ],
)
def test_the_holder_is_named_as_they_allow(choice, name, shown):
    holder = make_person(name=name)
    credential = make_credential(holder=holder)
    choose_shown_name(credential=credential, shown_name=choice, by=holder)

    assert facts_of(credential).holder == shown


@pytest.mark.parametrize(
    "title", ["A", "A very long name of an accreditation that goes on " * 3, 'Quote " < & >', "W" * 120]
)
def test_any_words_can_be_drawn(title):
    facts = CardFacts(title, "P. R.", "Example & Company", "Valid today", "good", "Valid until 1 May 2027", picture())

    assert draw_card(facts).startswith(b"\x89PNG") and draw_strip(facts).startswith(b"\x89PNG")


def picture():
    content = io.BytesIO()
    Image.new("RGBA", (8, 8)).save(content, "PNG")
    return content.getvalue()


def test_the_page_names_its_card_and_gives_html_without_script_or_name(client):
    credential = make_credential()

    page = client.get(credential.get_absolute_url()).content.decode()

    assert f'property="og:image" content="http://localhost:8000{credential.get_absolute_url()}card.png"' in page
    snippet = rules.embed_snippet(credential)
    assert "script" not in snippet and "Priya" not in snippet
    assert snippet.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in page


def test_what_does_not_hold_is_not_offered_to_other_pages(client):
    credential = make_credential()
    revoke(credential)

    page = client.get(credential.get_absolute_url()).content.decode()

    assert "HTML to paste" not in page and "(revoked)" in page

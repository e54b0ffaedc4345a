"""The page that is made once for all visitors is the page that each of them would get: never older, never anybody's own."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from badges.actions.credentials import choose_shown_name
from badges.actions.rotation import withdraw_signing_key
from badges.models import Credential
from badges.tests.factories import make_credential
from badges.tests.test_endorsements import COMMENT, endorse, withdraw
from badges.tests.test_revoking import revoke
from badges.views import credential_pages
from courses.lib.kept import Kept

pytestmark = pytest.mark.django_db
NONCE = re.compile(r"nonce-([\w+/=-]+)")


@pytest.fixture(autouse=True)
def pages(monkeypatch):
    """An empty store for each test, with a count of what was made."""
    made, make = [], credential_pages._made
    monkeypatch.setattr(credential_pages, "PAGES", Kept(most=8))
    monkeypatch.setattr(credential_pages, "_made", lambda *facts: made.append(facts) or make(*facts))
    return made


def page(credential, client=None):
    response = (client or Client()).get(credential.get_absolute_url())
    return response.content.decode(), response


def test_second_visitor_gets_the_same_page_without_its_making(pages):
    credential = make_credential()
    (first, _), (second, _) = page(credential), page(credential)

    assert len(pages) == 1

    def without_the_moment(text):
        return re.sub(r"\d\d:\d\d:\d\d|nonce=\"[^\"]*\"", "", text)

    assert without_the_moment(first) == without_the_moment(second) and "Valid today" in second


def test_each_page_has_the_nonce_of_its_own_answer_and_no_placeholder():
    credential, seen = make_credential(), set()
    for _ in range(3):
        text, response = page(credential)
        nonce = NONCE.search(response["Content-Security-Policy"])[1]
        assert text.count(f'nonce="{nonce}"') == text.count("nonce=") > 0
        assert credential_pages.NONCE not in text and credential_pages.MOMENT not in text
        seen.add(nonce)
    assert len(seen) == 3


def test_each_page_says_the_second_in_which_it_was_checked(monkeypatch):
    credential = make_credential()
    page(credential)
    monkeypatch.setattr(credential_pages, "_this_second", lambda: "1 Jan 2030, 00:00:01")

    assert "1 Jan 2030, 00:00:01" in page(credential)[0]


def rename(credential):
    type(credential.holder).objects.filter(pk=credential.holder_id).update(name="Zoe Young")


def withdraw_key(credential):
    withdraw_signing_key(kid=credential.signed_by[0], reason="stolen", operator="ops")


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (revoke, "Revoked"),
        (rename, "Z. Y."),
        (withdraw_key, "Key withdrawn"),
        (lambda one: choose_shown_name(credential=one, shown_name="full", by=one.holder), "Priya Raman"),
        (endorse, COMMENT),
    ],
)
def test_what_changes_shows_on_the_next_page(deed, words):
    credential = make_credential()
    before, _ = page(credential)

    deed(credential)

    assert words not in before and words in page(credential)[0]


def test_what_is_taken_back_is_gone_from_the_next_page():
    endorsement = endorse()
    assert COMMENT in page(endorsement.credential)[0]

    withdraw(endorsement)

    assert COMMENT not in page(endorsement.credential)[0]


def test_an_award_that_runs_out_meanwhile_says_so(monkeypatch):
    credential = make_credential()
    assert "Valid today" in page(credential)[0]

    later = credential.expires_at + timedelta(seconds=1)
    monkeypatch.setattr("badges.views.credentials.timezone.now", lambda: later)

    text, _ = page(credential)
    assert "Expired" in text and "Valid today" not in text


def test_what_the_holder_sees_is_nobody_else_s(pages):
    credential = make_credential()
    holder = Client()
    holder.force_login(credential.holder)

    own, response = page(credential, holder)
    assert "Your name on this page" in own and "no-store" in response["Cache-Control"] and not pages
    text, _ = page(credential)

    assert "Your name on this page" not in text and "csrfmiddlewaretoken" not in text and "Priya" not in text


def test_two_awards_are_two_pages(pages):
    for credential in (make_credential(), make_credential()):
        assert credential.get_absolute_url() in page(credential)[0]
    assert len(pages) == 2


def test_page_names_the_drawing_only_where_there_is_one():
    credential = make_credential()
    with_drawing = credential_pages.credential_of_page.first(pk=credential.pk)

    assert with_drawing.has_svg is True
    rows = credential_pages.credential_of_page.queryset(pk=credential.pk)
    assert rows.get().has_svg is True and Credential.objects.exclude(svg="").count() == 1


def test_only_the_newest_are_kept_and_each_is_made_once():
    kept, made = Kept(most=2), []

    def ask(key):
        return kept.get(key, lambda: made.append(key) or f"page {key}")

    assert [ask(key) for key in "aabacab"] == [f"page {key}" for key in "aabacab"]
    assert made == ["a", "b", "c", "b"] and len(kept) == 2


def test_what_fails_is_not_kept():
    kept = Kept(most=2)

    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0)
    assert kept.get("a", lambda: "made") == "made"

"""Awards that follow each other: each names the one before it, and says where the newest is served."""

import json
import re
import uuid
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from badges.actions.credentials import issue_credential
from badges.actions.reissues import sweep_reissues
from badges.models import Credential
from badges.tests.factories import AwardFactsFactory, make_achievement, make_credential, make_expired_credential
from badges.tests.test_checking import failed, verdict_on
from badges.tests.test_revoking import revoke
from badges.tests.test_rotation import withdraw
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def renewed():
    """An award that has run out, and the one that renews it."""
    old = make_expired_credential(holder=(holder := make_person()))
    return old, make_credential(holder=holder)


def newest(client, credential):
    service = json.loads(credential.document)["refreshService"]["id"]
    return client.get(service.removeprefix("http://localhost:8000"))


def earlier_in(credential):
    rows = json.loads(credential.document)["evidence"]
    return [row["id"] for row in rows if row.get("genre") == "predecessor"]


def test_renewal_names_the_award_before_it_by_its_id():
    old, new = renewed()

    assert earlier_in(new) == [json.loads(old.document)["id"]]
    assert earlier_in(old) == []
    assert verdict_on(new.document).verified


def test_an_edit_of_the_name_of_the_predecessor_is_refused():
    old, new = renewed()
    forged = new.document.replace(str(old.pk), str(uuid.uuid4()))

    assert {"unchanged", "signed-by-us"} <= failed(verdict_on(forged))


def test_refresh_service_of_each_award_answers_the_newest_bytes(client):
    old, new = renewed()

    for credential in (old, new):
        answer = newest(client, credential)
        assert answer.content.decode() == new.document
        assert answer["Content-Location"] == reverse("badges:credential-json", args=[new.pk])
        assert (answer["Cache-Control"], answer["Access-Control-Allow-Origin"]) == ("no-cache", "*")
    assert client.get(reverse("badges:credential-newest", args=[uuid.uuid4()])).status_code == 404


def test_award_that_was_signed_anew_refreshes_by_its_own_address(client):
    old = make_credential()
    withdraw("ES256")
    sweep_reissues()
    new = Credential.objects.get(predecessor=old)

    assert str(new.pk) in json.loads(new.document)["refreshService"]["id"]
    assert newest(client, old).content.decode() == new.document


def test_a_higher_award_names_the_one_it_stands_in_for_and_is_not_served_for_it(client):
    low = make_credential(holder=(holder := make_person()))
    high = issue_credential(
        achievement=make_achievement(slug="walk"), holder=holder, facts=AwardFactsFactory(), supersedes=low
    )
    low.refresh_from_db()

    assert low.superseded_by == high
    assert earlier_in(high) == [json.loads(low.document)["id"]]
    assert newest(client, low).content.decode() == low.document
    page = client.get(low.get_absolute_url()).content.decode()
    assert high.get_absolute_url() in page and "A higher award stands in for this one" in page


def test_nothing_is_issued_in_place_of_what_it_cant_stand_in_for():
    other = make_credential()

    with pytest.raises(Refused) as refused:
        issue_credential(
            achievement=make_achievement(slug="walk"), holder=make_person(), facts=AwardFactsFactory(), supersedes=other
        )
    assert refused.value.refusal.code == "other-holder"
    assert Credential.objects.count() == 1


def test_pages_of_a_chain_lead_both_ways(client):
    old, new = renewed()
    pages = [client.get(one.get_absolute_url()).content.decode() for one in (old, new)]

    assert "A newer award follows this one" in pages[0] and "The award before this one" not in pages[0]
    assert "The award before this one" in pages[1] and f'href="{old.get_absolute_url()}"' in pages[1]


def test_newest_of_a_revoked_award_is_itself_and_its_list_says_so(client):
    credential = revoke(make_credential())

    assert newest(client, credential).content.decode() == credential.document
    assert failed(verdict_on(credential.document)) == {"not-revoked"}


def test_words_of_a_badge_are_marked_by_their_language_wherever_they_stand(client):
    credential = make_credential(achievement=make_achievement(name="Vertrieb", language="de"))
    page = client.get(credential.get_absolute_url()).content.decode()
    badge = client.get(credential.achievement.get_absolute_url()).content.decode()

    assert json.loads(credential.document)["credentialSubject"]["achievement"]["inLanguage"] == "de"
    assert '<span lang="de">Vertrieb</span>' in page and '<div class="prose" lang="de">' in page
    assert badge.count('lang="de"') == 3
    assert ' xml:lang="de"' in credential.svg and credential.edition.language == "de"


def test_certificate_marks_the_title_in_another_language(client):
    sheets = []
    for language in ("en", "pt-BR"):
        credential = make_credential(achievement=make_achievement(slug=language.lower(), language=language))
        content = client.get(reverse("badges:credential-pdf", args=[credential.pk])).content
        packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
        sheets.append(b"".join(zlib.decompress(one) for one in packed if one.startswith(b"\x78")))

    assert [sheet.count(b"/Lang (pt-BR)") for sheet in sheets] == [0, 1]


def test_another_language_is_another_version_and_what_is_none_is_refused():
    first = make_achievement()

    assert make_achievement(language="de").version == first.version + 1
    with pytest.raises(ValidationError):
        make_achievement(language="German")


def test_page_names_competencies_with_the_way_to_them(client):
    page = client.get(make_credential().get_absolute_url()).content.decode()

    assert '<a class="tag" href="http://localhost:8000/programs/competencies/value-selling/">Value selling</a>' in page

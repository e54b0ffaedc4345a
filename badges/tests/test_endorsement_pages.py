"""Endorsements as pages and bytes: the form, the award's page, the own page, the holder's choice, the author's list."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from badges.models import Endorsement
from badges.tests.factories import make_credential, make_expired_credential
from badges.tests.test_endorsements import COMMENT, ROLE, endorse, make_endorser, withdraw
from badges.tests.test_revoking import revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
WORDS = {"comment": COMMENT, "role": ROLE, "shown_author": "role"}


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def make_member():
    return make_person(name="Maria Lopez", groups=["endorser"])


def text_of(response):
    return response.content.decode()


def endorse_url(credential):
    return reverse("badges:endorse", args=[credential.pk])


def test_whoever_is_in_the_group_finds_the_form_and_signs(settings):
    settings.REQUIRE_MFA = False
    credential, client = make_credential(), signed_in(make_member())

    page = text_of(client.get(credential.get_absolute_url()))
    assert endorse_url(credential) in page and 'href="/endorsements/"' in page
    assert "What have you seen this person do?" in text_of(client.get(endorse_url(credential)))
    response = client.post(endorse_url(credential), WORDS, follow=True)

    assert response.redirect_chain == [(credential.get_absolute_url(), 302)]
    assert COMMENT in text_of(response) and "its holder was told" in text_of(response)


def test_the_form_is_closed_without_the_right_and_missing_awards_are_404():
    credential = make_credential()

    for person in (make_person(), credential.holder):
        for call in ("get", "post"):
            assert getattr(signed_in(person), call)(endorse_url(credential)).status_code == 403
    missing = reverse("badges:endorse", args=["00000000-0000-0000-0000-000000000007"])
    assert signed_in(make_endorser()).get(missing).status_code == 404


@pytest.mark.parametrize("make", [lambda: revoke(make_credential()), make_expired_credential])
def test_a_locked_form_says_why(make):
    response = signed_in(make_endorser()).get(endorse_url(make()))

    assert response.status_code == 409 and "Only an award that counts today" in text_of(response)
    assert "<textarea" not in text_of(response)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ({"comment": f"{COMMENT} Priya!"}, 409, "Leave out “Priya”"),
        ({"comment": "Too short."}, 409, "these are 10."),
        ({"role": ""}, 422, "This field is required."),
        ({"shown_author": "king"}, 422, "Select a valid choice"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(words, status, sentence):
    typed = WORDS | words
    response = signed_in(make_endorser()).post(endorse_url(make_credential()), typed)

    assert response.status_code == status and sentence in text_of(response)
    assert typed["comment"] in text_of(response) and not Endorsement.objects.exists()


def test_endorsing_is_limited(monkeypatch):
    monkeypatch.setattr("badges.views.endorsements.PER_HOUR", 1)
    client = signed_in(make_endorser())
    client.post(endorse_url(make_credential()), WORDS)

    response = client.post(endorse_url(make_credential()), WORDS)

    assert response.status_code == 429 and COMMENT in text_of(response) and Endorsement.objects.count() == 1


def test_award_page_lists_them_without_another_statement(client, django_assert_num_queries):
    credential = make_credential()
    (
        endorse(credential),
        endorse(credential, comment="<script>alert(1)</script> was what they fixed, live, in front of all."),
    )
    client.get(credential.get_absolute_url())

    with django_assert_num_queries(1):
        text = text_of(client.get(credential.get_absolute_url()))

    assert COMMENT in text and ROLE in text and "&lt;script&gt;alert(1)" in text and "<script>alert" not in text
    assert "Endorse this award" not in text and "Hide it" not in text


def test_award_json_and_list_of_endorsements_are_the_stored_bytes(client):
    credential = make_credential()
    texts = [one.document for one in sorted([endorse(credential), endorse(credential)], key=lambda one: one.pk)]

    response = client.get(f"/credentials/{credential.pk}/endorsements.json")

    assert response.content.decode() == f'{{"endorsement":[{texts[0]},{texts[1]}]}}'
    assert response["Access-Control-Allow-Origin"] == "*"
    assert client.get(f"/credentials/{credential.pk}.json").content.decode() == credential.document
    missing = "/credentials/00000000-0000-0000-0000-000000000007/endorsements.json"
    assert client.get(missing).status_code == 404


@pytest.mark.parametrize(
    ("accept", "kind", "field"),
    [
        ("application/vc+ld+json", "application/vc+ld+json", "document"), ("application/vc", "application/vc", "document"),
        ("application/json", "application/json", "document"), ("text/plain", "text/plain", "jwt"),
    ],
)  # fmt: skip
def test_its_address_answers_in_the_form_that_is_asked_for(client, accept, kind, field):
    endorsement = endorse()

    response = client.get(endorsement.get_absolute_url(), headers={"accept": accept})

    assert response.content.decode() == getattr(endorsement, field)
    assert response["Content-Type"].startswith(kind) and "Accept" in response["Vary"]
    again = client.get(endorsement.get_absolute_url(), headers={"accept": accept, "if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_its_forms_have_addresses_of_their_own(client, django_assert_num_queries):
    endorsement = endorse()

    for form, field in (("json", "document"), ("jwt", "jwt")):
        with django_assert_num_queries(1):
            response = client.get(f"/credentials/endorsements/{endorsement.pk}.{form}")
        assert response.content.decode() == getattr(endorsement, field)
        assert response["Access-Control-Allow-Origin"] == "*"


def test_its_page_says_what_who_and_each_check(client, django_assert_num_queries):
    endorsement = endorse(shown_author="name")
    with django_assert_num_queries(1):
        text = text_of(client.get(endorsement.get_absolute_url()))

    for words in ("Valid today", COMMENT, f"Maria Lopez, {ROLE}", "7 checks of 7", "Its award stands", "P. R."):
        assert words in text
    assert "Raman" not in text and endorsement.author.email not in text


def test_once_withdrawn_nothing_of_it_is_shown(client):
    endorsement = withdraw(endorse(), reason="A private reason.")
    page = client.get(endorsement.get_absolute_url())
    award = text_of(client.get(endorsement.credential.get_absolute_url()))

    assert page.status_code == 410 and "It was withdrawn" in text_of(page)
    for form in ("json", "jwt"):
        response = client.get(f"/credentials/endorsements/{endorsement.pk}.{form}")
        assert (response.status_code, response.json()["code"]) == (410, "withdrawn")
        assert COMMENT not in text_of(response)
    for text in (text_of(page), award):
        assert COMMENT not in text and "A private reason" not in text and ROLE not in text


def test_holder_hides_it_and_puts_it_back(client):
    endorsement = endorse()
    holder, award = signed_in(endorsement.credential.holder), endorsement.credential.get_absolute_url()
    address = reverse("badges:endorsement-hidden", args=[endorsement.pk])
    assert "Hide it" in text_of(holder.get(award))

    holder.post(address, {"hidden": "1"})
    assert COMMENT not in text_of(client.get(award)) and "Only you see it here" in text_of(holder.get(award))
    assert client.get(f"{award}endorsements.json").json() == {"endorsement": []}
    holder.post(address, {"hidden": "0"})

    assert COMMENT in text_of(client.get(award))


def test_nobody_else_hides_or_withdraws_it():
    endorsement = endorse()

    for person in (make_person(), make_endorser(), make_person(groups=["enablement"])):
        for name in ("badges:endorsement-hidden", "badges:endorsement-withdraw"):
            assert signed_in(person).post(reverse(name, args=[endorsement.pk]), {"reason": "x"}).status_code in (
                404,
                302,
            )
    endorsement.refresh_from_db()
    assert (endorsement.state, endorsement.hidden_at) == ("issued", None)
    assert signed_in(make_person()).post(reverse("badges:endorsement-hidden", args=[endorsement.pk])).status_code == 404


def test_author_withdraws_with_a_reason():
    endorsement = endorse()
    client, address = signed_in(endorsement.author), reverse("badges:endorsement-withdraw", args=[endorsement.pk])

    assert COMMENT in text_of(client.get(address))
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "Said of somebody else."}).url == "/endorsements/"
    assert "It was withdrawn already" in text_of(client.get(address))
    assert client.post(address, {"reason": "Twice."}).status_code == 409


def test_own_list_shows_own_ones_only_and_costs_the_same_for_more():
    author = make_endorser()
    client = signed_in(author)
    assert "ask Field Enablement" in text_of(client.get("/endorsements/"))
    withdraw(endorse(by=author))
    endorse(comment=f"{COMMENT} Of others.")
    with CaptureQueriesContext(connection) as few:
        client.get("/endorsements/")
    for _ in range(4):
        endorse(by=author)

    with CaptureQueriesContext(connection) as many:
        text = text_of(client.get("/endorsements/"))

    assert len(many) == len(few) and text.count("Withdraw it") == 4 and text.count("Withdrawn ") == 1
    assert "Of others" not in text and "Raman" not in text


def test_an_empty_list_says_where_to_begin(settings):
    settings.REQUIRE_MFA = False

    assert "You have endorsed nobody yet" in text_of(signed_in(make_member()).get("/endorsements/"))


def test_check_page_and_machine_know_it(client):
    endorsement = endorse()

    body = {"credential": json.loads(endorsement.document)}
    answer = client.post("/credentials/verify", json.dumps(body), content_type="application/json").json()
    page = text_of(client.post("/credentials/verify", {"text": endorsement.jwt}))

    assert answer["verified"] is True and [one["name"] for one in answer["checks"]][-1] == "award-stands"
    assert "Valid today" in page and endorsement.get_absolute_url() in page


def make_team():
    person = make_person(is_staff=True)
    codenames = ("view_endorsement", "withdraw_endorsement", "view_statuslist")
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="badges", codename__in=codenames))
    return person


def admin_url(name, *args):
    return reverse(f"admin:badges_endorsement_{name}", args=args)


def test_admin_lists_finds_and_withdraws():
    endorsement, client = endorse(), signed_in(make_team())
    for words in (str(endorsement.pk), "Lopez", "Raman", "angry customer"):
        assert list(client.get(admin_url("changelist"), {"q": words}).context["cl"].result_list) == [endorsement]
    assert COMMENT in text_of(client.get(admin_url("change", endorsement.pk)))

    assert client.get(admin_url("withdraw", endorsement.pk)).status_code == 200
    assert client.post(admin_url("withdraw", endorsement.pk), {"reason": ""}).status_code == 422
    assert client.post(admin_url("withdraw", endorsement.pk), {"reason": "Not theirs."}).status_code == 302

    endorsement.refresh_from_db()
    assert endorsement.reason == "Not theirs."
    assert "Withdrawn" in text_of(client.get(admin_url("changelist")))
    lists = text_of(client.get(reverse("admin:badges_statuslist_changelist")))
    assert "endorsements" in lists.lower() and "1 of 131,072" in lists


def test_admin_without_the_right_only_reads():
    endorsement, reader = endorse(), make_person(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_endorsement"))
    client = signed_in(reader)

    assert "Withdraw it" not in text_of(client.get(admin_url("change", endorsement.pk)))
    assert client.post(admin_url("withdraw", endorsement.pk), {"reason": "x"}).status_code == 403
    assert signed_in(make_person(is_staff=True)).get(admin_url("changelist")).status_code == 403


def test_admin_list_costs_no_more_for_more_rows():
    client = signed_in(make_team())
    endorse()
    client.get(admin_url("changelist"))
    with CaptureQueriesContext(connection) as few:
        client.get(admin_url("changelist"))
    for _ in range(3):
        endorse()
    with CaptureQueriesContext(connection) as many:
        client.get(admin_url("changelist"))

    assert len(many) <= len(few)


def test_groups_that_endorse_and_withdraw():
    def groups_with(codename):
        return set(Group.objects.filter(permissions__codename=codename).values_list("name", flat=True))

    assert groups_with("endorse") == {"endorser", "enablement"}
    assert groups_with("withdraw_endorsement") == {"enablement"}

"""Endorsements: who may write which words about which award, what is signed, and how it is taken back."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from badges import openbadges, proofs, signing
from badges.actions.endorsements import forget_author, hide_endorsement, withdraw_endorsement, write_endorsement
from badges.canonical import is_same, read_json
from badges.models import Endorsement, SigningKey, StatusList
from badges.rules import checking, endorsement_checks, signatures
from badges.rules.endorsement_checks import check_endorsement, with_keys
from badges.rules.presented import Presented, read_presented, read_text
from badges.tests.edits import every_edit, with_doubled_members
from badges.tests.factories import make_credential, make_expired_credential
from badges.tests.test_checking import failed
from badges.tests.test_foreign import KEY, NOW, checks_of, own_name
from badges.tests.test_revoking import code_of, revoke
from badges.tests.test_statuslists import listed
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
COMMENT = "They calmed an angry customer, found the cause, and left with a plan that both had written."
ROLE = "Regional sales director"


def make_endorser(**fields):
    person = make_person(**({"name": "Maria Lopez"} | fields))
    person.user_permissions.add(Permission.objects.get(codename="endorse", content_type__app_label="badges"))
    return person


def endorse(credential=None, by=None, **words):
    words = {"comment": COMMENT, "role": ROLE, "shown_author": "role"} | words
    return write_endorsement(credential=credential or make_credential(), by=by or make_endorser(), **words)


def withdraw(endorsement, by=None, reason="Said of somebody else."):
    return withdraw_endorsement(endorsement=endorsement, reason=reason, by=by or endorsement.author)


def verdict_of(endorsement, now=None):
    return check_endorsement(with_keys().get(pk=endorsement.pk), now=now or timezone.now())


def brought(text, now=None):
    return checking.check_presented(read_text(text), now=now or timezone.now())


def test_what_is_signed_is_an_endorsement_of_the_award_by_us_in_the_words_of_its_author():
    credential = make_credential()
    endorsement = endorse(credential, shown_author="name")
    document = json.loads(endorsement.document)

    assert document["type"] == ["VerifiableCredential", "EndorsementCredential"]
    assert document["id"] == f"http://localhost:8000/credentials/endorsements/{endorsement.pk}.json"
    assert document["name"] == "Endorsement: Accredited Partner Seller"
    assert document["description"] == f"Written by Maria Lopez, {ROLE}."
    assert document["issuer"] == openbadges.issuer_profile(checking_issuer())
    assert document["credentialSubject"] == {
        "id": json.loads(credential.document)["id"], "type": ["EndorsementSubject"], "endorsementComment": COMMENT,
    }  # fmt: skip
    assert [proof["cryptosuite"] for proof in document["proof"]] == ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
    assert openbadges.schema_errors(document) == [] and credential.document == make_fresh(credential).document


def checking_issuer():
    return openbadges.IssuerFacts("http://localhost:8000", "Example Company")


def make_fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_its_token_says_the_same_and_repeats_its_claims():
    endorsement = endorse()
    keys = dict(SigningKey.objects.values_list("kid", "public_jwk"))

    said = signing.verify(endorsement.jwt, did="did:web:localhost%3A8000", keys=keys)

    assert is_same(said, proofs.bare(read_json(endorsement.document)))
    assert signing.read_unverified(endorsement.jwt)[0]["alg"] == "ES256"


def test_nothing_in_it_names_the_author_who_shows_a_role_only_nor_any_address():
    author = make_endorser()
    endorsement = endorse(by=author)

    signed = endorsement.document + json.dumps(signing.read_unverified(endorsement.jwt)[1])
    for word in ("Maria", "Lopez", author.email, "Raman", "@example"):
        assert word not in signed


@pytest.mark.parametrize("form", ["document", "jwt"])
def test_every_form_passes_every_check(form):
    verdict = brought(getattr(endorse(), form))

    assert verdict.verified and len(verdict.checks) == 7 and verdict.word == "Valid today"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"comment": "Too short."}, "length"), ({"comment": "x" * 1201}, "length"), ({"comment": "  \n " * 20}, "length"),
        ({"role": ""}, "role"), ({"role": "x" * 81}, "role"), ({"shown_author": "full"}, "unknown-choice"),
        ({"comment": f"{COMMENT} Ask ann@example.com."}, "address"), ({"role": "ann@example.com"}, "address"),
        ({"comment": f"{COMMENT} Priya is great."}, "names-holder"), ({"comment": f"(Raman) {COMMENT}"}, "names-holder"),
        ({"role": "Manager of Raman"}, "names-holder"),
    ],
)  # fmt: skip
def test_words_that_may_not_be_signed_are_refused(words, code):
    assert code_of(lambda: endorse(**words)) == code
    assert not Endorsement.objects.exists()


def test_an_author_without_a_name_shows_their_role():
    nameless = make_endorser(name="")

    assert code_of(lambda: endorse(by=nameless, shown_author="name")) == "no-name"
    assert endorse(by=nameless).author_words == ROLE


def test_a_part_of_a_name_inside_another_word_is_no_name():
    credential = make_credential(holder=make_person(name="Al Art"))

    assert endorse(credential, comment="The Artist of our team, and almost always early. Art alone isn't it."[:48])


def test_marks_that_nobody_sees_are_left_out():
    endorsement = endorse(comment=f"{COMMENT}\r\n\r\n\r\n\r\nTwice\u202e seen.\0", role="Sales\n director ")

    assert endorsement.comment == f"{COMMENT}\n\nTwice  seen." and endorsement.author_words == "Sales director"


@pytest.mark.parametrize(
    ("award", "by", "code"),
    [
        (make_credential, make_person, "not-allowed"),
        (lambda: revoke(make_credential()), make_endorser, "wrong-state"),
        (make_expired_credential, make_endorser, "wrong-state"),
    ],
)
def test_award_or_person_that_is_not_fit_is_refused(award, by, code):
    credential, person = award(), by()

    assert code_of(lambda: endorse(credential, by=person)) == code


def test_nobody_endorses_their_own_award():
    person = make_endorser()

    assert code_of(lambda: endorse(make_credential(holder=person), by=person)) == "own-award"


def test_who_belongs_to_an_organisation_speaks_for_its_people_only(organisations):
    own, other = organisations

    person = make_endorser(organisation_id=own.pk)
    for holder in (make_person(organisation_id=other.pk), make_person()):
        award = make_credential(holder=holder)
        assert code_of(lambda award=award: endorse(award, by=person)) == "other-organisation"
    assert endorse(make_credential(holder=make_person(name="Ada Own", organisation_id=own.pk)), by=person)


@pytest.fixture
def organisations(django_user_model):
    model = django_user_model._meta.get_field("organisation").related_model
    return [model.objects.create(name=name, slug=name) for name in ("north", "south")]


def test_one_author_endorses_an_award_once_until_it_is_withdrawn():
    credential, author = make_credential(), make_endorser()
    first = endorse(credential, by=author)

    assert code_of(lambda: endorse(credential, by=author)) == "already-endorsed"
    assert endorse(credential)
    withdraw(first)
    assert endorse(credential, by=author).pk != first.pk


def test_an_award_has_no_more_endorsements_than_anybody_reads(monkeypatch):
    monkeypatch.setattr("badges.rules.endorsements.MOST", 2)
    credential = make_credential()
    endorse(credential), endorse(credential)

    assert code_of(lambda: endorse(credential)) == "too-many"


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_write_one(nobody_hurries):
    credential, author = make_credential(), make_endorser()

    def write():
        try:
            return endorse(credential, by=author)
        except Exception as refused:  # nine of ten
            return getattr(refused, "refusal", refused)

    found = at_once([write] * 10)

    assert sorted(str(getattr(one, "code", "written")) for one in found) == ["already-endorsed"] * 9 + ["written"]


def test_withdrawal_shows_at_once_in_register_list_and_check():
    endorsement = endorse()
    assert not listed(endorsement)

    withdraw(endorsement)
    endorsement.refresh_from_db()

    assert (endorsement.state, endorsement.withdrawn_by) == ("withdrawn", endorsement.author) and listed(endorsement)
    for form in (endorsement.document, endorsement.jwt):
        assert failed(brought(form)) == {"not-revoked"} and brought(form).word == "Withdrawn"


def test_endorsements_have_lists_of_their_own():
    credential = make_credential()
    endorsement = endorse(credential)

    assert credential.status_list != endorsement.status_list
    assert [row.kind for row in StatusList.objects.order_by("number")] == ["awards", "endorsements"]
    assert make_credential().status_list == credential.status_list and endorse().status_list == endorsement.status_list


def test_who_may_withdraw():
    endorsement, team = endorse(), make_person()
    assert code_of(lambda: withdraw(endorsement, by=make_endorser())) == "not-allowed"
    assert code_of(lambda: withdraw(endorsement, by=endorsement.credential.holder)) == "not-allowed"
    assert code_of(lambda: withdraw(endorsement, reason="  ")) == "no-reason"
    team.user_permissions.add(Permission.objects.get(codename="withdraw_endorsement"))

    assert withdraw(endorsement, by=team).withdrawn_by_id == team.pk
    assert code_of(lambda: withdraw(endorsement)) == "wrong-state"


def test_an_author_who_lost_the_right_still_takes_their_words_back():
    endorsement = endorse()
    endorsement.author.user_permissions.clear()

    assert withdraw(endorsement, by=type(endorsement.author).objects.get(pk=endorsement.author_id))


def test_the_holder_alone_hides_and_shows():
    endorsement = endorse()
    holder = endorsement.credential.holder

    assert code_of(lambda: hide_endorsement(endorsement=endorsement, hidden=True, by=endorsement.author)) == "not-yours"
    assert hide_endorsement(endorsement=endorsement, hidden=True, by=holder).hidden_at
    assert hide_endorsement(endorsement=endorsement, hidden=False, by=holder).hidden_at is None
    assert verdict_of(endorsement).verified


@pytest.mark.parametrize(
    "change",
    [
        {"comment": "Another thing."}, {"document": "{}"}, {"jwt": "x"}, {"series": "00000000-0000-0000-0000-000000000007"},
        {"author_words": "The king"}, {"status_index": 1}, {"signed_by": []},
    ],
)  # fmt: skip
def test_database_refuses_to_change_what_was_signed(change):
    endorsement = endorse()

    with pytest.raises(DatabaseError, match="stays as it was signed"), transaction.atomic():
        Endorsement.objects.filter(pk=endorsement.pk).update(**change)
    with pytest.raises(DatabaseError, match="stays as it was signed"), transaction.atomic():
        Endorsement.objects.filter(pk=endorsement.pk)._raw_delete("default")


def test_database_keeps_a_withdrawal():
    endorsement = withdraw(endorse())
    with pytest.raises(DatabaseError, match="stays withdrawn"), transaction.atomic():
        Endorsement.objects.filter(pk=endorsement.pk).update(
            state="issued", withdrawn_at=None, withdrawn_by=None, reason=""
        )


def test_an_erased_author_s_words_are_gone_and_the_rest_stays(client, admin_client):
    endorsement, other = endorse(shown_author="name"), endorse()

    assert forget_author(author=endorsement.author, by=make_person()) == 1
    gone = make_fresh(endorsement)

    assert (gone.document, gone.jwt, gone.comment, gone.author_words, gone.state) == ("", "", "", "", "withdrawn")
    assert listed(gone) and not brought(endorsement.document).verified and verdict_of(other).verified
    for address in (gone.get_absolute_url(), f"/credentials/endorsements/{gone.pk}.json"):
        assert client.get(address).status_code == 410
    assert admin_client.get(f"/admin/badges/endorsement/{gone.pk}/change/").status_code == 200


def test_words_are_blanked_only_once_they_were_withdrawn_and_all_at_once():
    endorsement = endorse()
    blank = {"document": "", "jwt": "", "comment": "", "author_words": ""}
    for change in (blank, {"comment": ""}):
        with pytest.raises(DatabaseError, match="stays as it was signed"), transaction.atomic():
            Endorsement.objects.filter(pk=endorsement.pk).update(**change)
    withdraw(endorsement)

    with pytest.raises(DatabaseError, match="stays as it was signed"), transaction.atomic():
        Endorsement.objects.filter(pk=endorsement.pk).update(comment="")
    assert Endorsement.objects.filter(pk=endorsement.pk).update(**blank) == 1


def tampered(endorsement, **columns):
    """The row changed behind the trigger's back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Endorsement.objects.filter(pk=endorsement.pk).update(**columns)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    return make_fresh(endorsement)


def test_what_was_changed_in_the_database_is_seen_and_not_shown(client):
    endorsement = endorse()
    other = endorse(comment=f"{COMMENT} Twice.")
    forged = endorsement.document.replace("calmed", "bribed")

    assert failed(verdict_of(tampered(endorsement, document=forged))) == {
        "unchanged", "signed-by-us", "same-in-every-form",
    }  # fmt: skip
    assert failed(verdict_of(tampered(other, jwt=endorsement.jwt))) == {
        "unchanged", "signed-by-us", "same-in-every-form",
    }  # fmt: skip
    for row in (endorsement, other):
        text = client.get(row.credential.get_absolute_url()).content.decode()
        assert "bribed" not in text and "Twice" not in text and "What others say" not in text
    assert "bribed" not in client.get(endorsement.get_absolute_url()).content.decode()


def test_every_single_edit_of_the_document_is_refused(monkeypatch):
    endorsement = endorse()
    record = with_keys().get(pk=endorsement.pk)
    monkeypatch.setattr(endorsement_checks, "endorsement_of", lambda document: record)
    ring, count = signatures.ring_of(record.issuer_keys), 0

    for what, edited in every_edit(read_json(endorsement.document)):
        count += 1
        with pytest.raises(proofs.BadProof):
            signatures.prove(edited, ring)
            raise AssertionError(what)
        verdict = checking.check_presented(Presented(edited), now=timezone.now())
        assert not verdict.verified, what
    assert count > 100


def test_every_doubled_member_is_refused_before_it_is_read():
    for what, text in with_doubled_members(read_json(endorse().document)):
        assert getattr(read_text(text), "code", None) == "no-badge", what


def test_another_token_by_our_key_is_not_the_one_that_we_keep():
    first, second = endorse(), endorse()
    other = json.loads(first.document) | {"id": json.loads(second.document)["id"]}

    assert not brought(json.dumps(other)).verified
    assert not checking.check_presented(Presented(read_json(first.document), second.jwt), now=timezone.now()).verified


def test_one_that_is_not_on_record_is_not_called_valid():
    text = endorse().document.replace("/endorsements/", "/endorsements/00000000-")

    assert {"not-revoked", "award-stands"} <= failed(brought(text))


def test_revoking_the_award_ends_what_was_said_for_it(client):
    credential = make_credential()
    endorsement = endorse(credential)
    revoke(credential)

    assert failed(verdict_of(endorsement)) == {"award-stands"}
    assert COMMENT not in client.get(credential.get_absolute_url()).content.decode()
    assert client.get(f"/credentials/{credential.pk}/endorsements.json").json() == {"endorsement": []}


def test_it_is_not_valid_before_it_was_written_nor_while_its_list_is_unreadable():
    endorsement = endorse()

    assert failed(verdict_of(endorsement, now=endorsement.valid_from - timedelta(seconds=1))) == {"in-date"}
    StatusList.objects.filter(pk=endorsement.status_list_id).update(document="{}", signed_at=timezone.now())
    assert failed(verdict_of(endorsement)) == {"not-revoked"}


def test_one_of_another_issuer_is_tried_by_the_schema_of_endorsements():
    document = proofs.bare(read_json(endorse().document))
    document["issuer"] |= {"id": own_name(), "name": "Other Company"}
    document |= {"validFrom": "2026-01-01T00:00:00Z", "awardedDate": "2026-01-01T00:00:00Z"}
    method = f"{own_name()}#{own_name().removeprefix('did:key:')}"
    signed = proofs.with_proofs(document, method=method, created="2026-01-01T00:00:00Z", sign=KEY.sign)

    checks = checks_of(signed, now=NOW)
    assert checks["signed"].passed and checks["well-formed"].passed
    assert not checks_of(signed | {"credentialSubject": {"type": ["EndorsementSubject"]}}, now=NOW)[
        "well-formed"
    ].passed


def test_a_file_with_it_inside_is_read():
    presented = read_presented(endorse().document.encode())

    assert checking.check_presented(presented, now=timezone.now()).verified

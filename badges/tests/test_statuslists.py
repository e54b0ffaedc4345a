"""Status lists: bits in their order, random entries given once, signed anew by whoever revokes, read by the checks."""

import base64
import gzip
import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from badges import openbadges, statuslists
from badges.actions import statuslists as lists
from badges.actions.credentials import supersede_credential
from badges.actions.revocations import confirm_revocation
from badges.models import Credential, StatusList
from badges.rules.checking import check_record
from badges.statuslists import SIZE, BadList, decode, encode, is_set
from badges.tests.factories import make_achievement, make_credential
from badges.tests.test_revoking import ask, code_of, make_revoker, revoke
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def check_of(credential, name="not-revoked"):
    verdict = check_record(Credential.objects.get(pk=credential.pk), now=timezone.now())
    return next(check for check in verdict.checks if check.name == name)


def listed(credential):
    document = json.loads(StatusList.objects.get(pk=credential.status_list_id).document)
    return is_set(decode(document["credentialSubject"]["encodedList"]), credential.status_index)


@pytest.mark.parametrize(("index", "byte", "value"), [(0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (SIZE - 1, -1, 0x01)])
def test_index_nought_is_the_leftmost_bit(index, byte, value):
    text = encode([index])

    assert text.startswith("u") and "=" not in text
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)))
    assert len(bits) == SIZE // 8 and bits[byte] == value and sum(map(bool, bits)) == 1
    assert is_set(decode(text), index) and not is_set(decode(text), (index + 1) % SIZE)


def test_a_list_with_a_thousand_revocations_stays_small():
    assert len(encode(range(0, SIZE, SIZE // 1000))) < 4_000


def gzipped(content):
    return "u" + base64.urlsafe_b64encode(gzip.compress(content, mtime=0)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "", "z123", "u", "u!!", "uAAAA", gzipped(b"\0" * 100), gzipped(b"\0" * 3_000_000), encode([1])[:-9],
        "u" + base64.urlsafe_b64encode(gzip.compress(b"\0" * (SIZE // 8), mtime=0) * 2).decode().rstrip("="),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(text):
    with pytest.raises(BadList):
        decode(text)


@pytest.mark.parametrize("index", [-1, SIZE])
def test_an_index_that_the_list_lacks_is_refused(index):
    with pytest.raises(BadList):
        is_set(decode(encode([])), index)


def test_the_credential_names_its_entry_and_the_list_says_that_it_holds(client):
    credential = make_credential()

    entry = json.loads(credential.document)["credentialStatus"]
    assert entry["type"] == "BitstringStatusListEntry" and entry["id"] != entry["statusListCredential"]
    assert entry["statusListIndex"] == str(credential.status_index)
    response = client.get(f"/issuer/status/{credential.status_list.number}")
    assert json.loads(response.content)["id"] == entry["statusListCredential"]
    assert response["Content-Type"] == "application/vc" and response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=60"
    assert not listed(credential)


def test_revoking_sets_the_bit_at_once_and_no_other():
    credential, other = make_credential(), make_credential(holder=make_person(name="Other One"))

    revoke(credential)

    assert listed(credential) and not listed(other)
    assert check_of(credential).result == "revoked" and check_of(other).passed


def test_an_unknown_list_answers_404(client):
    assert client.get("/issuer/status/9").status_code == 404


def test_where_list_and_register_differ_nothing_is_valid():
    credential = make_credential()
    row = credential.status_list
    issuer = lists.our_issuer()
    document = statuslists.build_list(
        issuer=issuer, number=row.number, revoked=[credential.status_index], valid_from=timezone.now()
    )
    StatusList.objects.update(document=openbadges.as_text(document))

    check = check_of(credential)

    assert not check.passed and check.result == "unknown"


@pytest.mark.parametrize(
    "document", ["", "{}", '{"credentialSubject": []}', '{"credentialSubject": {"encodedList": "u"}}']
)
def test_a_list_that_cannot_be_read_makes_nothing_valid(document):
    credential = make_credential()
    StatusList.objects.update(document=document)

    assert (check_of(credential).passed, check_of(credential).result) == (False, "unknown")


def test_indexes_are_random_and_never_given_twice(monkeypatch):
    draws = iter([5] * 8 + [5] * 7 + [6])
    make_credential()
    monkeypatch.setattr(lists.secrets, "randbelow", lambda _: next(draws))
    first = make_credential(holder=make_person(name="A B"))
    second = make_credential(holder=make_person(name="C D"))

    assert (first.status_index, second.status_index) == (5, 6)


def test_a_full_list_is_followed_by_the_next(monkeypatch):
    monkeypatch.setattr(lists.secrets, "randbelow", lambda _: 5)
    first = make_credential(holder=make_person(name="A B"))
    second = make_credential(holder=make_person(name="C D"))

    assert [(row.status_list.number, row.status_index) for row in (first, second)] == [(1, 5), (2, 5)]


def test_the_database_gives_an_index_once():
    credential = make_credential()

    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.create(
            achievement=make_achievement(slug="other", name="Other"), holder=credential.holder, facts={},
            awarded_at=credential.awarded_at, valid_from=credential.valid_from, status_list=credential.status_list,
            status_index=credential.status_index,
        )  # fmt: skip


def test_a_list_is_never_deleted_and_never_gets_older():
    row = make_credential().status_list

    deeds = (
        row.delete,
        lambda: StatusList.objects.update(number=9),
        lambda: StatusList.objects.update(signed_at="2020-01-01T00:00Z"),
    )
    for deed in deeds:
        with pytest.raises(IntegrityError), transaction.atomic():
            deed()


def test_signing_every_list_anew_keeps_what_is_revoked():
    credential = make_credential()
    revoke(credential)

    assert lists.sign_every_list() == 1
    assert listed(credential)


@pytest.mark.django_db(transaction=True)
def test_revocations_at_the_same_moment_are_all_on_the_list():
    credentials = [make_credential(holder=make_person(name=f"Person {n}")) for n in range(8)]
    requests = [ask(credential) for credential in credentials]
    second = make_revoker()

    results = at_once([lambda request=request: confirm_revocation(request=request, by=second) for request in requests])

    assert not [one for one in results if isinstance(one, Exception)]
    assert all(listed(credential) for credential in credentials)


@pytest.mark.django_db(transaction=True)
def test_first_awards_at_the_same_moment_begin_one_list():
    achievement = make_achievement()
    people = [make_person(name=f"Person {n}") for n in range(6)]

    results = at_once(
        [lambda person=person: make_credential(holder=person, achievement=achievement) for person in people]
    )

    assert not [one for one in results if isinstance(one, Exception)]
    assert StatusList.objects.count() == 1
    assert len({one.status_index for one in results}) == 6


def test_an_award_from_before_the_lists_goes_by_the_register():
    credential = make_credential()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Credential.objects.update(status_list=None, status_index=None)
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert check_of(credential).passed and "register" in check_of(credential).text


def test_a_superseded_award_stays_valid_and_points_to_the_newer(client):
    holder = make_person(name="Priya Raman")
    old = make_credential(holder=holder)
    new = make_credential(holder=holder, achievement=make_achievement(slug="higher-tier", name="Higher"))

    supersede_credential(credential=old, by_newer=new)
    supersede_credential(credential=old, by_newer=new)

    page = client.get(old.get_absolute_url()).content.decode()
    assert "Valid today" in page and new.get_absolute_url() in page


def test_only_a_higher_award_of_the_same_person_supersedes():
    holder = make_person(name="Priya Raman")
    old = make_credential(holder=holder)
    higher = make_achievement(slug="higher-tier", name="Higher")
    stranger = make_credential(holder=make_person(name="A B"), achievement=higher)
    new = make_credential(holder=holder, achievement=higher)
    third = make_credential(holder=holder, achievement=make_achievement(slug="third", name="Third"))

    def code(newer):
        return code_of(lambda: supersede_credential(credential=old, by_newer=newer))

    assert (code(stranger), code(old)) == ("other-holder", "same-badge")
    supersede_credential(credential=old, by_newer=new)
    assert code(third) == "already-superseded"
    old.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.filter(pk=old.pk).update(superseded_by=third)

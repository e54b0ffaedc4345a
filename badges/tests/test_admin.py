"""The administration of badges: shows and searches, calls actions, lets no hand near what was signed."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from badges.actions.keys import ensure_signing_keys
from badges.actions.rotation import withdraw_signing_key
from badges.models import Achievement, Credential, Reissue, RevocationRequest, SigningKey
from badges.tests.factories import make_achievement, make_credential, make_expired_credential
from badges.tests.test_revoking import ask, make_revoker, revoke
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
LISTS = ["achievement", "credential", "revocationrequest", "reissue", "signingkey"]


def url(name, *args):
    return reverse(f"admin:badges_{name}", args=args)


def make_staff(*codenames):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="badges", codename__in=codenames))
    return person


def make_everything():
    return ask(make_credential()), revoke(make_credential()), make_expired_credential()


@pytest.mark.parametrize("model", LISTS)
def test_list_costs_no_more_for_more_rows(admin_client, model, django_assert_max_num_queries):
    make_everything()
    admin_client.get(url(f"{model}_changelist"))
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert admin_client.get(url(f"{model}_changelist")).status_code == 200
    for number in range(5):
        make_everything()
        make_achievement(slug=f"badge-{number}")
    with django_assert_max_num_queries(len(few)):
        admin_client.get(url(f"{model}_changelist"))


@pytest.mark.parametrize("model", LISTS)
def test_lists_are_closed_without_permission(client, model):
    client.force_login(make_staff())

    assert client.get(url(f"{model}_changelist")).status_code == 403


def test_credentials_are_found_by_id_holder_and_badge(admin_client):
    wanted = make_credential(holder=make_person(name="Ada Byron", email="ada@example.com"))
    make_credential(holder=make_person(name="Somebody Else"))

    for words in (str(wanted.pk), "Byron", "ada@example"):
        rows = admin_client.get(url("credential_changelist"), {"q": words}).context["cl"].result_list
        assert list(rows) == [wanted]
    for words, count in (("accredited", 2), ("nothing like it", 0)):
        assert admin_client.get(url("credential_changelist"), {"q": words}).context["cl"].result_count == count


def test_list_says_how_each_award_stands(admin_client):
    make_everything()
    text = admin_client.get(url("credential_changelist")).content.decode()

    assert all(f">{word}</td>" in text for word in ("Valid", "Revoked", "Expired"))


def test_award_is_shown_and_no_field_of_it_can_be_edited(admin_client):
    credential = make_credential()
    answer = admin_client.get(url("credential_change", credential.pk))
    text = answer.content.decode()

    assert credential.get_absolute_url() in text and "OpenBadgeCredential" in text and "Ask for a revocation" in text
    assert admin_client.post(url("credential_change", credential.pk), {"state": "revoked"}).status_code == 403
    assert admin_client.get(url("credential_add")).status_code == 403
    assert admin_client.post(url("credential_delete", credential.pk), {"post": "yes"}).status_code == 403


def test_key_page_shows_the_public_part_only(admin_client):
    make_credential()
    key = SigningKey.objects.get(algorithm="ES256")
    text = admin_client.get(url("signingkey_change", key.pk)).content.decode()

    assert key.public_jwk["x"] in text and "sealed" not in text
    assert admin_client.post(url("signingkey_change", key.pk), {"state": "withdrawn"}).status_code == 403


def test_two_people_revoke_in_the_administration(client):
    credential = make_credential()
    rights = ("revoke", "view_credential", "view_revocationrequest")
    first, second = make_staff(*rights), make_staff(*rights)

    client.force_login(first)
    assert "Reason" in client.get(url("credential_revoke", credential.pk)).content.decode()
    asked = client.post(url("credential_revoke", credential.pk), {"reason": "Not their recording."}, follow=True)
    request = RevocationRequest.objects.get()
    own_page = client.get(url("revocationrequest_change", request.pk)).content.decode()
    assert "Asked." in asked.content.decode()
    assert "somebody else has to confirm" in own_page and "Confirm the revocation" not in own_page
    assert client.post(url("revocationrequest_confirm", request.pk)).status_code == 409

    client.force_login(second)
    page = client.get(url("revocationrequest_change", request.pk)).content.decode()
    assert "Confirm the revocation" in page and "Not their recording." in page
    confirmed = client.post(url("revocationrequest_confirm", request.pk), follow=True)
    credential.refresh_from_db()

    assert "Revoked." in confirmed.content.decode()
    assert credential.state == Credential.State.REVOKED
    assert "Ask for a revocation" not in confirmed.content.decode()
    closed = client.get(url("revocationrequest_change", request.pk)).content.decode()
    assert "Confirm the revocation" not in closed


def test_revoking_needs_its_permission_and_a_post(client):
    request = ask(make_credential())
    client.force_login(make_staff("view_credential", "view_revocationrequest"))

    assert client.get(url("credential_revoke", request.credential_id)).status_code == 403
    assert client.post(url("revocationrequest_confirm", request.pk)).status_code == 403
    page = client.get(url("revocationrequest_change", request.pk)).content.decode()
    assert "Only people who may revoke" in page

    client.force_login(make_staff("revoke"))
    assert client.get(url("revocationrequest_confirm", request.pk)).status_code == 405
    assert client.post(url("revocationrequest_confirm", 999_999)).status_code == 404


def test_revoking_without_reason_is_refused(client):
    credential = make_credential()
    client.force_login(make_staff("revoke"))

    assert client.post(url("credential_revoke", credential.pk), {"reason": " "}).status_code == 409
    assert not RevocationRequest.objects.exists()


def test_somebody_outside_the_staff_gets_no_further(client):
    client.force_login(make_revoker())

    assert client.post(url("credential_revoke", make_credential().pk), {"reason": "x"}).status_code == 404
    assert not RevocationRequest.objects.exists()


def test_unknown_request_goes_back_to_the_list(admin_client):
    assert admin_client.get(url("revocationrequest_change", 999_999)).status_code == 302


CONTENT = {
    "slug": "account-planning", "name": "Account Planning", "description": "Plans accounts.", "criteria": "Planned.",
    "shape": "hexagon", "tone": "rose", "label": "Planning", "tags": "sales, planning",
    "alt_text": "A hexagon", "language": "en",
}  # fmt: skip


def test_achievement_is_made_edited_and_versioned(admin_client, admin_user):
    page = admin_client.get(url("achievement_add")).content.decode()
    assert "data-preview=" in page
    assert admin_client.post(url("achievement_add"), CONTENT).status_code == 302
    row = Achievement.objects.get()
    assert (row.version, row.tags) == (1, ["sales", "planning"])

    admin_client.post(url("achievement_change", row.pk), CONTENT | {"slug": "other", "label": "Accounts"})
    row.refresh_from_db()

    assert (row.version, row.slug, row.label) == (2, "account-planning", "Accounts")
    assert {record.history_user for record in row.history.all()} == {admin_user}
    page = admin_client.get(url("achievement_change", row.pk)).content.decode()
    assert "/badges/account-planning/image.png?2" in page


def test_history_of_an_achievement_is_readable(admin_client):
    row = make_achievement(by=make_person(name="Ada Byron"))
    make_achievement(label="Seller", by=make_person(name="Grace Hopper"))
    history = admin_client.get(url("achievement_history", row.pk))
    record = row.history.first()

    assert history.status_code == 200 and "Ada Byron" in history.content.decode()
    assert admin_client.get(url("achievement_simple_history", row.pk, record.pk)).status_code == 200


def test_achievement_is_never_deleted(admin_client):
    row = make_achievement()

    assert admin_client.post(url("achievement_delete", row.pk), {"post": "yes"}).status_code == 403
    assert Achievement.objects.filter(pk=row.pk).exists()


def test_a_reason_with_a_null_character_is_kept_without_it(admin_client):
    row = make_credential()

    admin_client.post(url("credential_revoke", row.pk), {"reason": "Mis\0issued"})

    assert RevocationRequest.objects.get().reason == "Misissued"


@pytest.mark.parametrize("lookup", ["startswith", "contains", "isnull", "exact"])
def test_keys_are_not_sifted_by_their_sealed_part(admin_client, lookup):
    ensure_signing_keys()

    assert admin_client.get(url("signingkey_changelist"), {f"sealed_private_key__{lookup}": "1"}).status_code == 400


def test_awards_to_be_signed_anew_are_listed_and_nobody_asks_for_a_sealed_key(admin_client):
    credential = make_credential(holder=make_person(name="Ada Byron"))
    withdraw_signing_key(kid=credential.signed_by[0], reason="stolen", operator="ops")
    row = Reissue.objects.get()

    assert "Ada Byron" in admin_client.get(url("reissue_changelist")).content.decode()
    text = admin_client.get(url("reissue_change", row.pk)).content.decode()
    assert "Ada Byron" in text and "sealed" not in text
    assert admin_client.post(url("reissue_change", row.pk), {"state": "done"}).status_code == 403
    assert admin_client.get(url("reissue_changelist"), {"key__sealed_private_key__gt": "a"}).status_code == 400

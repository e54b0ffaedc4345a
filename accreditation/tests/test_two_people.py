"""What takes two people takes two: nobody lets in, or gives the right to, the person who confirms for them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accreditation.actions.invitations import accept_invitation
from accreditation.actions.people import set_groups
from accreditation.models import Invitation, User
from accreditation.roles import ENABLEMENT, GRADER, REVIEW_LEAD
from accreditation.tests.factories import InvitationFactory, make_enablement
from badges.actions.revocations import confirm_revocation, request_revocation
from badges.tests.factories import make_credential
from courses.lib.refusals import Refused
from courses.models import AuditEvent
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def make_lead():
    return make_person(groups=[REVIEW_LEAD], is_staff=True)


def invite(by, groups=(REVIEW_LEAD,)):
    """Somebody who took up an invitation."""
    person = make_person(is_staff=True)
    InvitationFactory(email=person.email, invited_by=by, groups=groups)
    accept_invitation(person=person, email=person.email)
    return person


def give(by, group=REVIEW_LEAD, person=None):
    """Somebody who was given a group."""
    person = person or make_person(is_staff=True)
    set_groups(person=person, groups=Group.objects.filter(name=group), by=by)
    return person


def make_by(client, by):
    """Somebody whose account was made in the administration."""
    client.force_login(by)
    form = {"email": "second@example.com", "name": "Second", "usable_password": "false"}
    client.post(reverse("admin:accreditation_user_add"), form)
    person = User.objects.get(email="second@example.com")
    return give(make_enablement(), person=person)


def revoke(asking, confirming):
    request = request_revocation(credential=make_credential(), reason="Not theirs.", by=asking)
    return confirm_revocation(request=request, by=confirming)


@pytest.mark.parametrize("let_in", [invite, give])
def test_nobody_confirms_for_whom_they_let_in_nor_for_who_let_them_in(let_in):
    first = make_enablement()
    second = let_in(first)

    for asking, confirming in ((first, second), (second, first)):
        with pytest.raises(Refused) as refused:
            revoke(asking, confirming)
        assert refused.value.refusal.code == "not-independent"


def test_whoever_made_the_account_is_no_second_person_either(client):
    first = make_enablement()
    second = make_by(client, first)

    with pytest.raises(Refused):
        revoke(first, second)


def test_a_third_person_may_confirm():
    first = make_enablement()

    assert revoke(invite(first), make_lead()).state == "revoked"
    assert revoke(give(first), give(make_enablement())).state == "revoked"
    assert revoke(first, invite(make_enablement())).state == "revoked"


def test_a_group_without_the_right_ties_nobody():
    first = make_enablement()
    second = give(first, group=GRADER)
    second.user_permissions.add(Permission.objects.get(codename="revoke", content_type__app_label="badges"))

    assert revoke(first, User.objects.get(pk=second.pk)).state == "revoked"


def test_whoever_changed_an_invitation_let_its_reader_in_too(client):
    author, changer, reader = make_enablement(), make_enablement(), make_person(is_staff=True)
    row = InvitationFactory(email=reader.email, invited_by=author)
    client.force_login(changer)
    form = {"email": row.email, "groups": [Group.objects.get(name=REVIEW_LEAD).pk]}
    client.post(reverse("admin:accreditation_invitation_change", args=[row.pk]), form)
    accept_invitation(person=reader, email=reader.email)

    for one in (author, changer):
        with pytest.raises(Refused):
            revoke(one, reader)


def test_the_page_says_why_before_anybody_presses(client):
    first = make_enablement()
    second = invite(first)
    request = request_revocation(credential=make_credential(), reason="Not theirs.", by=first)
    client.force_login(second)

    page = client.get(reverse("admin:badges_revocationrequest_change", args=[request.pk])).content.decode()

    assert "Ask a third person" in page
    assert reverse("admin:badges_revocationrequest_confirm", args=[request.pk]) not in page


def make_stray_group():
    group = Group.objects.create(name="stray")
    group.permissions.set(Permission.objects.filter(codename__in=["delete_user", "grade"]))
    return group


def test_an_invitation_gives_only_groups_of_the_table():
    person, stray = make_person(), make_stray_group()
    row = InvitationFactory(email=person.email)
    row.groups.set([stray])

    accept_invitation(person=person, email=person.email)

    person.refresh_from_db()
    assert not person.groups.exists() and not person.is_staff


def test_neither_form_takes_another_group(client):
    person, stray = make_person(), make_stray_group()
    client.force_login(make_enablement())
    kept = {"email": person.email, "name": person.name, "time_zone": "UTC", "language": "en", "is_active": "on"}

    pages = [
        client.post(reverse("admin:accreditation_user_change", args=[person.pk]), kept | {"groups": [stray.pk]}),
        client.post(reverse("admin:accreditation_invitation_add"), {"email": "a@example.com", "groups": [stray.pk]}),
    ]

    assert [page.status_code for page in pages] == [200, 200]
    assert not person.groups.exists() and not Invitation.objects.exists()


def test_the_deed_refuses_another_group_too():
    person, stray = make_person(), make_stray_group()

    with pytest.raises(Refused) as refused:
        set_groups(person=person, groups=[stray], by=make_enablement())

    assert refused.value.refusal.code == "unknown-group"


def test_who_gave_and_who_took_a_group_is_kept_and_a_group_beside_the_table_stays(client):
    boss, person, stray = make_enablement(), make_person(groups=[GRADER]), make_stray_group()
    person.groups.add(stray)
    client.force_login(boss)
    kept = {"email": person.email, "name": person.name, "time_zone": "UTC", "language": "en", "is_active": "on"}
    wanted = kept | {"groups": [Group.objects.get(name=ENABLEMENT).pk]}

    client.post(reverse("admin:accreditation_user_change", args=[person.pk]), wanted)

    assert set(person.groups.values_list("name", flat=True)) == {ENABLEMENT, "stray"}
    told = AuditEvent.objects.filter(subject=f"accreditation.user:{person.pk}").order_by("pk")
    assert [(one.event, one.actor, one.details["groups"]) for one in told] == [
        ("groups given", boss, [ENABLEMENT]),
        ("groups taken", boss, [GRADER]),
    ]

"""Accounts: sign-up, a proved address, invitations, a new password, the own profile."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from accreditation.actions.invitations import accept_invitation
from accreditation.actions.people import write_groups
from accreditation.models import Invitation, User
from accreditation.roles import ELEVATED, LEARNER, PERMISSIONS
from accreditation.tests.factories import InvitationFactory, OrganisationFactory, make_enablement
from courses.models import AuditEvent
from courses.tests.factories import PersonaFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def sign_up(client, email="ada@example.com", **fields):
    form = {"name": "Ada Okafor", "email": email, "password1": PASSWORD} | fields
    return client.post(reverse("account_signup"), form)


def link_in_mail(number=-1):
    return re.search(r"https?://[^/\s]+(/accounts/\S+)", mail.outbox[number].body)[1]


def sign_in(client, email="ada@example.com", password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def prove(client):
    """Open the link of the newest mail, and press the button there."""
    return client.post(link_in_mail())


def test_a_person_signs_up_proves_the_address_and_signs_in(client):
    assert sign_up(client).url == reverse("account_email_verification_sent")
    assert sign_in(client).url == reverse("account_email_verification_sent")
    assert client.get("/notices/").status_code == 302

    assert client.get(link_in_mail()).status_code == 200
    assert not EmailAddress.objects.get().verified
    prove(client)
    sign_in(client)

    person = User.objects.get()
    assert client.get("/notices/").status_code == 200
    assert (person.email, person.name, [group.name for group in person.groups.all()]) == (
        "ada@example.com",
        "Ada Okafor",
        [LEARNER],
    )


def test_a_known_address_gets_a_mail_and_the_page_says_nothing_else(client):
    known = make_person(email="ada@example.com", name="The First")
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)

    response = sign_up(client)

    assert response.url == reverse("account_email_verification_sent")
    assert User.objects.get().name == "The First"
    assert "already" in mail.outbox[-1].body


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 151},
        {"name": "\0"},
        {"email": "no address"},
        {"password1": "short"},
        {"password1": "password1234"},
        {"password1": "ada@example.com"},
    ],
)
def test_what_sign_up_does_not_take(client, fields):
    response = sign_up(client, **{"email": "ada@example.com"} | fields)

    assert response.status_code == 200
    assert "error" in response.content.decode()
    assert not User.objects.exists()


def test_nothing_else_of_a_person_is_set_by_signing_up(client):
    organisation = OrganisationFactory()

    sign_up(client, is_staff="on", is_superuser="on", organisation=organisation.pk, role="1", groups="1", manager="1")

    person = User.objects.get(email="ada@example.com")
    assert (person.is_staff, person.is_superuser, person.organisation, person.manager) == (False, False, None, None)


def test_one_address_is_one_person_whatever_its_case():
    make_person(email="ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ADA@example.com", name="Ada")])
    assert User.objects.get_by_natural_key("Ada@Example.com").email == "ada@example.com"


def test_nobody_is_their_own_manager():
    person = make_person()
    person.manager = person

    with pytest.raises(IntegrityError), transaction.atomic():
        person.save()


def invite(email="ada@example.com", groups=(), **fields):
    return InvitationFactory(email=email, groups=groups, **fields)


def test_an_invitation_waits_for_the_proved_address(client):
    role, organisation, boss = RoleFactory(), OrganisationFactory(), make_person()
    invite("Ada@Example.com", ["partner manager"], role=role, organisation=organisation, manager=boss)

    sign_up(client)
    person = User.objects.get(email="ada@example.com")
    assert (person.role, person.organisation, person.manager) == (None, None, None)
    prove(client)

    person.refresh_from_db()
    assert (person.role, person.organisation, person.manager, person.is_staff) == (role, organisation, boss, False)
    assert person.groups.filter(name="partner manager").exists()
    assert Invitation.objects.get().accepted_at is not None


def test_an_invitation_of_somebody_else_is_left_alone(client):
    invite("somebody@example.com", ["grader"])

    sign_up(client)
    prove(client)

    assert not User.objects.get(email="ada@example.com").groups.filter(name="grader").exists()


def test_an_address_that_was_added_but_not_proved_takes_up_nothing(client):
    invite("boss@example.com", ["enablement"])
    person = make_person()
    client.force_login(person)

    client.post(reverse("account_email"), {"email": "boss@example.com", "action_add": ""})

    assert not person.groups.exists()


def test_invited_graders_may_open_the_administration():
    person = make_person()
    invite(person.email, ["grader"])

    accept_invitation(person=person, email=person.email)

    person.refresh_from_db()
    assert person.is_staff


def test_an_invitation_is_taken_up_once():
    person, other = make_person(), make_person()
    invite("ada@example.com")

    assert accept_invitation(person=person, email="ada@example.com") is not None
    assert accept_invitation(person=other, email="ada@example.com") is None


def test_an_invitation_that_names_its_own_reader_as_manager_is_taken_up_without():
    person = make_person()
    invite(person.email, manager=person)

    accept_invitation(person=person, email=person.email)

    person.refresh_from_db()
    assert person.manager is None


def test_one_open_invitation_an_address():
    invite("ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        invite("ADA@example.com")


def test_a_forgotten_password_is_replaced_by_mail(client):
    person = make_person(email="ada@example.com", password="the-old-password")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post(reverse("account_reset_password"), {"email": "ada@example.com"})

    form = client.get(link_in_mail(), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})

    assert sign_in(client).url == "/"


def test_asking_for_a_password_tells_nobody_who_has_an_account(client):
    known = make_person()
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)

    answers = [
        client.post(reverse("account_reset_password"), {"email": one}) for one in (known.email, "no@example.com")
    ]

    assert {(one.status_code, one.url) for one in answers} == {(302, reverse("account_reset_password_done"))}


def test_after_five_wrong_passwords_sign_in_waits(client):
    person = make_person()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)

    for number in range(6):
        sign_in(client, person.email, "wrong password") if number else None
    answer = client.post(
        reverse("account_login"),
        {"login": person.email, "password": "demo-accreditation"},
        headers={"x-forwarded-for": "203.0.113.9"},
    )

    assert answer.status_code == 200
    assert "Too many" in answer.content.decode()


def test_signing_in_and_failing_stand_in_the_audit_trail(client):
    person = make_person()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)

    sign_in(client, person.email, "wrong password")
    sign_in(client, person.email, "demo-accreditation")

    events = list(AuditEvent.objects.order_by("pk").values_list("event", "actor", "details"))
    assert events == [("sign-in failed", None, {}), ("sign-in", person.pk, {})]


def test_signing_out_ends_the_session(client):
    client.force_login(make_person())

    client.post(reverse("account_logout"))

    assert client.get("/notices/").status_code == 302


def test_signing_in_makes_a_new_session(client):
    client.get("/accounts/login/")
    session = client.session
    session["before"] = 1
    session.save()
    person = make_person()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)

    sign_in(client, person.email, "demo-accreditation")

    assert client.session.session_key != session.session_key


FORM = {"name": "Ada Okafor", "time_zone": "Europe/Madrid", "language": "en", "persona": ""}


def test_a_person_sets_name_persona_zone_and_language(client):
    person, persona = make_person(), PersonaFactory()
    client.force_login(person)

    assert client.post("/profile/", FORM | {"persona": persona.pk}).url == "/profile/"

    person.refresh_from_db()
    assert (person.name, person.persona, person.time_zone) == ("Ada Okafor", persona, "Europe/Madrid")
    assert "Saved." in client.get("/profile/").content.decode()


def test_posting_every_field_of_a_person_sets_only_those_four(client):
    person, organisation = make_person(), OrganisationFactory()
    client.force_login(person)
    before = {field.attname: getattr(person, field.attname) for field in User._meta.concrete_fields}
    everything = {field.name: "1" for field in User._meta.get_fields()} | {"organisation": organisation.pk}

    client.post("/profile/", everything | {"groups": ["1", "2"], "user_permissions": ["1"]} | FORM)

    person.refresh_from_db()
    changed = {name for name, value in before.items() if getattr(person, name) != value}
    assert changed == {"name", "time_zone"}
    assert not person.groups.exists()
    assert not person.user_permissions.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 151), ("time_zone", "Nowhere"), ("language", "xx"), ("persona", "0")],
)
def test_a_profile_that_can_not_be_read_comes_back(client, field, value):
    person = make_person(name="As before")
    client.force_login(person)

    response = client.post("/profile/", FORM | {field: value})

    assert response.status_code == 422
    assert 'aria-describedby="' in response.content.decode()
    assert "As before" in response.content.decode()
    person.refresh_from_db()
    assert person.name == "As before"


def test_groups_say_what_the_table_says_and_nothing_more():
    write_groups()
    person = make_person(groups=["grader"])
    group = person.groups.get()
    group.permissions.add(*make_enablement().groups.get().permissions.all()[:3])

    write_groups()

    assert {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()} == set(
        PERMISSIONS["grader"]
    )


def test_every_permission_of_the_table_exists():
    write_groups()

    for name, wanted in PERMISSIONS.items():
        person = make_person(groups=[name])
        assert person.get_all_permissions() == set(wanted), name


@pytest.mark.parametrize(("group", "elevated"), [(name, name in ELEVATED) for name in PERMISSIONS])
def test_who_has_elevated_rights(group, elevated):
    assert make_person(groups=[group]).has_elevated_rights() is elevated


def test_staff_and_superusers_have_elevated_rights():
    assert make_person(is_staff=True).has_elevated_rights()
    assert User.objects.create_superuser("root@example.com", PASSWORD, name="Root").has_elevated_rights()


def test_names_as_people_know_them():
    person = make_person(name="Ada Maria Okafor")

    assert (str(person), person.get_short_name()) == ("Ada Maria Okafor", "Ada")
    assert str(User(email="ada@example.com")) == "ada@example.com"
    assert str(invite("x@example.com")) == "x@example.com"
    assert str(OrganisationFactory(name="Northbeam")) == "Northbeam"

"""A partner manager's page: what it says, who is invited from it, and that no other organisation has an address there."""

import csv
import io
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.invitations import accept_invitation, deliver_invitation, invite, send_again
from accreditation.actions.sweeps import sweep_notices
from accreditation.models import Accreditation, Invitation, Move, User
from accreditation.roles import PARTNER_MANAGER
from accreditation.rules import invitations as rules
from accreditation.tests.addresses import every_route
from accreditation.tests.factories import (
    AccreditationFactory,
    EvidenceFactory,
    InvitationFactory,
    OrganisationFactory,
    make_enablement,
)
from assessments.tests.factories_practicals import PracticalFactory, make_grader
from courses.lib.refusals import Refused
from courses.tests.factories import PersonaFactory, RoleFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
OF_AN_ORGANISATION = (
    "organisation-people", "invite", "invite-again", "invite-no-more", "join-accept", "join-decline", "organisation",
    "show-tier",
)  # fmt: skip
WITH_A_KEY = ("invite-again", "invite-no-more", "join-accept", "join-decline")


@pytest.fixture
def own():
    return OrganisationFactory(name="Northbeam", slug="northbeam")


@pytest.fixture
def boss(own):
    return make_person(groups=[PARTNER_MANAGER], organisation=own)


@pytest.fixture
def page(client, own, boss):
    client.force_login(boss)
    return lambda query="": client.get(own.get_absolute_url() + query).content.decode()


def certified(organisation, persona, *use_cases, **fields):
    """Somebody accredited who has shown these use cases."""
    person = make_person(organisation=organisation, persona=persona, **fields)
    AccreditationFactory(learner=person)
    for use_case in use_cases:
        EvidenceFactory(learner=person, kind="practical", practical=PracticalFactory(), use_case=use_case)
    return person


def addresses_of(organisation, invitation):
    """Every address below an organisation's, with the method that it takes."""
    for name in OF_AN_ORGANISATION:
        args = [organisation.slug, invitation.pk] if name in WITH_A_KEY else [organisation.slug]
        yield ("get" if name.startswith("organisation") else "post"), reverse(name, args=args)


def test_this_file_knows_every_address_of_an_organisation():
    below = {name for address, _, name in every_route() if address.startswith("/organisations/")}

    assert below == set(OF_AN_ORGANISATION)


@pytest.mark.parametrize("managers_organisation", ["another", "none"])
def test_no_address_of_another_organisation_is_there(own, managers_organisation):
    invitation = InvitationFactory(organisation=own)
    elsewhere = OrganisationFactory() if managers_organisation == "another" else None
    client = Client()
    client.force_login(make_person(groups=[PARTNER_MANAGER], organisation=elsewhere))

    for method, address in addresses_of(own, invitation):
        assert getattr(client, method)(address, {"email": "x@example.com"}).status_code == 404, address
    assert Invitation.objects.get() == invitation


def test_an_invitation_of_another_organisation_is_not_reached_through_the_own(client, own, boss):
    foreign = InvitationFactory(organisation=OrganisationFactory())
    client.force_login(boss)

    for name in ("invite-again", "invite-no-more"):
        assert client.post(reverse(name, args=[own.slug, foreign.pk])).status_code == 404
    assert foreign.email not in client.get(own.get_absolute_url()).content.decode()


def test_certified_people_are_counted_by_use_case_and_persona(page, own):
    sales, product = PersonaFactory(name="Sales"), PersonaFactory(name="Product")
    cicd, gitops = UseCaseFactory(name="CI/CD"), UseCaseFactory(name="GitOps")
    certified(own, sales, cicd, gitops)
    certified(own, product, cicd)
    certified(OrganisationFactory(), sales, gitops)
    lapsed = certified(own, sales, gitops)
    Accreditation.objects.filter(learner=lapsed).update(state="lapsed")

    rows = [row.split("</tr>")[0] for row in page().split("<tr>") if "use_case=" in row]

    assert [cells(row) for row in rows] == [["CI/CD", "1", "1", "2"], ["GitOps", "–", "1", "1"]]


def cells(row):
    parts = row.replace("</a>", "").split("<")
    return [part.split(">")[1] for part in parts if part.startswith(("a ", "td")) and part.split(">")[1]]


def test_the_list_is_narrowed_by_persona_and_use_case(page, own):
    sales, cicd = PersonaFactory(slug="sales"), UseCaseFactory(slug="cicd")
    certified(own, sales, cicd, name="Ada Both")
    certified(own, sales, name="Bo Persona")
    certified(own, None, cicd, name="Cy Usecase")

    shown = {query: [name in page(query) for name in ("Ada Both", "Bo Persona", "Cy Usecase")] for query in QUERIES}

    assert shown == QUERIES
    assert "Nobody fits this choice" in page("?persona=none")


QUERIES = {
    "": [True, True, True],
    "?persona=sales": [True, True, False],
    "?use_case=cicd": [True, False, True],
    "?persona=sales&use_case=cicd": [True, False, False],
}


def test_what_ends_soon_stands_on_the_page(page, own):
    soon = AccreditationFactory(
        learner=make_person(organisation=own, name="Ends Soon"), valid_until=date.today() + timedelta(days=20)
    )

    shown = page()
    soon_part = shown.split('id="soon"')[1].split("</section>")[0]

    assert ("Ends Soon" in soon_part, soon.program.title in soon_part) == (True, True)


def test_an_empty_organisation_says_so(page):
    shown = page()

    for words in ("Nobody is certified in a use case yet", "Nothing ends within 90 days", "No invitation is open."):
        assert words in shown


def test_whoever_may_look_and_not_invite_reads_why(client, own):
    reader = make_person(is_staff=True)
    reader.user_permissions.add(permission("view_organisation"))
    client.force_login(reader)

    assert "partner managers and Field Enablement invite people" in client.get(own.get_absolute_url()).content.decode()
    assert client.post(reverse("invite", args=[own.slug]), {"email": "a@example.com"}).status_code == 422
    assert not Invitation.objects.exists()


def permission(codename):
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=codename)


def test_the_file_holds_what_the_page_shows_with_formulas_disarmed(client, own, boss):
    person = certified(own, PersonaFactory(name="Sales"), name="=HYPERLINK(1)")
    make_person(organisation=OrganisationFactory(), name="Somebody Else")
    client.force_login(boss)

    answer = client.get(reverse("organisation-people", args=[own.slug]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))

    (row,) = [one for one in rows if "HYPERLINK" in one["name"]]
    assert (row["name"], row["persona"], row["standing"]) == ("'=HYPERLINK(1)", "Sales", "accredited")
    assert len(rows) == 2
    assert person.email not in str(rows)
    assert answer["Cache-Control"] == "private, no-store"


def test_the_page_takes_as_many_statements_for_many_people_as_for_few(client, own, boss):
    client.force_login(boss)
    personas, use_cases = PersonaFactory.create_batch(4), UseCaseFactory.create_batch(3)
    certified(own, personas[0], use_cases[0])
    InvitationFactory(organisation=own)

    def count():
        with CaptureQueriesContext(connection) as captured:
            client.get(own.get_absolute_url())
        return len(captured)

    few = count()
    for persona in personas:
        certified(own, persona, *use_cases)
        InvitationFactory(organisation=own)

    assert count() == few <= 28


def invite_here(client, own, **fields):
    return client.post(reverse("invite", args=[own.slug]), {"email": "new@example.com"} | fields)


def test_a_partner_manager_invites_and_the_mail_goes_out(client, own, boss):
    role, persona = RoleFactory(slug="partner-seller"), PersonaFactory()
    client.force_login(boss)

    assert invite_here(client, own, role=role.pk, persona=persona.pk, groups="1").status_code == 302
    sweep_notices()

    row = Invitation.objects.get()
    assert (row.organisation, row.role, row.persona, row.invited_by, row.groups.count()) == (
        own,
        role,
        persona,
        boss,
        0,
    )
    assert (row.mail_due_at, row.sent_at is None) == (None, False)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["new@example.com"], "Northbeam invites you")
    assert "/accounts/signup/" in sent.body


def test_roles_outside_the_short_list_are_no_choice(client, own, boss):
    client.force_login(boss)

    answer = invite_here(client, own, role=RoleFactory(slug="sal").pk)

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("member", "belongs to Northbeam already"),
        ("invited", "is invited already"),
        ("elsewhere", "invited from here"),
        ("account elsewhere", ""),
    ],
)
def test_who_can_not_be_invited(client, own, boss, there, words):
    other = OrganisationFactory(name="Secret Partner")
    if there in {"member", "account elsewhere"}:
        make_person(email="new@example.com", organisation=own if there == "member" else other)
    else:
        InvitationFactory(email="new@example.com", organisation=own if there == "invited" else other)
    client.force_login(boss)

    answer = invite_here(client, own, email="New@Example.com")

    assert answer.status_code == (422 if words else 302)
    assert words in answer.content.decode()
    assert "Secret" not in answer.content.decode()


def test_fifty_invitations_a_day(monkeypatch, own, boss):
    monkeypatch.setattr(rules, "A_DAY", 2)
    for number in range(2):
        invite(organisation=own, email=f"n{number}@example.com", by=boss)

    with pytest.raises(Refused) as caught:
        invite(organisation=own, email="third@example.com", by=boss)

    assert caught.value.refusal.code == "too-many"


def test_an_invitation_is_sent_again_after_an_hour_and_taken_back_once(client, own, boss):
    row = invite(organisation=own, email="new@example.com", by=boss)
    deliver_invitation(invitation_id=row.pk)
    client.force_login(boss)
    again, no_more = (reverse(name, args=[own.slug, row.pk]) for name in ("invite-again", "invite-no-more"))

    assert client.post(again).status_code == 409
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    assert client.post(again).status_code == 302
    deliver_invitation(invitation_id=row.pk)
    assert client.post(no_more).status_code == 302

    assert len(mail.outbox) == 2
    assert [client.post(one).status_code for one in (again, no_more)] == [404, 404]
    assert accept_invitation(person=make_person(email="new@example.com"), email="new@example.com") is None
    invite(organisation=own, email="new@example.com", by=boss)


def test_a_mail_that_fails_is_tried_again(monkeypatch, own, boss):
    row = invite(organisation=own, email="new@example.com", by=boss)
    monkeypatch.setattr("accreditation.actions.invitations.EmailMultiAlternatives.send", lambda self: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        deliver_invitation(invitation_id=row.pk)

    row.refresh_from_db()
    assert (row.mail_attempts, row.sent_at, row.mail_due_at > timezone.now()) == (1, None, True)
    assert deliver_invitation(invitation_id=row.pk) is False


def test_only_those_who_manage_it_change_an_invitation(own):
    row = InvitationFactory(organisation=own)

    with pytest.raises(Refused):
        send_again(invitation=row, by=make_person(groups=[PARTNER_MANAGER], organisation=OrganisationFactory()))


def test_an_invitation_that_is_taken_up_is_a_move(own):
    person = make_person(email="new@example.com")
    InvitationFactory(email="new@example.com", organisation=own)

    accept_invitation(person=person, email="new@example.com")

    assert User.objects.get(pk=person.pk).organisation == own
    assert (Move.objects.get().new, Move.objects.get().by) == (own, None)


def test_nobody_is_taken_out_of_another_organisation_by_an_invitation(client, own):
    person = make_person(email="new@example.com", organisation=OrganisationFactory(name="Old Place"))
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    row = InvitationFactory(email="new@example.com", organisation=own)
    client.force_login(person)

    assert accept_invitation(person=person, email="new@example.com") is None
    assert "Ask Field Enablement to move you" in client.get("/profile/").content.decode()
    assert client.post(reverse("join", args=[row.pk])).status_code == 409
    assert User.objects.get(pk=person.pk).organisation.name == "Old Place"


def test_a_person_with_an_account_joins_on_their_profile(client, own, boss):
    person = make_person(email="new@example.com")
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    row = invite(organisation=own, email="new@example.com", by=boss)
    client.force_login(person)

    assert "Northbeam invites you" in client.get("/profile/").content.decode()
    assert client.post(reverse("join", args=[row.pk])).status_code == 302

    assert User.objects.get(pk=person.pk).organisation == own
    assert "Northbeam invites you" not in client.get("/profile/").content.decode()


def test_an_address_that_is_not_proved_takes_nothing_up(client, own):
    person = make_person(email="new@example.com")
    EmailAddress.objects.create(user=person, email=person.email, verified=False)
    row = InvitationFactory(email="new@example.com", organisation=own)
    client.force_login(person)

    assert client.post(reverse("join", args=[row.pk])).status_code == 404


def test_enablement_invites_into_any_organisation(client, own):
    client.force_login(make_enablement())

    assert invite_here(client, own).status_code == 302


def test_a_partner_manager_takes_nobody_with_rights_of_ours(own, boss):
    grader = make_grader(email="new@example.com")
    invite(organisation=own, email="new@example.com", by=boss)

    assert accept_invitation(person=grader, email="new@example.com") is None
    assert User.objects.get(pk=grader.pk).organisation is None


def test_enablement_takes_a_grader_into_an_organisation(own):
    grader = make_grader(email="new@example.com")
    InvitationFactory(email="new@example.com", organisation=own)

    accept_invitation(person=grader, email="new@example.com")

    assert User.objects.get(pk=grader.pk).organisation == own

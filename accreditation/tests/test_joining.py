"""Joining by a proven domain and by a list: who comes in, who has to wait, and what never happens by itself."""

from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.joining import answer_request, join_by_domain, prove_domain
from accreditation.actions.member_files import import_members
from accreditation.actions.organisations import move_person
from accreditation.actions.sweeps import sweep_notices
from accreditation.models import Invitation, JoinRequest, Move, Notice, OrganisationDomain, User
from accreditation.roles import PARTNER_MANAGER
from accreditation.rules.domains import ascii_domain, domain_of, organisation_of, why_not_domain
from accreditation.rules.member_files import digest_of, outcomes_of, why_not_read
from accreditation.tests.factories import InvitationFactory, OrganisationFactory, make_enablement
from assessments.tests.factories_practicals import make_grader
from courses.lib.refusals import Refused
from courses.tests.factories import PersonaFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def make_domain(organisation=None, domain="northbeam.example", *, proven=True, **fields):
    by = {"proven_at": timezone.now(), "proven_by": make_enablement()} if proven else {}
    organisation = organisation or OrganisationFactory(joining="at_once")
    return OrganisationDomain.objects.create(organisation=organisation, domain=domain, **by | fields)


def proves(email, person=None, **fields):
    """A person who just proved an address, as the sign-in library tells it."""
    person = person or make_person(email=email, **fields)
    address = EmailAddress.objects.create(user=person, email=email.lower(), verified=True)
    email_confirmed.send(sender=EmailAddress, request=None, email_address=address)
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("раураl.example", "xn--l-7sba6dbr.example"),
    ],
)
def test_a_domain_is_written_as_mail_servers_know_it(name, written):
    assert ascii_domain(name) == written


@pytest.mark.parametrize(
    "name", ["", "localhost", "a..b", "-a.example", "ｅxample.com", "127.0.0.1", "a b.example", "x" * 64 + ".com"]
)
def test_what_is_no_domain(name):
    assert why_not_domain(name).code == "no-domain"
    assert domain_of(f"ada@{name}") == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [("gmail.com", "provider"), ("GMX.de", "provider"), ("mail.yahoo.com", "provider"), ("co.uk", "ending")],
)
def test_domains_that_say_nothing_are_refused(name, code):
    assert why_not_domain(name).code == code


@pytest.mark.parametrize(
    ("email", "found"),
    [
        ("ada@northbeam.example", True),
        ("ADA@NorthBeam.Example", True),
        ("ada@eu.northbeam.example", True),
        ("ada@evilnorthbeam.example", False),
        ("ada@northbeam.example.evil.example", False),
        ("ada@nоrthbeam.example", False),
        ("ada@other.example", False),
    ],
)
def test_whose_domain_an_address_is_of(email, found):
    row = make_domain(with_subdomains=True)
    make_domain(domain="other.example", proven=False)

    assert organisation_of(email) == (row.organisation if found else None)


def test_subdomains_count_only_where_the_domain_says_so_and_the_nearest_one_wins():
    make_domain()
    near = make_domain(domain="eu.northbeam.example")

    assert organisation_of("a@us.northbeam.example") is None
    assert organisation_of("a@eu.northbeam.example") == near.organisation


def test_whoever_proves_an_address_of_the_domain_joins():
    row = make_domain()

    person = proves("ada@northbeam.example")

    assert person.organisation == row.organisation
    assert Move.objects.get(person=person).by is None


def test_nobody_is_taken_out_of_another_organisation_by_an_address():
    make_domain()
    elsewhere = OrganisationFactory()

    person = proves("ada@northbeam.example", organisation=elsewhere)

    assert person.organisation == elsewhere
    assert not JoinRequest.objects.exists()


def test_an_invitation_goes_before_the_domain():
    make_domain()
    row = InvitationFactory(email="ada@northbeam.example", organisation=OrganisationFactory())

    assert proves("ada@northbeam.example").organisation == row.organisation


def test_a_grader_of_ours_joins_nothing_by_an_address():
    make_domain()

    assert proves("ada@northbeam.example", make_grader()).organisation is None


def test_who_was_moved_away_has_to_ask():
    row = make_domain()
    person = proves("ada@northbeam.example")
    move_person(person=person, organisation=None, reason="Left.", by=make_enablement())

    join_by_domain(person=person, email="ada@northbeam.example")

    assert User.objects.get(pk=person.pk).organisation is None
    assert JoinRequest.objects.get().organisation == row.organisation


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_where_the_organisation_wants_it_a_manager_answers(client, answer):
    organisation = OrganisationFactory()
    make_domain(organisation)
    boss = make_person(groups=[PARTNER_MANAGER], organisation=organisation)
    person = proves("ada@northbeam.example", name="Ada Asks")
    row = JoinRequest.objects.get(person=person)
    client.force_login(boss)
    address = reverse(f"join-{answer}", args=[organisation.slug, row.pk])

    assert "Ada Asks" in client.get(organisation.get_absolute_url()).content.decode()
    assert Notice.objects.filter(recipient=boss, title__startswith="Ada Asks would like").exists()
    assert client.post(address).status_code == 302

    assert User.objects.get(pk=person.pk).organisation == (organisation if answer == "accept" else None)
    assert client.post(address).status_code == 404
    assert JoinRequest.objects.get().accepted is (answer == "accept")


def test_only_its_managers_answer_and_nobody_is_taken_from_elsewhere():
    organisation = OrganisationFactory()
    make_domain(organisation)
    person = proves("ada@northbeam.example")
    row = JoinRequest.objects.get()
    with pytest.raises(Refused):
        answer_request(
            request=row, accept=True, by=make_person(groups=[PARTNER_MANAGER], organisation=OrganisationFactory())
        )
    User.objects.filter(pk=person.pk).update(organisation=OrganisationFactory())

    with pytest.raises(Refused) as caught:
        answer_request(request=row, accept=True, by=make_enablement())

    assert caught.value.refusal.code == "elsewhere"


def test_one_open_question_is_enough():
    make_domain(OrganisationFactory())
    person = proves("ada@northbeam.example")
    proves("ada.o@northbeam.example", person)

    assert JoinRequest.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        JoinRequest.objects.create(person=person, organisation=OrganisationFactory(), asked_at=timezone.now())


def test_enablement_writes_a_domain_and_its_proof(client):
    organisation = OrganisationFactory(joining="at_once")
    person = proves("ada@bücher.example")
    client.force_login(make_enablement())
    form = {"organisation": organisation.pk, "domain": "Bücher.example"}

    refused = client.post("/admin/accreditation/organisationdomain/add/", form | {"domain": "gmail.com"})
    assert "Anybody gets an address there" in refused.content.decode()
    assert client.post("/admin/accreditation/organisationdomain/add/", form).status_code == 302
    row = OrganisationDomain.objects.get()
    assert (row.domain, organisation_of("x@bücher.example")) == ("xn--bcher-kva.example", None)
    page = client.get(f"/admin/accreditation/organisationdomain/{row.pk}/change/").content.decode()
    client.post(reverse("admin:accreditation_organisationdomain_deed", args=[row.pk, "prove"]))

    assert "bücher.example" in page
    assert organisation_of("x@bücher.example") == organisation
    assert person.organisation is None


def test_a_proof_lets_in_who_had_proved_an_address_before():
    person = proves("ada@northbeam.example")
    row = make_domain(proven=False)

    assert prove_domain(row=row, by=make_enablement()) == 1

    assert User.objects.get(pk=person.pk).organisation == row.organisation
    with pytest.raises(Refused):
        prove_domain(row=row, by=make_enablement())


def test_a_domain_stands_for_one_organisation_and_is_written_in_ascii():
    make_domain()

    for name in ("northbeam.example", "bücher.example", "Upper.example"):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_domain(OrganisationFactory(), name)


LIST = """email,role,persona
new@example.com,partner-seller,sales
free@example.com,partner-seller,
there@example.com,,
elsewhere@example.com,,
invited@example.com,,
NEW@example.com,,
nonsense,,
other@example.com,queen,
other@example.com,,queen
"""


@pytest.fixture
def world():
    organisation = OrganisationFactory(name="Northbeam")
    RoleFactory(slug="partner-seller")
    PersonaFactory(slug="sales")
    homes = {"free": None, "there": organisation, "elsewhere": OrganisationFactory()}
    for short, home in homes.items():
        person = make_person(email=f"{short}@example.com", organisation=home)
        EmailAddress.objects.create(user=person, email=person.email, verified=True)
    InvitationFactory(email="Invited@example.com", organisation=organisation)
    return organisation


def test_the_preview_says_what_becomes_of_each_line(world):
    found = [one.becomes for one in outcomes_of(LIST, world)]

    assert found == [
        "is invited", "joins", "stays as it is", "is left alone", "stays as it is", *["is wrong"] * 4,
    ]  # fmt: skip
    assert not Invitation.objects.filter(email="new@example.com").exists()


def test_what_was_previewed_is_what_is_applied(client, world):
    client.force_login(make_enablement())
    address = reverse("admin:accreditation_organisation_import", args=[world.pk])
    file = BytesIO(LIST.encode())
    file.name = "people.csv"

    preview = client.post(address, {"file": file})
    assert "belongs here already" in preview.content.decode()
    sent = client.post(address, {"text": preview.context["text"], "digest": preview.context["digest"]})
    sweep_notices()

    assert sent.status_code == 302
    assert User.objects.get(email="free@example.com").organisation == world
    assert User.objects.get(email="elsewhere@example.com").organisation != world
    row = Invitation.objects.get(email="new@example.com")
    assert (row.role.slug, row.persona.slug, row.organisation) == ("partner-seller", "sales", world)
    assert [one.to for one in mail.outbox if one.subject == "Northbeam invites you"] == [["new@example.com"]]


def test_a_list_is_not_applied_once_something_changed(world):
    digest = digest_of(outcomes_of(LIST, world))
    User.objects.filter(email="free@example.com").update(organisation=OrganisationFactory())

    with pytest.raises(Refused) as caught:
        import_members(organisation=world, text=LIST, digest=digest, by=make_enablement())

    assert caught.value.refusal.code == "changed"
    assert not Invitation.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-email"),
        ("name\nAda", "no-email"),
        ("email,groups\na@b.c,enablement", "unknown-column"),
        ("email\n" + "\n" * 2002, "too-large"),
    ],
)
def test_lists_that_can_not_be_read(text, code):
    assert why_not_read(text).code == code


def test_others_than_enablement_import_nobody(client, world):
    boss = make_person(groups=[PARTNER_MANAGER], organisation=world)
    client.force_login(boss)

    assert client.get(reverse("admin:accreditation_organisation_import", args=[world.pk])).status_code == 404
    with pytest.raises(Refused):
        import_members(organisation=world, text=LIST, digest="", by=boss)


def test_a_file_that_is_not_text_is_refused(client, world):
    client.force_login(make_enablement())
    file = BytesIO(b"email\n\xff\xfe")
    file.name = "people.csv"

    answer = client.post(reverse("admin:accreditation_organisation_import", args=[world.pk]), {"file": file})

    assert (answer.status_code, "Save the list as UTF-8." in answer.content.decode()) == (422, True)

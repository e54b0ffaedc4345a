"""Attestations by managers and credits from elsewhere: who may, of whom, of which day; and what stands on them."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.ledger import settle_fact
from accreditation.actions.standing import reassess
from accreditation.actions.statements import attest, enter_credit, take_back
from accreditation.models import (
    Accreditation,
    Attestation,
    Evidence,
    ExternalCredit,
    GivenAttestation,
    GivenCredit,
    Notice,
)
from accreditation.rules.ledger import ATTESTATIONS, SOURCES, differences
from accreditation.rules.statements import wanted_of
from accreditation.tests.factories import EnrolmentFactory, OrganisationFactory, make_enablement, make_program
from courses.lib.refusals import Refused
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date


@pytest.fixture
def statement():
    return Attestation.objects.create(slug="ready", title="Ready", statement="Is ready to sell alone.")


@pytest.fixture
def credit():
    return ExternalCredit.objects.create(slug="cloud", title="Cloud", issuer="Body")


@pytest.fixture
def manager():
    return make_person(name="Mara Manager")


@pytest.fixture
def learner(manager):
    return make_person(name="Lea Learner", manager=manager)


def asks(kind, target):
    whole = {"title": "Proofs", "rule": "all_of", "count": None}
    return make_program(groups=[whole | {"requirements": [{"kind": kind, "proof": "keep", kind: target}]}])


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def code(call, **values):
    with pytest.raises(Refused) as refused:
        call(**values)
    return refused.value.refusal.code


def given_credit(credit, learner, by, **values):
    said = {"performed_on": TODAY(), "reference": "No. 7"} | values
    return GivenCredit(credit=credit, learner=learner, by=by, **said)


def test_an_attestation_meets_what_asks_for_it_and_is_news(statement, manager, learner):
    program = asks("attestation", statement)

    given = attest(attestation=statement, learner=learner, by=manager, on=TODAY())
    reassess(learner=learner)

    assert Accreditation.objects.get(program=program).state == "accredited"
    assert Evidence.objects.get().source == f"accreditation.givenattestation:{given.pk}"
    assert "Mara Manager attested it" in Notice.objects.get(recipient=learner, kind="attested").text
    assert not [one for source in SOURCES for one in differences(source)]


def test_what_is_taken_back_proves_nothing(statement, manager, learner):
    program = asks("attestation", statement)
    given = attest(attestation=statement, learner=learner, by=manager, on=TODAY())
    reassess(learner=learner)

    take_back(given=given, reason="Wrong person.", by=manager)
    reassess(learner=learner)

    assert Accreditation.objects.get(program=program).state == "not_started"
    assert "Wrong person." in Evidence.objects.get(kind="withdrawal").reason
    assert code(take_back, given=given, reason="Again.", by=manager) == "taken-back"
    assert settle_fact(source=ATTESTATIONS, key=given.pk) is False
    attest(attestation=statement, learner=learner, by=manager, on=TODAY())
    reassess(learner=learner)
    assert Accreditation.objects.get(program=program).state == "accredited"


def test_only_who_manages_a_person_attests_it(statement, manager, learner):
    above = make_person()
    manager.manager = above
    manager.save()

    for other in (learner, make_person(), make_enablement()):
        assert code(attest, attestation=statement, learner=learner, by=other, on=TODAY()) == "not-yours"
    assert attest(attestation=statement, learner=learner, by=above, on=TODAY())


def test_a_partners_manager_attests_of_the_own_organisation_only(statement):
    manager = make_person(organisation=OrganisationFactory())
    stranger = make_person(organisation=OrganisationFactory(), manager=manager)

    assert code(attest, attestation=statement, learner=stranger, by=manager, on=TODAY()) == "not-yours"


def test_a_day_ahead_and_a_day_twice_are_refused(statement, manager, learner):
    said = {"attestation": statement, "learner": learner, "by": manager}

    assert code(attest, **said, on=TODAY() + timedelta(days=1)) == "ahead"
    attest(**said, on=date(2024, 2, 29))
    assert code(attest, **said, on=date(2024, 2, 29)) == "done"
    assert code(take_back, given=GivenAttestation.objects.get(), reason=" ", by=manager) == "no-reason"


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_attest_once(statement, manager, learner):
    said = {"attestation": statement, "learner": learner, "by": manager, "on": TODAY()}

    at_once([lambda: attest(**said)] * 4)

    assert GivenAttestation.objects.count() == 1


def test_a_credit_counts_no_longer_than_its_body_says(credit, learner):
    program = asks("credit", credit)
    until = TODAY() + timedelta(days=30)

    enter_credit(given=given_credit(credit, learner, make_enablement(), valid_until=until))
    reassess(learner=learner)

    row = Accreditation.objects.get(program=program)
    assert (row.state, row.valid_until) == ("fading", until)


def test_what_a_credit_needs(credit, learner):
    colleague = make_enablement()

    assert code(enter_credit, given=given_credit(credit, colleague, colleague)) == "own"
    ahead = TODAY() + timedelta(days=1)
    assert code(enter_credit, given=given_credit(credit, learner, colleague, performed_on=ahead)) == "ahead"
    assert code(enter_credit, given=given_credit(credit, learner, colleague, reference=" ")) == "no-reference"
    enter_credit(given=given_credit(credit, learner, colleague))
    assert code(enter_credit, given=given_credit(credit, learner, colleague)) == "done"


def test_the_missing_ones_come_first_and_say_what_they_are_for(statement, manager, learner, django_assert_num_queries):
    program = asks("attestation", statement)
    other = make_person(name="Aaron", manager=manager)
    for one in (learner, other):
        EnrolmentFactory(learner=one, program=program)
    EnrolmentFactory(learner=make_person(), program=program)
    attest(attestation=statement, learner=other, by=manager, on=TODAY())

    people = type(manager).objects.filter(manager=manager)
    with django_assert_num_queries(4):
        found = wanted_of(people)

    assert [(one.learner.name, one.given is not None) for one in found] == [("Lea Learner", False), ("Aaron", True)]
    assert found[0].programs == [program.title]


def test_a_manager_does_it_on_the_page(statement, manager, learner):
    EnrolmentFactory(learner=learner, program=asks("attestation", statement))
    client, page = signed_in(manager), reverse("attestations")

    assert "Is ready to sell alone." in client.get(page).content.decode()
    assert "attestations" in client.get(reverse("team")).content.decode()
    prefix = f"{learner.pk}-ready"
    said = {f"{prefix}-on": TODAY().isoformat(), f"{prefix}-note": "Heard three calls."}
    client.post(reverse("attest", args=[learner.pk, "ready"]), said)
    html = client.get(page).content.decode()

    assert "Attested by Mara Manager" in html
    assert "Heard three calls." in html
    given = GivenAttestation.objects.get()
    client.post(reverse("attestation-take-back", args=[given.pk]), {"reason": "A slip."})
    assert GivenAttestation.objects.get().reason == "A slip."


def test_a_day_that_is_none_stays_unsaid(statement, manager, learner):
    answer = signed_in(manager).post(
        reverse("attest", args=[learner.pk, "ready"]), {f"{learner.pk}-ready-on": "soon"}, follow=True
    )

    assert "Enter a valid date." in answer.content.decode()
    assert not GivenAttestation.objects.exists()


def test_other_peoples_attestations_are_not_there(statement, manager, learner):
    given = attest(attestation=statement, learner=learner, by=manager, on=TODAY())
    other = make_person()
    make_person(manager=other)
    client = signed_in(other)

    assert "Nothing to attest" in client.get(reverse("attestations")).content.decode()
    assert signed_in(make_person()).get(reverse("attestations")).status_code == 404
    assert client.post(reverse("attest", args=[learner.pk, "ready"])).status_code == 404
    assert client.post(reverse("attestation-take-back", args=[given.pk]), {"reason": "x"}).status_code == 404


def test_enablement_enters_a_credit_and_takes_it_back(credit, learner):
    client = signed_in(make_enablement())
    said = {"learner": learner.pk, "credit": credit.pk, "performed_on": TODAY().isoformat(), "reference": "No. 7"}

    client.post(reverse("admin:accreditation_givencredit_add"), said)
    row = GivenCredit.objects.get()
    assert Evidence.objects.get().credit == credit
    again = client.post(reverse("admin:accreditation_givencredit_add"), said)
    assert "This credit of that day was entered already." in again.content.decode()
    client.post(reverse("admin:accreditation_givencredit_deed", args=[row.pk, "undo"]))

    assert GivenCredit.objects.get().withdrawn_by is not None
    assert Evidence.objects.filter(kind="withdrawal").exists()


def test_a_statement_that_somebody_put_their_name_to_keeps_its_words(statement, manager, learner):
    client = signed_in(make_enablement())
    page = reverse("admin:accreditation_attestation_change", args=[statement.pk])
    assert 'name="statement"' in client.get(page).content.decode()

    attest(attestation=statement, learner=learner, by=manager, on=TODAY())

    assert 'name="statement"' not in client.get(page).content.decode()

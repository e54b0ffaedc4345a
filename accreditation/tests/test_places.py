"""Where people work besides learning: in the menu and on the first page, for them alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accreditation.backends import person_with_places
from accreditation.models import User
from accreditation.rules.places import places_of
from accreditation.tests.factories import AccreditationFactory, OrganisationFactory, make_enablement
from assessments.models import Booking, SessionSlot
from assessments.tests.factories_practicals import (
    PracticalFactory,
    SubmissionFactory,
    make_grader,
    make_slot,
    make_task,
)
from courses.tests.compiled_rows import same_rows
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def menu_and_home(person):
    client = Client()
    client.force_login(person)
    return client.get("/").content.decode()


def test_a_learner_is_offered_no_other_place(client):
    html = menu_and_home(make_person(organisation=OrganisationFactory()))

    for word in ("My team", "Grading", "Administration", "/organisations/"):
        assert word not in html


def test_a_people_manager_finds_the_team_on_the_first_page():
    manager = make_person()
    AccreditationFactory(learner=make_person(manager=manager))
    make_person(manager=manager)

    html = menu_and_home(manager)

    assert html.count('href="/team/"') == 2
    assert "1 of 2 accredited" in html
    assert "You are on no program yet" not in html


def test_a_partner_manager_finds_the_organisation_and_is_no_seller_of_it():
    organisation = OrganisationFactory(name="Northbeam")
    manager = make_person(groups=["partner manager"], organisation=organisation)
    make_person(organisation=organisation)

    html = menu_and_home(manager)

    assert html.count(f'href="{organisation.get_absolute_url()}"') == 2
    assert "0 of 1 sellers accredited" in html


def test_a_grader_finds_what_waits():
    grader = make_grader()
    assert "Nothing waits for you" in menu_and_home(grader)
    make_task()

    html = menu_and_home(grader)

    assert "1 hand-in waits for you" in html
    assert html.count('href="/admin/grading/"') == 2
    assert "Administration" not in html


def test_who_may_only_grade_is_led_from_the_administration_to_the_queue(client):
    client.force_login(make_grader(is_staff=True))

    assert client.get("/admin/").headers["Location"] == "/admin/grading/"


def test_enablement_has_the_queue_and_the_administration(client):
    person = make_enablement()
    client.force_login(person)

    html = client.get("/").content.decode()

    assert "Administration</a>" in html
    assert "Grading</a>" in html
    assert client.get("/admin/").status_code == 200


def test_places_cost_no_query_on_a_page(client, django_assert_num_queries):
    person = make_person(manager=make_person())
    client.force_login(person.manager)
    loaded = client.get("/notices/").wsgi_request.user

    with django_assert_num_queries(0):
        assert places_of(loaded).leads_team


def test_who_plays_a_customer_finds_their_sessions():
    slot = SessionSlot.objects.create(
        practical=PracticalFactory(),
        host=make_person(),
        starts_at=timezone.now() + timedelta(days=1),
        location="Room 4",
    )
    html = menu_and_home(slot.host)
    assert html.count('href="/sessions/"') == 2
    assert "Nobody has booked one with you yet." in html

    SessionSlot.objects.filter(pk=slot.pk).update(cancelled_at=timezone.now())

    assert 'href="/sessions/"' not in menu_and_home(slot.host)


def test_home_says_which_session_runs_and_which_ones_wait():
    practical = PracticalFactory(title="Role-play", session="required")
    slot = make_slot(practical, hours=-0.2, minutes=45, grader=make_grader())
    Booking.objects.create(slot=slot, submission=SubmissionFactory(practical=practical), booked_at=timezone.now())
    people = (slot.host, slot.grader)

    assert all("is on now, since" in menu_and_home(person) for person in people)

    SessionSlot.objects.update(starts_at=timezone.now() - timedelta(hours=2))

    host, grader = map(menu_and_home, people)
    assert "1 session is over: say what became of it." in host
    assert "1 session is over: send your marks." in grader


@pytest.mark.parametrize("person", [make_person, make_grader, make_enablement])
def test_the_person_of_a_session_is_the_one_that_the_orm_reads(person):
    found = person(organisation=OrganisationFactory())
    make_person(manager=found)
    make_person()

    [same] = same_rows(person_with_places, pk=found.pk)

    assert (same, same.organisation, same.leads_team) == (found, found.organisation, True)
    assert same_rows(person_with_places, pk=str(found.pk)) == [found]


def test_suspension_acts_on_the_next_request(client):
    person = make_person()
    client.force_login(person)
    assert client.get("/notices/").status_code == 200

    User.objects.filter(pk=person.pk).update(is_active=False)

    assert client.get("/notices/").status_code == 302

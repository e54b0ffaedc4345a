"""Another manager or organisation: who may grade what was handed in before, and after."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.invitations import accept_invitation
from accreditation.actions.relations import note_relations
from accreditation.rules.relations import Relations, relations_of
from accreditation.tests.factories import InvitationFactory, OrganisationFactory, make_enablement
from assessments.actions.claims import claim_next
from assessments.models import Conflict, Lease, ReviewTask
from assessments.tests.factories_practicals import make_grader, make_task
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def move(person, **fields):
    """Store another manager or organisation as the administration does."""
    before = relations_of(person.pk)
    for name, value in fields.items():
        setattr(person, name, value)
    person.save()
    note_relations(person=person, before=before, by=None)


def parted_earlier():
    """As if they had parted an hour before the work was handed in."""
    Conflict.objects.update(ended_at=timezone.now() - timedelta(hours=1))


def test_a_former_manager_never_grades_what_was_handed_in_before():
    boss = make_grader()
    learner = make_person(manager=boss)
    task = make_task(learner=learner)

    move(learner, manager=None)

    assert claim_next(by=boss) is None
    parted_earlier()
    assert claim_next(by=boss).task_id == task.pk


def test_a_former_report_never_grades_the_manager():
    boss = make_person()
    grader = make_grader(manager=boss)
    make_task(learner=boss)

    move(grader, manager=None)

    assert claim_next(by=grader) is None


def test_a_former_colleague_never_grades_what_was_handed_in_before():
    organisation = OrganisationFactory()
    colleague, stranger = make_grader(organisation=organisation), make_grader()
    learner = make_person(organisation=organisation)
    make_task(learner=learner)

    move(learner, organisation=None)

    assert claim_next(by=colleague) is None
    assert claim_next(by=stranger) is not None


def test_a_grader_who_leaves_an_organisation_stays_apart_from_its_people():
    organisation = OrganisationFactory()
    grader = make_grader(organisation=organisation)
    make_task(learner=make_person(organisation=organisation))

    move(grader, organisation=OrganisationFactory())

    assert claim_next(by=grader) is None
    assert {row.kind for row in Conflict.objects.all()} == {"organisation"}


def test_a_new_manager_loses_what_they_hold():
    boss, learner = make_grader(), make_person()
    task = make_task(learner=learner)
    claim_next(by=boss)

    move(learner, manager=boss)

    assert Lease.objects.get().end == "taken_back"
    assert ReviewTask.objects.get(pk=task.pk).state == "waiting"


def test_nothing_is_written_where_nothing_changed():
    learner = make_person(manager=make_grader(), organisation=OrganisationFactory())

    move(learner, name="Another name")

    assert not Conflict.objects.exists()


def test_the_administration_notes_it(client):
    boss = make_grader()
    learner = make_person(manager=boss)
    client.force_login(make_enablement())

    client.post(
        reverse("admin:accreditation_user_change", args=[learner.pk]),
        {"email": learner.email, "name": learner.name, "time_zone": "UTC", "language": "en", "is_active": "on"},
    )

    learner.refresh_from_db()
    assert learner.manager is None
    assert Conflict.objects.filter(grader=boss, learner=learner, kind="manager", ended_at__isnull=False).exists()


def test_an_invitation_that_is_taken_up_notes_it():
    boss, next_boss = make_grader(), make_person()
    learner = make_person(manager=boss)
    InvitationFactory(email=learner.email, manager=next_boss)

    accept_invitation(person=learner, email=learner.email)

    assert Conflict.objects.filter(grader=boss, learner=learner).exists()


def test_somebody_new_has_no_relations():
    assert relations_of(None) == Relations(None, None)

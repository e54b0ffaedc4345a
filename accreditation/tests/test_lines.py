"""The line of managers: who sees whom in it, who never grades whom, and that a circle harms nothing."""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accreditation.actions.relations import note_relations
from accreditation.models import User
from accreditation.rules.people import team_of
from accreditation.rules.relations import relations_of
from accreditation.tests.factories import OrganisationFactory
from assessments.actions.claims import claim_next
from assessments.models import Conflict, Lease
from assessments.rules.graders import free_for
from assessments.tests.factories_practicals import make_grader, make_task
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def line(*people):
    """Let each manage the next one."""
    for boss, report in itertools.pairwise(people):
        report.manager = boss
        report.save()
    return people


def manage(person, manager):
    """Give a person another manager as the administration does."""
    before = relations_of(person.pk)
    person.manager = manager
    person.save()
    note_relations(person=person, before=before, by=None)


def test_a_manager_sees_everybody_below_by_one_statement():
    people = line(*[make_person() for _ in range(7)])
    make_person()

    with CaptureQueriesContext(connection) as captured:
        seen = set(team_of(people[0]))

    assert seen == set(people[1:])
    assert set(team_of(people[4])) == set(people[5:])
    assert len(captured) == 1


def test_people_below_somebody_who_left_are_still_seen():
    top, gone, report = line(make_person(), make_person(is_active=False), make_person())

    assert list(team_of(top)) == [report]
    assert gone.is_active is False


def test_a_circle_of_managers_ends():
    first, second, third = line(make_person(), make_person(), make_person())
    line(third, first)

    assert set(team_of(first)) == {second, third}
    assert set(team_of(third)) == {first, second}


def test_a_manager_of_a_partner_sees_the_own_organisation_only():
    own, other = OrganisationFactory.create_batch(2)
    boss, report, stranger = line(
        make_person(organisation=own), make_person(organisation=own), make_person(organisation=other)
    )

    assert list(team_of(boss)) == [report]
    assert list(team_of(report)) == []
    assert stranger.manager == report


def test_the_page_shows_the_line_and_only_direct_reports_on_request(client):
    boss, direct, further = line(make_person(), make_person(name="Dee Direct"), make_person(name="Fay Further"))
    client.force_login(boss)

    whole, first = (client.get(f"/team/{query}").content.decode() for query in ("", "?reports=direct"))

    assert [name in whole for name in (direct.name, further.name)] == [True, True]
    assert [name in first for name in (direct.name, further.name)] == [True, False]


@pytest.mark.parametrize("way", ["down", "up"])
def test_nobody_grades_anybody_of_the_same_line(way):
    top, middle, bottom = make_grader(), make_person(), make_grader()
    line(top, middle, bottom)
    grader, learner = (top, bottom) if way == "down" else (bottom, top)
    task = make_task(learner=learner)

    assert claim_next(by=grader) is None
    assert grader not in free_for(task.submission_version, task.created_at)
    assert claim_next(by=make_grader()).task == task


def test_graders_beside_a_line_are_free():
    boss = make_person()
    _, learner = line(boss, make_person())
    line(boss, colleague := make_grader())
    task = make_task(learner=learner)

    assert claim_next(by=colleague).task == task


def test_a_grader_in_a_circle_claims_the_work_of_others():
    first, second = line(make_grader(), make_grader())
    line(second, first)
    task = make_task()

    assert claim_next(by=first).task == task


def test_a_line_that_begins_takes_back_what_its_graders_hold():
    top, middle, learner = make_grader(), make_person(), make_person()
    line(top, middle)
    task = make_task(learner=learner)
    claim_next(by=top)

    manage(learner, middle)

    assert Lease.objects.get(task=task).end == "taken_back"


def test_a_line_that_ended_keeps_its_graders_from_earlier_hand_ins():
    top, middle, boss, learner = make_grader(), make_person(), make_person(), make_person()
    line(top, middle, boss, learner)
    make_task(learner=learner)

    manage(boss, None)

    assert claim_next(by=top) is None
    pairs = set(Conflict.objects.values_list("grader", "learner"))
    assert pairs >= {(top.pk, boss.pk), (top.pk, learner.pk), (middle.pk, boss.pk)}
    assert User.objects.filter(pk=boss.pk, manager=None).exists()

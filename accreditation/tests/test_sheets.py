"""A person's standing on one sheet: which question is answered, until when, and who may read it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accreditation.actions.standing import reassess
from accreditation.rules.sheets import sheet_of
from accreditation.tests.factories import EnrolmentFactory, EvidenceFactory, OrganisationFactory, make_program
from assessments.tests.factories_exams import QuestionFactory
from assessments.tests.factories_practicals import PracticalFactory
from courses.models import Competency
from courses.tests.factories import CourseFactory, ObjectiveFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def competencies():
    return [Competency.objects.create(slug=one, name=one.title(), position=n) for n, one in enumerate(("plan", "sell"))]


def course_on(competency):
    course = CourseFactory(lessons=1)
    ObjectiveFactory(course=course, competency=competency)
    return course


def practical_on(competency):
    """A practical whose exam asks about this competency."""
    practical = PracticalFactory()
    QuestionFactory(bank=practical.exam.bank, objective=ObjectiveFactory(competency=competency))
    return practical


def prove(learner, target, ago=10, **details):
    name = {"Course": "course", "Practical": "practical", "Exam": "exam"}[type(target).__name__]
    day = TODAY - timedelta(days=ago)
    return EvidenceFactory(learner=learner, kind=name, **{name: target}, performed_on=day, **details)


def answers(person):
    return {
        line.competency.slug: (line.known.state, line.shown.state, line.kept.state)
        for line in sheet_of(person, NOW).lines
    }


def test_courses_are_known_practicals_shown_and_what_is_done_alone_kept(competencies):
    learner = make_person()
    prove(learner, course_on(competencies[0]))
    practical = practical_on(competencies[1])
    prove(learner, practical, supervision="observed")
    assert answers(learner) == {"plan": ("proven", "", ""), "sell": ("", "proven", "")}

    prove(learner, practical, supervision="alone")

    assert answers(learner)["sell"] == ("", "proven", "proven")
    (_, sell) = sheet_of(learner, NOW).lines
    assert (sell.level, sell.shown.supervision) == (2, "1 alone, 1 observed")


@pytest.mark.parametrize(("ago", "state"), [(10, "proven"), (280, "fading"), (365, "fading"), (366, "lapsed")])
def test_a_proof_fades_as_the_program_that_asks_for_it_does(competencies, ago, state):
    course = course_on(competencies[0])
    learner = make_person()
    EnrolmentFactory(learner=learner, program=make_program(course, CourseFactory(lessons=1)))

    prove(learner, course, ago=ago)

    assert answers(learner)["plan"][0] == state


def test_an_accreditation_in_force_carries_its_older_proofs(competencies):
    old, new = course_on(competencies[0]), CourseFactory(lessons=1)
    learner = make_person()
    program = make_program(old, new)
    prove(learner, old, ago=400)
    prove(learner, new, ago=5)
    reassess(learner=learner, now=NOW)

    (line,) = sheet_of(learner, NOW).lines

    assert (line.known.state, line.known.until) == ("proven", date(2027, 5, 15))
    assert [one.program for one in sheet_of(learner, NOW).held] == [program]


def test_the_time_line_is_newest_first_with_its_journey_stage(competencies):
    learner = make_person()
    first, second = course_on(competencies[0]), course_on(competencies[0])
    prove(learner, first, ago=20)
    prove(learner, second, ago=10)

    found = sheet_of(learner, NOW).moments

    assert [one.title for one in found] == [str(second), str(first)]
    assert found[0].stage == str(second.journey_stage or "")


def test_a_radar_needs_three_competencies(competencies):
    learner = make_person()
    for one in competencies:
        prove(learner, course_on(one))
    assert sheet_of(learner, NOW).outline == ""

    prove(learner, course_on(Competency.objects.create(slug="win", name="Win", position=9)))

    found = sheet_of(learner, NOW)
    assert found.outline.split()[0] == "110.0,80.7"
    assert (len(found.axes), len(found.rings)) == (3, 3)


def test_queries_do_not_grow_with_what_was_proved(competencies, django_assert_max_num_queries):
    learner = make_person()
    for one in competencies * 3:
        course = course_on(one)
        EnrolmentFactory(learner=learner, program=make_program(course, practical_on(one)))
        prove(learner, course)

    with django_assert_max_num_queries(10):
        found = sheet_of(learner, NOW)
        assert found.outline == "" and found.axes == []


def test_ones_own_and_those_of_ones_people_only(competencies):
    manager = make_person()
    learner = make_person(name="Lea Learner", manager=manager)
    prove(learner, course_on(competencies[0]))
    page = reverse("sheet", args=[learner.pk])

    def get(person, address):
        client = Client()
        client.force_login(person)
        return client.get(address)

    assert "1. Plan" in get(learner, reverse("own-sheet")).content.decode()
    assert "Lea Learner" in get(manager, page).content.decode()
    assert reverse("sheet", args=[learner.pk]) in get(manager, reverse("team")).content.decode()
    assert "Nothing is proved yet" in get(manager, reverse("own-sheet")).content.decode()
    for stranger in (learner, make_person(), make_person(organisation=OrganisationFactory())):
        assert get(stranger, page).status_code == 404


def test_a_person_who_moved_is_no_longer_read_by_the_old_manager():
    old = make_person(organisation=OrganisationFactory())
    learner = make_person(organisation=old.organisation, manager=old)
    client = Client()
    client.force_login(old)
    page = reverse("sheet", args=[learner.pk])
    assert client.get(page).status_code == 200

    learner.organisation = OrganisationFactory()
    learner.save()

    assert client.get(page).status_code == 404

"""How many statements each page takes: within its budget, and the same for few rows and for many."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accreditation.actions.evidence import record_evidence
from accreditation.models import Evidence
from accreditation.tests.factories import (
    AccreditationFactory,
    EnrolmentFactory,
    NoticeFactory,
    OrganisationFactory,
    asks_for,
    make_enablement,
    make_program,
)
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory
from assessments.tests.sittings import answer_all, tokens
from badges.tests.factories import make_credential
from courses.tests.factories import CourseFactory, LessonDoneFactory, PathFactory, RemarkFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client):
    person = make_person()
    client.force_login(person)
    return person


def statements(client, address):
    """The statements of one page, its session and person included."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200, address
    return [one["sql"] for one in captured]


def stays(client, address, budget, add):
    """The page stays within its budget, and takes no more statements after `add` made more rows."""
    few = statements(client, address)
    add()
    many = statements(client, address)
    assert len(few) <= budget, "\n".join(few)
    assert len(many) <= len(few), "\n".join(many)


def whole_program(learner):
    """A program of every kind that the learner is on, with a badge that they hold."""
    practical, courses = PracticalFactory(), CourseFactory.create_batch(2, lessons=2)
    wanted = [asks_for(one) for one in (PathFactory(courses=courses), practical.exam, CourseFactory())]
    group = {"title": "All", "rule": "all_of", "count": None, "requirements": [*wanted, asks_for(practical, "show")]}
    program = make_program(groups=[group], badge=True)
    EnrolmentFactory(learner=learner, program=program, due_on=date(2026, 6, 1))
    credential = make_credential(holder=learner, achievement=program.achievement)
    AccreditationFactory(learner=learner, program=program, credential=credential)
    for course in courses:
        record_evidence(
            learner_id=learner.pk, kind="course", source=f"c:{course.pk}", performed_on=date.today(), course=course
        )
    return program


def test_home(client, learner):
    whole_program(learner)
    NoticeFactory(recipient=learner)

    def more():
        for _ in range(4):
            whole_program(learner)
        NoticeFactory.create_batch(20, recipient=learner)

    stays(client, "/", 10, more)


def test_home_of_a_fresh_learner(client, learner):
    assert len(statements(client, "/")) <= 10


def test_pages_never_carry_the_bytes_of_a_picture(client, learner):
    program = whole_program(learner)
    boss = make_person()
    learner.manager = boss
    learner.save()

    sql = [one for page in ("/", "/programs/", program.get_absolute_url()) for one in statements(client, page)]
    client.force_login(boss)
    sql += statements(client, "/team/")
    client.logout()
    sql += statements(client, "/")

    assert not [one for one in sql if '"badges_achievement"."image"' in one or '"badges_credential"."png"' in one]


def test_landing_page(client):
    make_program(badge=True)

    stays(client, "/", 2, lambda: [make_program(badge=True) for _ in range(9)])


@pytest.mark.parametrize("signed_in", [True, False])
def test_programs(client, learner, signed_in):
    program = whole_program(learner)
    program.roles.add(RoleFactory())
    if not signed_in:
        client.logout()

    stays(client, "/programs/", 5, lambda: [whole_program(learner).roles.add(RoleFactory()) for _ in range(4)])


def test_program_page(client, learner):
    program = whole_program(learner)
    courses = CourseFactory.create_batch(9)
    large = make_program(PathFactory(courses=courses), *courses, *(make_program(course) for course in courses))

    few = statements(client, program.get_absolute_url())

    assert len(few) <= 12, "\n".join(few)
    assert len(statements(client, large.get_absolute_url())) <= len(few)


def test_program_page_for_visitors(client, learner):
    program = whole_program(learner)
    client.logout()

    assert len(statements(client, program.get_absolute_url())) <= 5


def test_course_page(client, learner):
    small, large = CourseFactory(lessons=2, objectives=1), CourseFactory(lessons=30, objectives=10)
    for course in (small, large):
        PathFactory(courses=[course])
        LessonDoneFactory(learner=learner, lesson=course.lessons.first())

    few = statements(client, small.get_absolute_url())

    assert len(few) <= 8, "\n".join(few)
    assert len(statements(client, large.get_absolute_url())) <= len(few)


def test_course_page_of_a_course_that_is_done(client, learner):
    done = CourseFactory(lessons=1)
    LessonDoneFactory(learner=learner, lesson=done.lessons.get())
    path = PathFactory(courses=[done, CourseFactory(lessons=1)])

    few = statements(client, done.get_absolute_url())
    for course in CourseFactory.create_batch(9, lessons=5):
        path.steps.create(course=course, position=99)

    assert len(few) <= 11, "\n".join(few)
    assert len(statements(client, done.get_absolute_url())) <= len(few)


def test_lesson_page(client, learner):
    course = CourseFactory(lessons=30, objectives=5)
    lesson = course.lessons.first()

    stays(client, lesson.get_absolute_url(), 8, lambda: RemarkFactory.create_batch(5, author=learner, lesson=lesson))


def test_path_page(client, learner):
    small = PathFactory(courses=CourseFactory.create_batch(1, lessons=2))
    large = PathFactory(courses=CourseFactory.create_batch(9, lessons=2))

    few = statements(client, small.get_absolute_url())

    assert len(few) <= 7
    assert len(statements(client, large.get_absolute_url())) <= len(few)


def test_notices(client, learner):
    NoticeFactory(recipient=learner)

    stays(client, "/notices/", 5, lambda: NoticeFactory.create_batch(30, recipient=learner))


def people_of(**fields):
    """Ten people with two accreditations each."""
    programs = [make_program(badge=True) for _ in range(2)]
    for _ in range(10):
        person = make_person(**fields)
        for program in programs:
            AccreditationFactory(learner=person, program=program)


def test_team(client, learner):
    AccreditationFactory(learner=make_person(manager=learner))

    stays(client, "/team/", 11, lambda: people_of(manager=learner))


def test_organisation(client):
    organisation = OrganisationFactory()
    client.force_login(make_person(groups=["partner manager"], organisation=organisation))

    stays(client, organisation.get_absolute_url(), 20, lambda: people_of(organisation=organisation))


def test_profile(client, learner):
    stays(client, "/profile/", 6, lambda: [make_person(manager=learner) for _ in range(9)])


def test_a_second_factor_costs_little(client, learner, settings):
    before = len(statements(client, "/notices/"))
    settings.REQUIRE_MFA = True

    assert len(statements(client, "/notices/")) <= before + 1


def test_the_first_page_of_the_administration(client):
    client.force_login(make_enablement())

    assert len(statements(client, "/admin/")) <= 10


@pytest.mark.parametrize("questions", [10, 100])
def test_the_three_deeds_of_an_exam_with_all_that_follows_from_them(client, questions):
    exam = ExamFactory(published__questions=questions, published__draw=questions)
    PracticalFactory(exam=exam)
    learner = make_person()
    client.force_login(learner)
    client.get("/notices/")

    start = deed(client, reverse("assessments:start-attempt", args=[exam.slug]), {})
    attempt = learner.attempts.get()
    answer_all(attempt)
    one = {"item": 1, "seq": 999, "value": tokens(attempt)[:1]}
    saved = deed(client, reverse("assessments:attempt-responses", args=[attempt.pk]), in_json([one]))
    handed_in = deed(client, reverse("assessments:attempt-submit", args=[attempt.pk]), in_json([]))

    assert Evidence.objects.get().exam == exam
    assert learner.notices.count() == 2
    assert len(start) <= 10
    assert len(saved) <= 5
    assert len(handed_in) <= 14


def in_json(batch):
    return json.dumps({"client_id": "tab", "epoch": 1, "batch": batch})


def deed(client, address, body):
    """The statements of a deed as in production: without the pair that stands for the test's own BEGIN and COMMIT."""
    kind = {"content_type": "application/json"} if isinstance(body, str) else {}
    with CaptureQueriesContext(connection) as captured:
        response = client.post(address, body, **kind)
    assert response.status_code in (200, 302), response.content
    return [one["sql"] for one in captured][2:]


def test_search(client, learner):
    CourseFactory(title="Pipelines", lessons=1)
    NoticeFactory(recipient=learner, title="Pipelines")

    def more():
        CourseFactory.create_batch(30, title="Pipelines", lessons=1)
        NoticeFactory.create_batch(9, recipient=learner, title="Pipelines")

    stays(client, "/search/?q=pipelines", 11, more)
    assert len(statements(client, "/search/suggest?q=pipelines")) <= 4


def test_search_of_staff(client):
    client.force_login(make_enablement())
    CourseFactory(title="Pipelines")

    stays(client, "/search/?q=pipelines", 13, lambda: CourseFactory.create_batch(30, title="Pipelines"))

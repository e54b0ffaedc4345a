"""Courses, paths and programs as new ones."""

import pytest
from django.test import Client
from django.urls import reverse

from accreditation.models import Enrolment, Program
from accreditation.rules.dumps import dump_of
from accreditation.tests.factories import EnrolmentFactory, asks_for, make_program
from courses.models import Course, LearningPath, LessonDone
from courses.tests.factories import CourseFactory, LessonDoneFactory, PathFactory, PersonaFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def author():
    return signed_in(make_person(is_staff=True, is_superuser=True))


def copy(client, row, **said):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_copy"
    return client.post(reverse(name, args=[row.pk]), {"title": "Another one", "slug": "another-one", **said})


def test_a_course_is_copied_with_its_lessons_and_nothing_of_learners(author):
    course = CourseFactory(lessons=3, objectives=2)
    lesson, objective = course.lessons.first(), course.objectives.first()
    lesson.objective = objective
    lesson.save()
    course.use_cases.add(UseCaseFactory())
    LessonDoneFactory(lesson=lesson)

    page = author.get(reverse("admin:courses_course_copy", args=[course.pk])).text
    answer = copy(author, course)

    copied = Course.objects.get(slug="another-one")
    assert "3 lessons" in page
    assert answer.url == reverse("admin:courses_course_change", args=[copied.pk])
    assert (copied.state, copied.lessons.count(), copied.objectives.count()) == ("draft", 3, 2)
    assert copied.lessons.get(slug=lesson.slug).objective in copied.objectives.all()
    assert list(copied.use_cases.all()) == list(course.use_cases.all())
    assert LessonDone.objects.filter(lesson__course=copied).count() == 0
    assert course.lessons.count() == 3


def test_a_path_is_copied_with_its_courses_in_order(author):
    first, second = CourseFactory(title="Z"), CourseFactory(title="A")
    path = PathFactory(courses=[first, second])

    copy(author, path)

    copied = LearningPath.objects.get(slug="another-one")
    assert [one.course for one in copied.steps.order_by("position")] == [first, second]
    assert copied.state == "draft"


def test_an_address_that_somebody_has_is_refused_on_its_field(author):
    course, other = CourseFactory(), CourseFactory()

    answer = copy(author, course, slug=other.slug)

    assert answer.status_code == 422
    assert "Another one has this address already" in answer.text


@pytest.mark.parametrize("slug", ["", "a b", "../x", "x" * 81, "ü"])
def test_hostile_addresses_are_refused(author, slug):
    assert copy(author, CourseFactory(), slug=slug).status_code == 422
    assert Course.objects.count() == 1


def test_a_program_is_copied_as_a_draft_with_its_rules_and_nobody_on_it(author):
    course = CourseFactory(lessons=1)
    program = make_program(course, badge=True, months=18)
    EnrolmentFactory(program=program)

    page = author.get(reverse("admin:accreditation_program_copy", args=[program.pk])).text
    answer = copy(author, program, groups=["0"], months=18)

    copied = Program.objects.get(slug="another-one")
    assert course.title in page
    assert answer.status_code == 302
    assert (copied.state, copied.achievement, copied.current_version.validity_months) == ("draft", None, 18)
    assert copied.current_version.groups.get().requirements.get().course == course
    assert not Enrolment.objects.filter(program=copied).exists()
    assert dump_of(copied).file.programs[0].slug == "another-one"


def test_some_groups_for_a_persona_make_a_micro_credential(author):
    one, two, persona = CourseFactory(lessons=1), CourseFactory(lessons=1), PersonaFactory()
    groups = [
        {"title": title, "rule": "all_of", "count": None, "requirements": [asks_for(course)]}
        for title, course in (("First", one), ("Second", two))
    ]
    program = make_program(groups=groups)

    copy(author, program, groups=["1"], months=6, personas=[persona.pk])

    copied = Program.objects.get(slug="another-one")
    assert [group.title for group in copied.current_version.groups.all()] == ["Second"]
    assert copied.current_version.validity_months == 6
    assert list(copied.personas.all()) == [persona]
    assert program.current_version.groups.count() == 2


@pytest.mark.parametrize("said", [{"groups": []}, {"groups": ["7"]}, {"groups": ["x"]}, {"groups": ["0"], "months": 0}])
def test_a_copy_that_asks_for_nothing_is_refused(author, said):
    assert copy(author, make_program(), **{"months": 12} | said).status_code == 422
    assert Program.objects.count() == 1


def test_only_who_may_add_copies():
    course, program = CourseFactory(), make_program()

    for row in (course, program):
        assert copy(signed_in(make_person()), row).status_code == 404
        assert copy(signed_in(make_person(is_staff=True)), row).status_code == 403
    assert not Course.objects.filter(slug="another-one").exists()

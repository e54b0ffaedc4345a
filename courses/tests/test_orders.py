"""Lessons, objectives, courses of paths and words of the catalogue in an order that somebody chose."""

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import AuditEvent, PathCourse, Persona
from courses.rules.orders import digest_of, order_said
from courses.tests.factories import CourseFactory, LessonFactory, PathFactory, PersonaFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def author():
    return signed_in(make_person(is_staff=True, is_superuser=True))


def titles(course):
    return list(course.lessons.order_by("position").values_list("title", flat=True))


def page_of(row, which="lessons"):
    name = "learningpath" if which == "steps" else "course"
    return reverse(f"admin:courses_{name}_order", args=[row.pk, which])


def seen(rows):
    return digest_of([one.pk for one in rows])


def test_lessons_take_the_places_that_were_typed_in_one_post(author):
    course = CourseFactory(lessons=3)
    one, two, three = course.lessons.order_by("position")

    answer = author.post(
        page_of(course),
        {"before": seen([one, two, three]), f"place-{one.pk}": 3, f"place-{two.pk}": 1, f"place-{three.pk}": 2},
    )

    assert answer.status_code == 302
    assert titles(course) == [two.title, three.title, one.title]
    assert AuditEvent.objects.get(event="put in order").details["order"] == [two.pk, three.pk, one.pk]


def test_an_order_of_a_list_that_changed_since_is_refused_and_shown_anew(author):
    course = CourseFactory(lessons=2)
    one, two = course.lessons.order_by("position")
    before = seen([one, two])
    late = LessonFactory(course=course, title="Came late")

    answer = author.post(page_of(course), {"before": before, f"place-{one.pk}": 2, f"place-{two.pk}": 1})

    assert answer.status_code == 409
    assert "Somebody changed this list since" in answer.text
    assert late.title in answer.text
    assert titles(course)[:2] == [one.title, two.title]


def test_saving_the_same_order_twice_writes_nothing_more(author):
    course = CourseFactory(lessons=2)
    one, two = course.lessons.order_by("position")
    said = {"before": seen([one, two]), f"place-{one.pk}": 2, f"place-{two.pk}": 1}

    author.post(page_of(course), said)
    again = author.post(page_of(course), said)

    assert again.status_code == 409
    assert titles(course) == [two.title, one.title]
    assert AuditEvent.objects.filter(event="put in order").count() == 1


def test_courses_of_a_path_are_put_in_order(author):
    path = PathFactory(courses=[CourseFactory(title="A"), CourseFactory(title="B")])
    first, second = path.steps.order_by("position")

    page = author.get(page_of(path, "steps")).text
    author.post(
        page_of(path, "steps"), {"before": seen([first, second]), f"place-{first.pk}": 2, f"place-{second.pk}": 1}
    )

    assert "Move up: A" in page
    assert list(PathCourse.objects.order_by("position").values_list("course__title", flat=True)) == ["B", "A"]


def test_words_of_the_catalogue_are_put_in_order_from_their_list(author):
    one, two = PersonaFactory(position=0), PersonaFactory(position=1)

    shown = author.get(reverse("admin:courses_persona_changelist")).text
    author.post(
        reverse("admin:courses_persona_order"),
        {"before": seen([one, two]), f"place-{one.pk}": 2, f"place-{two.pk}": 1},
    )

    assert reverse("admin:courses_persona_order") in shown
    assert list(Persona.objects.order_by("position")) == [two, one]


@pytest.mark.parametrize("which", ["nothing", "paths", "delete"])
def test_only_lists_that_have_an_order_are_found(author, which):
    assert author.get(page_of(CourseFactory(lessons=2), which)).status_code == 404


def test_only_who_may_change_the_course_puts_it_in_order():
    course = CourseFactory(lessons=2)
    one, two = course.lessons.order_by("position")
    said = {"before": seen([one, two]), f"place-{one.pk}": 2}

    assert signed_in(make_person()).post(page_of(course), said).status_code == 404
    assert signed_in(make_person(is_staff=True)).post(page_of(course), said).status_code == 403
    assert titles(course) == [one.title, two.title]


@pytest.mark.parametrize("typed", ["", "-1", "abc", "²", "9" * 400, "1e9", "\u0663"])
def test_hostile_places_keep_the_place(typed):
    rows = list(CourseFactory(lessons=2).lessons.order_by("position"))

    assert order_said(rows, {f"place-{rows[0].pk}": typed}) == [rows[0].pk, rows[1].pk]


def test_rows_of_another_course_are_left_alone(author):
    course, other = CourseFactory(lessons=2), CourseFactory(lessons=1)
    one, two = course.lessons.order_by("position")
    theirs = other.lessons.get()
    place = theirs.position

    author.post(
        page_of(course),
        {"before": seen([one, two]), f"place-{theirs.pk}": 1, f"place-{one.pk}": 2, f"place-{two.pk}": 1},
    )

    theirs.refresh_from_db()
    assert theirs.position == place
    assert titles(course) == [two.title, one.title]

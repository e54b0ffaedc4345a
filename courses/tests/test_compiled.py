"""Querysets that are built once: they answer as the ORM does, follow the rows, and are prepared once per connection."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count, F
from django.db.models.functions import Lower
from django.utils import timezone

from courses.lib.compiled import Compiled, OneOf
from courses.lib.prepared import Prepared
from courses.models import Course, CourseCompletion, Lesson
from courses.tests.compiled_rows import same_rows
from courses.tests.factories import CourseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@Compiled
def lessons_of(course, positions):
    rows = Lesson.objects.filter(OneOf("position", positions, "int"), course=course, title__contains="%")
    return rows.select_related("course", "objective").annotate(small=Lower("title")).order_by("-position")


@Compiled
def courses_by_size(least):
    return (
        Course.objects.annotate(size=Count("lessons")).filter(size__gte=least).order_by("pk").values_list("pk", "size")
    )


@Compiled
def locked_course(slug):
    return Course.objects.select_for_update(of=("self",)).filter(slug=slug)


@Compiled
def finished(by, since):
    return CourseCompletion.objects.filter(learner=by.pk, completed_at__gt=since)


@pytest.fixture
def course():
    made = CourseFactory(lessons=4)
    made.lessons.update(title="100% of it", position=F("pk"))
    return made


def test_rows_related_rows_and_annotations_are_those_of_the_orm(course):
    positions = list(course.lessons.values_list("position", flat=True))

    rows = same_rows(lessons_of, course=course, positions=positions[:3])

    assert [one.position for one in rows] == sorted(positions[:3], reverse=True)
    assert rows[0].course == course


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_list_may_have_any_length(course, count):
    positions = list(course.lessons.values_list("position", flat=True))[:count]

    assert len(same_rows(lessons_of, course=course, positions=positions)) == count


def test_each_call_asks_the_database_again(course):
    assert same_rows(courses_by_size, least=4) == [(course.pk, 4)]

    course.lessons.first().delete()

    assert same_rows(courses_by_size, least=4) == []
    assert same_rows(courses_by_size, least=3) == [(course.pk, 3)]


def test_one_call_is_one_statement(course, django_assert_num_queries):
    with django_assert_num_queries(1):
        lessons_of(course=course, positions=[1])


def test_moments_are_compared_as_moments(course):
    person = make_person()
    now = timezone.now()
    CourseCompletion.objects.create(learner=person, course=course, completed_at=now)

    assert len(same_rows(finished, by=person, since=now - timedelta(seconds=1))) == 1
    assert same_rows(finished, by=person, since=now) == []
    assert same_rows(finished, by=make_person(), since=now - timedelta(seconds=1)) == []


def test_get_and_first_tell_of_nothing_as_the_orm_does(course):
    with transaction.atomic():
        assert locked_course.get(slug=course.slug) == locked_course.first(slug=course.slug) == course
        assert locked_course.first(slug="nowhere") is None
        with pytest.raises(Course.DoesNotExist):
            locked_course.get(slug="nowhere")


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused_every_time():
    course = CourseFactory()
    with transaction.atomic():
        locked_course(slug=course.slug)

    for _ in range(2):
        with pytest.raises(transaction.TransactionManagementError):
            locked_course(slug=course.slug)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_opened_again_is_prepared_again():
    course = CourseFactory(lessons=2)
    assert courses_by_size(least=2) == [(course.pk, 2)]

    connection.close()

    assert courses_by_size(least=2) == [(course.pk, 2)]


def test_a_rolled_back_transaction_leaves_the_statement_prepared(course):
    fresh = Prepared("counted", "SELECT count(*) FROM courses_lesson WHERE course_id = $1", ["course"])
    for _ in range(2):
        with pytest.raises(RuntimeError), transaction.atomic(), connection.cursor() as cursor:
            fresh.execute(cursor, {"course": course.pk})
            assert cursor.fetchone() == (4,)
            raise RuntimeError


def test_a_value_is_never_read_as_sql(course):
    with transaction.atomic():
        assert locked_course(slug="' OR true --") == []


def test_a_name_that_the_call_forgets_is_an_error():
    with pytest.raises(KeyError):
        courses_by_size()

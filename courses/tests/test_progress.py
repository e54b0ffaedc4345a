"""A learner moves through lessons, courses and paths."""

import pytest

from courses.actions.progress import mark_lesson_done
from courses.models import Course, CourseCompletion, LessonDone
from courses.rules.progress import course_progress, lessons_done, path_progress
from courses.signals import course_completed
from courses.tests.at_once import at_once
from courses.tests.factories import CourseFactory, LessonDoneFactory, LessonFactory, PathFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def completions():
    heard = []

    def hear(completion, **_):
        heard.append(completion)

    course_completed.connect(hear)
    yield heard
    course_completed.disconnect(hear)


def progress_of(course, learner):
    return course_progress(course, lessons_done(learner, [course]))


def test_a_fresh_course_begins_with_its_first_lesson():
    course = CourseFactory(lessons=3)

    progress = progress_of(course, make_person())

    assert [stop.state for stop in progress.stops] == ["now", "open", "open"]
    assert (progress.state, progress.tally, progress.minutes) == ("open", "0 of 3", 15)
    assert progress.next_lesson == course.lessons.first()


def test_the_next_lesson_is_the_first_that_is_not_done():
    course, learner = CourseFactory(lessons=3), make_person()
    first, second, third = course.lessons.all()
    mark_lesson_done(lesson=first, by=learner)
    mark_lesson_done(lesson=third, by=learner)

    progress = progress_of(course, learner)

    assert [stop.state for stop in progress.stops] == ["done", "now", "done"]
    assert (progress.next_lesson, progress.state, progress.is_complete) == (second, "now", False)


def test_a_course_without_lessons_is_never_complete():
    progress = progress_of(CourseFactory(), make_person())

    assert (progress.is_complete, progress.state, progress.next_lesson) == (False, "open", None)


def test_the_last_lesson_completes_the_course(completions):
    course, learner = CourseFactory(lessons=2), make_person()

    for lesson in course.lessons.all():
        mark_lesson_done(lesson=lesson, by=learner)

    assert progress_of(course, learner).state == "done"
    assert [(one.learner_id, one.course) for one in completions] == [(learner.pk, course)]


def test_marking_a_lesson_twice_changes_nothing(completions):
    lesson, learner = LessonFactory(), make_person()

    first = mark_lesson_done(lesson=lesson, by=learner)
    second = mark_lesson_done(lesson=lesson, by=learner)

    assert (second.pk, second.done_at) == (first.pk, first.done_at)
    assert len(completions) == 1


def test_lessons_of_others_do_not_count():
    lesson, learner = LessonDoneFactory().lesson, make_person()

    assert progress_of(lesson.course, learner).done == 0


def test_a_lesson_that_comes_later_leaves_the_completion(completions):
    lesson, learner = LessonFactory(), make_person()
    mark_lesson_done(lesson=lesson, by=learner)
    later = LessonFactory(course=lesson.course)

    assert progress_of(lesson.course, learner).state == "now"
    mark_lesson_done(lesson=later, by=learner)
    assert len(completions) == 1


@pytest.mark.django_db(transaction=True)
def test_two_last_lessons_at_the_same_moment_complete_the_course():
    course, learner = CourseFactory(lessons=8), make_person()

    faults = at_once([lambda one=one: mark_lesson_done(lesson=one, by=learner) for one in course.lessons.all()])

    assert all(isinstance(one, LessonDone) for one in faults)
    assert CourseCompletion.objects.filter(learner=learner, course=course).count() == 1


def test_a_path_shows_its_published_courses_in_order():
    second, first, hidden = CourseFactory(lessons=1), CourseFactory(lessons=1), CourseFactory(draft=True)
    path = PathFactory(courses=[first, hidden, second])

    assert [one.course for one in path_progress(path, make_person())] == [first, second]


@pytest.mark.parametrize("count", [1, 6])
def test_progress_on_a_path_takes_three_queries(django_assert_num_queries, count):
    path = PathFactory(courses=CourseFactory.create_batch(count, lessons=2))
    learner = make_person()

    with django_assert_num_queries(3):
        assert len(path_progress(path, learner)) == count


def test_progress_in_a_loaded_course_takes_no_query(django_assert_num_queries):
    course = Course.objects.prefetch_related("lessons").get(pk=CourseFactory(lessons=2).pk)

    with django_assert_num_queries(0):
        course_progress(course, set())

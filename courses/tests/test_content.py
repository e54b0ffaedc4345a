"""Content as code and its states."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings

from courses.actions.audit import record_event
from courses.actions.content import author_course, author_path, publish_content, put, withdraw_content
from courses.lib.refusals import Refused
from courses.models import AuditEvent, Course, Feedback, LearningPath, Lesson, Role
from courses.rules.content import embed_address, why_not_publish
from courses.tests.factories import (
    CourseFactory,
    LessonDoneFactory,
    LessonFactory,
    PathFactory,
    RemarkFactory,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

OBJECTIVES = [{"slug": "plan", "text": "Write a plan"}, {"slug": "review", "text": "Review it"}]
LESSONS = [
    {"slug": "one", "title": "One", "kind": "handbook", "minutes": 5, "objective": "plan", "body": "Read."},
    {"slug": "two", "title": "Two", "kind": "video", "minutes": 9, "objective": None, "url": "https://example.com/"},
]


def author(lessons=LESSONS, objectives=OBJECTIVES, **values):
    return author_course(slug="planning", values={"title": "Planning"} | values, objectives=objectives, lessons=lessons)


def lessons_of(course):
    return [(one.slug, one.objective and one.objective.slug) for one in course.lessons.order_by("position")]


def test_a_course_is_written_with_its_objectives_and_lessons():
    course, changed = author()

    assert changed
    assert [one.slug for one in course.objectives.all()] == ["plan", "review"]
    assert lessons_of(course) == [("one", "plan"), ("two", None)]


def test_the_same_course_again_changes_nothing():
    course, _ = author()
    history = course.history.count()

    assert author() == (course, False)
    assert course.history.count() == history


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Account planning"},
        {"objectives": [OBJECTIVES[0] | {"text": "Write a better plan"}, OBJECTIVES[1]]},
        {"lessons": [LESSONS[0] | {"minutes": 7}, LESSONS[1]]},
        {"lessons": LESSONS[::-1]},
        {"lessons": LESSONS[:1]},
    ],
)
def test_what_differs_is_written(change):
    author()

    assert author(**change)[1]


def test_a_lesson_that_somebody_has_done_is_not_removed():
    course, _ = author()
    LessonDoneFactory(lesson=course.lessons.get(slug="two"))

    author(lessons=LESSONS[:1])

    assert course.lessons.filter(slug="two").exists()


def test_a_lesson_that_somebody_has_remarked_on_is_not_removed():
    course, _ = author()
    RemarkFactory(lesson=course.lessons.get(slug="two"))

    author(lessons=LESSONS[:1])

    assert Feedback.objects.count() == 1


def test_a_path_keeps_the_order_of_its_courses():
    first, second = CourseFactory.create_batch(2)

    path, _ = author_path(slug="way", values={"title": "Way"}, courses=[second, first])

    assert [step.course for step in path.steps.all()] == [second, first]
    assert author_path(slug="way", values={"title": "Way"}, courses=[second, first]) == (path, False)
    assert author_path(slug="way", values={"title": "Way"}, courses=[first])[1]


def test_put_saves_only_what_differs(django_assert_num_queries):
    put(Role, {"slug": "sal"}, {"name": "SAL"})

    with django_assert_num_queries(1):
        assert put(Role, {"slug": "sal"}, {"name": "SAL"})[1] is False
    assert put(Role, {"slug": "sal"}, {"name": "Leader"})[1] is True


@pytest.mark.parametrize(
    ("make", "state", "code"),
    [
        (CourseFactory, "draft", "no-lessons"),
        (CourseFactory, "published", "wrong-state"),
        (CourseFactory, "withdrawn", "no-lessons"),
        (PathFactory, "draft", None),
    ],
)
def test_what_keeps_content_from_being_published(make, state, code):
    refusal = why_not_publish(make(state=state))

    assert (refusal and refusal.code) == code


def test_a_course_is_published_withdrawn_and_published_again():
    course = CourseFactory(draft=True, lessons=1)

    for deed, state in (
        (publish_content, "published"),
        (withdraw_content, "withdrawn"),
        (publish_content, "published"),
    ):
        deed(content=course, by=None)
        assert Course.objects.get(pk=course.pk).state == state


@pytest.mark.parametrize("deed", [publish_content, withdraw_content])
def test_a_step_that_the_table_does_not_have_is_refused(deed):
    content = PathFactory(state="published" if deed is publish_content else "draft")

    with pytest.raises(Refused):
        deed(content=content, by=None)


def test_learners_see_what_is_published_and_editors_everything():
    course = CourseFactory(draft=True)
    editor = make_person(groups=["enablement"], is_staff=True)

    assert not Course.objects.visible_to(make_person()).exists()
    assert not Course.objects.visible_to(make_person(groups=["enablement"])).exists()
    assert list(Course.objects.visible_to(editor)) == [course]


@override_settings(EMBED_HOSTS=["player.vimeo.com"])
@pytest.mark.parametrize(
    ("url", "embed", "shown"),
    [
        ("https://player.vimeo.com/video/1", True, True),
        ("https://player.vimeo.com/video/1", False, False),
        ("http://player.vimeo.com/video/1", True, False),
        ("https://player.vimeo.com.example.org/", True, False),
        ("https://example.org/?player.vimeo.com", True, False),
        ("", True, False),
    ],
)
def test_only_listed_hosts_are_shown_in_the_page(url, embed, shown):
    assert bool(embed_address(Lesson(url=url, embed=embed))) is shown


def test_the_audit_trail_is_append_only():
    row = record_event(event="export", by=make_person(), subject="courses.course:1", rows=3)

    for deed in (row.delete, lambda: AuditEvent.objects.filter(pk=row.pk).update(event="nothing")):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    assert AuditEvent.objects.get(pk=row.pk).details == {"rows": 3}


@pytest.mark.parametrize(
    "double",
    [
        lambda: LessonFactory(course=CourseFactory(lessons=1), slug=Lesson.objects.get().slug),
        lambda: CourseFactory(slug=CourseFactory().slug),
        lambda: PathFactory(courses=[CourseFactory(), *Course.objects.all()]),
        lambda: LessonDoneFactory.create_batch(2, learner=make_person(), lesson=LessonFactory()),
    ],
)
def test_the_database_refuses_doubles(double):
    with pytest.raises(IntegrityError), transaction.atomic():
        double()


def test_words_say_what_they_are():
    course = CourseFactory(title="Planning", lessons=1)
    path = PathFactory(title="Way", courses=[course])

    assert str(path.steps.get()) == "Way: Planning"
    assert str(LearningPath.objects.get()) == "Way"
    assert str(LessonDoneFactory(lesson=course.lessons.get())).endswith(str(course.lessons.get()))

"""Lessons in the administration: what somebody has done is not taken away."""

import pytest
from django.urls import reverse

from courses.models import Feedback, Lesson, LessonDone
from courses.tests.factories import CourseFactory, LessonDoneFactory, RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def delete_first_lesson(client, course):
    """Send the page of the course back with the first lesson ticked for deletion."""
    client.force_login(make_person(is_staff=True, is_superuser=True))
    address = reverse("admin:courses_course_change", args=[course.pk])
    page = client.get(address)
    form = {name: value for name, value in page.context["adminform"].form.initial.items() if value is not None}
    for formset in page.context["inline_admin_formsets"]:
        form |= {
            f"{formset.formset.prefix}-{name}": value for name, value in formset.formset.management_form.initial.items()
        }
        for one in formset.formset.initial_forms:
            values = {name: one[name].value() for name in one.fields}
            form |= {
                one.add_prefix(name): value for name, value in values.items() if value is not None and name != "file"
            }
    return client.post(address, form | {"lessons-0-DELETE": "on"})


@pytest.mark.parametrize("make", [LessonDoneFactory, RemarkFactory])
def test_a_lesson_that_somebody_did_or_spoke_of_stays(client, make):
    course = CourseFactory(lessons=2)
    make(lesson=course.lessons.order_by("position").first())

    page = delete_first_lesson(client, course)

    assert (page.status_code, Lesson.objects.count()) == (200, 2)
    assert LessonDone.objects.count() + Feedback.objects.count() == 1


def test_a_lesson_that_nobody_touched_goes(client):
    course = CourseFactory(lessons=2)

    page = delete_first_lesson(client, course)

    assert (page.status_code, Lesson.objects.count()) == (302, 1)

"""Authors in a real browser: lists put in order by keyboard and by dragging, and a preview at 360 pixels."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accreditation.tests.factories import make_program
from assessments.tests.factories_exams import ExamFactory
from courses.tests.factories import CourseFactory, LessonFactory
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def author():
    return make_person(is_staff=True, is_superuser=True)


@pytest.fixture
def course():
    course = CourseFactory(title="Selling pipelines", draft=True)
    for number, title in enumerate(["Why", "What", "How"]):
        LessonFactory(course=course, title=title, position=number)
    return course


def titles(course):
    return list(course.lessons.order_by("position").values_list("title", flat=True))


def barriers(page):
    return [one["id"] for one in Axe().run(page).response["violations"]]


def keep_picture(page, name):
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_list_is_put_in_order_by_keyboard_alone_and_says_where_things_are(browse, author, course):
    page = browse(author)
    page.goto(f"/admin/courses/course/{course.pk}/order/lessons/")
    page.get_by_role("button", name="Move down: Why").focus()

    page.keyboard.press("Enter")
    expect(page.locator("[data-order-said]")).to_have_text("Why: place 2 of 3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-order-said]")).to_have_text("Why: place 3 of 3")
    expect(page.get_by_role("button", name="Move up: Why")).to_be_focused()
    keep_picture(page, "order")
    page.get_by_role("button", name="Save the order").click()
    page.wait_for_url(f"**/admin/courses/course/{course.pk}/change/")

    assert titles(course) == ["What", "How", "Why"]


def test_a_list_is_put_in_order_by_dragging(browse, author, course):
    page = browse(author)
    page.goto(f"/admin/courses/course/{course.pk}/order/lessons/")

    page.locator("[data-name=How]").drag_to(page.locator("[data-name=Why]"), target_position={"x": 20, "y": 2})
    expect(page.locator("[data-order-said]")).to_have_text("How: place 1 of 3")
    page.get_by_role("button", name="Save the order").click()
    page.wait_for_url(f"**/admin/courses/course/{course.pk}/change/")

    assert titles(course) == ["How", "Why", "What"]


@pytest.mark.parametrize("width", [360, 1366])
def test_previews_and_orders_have_no_barrier_and_fit(browse, author, course, width):
    page = browse(author)
    page.set_viewport_size({"width": width, "height": 800})
    program = make_program(CourseFactory(lessons=1))
    exam = ExamFactory()
    lesson = course.lessons.first()
    for name, address in {
        "preview-course": f"/admin/preview{course.get_absolute_url()}",
        "preview-lesson": f"/admin/preview{lesson.get_absolute_url()}",
        "preview-program": f"/admin/preview{program.get_absolute_url()}",
        "preview-exam": f"/admin/preview{exam.get_absolute_url()}?questions=1",
        "order-narrow": f"/admin/courses/course/{course.pk}/order/lessons/",
        "program-admin": f"/admin/accreditation/program/{program.pk}/change/",
        "withdraw": f"/admin/accreditation/program/{program.pk}/withdraw/",
    }.items():
        page.goto(address)
        keep_picture(page, f"{name}-{width}")
        if name != "program-admin":
            assert barriers(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name

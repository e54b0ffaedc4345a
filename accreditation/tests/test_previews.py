"""Content as a learner would see it: the real page, and nothing of it is kept."""

import pytest
from django.test import Client

from accreditation.models import Organisation, User
from accreditation.rules.preview_pages import as_preview
from accreditation.tests.factories import make_program
from assessments.models import Attempt, Submission
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory
from courses.models import Asset, Course, LessonDone
from courses.tests.factories import CourseFactory, PathFactory, PersonaFactory, RoleFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def author():
    return signed_in(make_person(is_staff=True, is_superuser=True))


def preview(client, row, **query):
    return client.get(f"/admin/preview{row.get_absolute_url()}", query)


def test_a_draft_course_shows_as_learners_would_see_it_and_stays_a_draft(author):
    course = CourseFactory(draft=True, lessons=2)

    page = preview(author, course)

    assert page.status_code == 200
    assert "Preview: only staff see this." in page.text
    assert "learners don&#x27;t see it" not in page.text
    assert course.lessons.first().title in page.text
    course.refresh_from_db()
    assert course.state == "draft"


def test_links_of_a_preview_stay_in_it_with_the_chosen_learner(author):
    course, persona = CourseFactory(draft=True, lessons=1), PersonaFactory()

    page = preview(author, course, as_persona=persona.slug)

    lesson = course.lessons.get()
    assert f'href="/admin/preview{lesson.get_absolute_url()}?as_persona={persona.slug}"' in page.text
    assert f'href="{lesson.get_absolute_url()}"' not in page.text
    assert f'<option value="{persona.slug}" selected>' in page.text


def test_nothing_of_a_preview_can_be_pressed_or_sent(author):
    course = CourseFactory(draft=True, lessons=1)
    lesson = course.lessons.get()

    page = preview(author, lesson)
    sent = author.post(f"/admin/preview{lesson.get_absolute_url()}done")

    learners_part = page.text.split("</aside>", 1)[1]
    assert "<button" in learners_part
    assert all("disabled" in one.split(">")[0] for one in learners_part.split("<button")[1:])
    assert learners_part.count("<script") == 1  # it shows a film, and sends nothing
    assert "js/embed.js" in learners_part
    assert sent.status_code == 405
    assert not LessonDone.objects.exists()


def test_nobody_is_left_behind_by_a_preview(author):
    people = User.objects.count()

    preview(author, CourseFactory(lessons=1))
    preview(author, make_program())
    preview(author, ExamFactory(), questions=1)

    assert User.objects.count() == people
    assert User.history.filter(email__endswith="preview.invalid").count() == 0
    assert not Attempt.objects.exists()


def test_a_path_shows_its_drafts_too(author):
    course = CourseFactory(draft=True, lessons=1)

    page = preview(author, PathFactory(draft=True, courses=[course]))

    assert course.title in page.text
    assert Course.objects.get().state == "draft"


def test_an_item_of_the_library_shows_only_to_those_whom_it_is_for(author):
    role, other = RoleFactory(), RoleFactory()
    asset = Asset.objects.create(slug="deep-dive", title="Deep dive", kind="deep_dive")
    version = asset.versions.create(number=1, body="What to say.")
    asset.current_version = version
    asset.save()
    asset.roles.add(role)

    assert "What to say." in preview(author, asset, as_role=role.slug).text
    page = preview(author, asset, as_role=other.slug)
    assert page.status_code == 409
    assert "What to say." not in page.text


def test_a_draft_program_shows_what_it_asks_for(author):
    course = CourseFactory(lessons=1)
    program = make_program(course, publish=False)

    page = preview(author, program)

    assert course.title in page.text
    program.refresh_from_db()
    assert program.state == "draft"


def test_an_exam_shows_a_sample_of_its_questions_without_an_attempt(author):
    exam = ExamFactory(published__draw=3)

    page = preview(author, exam, questions=1)

    assert page.status_code == 200
    assert page.text.count('class="question"') == 3
    assert " novalidate hidden" not in page.text
    assert not Attempt.objects.exists()


def test_a_practical_is_locked_behind_its_exam_and_opens_in_a_preview_only(author):
    practical = PracticalFactory(exam=ExamFactory(), state="draft", instructions="Show the **pipeline**.")

    locked = preview(author, practical)
    opened = preview(author, practical, opened=1)

    assert (locked.status_code, opened.status_code) == (200, 200)
    assert "exam" in locked.text
    assert "<strong>pipeline</strong>" in opened.text
    assert not Submission.objects.exists()


@pytest.mark.parametrize("page", ["profile/", "accounts/logout/", "nowhere/", "admin/", "team/", "courses/none/"])
def test_what_is_no_content_ends_the_preview(author, page):
    answer = author.get(f"/admin/preview/{page}")

    assert answer.status_code == 404
    assert "The preview ends here" in answer.text


def test_who_may_not_change_the_content_sees_no_preview():
    course = CourseFactory(draft=True, lessons=1)

    assert preview(signed_in(make_person()), course).status_code == 404
    assert preview(signed_in(make_person(is_staff=True)), course).status_code == 403


def test_no_preview_is_kept_by_a_browser_or_a_proxy(author):
    kept = preview(author, CourseFactory(draft=True, lessons=1)).headers["Cache-Control"]

    assert "no-store" in kept
    assert "private" in kept


def test_hostile_addresses_of_a_learner_choose_nobody(author):
    course = CourseFactory(lessons=1)

    for said in ["'\"><script>", "x" * 5000, "\u0000"[:0] + "\u202e"]:
        assert preview(author, course, as_role=said, as_organisation=said).status_code == 200
    assert "<script>" not in preview(author, course, as_role="'\"><script>").text.split("preview-bar")[1][:3000]
    assert not Organisation.objects.exists()


def test_addresses_are_led_inside_whatever_the_quotes():
    html = """<a class="skip" href="#main">x</a><a title="a > b" href='/courses/a/?q=1'>a</a><a href="//evil.example/">b</a>
    <form method="post" action="/courses/a/done"><button>c</button><input type=submit></form><a href="https://x.example/">d</a>"""

    shown = as_preview(html, "[bar]", lambda path: f"/p{path}")

    assert "</a>[bar]" in shown
    assert 'href="/p/courses/a/"' in shown
    assert 'href="//evil.example/"' in shown
    assert 'action="/p/courses/a/done"' in shown
    assert "<button disabled>" in shown
    assert "<input type=submit disabled>" in shown

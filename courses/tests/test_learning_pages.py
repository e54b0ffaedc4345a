"""Pages of paths, courses and lessons, as a learner sees them."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from courses.models import Feedback, LessonDone
from courses.tests.factories import (
    CourseFactory,
    LessonDoneFactory,
    LessonFactory,
    PathFactory,
    RemarkFactory,
)
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client):
    person = make_person()
    client.force_login(person)
    return person


def of(name, lesson):
    return reverse(f"courses:{name}", args=[lesson.course.slug, lesson.slug])


def page(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_a_path_leads_to_the_next_lesson(client, learner):
    done, ahead = CourseFactory(lessons=1), CourseFactory(lessons=1)
    LessonDoneFactory(learner=learner, lesson=done.lessons.get())
    path = PathFactory(courses=[done, ahead])

    shown = page(client.get(path.get_absolute_url()))

    assert ahead.lessons.get().get_absolute_url() in shown
    assert "1 of 1" in shown
    assert "0 of 1" in shown


@pytest.mark.parametrize("courses", [[], [1]])
def test_a_path_has_its_empty_and_its_finished_state(client, learner, courses):
    rows = [CourseFactory(lessons=1) for _ in courses]
    for row in rows:
        LessonDoneFactory(learner=learner, lesson=row.lessons.get())

    shown = page(client.get(PathFactory(courses=rows).get_absolute_url()))

    assert ("You have done every course" if rows else "no course yet") in shown


def test_a_path_of_an_empty_course_leads_to_the_course(client, learner):
    course = CourseFactory()

    assert course.get_absolute_url() in page(client.get(PathFactory(courses=[course]).get_absolute_url()))


def test_a_course_shows_objectives_lessons_and_its_path(client, learner):
    course = CourseFactory(lessons=2, objectives=1)
    path = PathFactory(courses=[course])

    shown = page(client.get(course.get_absolute_url()))

    assert course.objectives.get().text in shown
    assert path.get_absolute_url() in shown
    assert "Start the course" in shown


def test_a_course_without_lessons_says_so(client, learner):
    assert "no lesson yet" in page(client.get(CourseFactory().get_absolute_url()))


def test_a_finished_course_says_so(client, learner):
    lesson = LessonDoneFactory(learner=learner).lesson

    assert "You have done this course" in page(client.get(lesson.course.get_absolute_url()))


@pytest.mark.parametrize("kind", ["handbook", "video", "interactive", "file", "call"])
def test_a_lesson_of_every_kind_is_shown(client, learner, kind):
    lesson = LessonFactory(kind=kind, url="https://example.com/source")

    shown = page(client.get(lesson.get_absolute_url()))

    assert "<strong>this</strong>" in shown
    assert 'href="https://example.com/source" target="_blank" rel="noopener noreferrer"' in shown


def test_a_listed_video_waits_for_the_click(client, learner):
    shown = page(client.get(LessonFactory(video=True).get_absolute_url()))

    assert 'data-embed="https://player.vimeo.com/video/1"' in shown
    assert "<iframe" not in shown


def test_an_empty_lesson_says_so(client, learner):
    assert "no text yet" in page(client.get(LessonFactory(body="").get_absolute_url()))


def test_done_leads_to_the_next_lesson_and_at_last_to_the_course(client, learner):
    course = CourseFactory(lessons=2)
    first, second = course.lessons.all()

    assert client.post(of("lesson-done", first)).url == second.get_absolute_url()
    assert client.post(of("lesson-done", second)).url == course.get_absolute_url()
    assert LessonDone.objects.filter(learner=learner).count() == 2


def test_a_remark_is_kept_and_shown_to_its_author_only(client, learner):
    lesson = LessonFactory()
    RemarkFactory(lesson=lesson, text="Somebody else said this")

    client.post(of("lesson-feedback", lesson), {"kind": "idea", "text": "More examples"})

    shown = page(client.get(lesson.get_absolute_url()))
    assert "More examples" in shown
    assert "Somebody else" not in shown


def test_an_answered_remark_shows_its_answer(client, learner):
    remark = RemarkFactory(author=learner, state="looked_at", answer="It runs <b>jobs</b>.")

    assert "It runs &lt;b&gt;jobs" in page(client.get(remark.lesson.get_absolute_url()))


@pytest.mark.parametrize(
    "typed", [{"kind": "idea", "text": "  "}, {"kind": "praise", "text": "Good"}, {"kind": "idea", "text": "x" * 4001}]
)
def test_a_remark_that_can_not_be_read_comes_back_with_what_was_typed(client, learner, typed):
    shown = page(client.post(of("lesson-feedback", LessonFactory()), typed), 422)

    assert typed["text"] in shown
    assert not Feedback.objects.exists()


def test_too_many_remarks_are_refused_in_words(client, learner):
    lesson = LessonFactory()
    RemarkFactory.create_batch(20, author=learner)

    refused = client.post(of("lesson-feedback", lesson), {"kind": "idea", "text": "Another"})

    assert "a little later" in page(refused, 409)


def test_a_file_is_sent_as_a_download(client, learner, tmp_path, settings):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    lesson = LessonFactory(kind="file")
    lesson.file.save("notes.html", ContentFile(b"<script>1</script>"))

    response = client.get(of("lesson-file", lesson))

    assert response["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content) == b"<script>1</script>"
    assert "sandbox" in response["Content-Security-Policy"]
    lesson.file.storage.delete(lesson.file.name)
    assert client.get(of("lesson-file", lesson)).status_code == 404


def test_a_lesson_without_a_file_has_no_download(client, learner):
    assert client.get(of("lesson-file", LessonFactory())).status_code == 404


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
@pytest.mark.parametrize("name", ["lesson", "lesson-done", "lesson-feedback", "lesson-file"])
def test_what_is_not_published_is_not_there(client, learner, state, name):
    lesson = LessonFactory(course__state=state)
    call = client.post if name in ("lesson-done", "lesson-feedback") else client.get

    assert call(of(name, lesson)).status_code == 404
    assert client.get(lesson.course.get_absolute_url()).status_code == 404


def test_an_editor_sees_the_draft_with_its_mark(client):
    client.force_login(make_person(groups=["enablement"], is_staff=True))

    assert "learners don't see it" in page(client.get(CourseFactory(draft=True).get_absolute_url()))


@pytest.mark.parametrize("name", ["lesson-done", "lesson-feedback"])
def test_deeds_are_posted(client, learner, name):
    assert client.get(of(name, LessonFactory())).status_code == 405


def test_a_lesson_of_another_course_is_not_there(client, learner):
    address = reverse("courses:lesson", args=[CourseFactory(lessons=1).slug, LessonFactory().slug])

    assert client.get(address).status_code == 404


def test_a_course_that_is_done_leads_to_the_next_of_its_path(client, learner):
    first, done, last = CourseFactory.create_batch(3, lessons=1)
    PathFactory(title="Seller", courses=[first, done, last])
    LessonDoneFactory(learner=learner, lesson=done.lessons.get())

    html = client.get(done.get_absolute_url()).content.decode()

    assert "next in Seller" in html
    assert html.index(last.get_absolute_url()) > 0

    LessonDoneFactory(learner=learner, lesson=last.lessons.get())
    assert first.get_absolute_url() in client.get(done.get_absolute_url()).content.decode()

"""Telling us about a page, reading what became of it, and what was done about what people said."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accreditation.models import Notice
from accreditation.rules.about import NOTHING, about
from accreditation.tests.factories import make_enablement, make_program
from assessments.tests.factories_practicals import SubmissionFactory
from courses.actions.feedback import answer_feedback, mark_duplicate, publish_feedback, rate_course
from courses.models import CourseRating, Feedback
from courses.tests.factories import CompletionFactory, CourseFactory, LessonFactory, RemarkFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NEW = "/feedback/new"
SAID = {"kind": "idea", "text": "More examples"}


@pytest.fixture
def learner(client):
    person = make_person()
    client.force_login(person)
    return person


def text_of(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def publish(row, shown_to="people", title="Runners explained", sentence="There is a page."):
    return publish_feedback(feedback=row, shown_to=shown_to, title=title, sentence=sentence, by=make_enablement())


def test_a_page_is_known_by_what_the_portal_finds_there():
    person, lesson = make_person(), LessonFactory(title="Runners")

    found = about(f"{lesson.get_absolute_url()}?q=secret#x", person)

    assert found.page == lesson.get_absolute_url()
    assert (found.title, found.kind, found.id) == ("Runners", "courses:lesson", str(lesson.pk))
    assert about("/notices/", person).page == "/notices/"


@pytest.mark.parametrize(
    "path",
    ["", "notices/", "//evil.example/", "https://evil.example/", "/nowhere/", "javascript:alert(1)", "/\x00", "/" + "a/" * 300,
     "/\\evil.example/", "/team/1/standing/", "/profile/applications/7/withdraw"],
)  # fmt: skip
def test_what_is_no_page_of_this_person_is_nothing(path):
    assert about(path, make_person()) == NOTHING


def test_what_a_person_may_not_see_leaves_no_title():
    person, submission = make_person(), SubmissionFactory()

    assert about(CourseFactory(draft=True).get_absolute_url(), person) == NOTHING
    assert about(submission.get_absolute_url(), person) == NOTHING
    assert about(submission.get_absolute_url(), submission.learner).title == submission.practical.title


def test_every_page_leads_to_the_form_and_the_form_says_what_it_is_about(client, learner):
    program = make_program()
    address = f"{NEW}?about={reverse('program', args=[program.slug]).replace('/', '%2F')}".replace("%2F", "/")

    assert address in text_of(client.get(program.get_absolute_url()))
    assert program.title in text_of(client.get(address))
    client.logout()
    assert NEW not in text_of(client.get(program.get_absolute_url()))


def test_a_remark_is_kept_and_read_by_its_author(client, learner):
    lesson = LessonFactory()
    RemarkFactory(text="Somebody else said this")

    response = client.post(NEW, {**SAID, "text": "<b>More</b>", "about": lesson.get_absolute_url()})

    row = Feedback.objects.get(author=learner)
    assert response.url == f"/feedback/#remark-{row.pk}"
    assert (row.lesson, row.page, row.about_kind) == (lesson, lesson.get_absolute_url(), "courses:lesson")
    shown = text_of(client.get("/feedback/"))
    assert "&lt;b&gt;More" in shown
    assert "first reply by" in shown
    assert "Somebody else" not in shown


@pytest.mark.parametrize("typed", [{**SAID, "text": " "}, {**SAID, "text": "x" * 4001}, {**SAID, "kind": "praise"},
                                   {**SAID, "text": "a\x00b"}])  # fmt: skip
def test_what_can_not_be_read_comes_back_as_it_was_typed(client, learner, typed):
    assert typed["text"].replace("\x00", "") in text_of(client.post(NEW, typed), 422).replace("\x00", "")
    assert not Feedback.objects.exists()


def test_a_forged_about_keeps_nothing(client, learner):
    client.post(NEW, {**SAID, "about": "https://evil.example/"})

    assert Feedback.objects.get().page == ""


def test_an_empty_list_says_where_to_begin(client, learner):
    assert "You told us nothing yet" in text_of(client.get("/feedback/"))


def test_the_list_takes_no_more_statements_for_more_remarks(client, learner, django_assert_max_num_queries):
    for _ in range(15):
        RemarkFactory(author=learner)
        publish(RemarkFactory())

    with django_assert_max_num_queries(10):
        client.get("/feedback/")


def test_everybody_of_a_merged_remark_reads_the_answer_of_the_main_one(client, learner):
    main, mine, staff = RemarkFactory(), RemarkFactory(author=learner), make_enablement()
    mark_duplicate(feedback=mine, of=main, by=staff)

    answer_feedback(feedback=main, state="done", answer="A page explains it now.", by=staff)

    assert Notice.objects.filter(recipient=learner, kind="answer").count() == 2
    assert "A page explains it now." in text_of(client.get("/feedback/"))


def test_others_want_it_too_once_and_no_more(client, learner):
    row = publish(RemarkFactory())

    for _ in range(2):
        assert client.post(f"/feedback/{row.pk}/want").status_code == 302
    assert row.votes.count() == 1
    assert "2 people" in text_of(client.get("/feedback/"))
    client.post(f"/feedback/{row.pk}/want-no-more")
    assert row.votes.count() == 0


def test_what_is_not_public_is_not_there(client, learner):
    row = RemarkFactory()

    assert client.post(f"/feedback/{row.pk}/want").status_code == 404
    assert client.get(f"/feedback/{row.pk}/want").status_code == 405


def test_you_said_we_did_never_names_the_author_nor_quotes_without_leave(client):
    staff = make_enablement()
    quiet, open_ = RemarkFactory(text="My own words"), RemarkFactory(text="Quote me", may_quote=True)
    for row in (quiet, open_):
        publish(row, shown_to="everybody")
        answer_feedback(feedback=row, state="done", answer="A private answer", by=staff)

    shown = text_of(client.get("/feedback/done/"))

    assert "There is a page." in shown
    assert "Quote me" in shown
    for hidden in ("My own words", "A private answer", quiet.author.name, quiet.author.email):
        assert hidden not in shown


def test_a_visitor_reads_only_what_is_for_everybody(client):
    row = publish(RemarkFactory())
    answer_feedback(feedback=row, state="done", by=make_enablement())

    assert "Nothing stands here yet" in text_of(client.get("/feedback/done/"))
    client.force_login(make_person())
    assert "Runners explained" in text_of(client.get("/feedback/done/"))


def test_a_completed_course_is_rated_from_its_page(client, learner):
    done = CompletionFactory(learner=learner, course=CourseFactory())
    address = reverse("courses:course-rate", args=[done.course.slug])

    assert client.post(address, {"stars": "4", "text": "Good"}).status_code == 302
    assert client.post(address, {"stars": "6"}).status_code == 422

    assert CourseRating.objects.get(completion=done).stars == 4


def test_only_who_completed_a_course_rates_it_and_not_after_it_was_read(client, learner):
    course = CourseFactory()
    address = reverse("courses:course-rate", args=[course.slug])
    assert client.post(address, {"stars": "4"}).status_code == 404

    done = CompletionFactory(learner=learner, course=course)
    rating = rate_course(completion=done, stars=3, text="", by=learner)
    CourseRating.objects.filter(pk=rating.pk).update(read_at=timezone.now(), read_by=make_enablement())

    assert "was read" in text_of(client.post(address, {"stars": "4"}), 409)

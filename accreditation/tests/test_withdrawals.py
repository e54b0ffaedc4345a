"""What uses content, and what becomes of it, of those under way and of old links when it is withdrawn."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accreditation.actions.sweeps import sweep_standings
from accreditation.models import Notice
from accreditation.tests.factories import EnrolmentFactory, asks_for, make_program
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory
from courses.actions.content import publish_content, withdraw_content
from courses.actions.withdrawals import withdraw_used
from courses.lib.refusals import Refused
from courses.models import Course, Withdrawal
from courses.rules.uses import uses_of
from courses.tests.factories import CompletionFactory, CourseFactory, LessonDoneFactory, PathFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def author():
    return signed_in(make_person(is_staff=True, is_superuser=True))


def withdraw(course, **said):
    return withdraw_used(row=course, by=make_person(), deed=lambda: withdraw_content(content=course, by=None), **said)


def test_uses_of_a_course_go_from_path_to_program_with_people_under_way():
    course = CourseFactory(lessons=1)
    path = PathFactory(courses=[course])
    program = make_program(path)
    EnrolmentFactory(program=program)

    found = {(one.kind, one.name): one for one in uses_of(course)}

    assert ("Learning path", path.title) in found
    assert found["Program", program.title].people == 1
    assert found["Program", program.title].link == reverse("admin:accreditation_program_change", args=[program.pk])


def test_what_would_break_is_what_the_rules_of_the_program_say():
    course, other = CourseFactory(lessons=1), CourseFactory(lessons=1)
    program = make_program(course, other)

    (use,) = uses_of(course)

    assert course.title in use.breaks
    course.refresh_from_db()
    assert course.state == "published"
    assert program.title == use.name


def test_an_exam_is_used_by_practicals_and_a_practical_by_programs():
    exam = ExamFactory()
    practical = PracticalFactory(exam=exam)
    program = make_program(exam, practical)

    assert {one.name for one in uses_of(exam)} == {practical.title, program.title}
    assert {one.name for one in uses_of(exam.bank)} == {exam.title}
    assert practical.title in {one.name for one in uses_of(practical.rubric_version.rubric)}


def test_what_nobody_uses_goes_at_once(author):
    course = CourseFactory(lessons=1)

    author.post(reverse("admin:courses_course_deed", args=[course.pk, "withdraw"]))

    course.refresh_from_db()
    assert course.state == "withdrawn"
    assert Withdrawal.objects.get().under_way == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "no-reason"),
        ({"reason": "   "}, "no-reason"),
        ({"reason": "Old."}, "breaks"),
        ({"reason": "Old.", "is_known": True}, "breaks"),
    ],
)
def test_what_a_program_needs_goes_neither_in_silence_nor_without_a_replacement(said, code):
    course = CourseFactory(lessons=1)
    make_program(course)

    with pytest.raises(Refused) as refused:
        withdraw(course, **said)

    assert refused.value.refusal.code == code
    course.refresh_from_db()
    assert course.state == "published"
    assert not Withdrawal.objects.exists()


def test_learners_under_way_are_told_once_what_replaces_it():
    course, newer = CourseFactory(lessons=2), CourseFactory(lessons=1)
    program = make_program(course)
    begun, enrolled = (
        LessonDoneFactory(lesson=course.lessons.first()).learner,
        EnrolmentFactory(program=program).learner,
    )
    finished = CompletionFactory(course=course).learner

    withdraw(course, reason="The product changed.", replacement=newer, is_known=True)
    sweep_standings()
    sweep_standings()

    told = Notice.objects.filter(kind="withdrawn")
    assert {row.recipient_id for row in told} == {begun.pk, enrolled.pk}
    assert finished.pk not in {row.recipient_id for row in told}
    assert all(newer.title in row.text and "The product changed." in row.text for row in told)
    assert told.count() == 2
    assert Withdrawal.objects.get().tell_due_at is None


def test_old_links_say_why_and_what_replaces_it_and_the_program_page_stays_whole():
    course, newer = CourseFactory(lessons=1), CourseFactory(lessons=1)
    program = make_program(course)
    withdraw(course, reason="<b>Old</b> product.", replacement=newer, is_known=True)
    client = signed_in(make_person())

    for page in (course, course.lessons.get()):
        shown = client.get(page.get_absolute_url())
        assert shown.status_code == 410
        assert newer.get_absolute_url() in shown.text
        assert "&lt;b&gt;Old&lt;/b&gt; product." in shown.text
    assert client.get(program.get_absolute_url()).status_code == 200


def test_what_was_withdrawn_before_anybody_gave_a_reason_is_not_found():
    course = CourseFactory(withdrawn=True, lessons=1)

    assert signed_in(make_person()).get(course.get_absolute_url()).status_code == 404


def test_the_page_shows_what_breaks_and_withdraws(author):
    course, newer = CourseFactory(lessons=1), CourseFactory(lessons=1)
    program = make_program(course)
    page = reverse("admin:courses_course_withdraw", args=[course.pk])

    shown = author.get(page).text
    refused = author.post(page, {"reason": "Old."})
    done = author.post(page, {"reason": "Old.", "replacement": newer.pk, "is_known": "on"})

    assert program.title in shown
    assert "Would break:" in shown
    assert refused.status_code == 422
    assert "Nobody new could finish" in refused.text
    assert done.status_code == 302
    assert Course.objects.get(pk=course.pk).state == "withdrawn"
    assert Withdrawal.objects.get().replacement == newer


def test_only_who_may_change_it_withdraws_it():
    course = CourseFactory(lessons=1)
    page = reverse("admin:courses_course_withdraw", args=[course.pk])

    assert signed_in(make_person()).post(page, {"reason": "x"}).status_code == 404
    assert signed_in(make_person(is_staff=True)).post(page, {"reason": "x"}).status_code == 403
    course.refresh_from_db()
    assert course.state == "published"


def test_it_never_replaces_itself_and_drafts_replace_nothing(author):
    course, draft = CourseFactory(lessons=1), CourseFactory(draft=True)
    PathFactory(courses=[course])
    page = reverse("admin:courses_course_withdraw", args=[course.pk])

    for pk in (course.pk, draft.pk, 999_999, "x"):
        assert author.post(page, {"reason": "Old.", "replacement": pk}).status_code == 422


@pytest.mark.parametrize("change", [{"reason": "Other."}, {"title": "Other"}])
def test_what_was_said_of_a_withdrawal_stays(change):
    row = withdraw(CourseFactory(lessons=1), reason="Old.")

    with pytest.raises(DatabaseError), transaction.atomic():
        Withdrawal.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_one_of_several_that_is_not_needed_breaks_only_what_the_rules_refuse():
    course, other = CourseFactory(lessons=1), CourseFactory(lessons=1)
    groups = [{"title": "One of", "rule": "n_of", "count": 1, "requirements": [asks_for(course), asks_for(other)]}]
    make_program(groups=groups)

    (use,) = uses_of(course)

    assert use.kind == "Program"


def test_an_exam_is_withdrawn_once_however_often_one_presses(author):
    exam = ExamFactory()
    page = reverse("admin:assessments_exam_deed", args=[exam.pk, "withdraw"])

    author.post(page)
    author.post(page)

    assert Withdrawal.objects.count() == 1
    with pytest.raises(Refused) as refused:
        withdraw_used(row=exam, by=make_person(), deed=lambda: None)
    assert refused.value.refusal.code == "wrong-state"


def test_nobody_is_told_of_what_was_opened_again_before_they_were():
    course = CourseFactory(lessons=2)
    LessonDoneFactory(lesson=course.lessons.first())
    withdraw(course, reason="By mistake.")
    publish_content(content=course, by=None)

    sweep_standings()

    assert not Notice.objects.filter(kind="withdrawn").exists()
    assert Withdrawal.objects.get().tell_due_at is None

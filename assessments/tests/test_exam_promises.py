"""What the pages of an exam promise is true of this exam."""

import pytest
from django.urls import reverse

from assessments.actions.closing import submit_attempt
from assessments.models import Question
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.factories_practicals import PracticalFactory
from assessments.tests.sittings import answer_all, begin
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def without_objectives(topic=""):
    exam = ExamFactory()
    Question.objects.filter(bank=exam.bank).update(objective=None, topic=topic)
    return exam


def rules_of(client, exam):
    client.force_login(make_person())
    return " ".join(client.get(reverse("assessments:exam", args=[exam.slug])).content.decode().split())


def result_of(client, exam):
    attempt = begin(exam)
    answer_all(attempt, right=1)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    client.force_login(attempt.learner)
    return " ".join(client.get(attempt.result_url).content.decode().split())


def test_passing_opens_the_practicals_only_where_there_are_some(client):
    with_one, draft, alone = ExamFactory(), ExamFactory(), ExamFactory()
    PracticalFactory(exam=with_one)
    PracticalFactory(exam=draft, state="draft")

    assert "passing opens the practicals" in rules_of(client, with_one)
    for exam in (draft, alone):
        assert "passing opens the practicals" not in rules_of(client, exam)


@pytest.mark.parametrize("topic", ["", "Pipelines"])
def test_a_profile_is_promised_by_what_the_questions_name(client, topic):
    exam = without_objectives(topic)

    told, shown = rules_of(client, exam), result_of(client, exam)

    assert "profile by course" not in told + shown
    assert ("profile by topic" in told) is ("Your profile by topic" in shown) is bool(topic)
    assert "Other questions" not in shown


def test_a_profile_by_course_is_promised_and_shown(client):
    exam = ExamFactory()

    assert "your profile by course" in rules_of(client, exam)
    assert "Your profile by course" in result_of(client, exam)

"""Competencies in a badge, and the pages that its document names."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accreditation.actions.awards import issue_award
from accreditation.actions.evidence import record_evidence
from accreditation.actions.standing import reassess
from accreditation.models import Accreditation, Evidence
from accreditation.rules.awards import award_facts, current_standing
from accreditation.rules.competencies import competencies_of, programs_with
from accreditation.tests.earning import earned
from accreditation.tests.factories import EvidenceFactory, make_program
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from courses.models import Competency
from courses.tests.factories import CourseFactory, ObjectiveFactory, PathFactory, PersonaFactory, UseCaseFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def word(slug="value-selling", **fields):
    return Competency.objects.create(slug=slug, name=slug.replace("-", " ").capitalize(), **fields)


def course_on(*words):
    course = CourseFactory()
    for one in words:
        ObjectiveFactory(course=course, competency=one)
    return course


def exam_on(competency):
    exam = ExamFactory()
    QuestionFactory(bank=exam.bank, objective=ObjectiveFactory(competency=competency))
    return exam


def test_award_is_aligned_to_what_its_courses_teach_at_pages_that_answer():
    row = earned()
    course = Evidence.objects.get(learner=row.learner, kind="course").course
    ObjectiveFactory(course=course, competency=word(summary="Ties work to worth."))
    ObjectiveFactory(course=course, competency=Competency.objects.get())
    ObjectiveFactory(course=course)
    word("of-nobody")

    (one,) = json.loads(issue_award(accreditation_id=row.pk).document)["credentialSubject"]["achievement"]["alignment"]

    assert (one["targetName"], one["targetCode"], one["targetDescription"]) == (
        "Value selling", "value-selling", "Ties work to worth.",
    )  # fmt: skip
    assert one["targetFramework"] == "Field functional competencies of Example Company"
    answer = Client().get(one["targetUrl"].removeprefix("http://localhost:8000"))
    assert answer.status_code == 200 and "Value selling" in answer.content.decode()


def test_award_without_competencies_has_no_alignment():
    achievement = json.loads(issue_award(accreditation_id=earned().pk).document)["credentialSubject"]["achievement"]

    assert "alignment" not in achievement


def test_competencies_come_from_courses_and_from_what_exams_ask_each_once_in_order(django_assert_num_queries):
    late, early, other = word("late", position=2), word("early", position=1), word("other")
    rows = [
        EvidenceFactory(course=course_on(late, early)),
        EvidenceFactory(course=None, kind="exam", exam=exam_on(late)),
    ]
    course_on(other), exam_on(other)

    with django_assert_num_queries(1):
        assert list(competencies_of(rows)) == [early, late]
    assert list(competencies_of([])) == []


def test_words_that_a_proof_was_for_are_tags():
    learner, course = make_person(), CourseFactory()
    program = make_program(course, badge=True)
    record_evidence(
        learner_id=learner.pk, kind="course", source="tests:tagged", performed_on=timezone.now().date(), course=course,
        use_case=UseCaseFactory(name="DevSecOps"), persona=PersonaFactory(name="Education"),
    )  # fmt: skip
    reassess(learner=learner)
    row = Accreditation.objects.get(learner=learner, program=program)

    assert award_facts(row, current_standing(row, timezone.now())).tags == ("DevSecOps", "Education")
    assert json.loads(issue_award(accreditation_id=row.pk).document)["credentialSubject"]["achievement"]["tag"] == [
        "sales", "DevSecOps", "Education",
    ]  # fmt: skip


def test_page_lists_open_programs_that_build_it_whatever_way():
    competency = word()
    course, path_course = course_on(competency), course_on(competency)
    make_program(course, slug="by-course")
    make_program(PathFactory(courses=[path_course]), slug="by-path")
    make_program(exam_on(competency), slug="by-exam")
    make_program(course, slug="a-draft", publish=False)
    make_program(course_on(word("other")), slug="of-another")

    assert [one.slug for one in programs_with(competency)] == ["by-course", "by-exam", "by-path"]
    html = Client().get(reverse("competency", args=["value-selling"])).content.decode()
    assert all(f'href="/programs/{slug}/"' in html for slug in ("by-course", "by-exam", "by-path"))
    assert "/programs/a-draft/" not in html and "/programs/of-another/" not in html


def test_page_without_programs_says_so_and_an_unknown_word_is_missing():
    word()

    assert "No open program builds it today" in Client().get("/programs/competencies/value-selling/").content.decode()
    assert Client().get("/programs/competencies/nothing/").status_code == 404
    assert Client().post("/programs/competencies/value-selling/").status_code == 405


def test_a_program_may_be_called_competencies():
    make_program(slug="competencies")

    assert Client().get("/programs/competencies/").status_code == 200

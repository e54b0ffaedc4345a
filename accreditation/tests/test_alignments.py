"""What questions, criteria and badges are about: said once, read by sheets, awards and pages alike."""

import json
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accreditation.actions.awards import issue_award
from accreditation.actions.loading import Mistakes, load_programs
from accreditation.models import Evidence
from accreditation.rules.competencies import asked_by, competencies_of, programs_with
from accreditation.rules.sheets import sheet_of
from accreditation.tests.earning import earned
from accreditation.tests.factories import EvidenceFactory, make_enablement, make_program
from assessments.actions.rubrics import align_criteria, author_rubric
from assessments.models import Criterion, Question, Rubric
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.factories_practicals import PracticalFactory
from courses.models import AuditEvent, Competency
from courses.tests.factories import ObjectiveFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def words():
    return [Competency.objects.create(slug=one, name=one.title(), position=n) for n, one in enumerate(("plan", "sell"))]


def question_on(bank, objective=None, **fields):
    return QuestionFactory(bank=bank, objective=ObjectiveFactory(competency=objective), **fields)


def align(question, competency):
    Question.objects.filter(pk=question.pk).update(competency=competency)


def test_a_question_is_about_its_own_competency_or_else_that_of_its_objective(words):
    exam = ExamFactory()
    own, objectives = question_on(exam.bank, words[0]), question_on(exam.bank, words[0])
    align(own, words[1])

    assert asked_by([exam.pk]) == {exam.pk: {words[0].pk, words[1].pk}}
    align(objectives, words[1])
    assert asked_by([exam.pk]) == {exam.pk: {words[1].pk}}
    Question.objects.update(practice_only=True)
    assert asked_by([exam.pk]) == {}


def practical_on(exam_word, *criteria_words):
    practical = PracticalFactory()
    question_on(practical.exam.bank, exam_word)
    rows = Criterion.objects.filter(rubric_version=practical.rubric_version).order_by("position")
    for row, word in zip(rows, criteria_words, strict=False):
        align_criteria(rubric=practical.rubric_version.rubric, to={row.slug: word}, by=None)
    return practical


def test_a_practical_shows_what_its_criteria_say_and_else_what_its_exam_asks(words):
    learner = make_person()
    practical = practical_on(words[0])
    row = EvidenceFactory(learner=learner, kind="practical", course=None, practical=practical, performed_on=NOW.date())
    shown = lambda: [one.competency for one in sheet_of(learner, NOW).lines if one.shown.holds]  # noqa: E731
    assert shown() == [words[0]]

    criterion = practical.rubric_version.criteria.first()
    align_criteria(rubric=practical.rubric_version.rubric, to={criterion.slug: words[1]}, by=None)

    assert shown() == [words[1]]
    assert list(competencies_of([row])) == [words[1]]


def test_aligning_reaches_every_wording_and_changes_no_other_word(words):
    practical = practical_on(words[0])
    rubric = practical.rubric_version.rubric
    criterion = practical.rubric_version.criteria.first()

    assert align_criteria(rubric=rubric, to={criterion.slug: words[0], "nothing": words[1]}, by=None) == 1
    assert align_criteria(rubric=rubric, to={criterion.slug: words[0]}, by=None) == 0
    assert AuditEvent.objects.filter(event="rubric aligned").count() == 1
    text = [
        {"slug": one.slug, "area": one.area, "name": "Anew", "levels": list("abcde"), "raises": list("abcd")}
        for one in practical.rubric_version.criteria.all()[:1]
    ]
    newer = author_rubric(slug=rubric.slug, title=rubric.title, pass_points=3, criteria=text, by=None)
    assert newer.criteria.get().competency == words[0]
    align_criteria(rubric=rubric, to={criterion.slug: None}, by=None)
    assert not Criterion.objects.exclude(competency=None).exists()


@pytest.mark.parametrize("values", [{"name": "Other"}, {"slug": "other"}, {"position": 9}])
def test_what_a_criterion_says_is_not_changed_with_what_it_shows(words, values):
    criterion = PracticalFactory().rubric_version.criteria.first()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Criterion.objects.filter(pk=criterion.pk).update(competency=words[0], **values)


def test_a_badge_names_competencies_beside_those_of_its_proofs(words):
    row = earned()
    course = Evidence.objects.get(learner=row.learner, kind="course").course
    ObjectiveFactory(course=course, competency=words[0])
    row.program.achievement.competencies.add(words[1])

    award = json.loads(issue_award(accreditation_id=row.pk).document)

    named = [one["targetCode"] for one in award["credentialSubject"]["achievement"]["alignment"]]
    assert named == ["plan", "sell"]
    assert list(programs_with(words[1])) == [row.program]


def test_programs_build_what_their_criteria_and_own_questions_are_about(words):
    practical = practical_on(None, words[0])
    by_criteria = make_program(practical, slug="by-criteria")
    exam = ExamFactory()
    align(question_on(exam.bank, words[1]), words[0])
    by_question = make_program(exam, slug="by-question")

    assert list(programs_with(words[0])) == [by_criteria, by_question]
    assert list(programs_with(words[1])) == []


FILE = """
catalogue: {{competencies: [{{slug: plan, name: Plan}}, {{slug: sell, name: Sell}}]}}
courses:
  - {{slug: c, title: C, objectives: [{{slug: o, text: O, competency: plan}}], lessons: [{{slug: l, title: L, kind: handbook}}]}}
banks:
  - slug: b
    title: B
    questions:
      - {{id: q1, type: true_false, objective: c/o, text: Is it so, answer: true, {question}}}
rubrics:
  - slug: r
    title: R
    pass_points: 3
    criteria:
      - {{slug: k, name: K, levels: [a, b, c, d, e], raises: [a, b, c, d], {criterion}}}
"""


def load(path, question="", criterion=""):
    path.write_text(FILE.format(question=question, criterion=criterion))
    return load_programs(paths=[path], by=None)


def test_program_files_align_questions_and_criteria_and_leave_others_as_they_are(tmp_path):
    path = tmp_path / "program.yaml"
    load(path, "competency: sell", "competency: sell")

    assert Question.objects.get().competency.slug == "sell" and Criterion.objects.get().competency.slug == "sell"
    assert load(path, "competency: sell", "competency: sell").rows_written == 0
    assert load(path).rows_written == 0, "what isn't said stays as the administration has it"
    assert Question.objects.get().competency.slug == "sell" and Rubric.objects.get().versions.count() == 1
    load(path, "competency: plan", "competency: plan")
    assert Question.objects.get().competency.slug == "plan" and Rubric.objects.get().versions.count() == 1
    assert Question.objects.get().versions.count() == 1
    with pytest.raises(Mistakes) as found:
        load(path, "competency: nothing", "competency: nothing")
    assert len(found.value.problems) == 2


def test_enablement_says_what_criteria_show(words):
    rubric = PracticalFactory().rubric_version.rubric
    criterion = rubric.versions.first().criteria.first()
    client, address = Client(), reverse("admin:assessments_rubric_align", args=[rubric.pk])
    client.force_login(make_enablement())
    assert criterion.name in client.get(address).content.decode()

    client.post(address, {criterion.slug: words[1].pk})

    criterion.refresh_from_db()
    assert criterion.competency == words[1]
    assert address in client.get(reverse("admin:assessments_rubric_change", args=[rubric.pk])).content.decode()
    client.force_login(make_person(is_staff=True, groups=["review lead"]))
    assert client.post(address, {criterion.slug: ""}).status_code == 403


def test_the_badge_and_the_question_are_aligned_in_their_forms(words):
    badge = make_program(badge=True).achievement
    question = question_on(ExamFactory().bank, words[0])
    client = Client()
    client.force_login(make_enablement())

    def save(row, **typed):
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        page = client.get(address)
        form = {
            name: value for name, value in page.context["adminform"].form.initial.items() if value not in (None, [])
        }
        for formset in page.context["inline_admin_formsets"]:
            form |= {f"{formset.formset.prefix}-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        answer = client.post(address, form | {"tags": "sales"} | typed)
        assert answer.status_code == 302, answer.context["adminform"].form.errors

    save(badge, competencies=[words[1].pk])
    save(question, competency=words[1].pk)

    assert list(badge.competencies.all()) == [words[1]]
    question.refresh_from_db()
    assert question.competency == words[1]

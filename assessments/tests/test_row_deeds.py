"""What a list offers stands on the page of each row too, with the reason where it isn't open."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.models import BlueprintCell, ExamVersion
from assessments.tests.factories_exams import BankFactory, ExamFactory, QuestionFactory
from assessments.tests.factories_practicals import PracticalFactory
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def deed_of(row, action):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_deed", args=[row.pk, action])


def shown(client, row):
    return client.get(page_of(row)).content.decode()


def draft(questions, count=1):
    exam = ExamFactory(published=False)
    for _ in range(questions):
        QuestionFactory(bank=exam.bank)
    version = ExamVersion.objects.create(exam=exam, number=1)
    BlueprintCell.objects.create(exam_version=version, count=count)
    return version


def test_draft_is_published_from_its_page_and_warns_before(staff):
    version = draft(questions=2)

    before = shown(staff, version)
    after = staff.post(deed_of(version, "publish"), follow=True).content.decode()

    version.exam.refresh_from_db()
    assert "holds 2 questions" in before
    assert "learners will not find it" in before
    assert "disabled" not in before[before.index(deed_of(version, "publish")) :][:300]
    assert "learners will not find it" in after
    assert version.exam.state == "published"


def test_draft_that_cannot_be_filled_says_so_beside_a_button_that_does_nothing(staff):
    version = draft(questions=1, count=3)

    html = shown(staff, version)

    button = html[html.index(deed_of(version, "publish")) :][:600]
    assert "disabled" in button
    assert "the bank holds 1" in button


def test_what_is_pressed_all_the_same_is_refused_with_its_sentence(staff):
    version = draft(questions=1, count=3)

    html = staff.post(deed_of(version, "publish"), follow=True).content.decode()

    version.refresh_from_db()
    assert version.published_at is None
    assert "the bank holds 1" in html


def test_copy_leads_to_the_new_draft(staff):
    version = ExamFactory().current_version

    response = staff.post(deed_of(version, "copy"))

    assert response.url == page_of(ExamVersion.objects.get(published_at=None))


def test_exam_is_withdrawn_and_opened_again_on_its_page(staff):
    exam = ExamFactory()

    staff.post(deed_of(exam, "withdraw"))
    exam.refresh_from_db()
    assert exam.state == "withdrawn"
    staff.post(deed_of(exam, "reopen"))

    exam.refresh_from_db()
    assert exam.state == "published"


def test_exam_page_leads_to_its_draft(staff):
    version = draft(questions=1)

    assert page_of(version) in shown(staff, version.exam)


def test_exam_page_leads_to_all_that_belongs_to_it(staff):
    exam = ExamFactory()

    html = shown(staff, exam)

    for address in ("statistics-exam", "standard"):
        assert reverse(f"assessments:{address}", args=[exam.slug]) in html
    assert f"{reverse('admin:assessments_attempt_changelist')}?exam__id__exact={exam.pk}" in html
    corrections = f"{reverse('admin:assessments_regrade_changelist')}?version__question__bank__id__exact={exam.bank_id}"
    assert corrections in html
    assert staff.get(corrections).status_code == 200


def test_bank_page_leads_to_its_questions_and_adds_one(staff):
    bank = BankFactory()
    QuestionFactory(bank=bank), QuestionFactory()

    html = shown(staff, bank)

    listed = f"{reverse('admin:assessments_question_changelist')}?bank__id__exact={bank.pk}"
    assert listed in html
    assert staff.get(listed).context["cl"].result_count == 1
    new = f"{reverse('admin:assessments_question_add')}?bank={bank.pk}"
    assert new in html
    assert f'<option value="{bank.pk}" selected>' in staff.get(new).content.decode()
    assert f"{reverse('admin:assessments_questionimport_upload')}?bank={bank.slug}" in html


def test_question_is_withdrawn_and_restored_on_its_page(staff):
    question = QuestionFactory()

    staff.post(deed_of(question, "withdraw"))
    question.refresh_from_db()
    assert question.withdrawn_at is not None
    staff.post(deed_of(question, "restore"))

    question.refresh_from_db()
    assert question.withdrawn_at is None


def test_practical_is_withdrawn_on_its_page(staff):
    practical = PracticalFactory()

    staff.post(deed_of(practical, "withdraw"))

    practical.refresh_from_db()
    assert practical.state == "withdrawn"


def test_deeds_are_posted_and_only_those_that_are_offered(staff):
    exam = ExamFactory()

    assert staff.get(deed_of(exam, "withdraw")).status_code == 405
    assert staff.post(deed_of(exam, "reopen")).status_code == 404
    assert staff.post(deed_of(exam, "delete_selected")).status_code == 404
    exam.refresh_from_db()
    assert exam.state == "published"


def test_who_may_only_look_finds_no_button(client):
    exam = ExamFactory()
    person = make_person(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_exam"))
    client.force_login(person)

    html = shown(client, exam)

    assert deed_of(exam, "withdraw") not in html
    assert reverse("assessments:statistics-exam", args=[exam.slug]) not in html
    assert client.post(deed_of(exam, "withdraw")).status_code == 404

"""Corrections in the administration: asked for on a question's page, read, applied, decided."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.actions.regrades import carry_out_regrade, count_regrade
from assessments.models import Regrade, RegradeChange
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.test_regrades import apply, result, sat, typed_exam, version_of
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
CODENAMES = ["add_regrade", "view_regrade", "view_regradechange", "decide_result", "change_question", "view_question"]


@pytest.fixture
def staff(client):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=CODENAMES))
    client.force_login(person)
    return client


def ask(version):
    return reverse("admin:assessments_regrade_ask", args=[version.pk])


def test_whole_way_from_the_question_to_a_decision(staff):
    exam = ExamFactory(published__questions=1, published__draw=1)
    attempt = sat(exam, right=1)
    version = exam.bank.questions.get().current_version
    question = staff.get(reverse("admin:assessments_question_change", args=[version.question_id]))
    assert ask(version) in question.content.decode()

    texts = [one.text for one in version.options.all()]
    lines = "\n".join(f"{'=' if n == 1 else '~'} {text}" for n, text in enumerate(texts))
    page = staff.post(ask(version), {"effect": "key", "lines": lines, "reason": "The other one is right."})
    regrade = Regrade.objects.get()
    assert page.url == reverse("admin:assessments_regrade_change", args=[regrade.pk])
    assert "It is being counted" in staff.get(page.url).content.decode()

    count_regrade(regrade_id=regrade.pk)
    body = staff.get(page.url).content.decode()
    assert "another mark: 1, a higher one: 0." in body
    assert "waits for a decision: 1." in body
    rows = " ".join(body.partition('id="people"')[2].split())
    assert str(attempt.learner) in rows
    assert "<td>100 %</td><td>0 %</td><td>passed → not passed</td>" in rows
    staff.post(reverse("admin:assessments_regrade_apply", args=[regrade.pk]))
    carry_out_regrade(regrade_id=regrade.pk)

    change = RegradeChange.objects.get()
    address = reverse("admin:assessments_regradechange_change", args=[change.pk])
    decide = reverse("admin:assessments_regradechange_decide", args=[change.pk])
    assert decide in staff.get(address).content.decode()
    assert "would have 0 of 1 points" in staff.get(decide).content.decode()
    assert result(attempt) == (1, 1, True)
    staff.post(decide, {"withdraw": "yes", "reason": "Wrong for all."})
    assert result(attempt) == (0, 1, False)
    assert decide not in staff.get(address).content.decode()


def test_typed_answers_that_gave_nothing_are_put_into_the_lines(staff):
    exam = typed_exam()
    sat(exam, q1="MR", q2="merge request")
    version = version_of(exam)

    assert '<label for="accept-1">MR</label>' in staff.get(ask(version)).content.decode()
    chosen = staff.get(ask(version), {"accept": ["MR"]}).content.decode()

    assert "= merge request\n= MR</textarea>" in chosen


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [("no sign", "Line 1 begins neither"), ("=50% merge request", "whole mark"), ("", "whole mark")],
)
def test_correction_that_cannot_be_says_why(staff, lines, sentence):
    version = version_of(typed_exam())

    page = staff.post(ask(version), {"effect": "key", "lines": lines, "reason": "Why."})

    assert sentence in page.content.decode()
    assert not Regrade.objects.exists()


def test_second_correction_of_the_same_version_says_why(staff):
    version = version_of(typed_exam())
    wanted = {"effect": "full", "reason": "Why."}
    staff.post(ask(version), wanted)

    assert "Another correction of this question is open" in staff.post(ask(version), wanted).content.decode()
    staff.post(reverse("admin:assessments_regrade_drop", args=[Regrade.objects.get().pk]))
    assert Regrade.objects.get().state == "dropped"


def test_get_does_nothing_and_learners_find_nothing(staff, client):
    version = version_of(typed_exam())
    staff.post(ask(version), {"effect": "full", "reason": "Why."})
    regrade = Regrade.objects.get()
    count_regrade(regrade_id=regrade.pk)

    staff.get(reverse("admin:assessments_regrade_apply", args=[regrade.pk]))
    regrade.refresh_from_db()
    assert regrade.state == "counted"
    client.force_login(make_person())
    for address in (ask(version), reverse("admin:assessments_regrade_change", args=[regrade.pk])):
        assert client.get(address).status_code in (403, 404)


@pytest.mark.parametrize("name", ["regrade", "regradechange"])
def test_statements_of_the_lists_do_not_grow(staff, django_assert_max_num_queries, name):
    for _ in range(4):
        exam = typed_exam()
        sat(exam, q1="no", q2="no")
        apply(version_of(exam), effect="full")

    with django_assert_max_num_queries(10):
        page = staff.get(reverse(f"admin:assessments_{name}_changelist"))
    assert page.status_code == 200
    assert "4 " in page.content.decode()


def test_change_shows_both_sides(staff):
    exam = typed_exam(questions=3)
    sat(exam, q1="no", q2="merge request", q3="merge request")
    apply(version_of(exam), effect="void")

    body = staff.get(reverse("admin:assessments_regradechange_changelist")).content.decode()

    assert "0 → –" in body
    assert "2 of 3 → 2 of 2" in body
    assert "not passed → passed" in body

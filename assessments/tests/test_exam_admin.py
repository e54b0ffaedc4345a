"""Banks, questions, exams and attempts in the administration."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from assessments.actions.attempts import take_over
from assessments.actions.timekeeping import adjust_time
from assessments.models import Attempt, AttemptState, BlueprintCell, ExamVersion, Question
from assessments.tests.factories_exams import BankFactory, ExamFactory, ObjectiveFactory, QuestionFactory
from assessments.tests.sittings import answer_all, begin, past_deadline
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
MODELS = ["questionbank", "question", "exam", "examversion", "attempt"]


def list_of(model):
    return reverse(f"admin:assessments_{model}_changelist")


def page_of(row):
    return reverse(f"admin:assessments_{row._meta.model_name}_change", args=[row.pk])


def deed(name, attempt):
    return reverse(f"admin:assessments_attempt_{name}", args=[attempt.pk])


def run(client, model, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(list_of(model), data, follow=True).content.decode()


@pytest.fixture
def staff(client):
    """A person with every permission, signed in."""
    client.person = make_person(is_staff=True, is_superuser=True)
    client.force_login(client.person)
    return client


def fill():
    attempt = begin()
    answer_all(attempt)
    past_deadline(attempt, seconds=-60)
    take_over(attempt_id=attempt.pk, by=attempt.learner, client_id="b")
    return adjust_time(attempt=attempt, seconds=60, reason="Alarm", by=make_person())


@pytest.mark.parametrize("model", MODELS)
def test_every_list_costs_the_same_for_one_row_and_for_many(
    staff, model, django_assert_num_queries, django_assert_max_num_queries
):
    fill()
    with django_assert_max_num_queries(15) as few:
        assert staff.get(list_of(model)).status_code == 200
    for _ in range(4):
        fill()

    with django_assert_num_queries(len(few)):
        staff.get(list_of(model))


@pytest.mark.parametrize("search", ["person", "exam", "q1"])
@pytest.mark.parametrize("model", MODELS)
def test_every_list_can_be_searched(staff, model, search):
    fill()

    assert staff.get(list_of(model), {"q": search}).status_code == 200


def test_pages_cost_the_same_whatever_they_hold(staff, django_assert_num_queries, django_assert_max_num_queries):
    small, big = (
        begin(ExamFactory(published__questions=2, published__draw=2)),
        begin(ExamFactory(published__questions=12, published__draw=12)),
    )
    for row, more in ((small, big), (small.exam, big.exam), (small.exam_version, big.exam_version)):
        assert staff.get(page_of(row)).status_code == 200
        with django_assert_max_num_queries(40) as few:
            staff.get(page_of(row))
        with django_assert_num_queries(len(few)):
            staff.get(page_of(more))


def wording(**fields):
    return {
        "kind": "single", "text": "What?", "options": "= Right\n~ Wrong\n~! None", "rule": "", "rationale": "Because",
        "difficulty": "easy", "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0,
    } | fields  # fmt: skip


def test_question_is_added_with_its_first_version(staff):
    data = wording(bank=BankFactory().pk, external_id="new", objective=ObjectiveFactory().pk)

    response = staff.post(reverse("admin:assessments_question_add"), data)

    assert response.status_code == 302
    version = Question.objects.get(external_id="new").current_version
    assert (version.number, version.created_by) == (1, staff.person)
    assert list(version.options.values_list("text", "pinned_last")) == [
        ("Right", False),
        ("Wrong", False),
        ("None", True),
    ]


def test_editing_makes_a_version_and_saving_the_same_none(staff):
    objective = ObjectiveFactory()
    data = wording(bank=BankFactory().pk, external_id="new", objective=objective.pk, rule="fraction")
    staff.post(reverse("admin:assessments_question_add"), data)
    question = Question.objects.get()
    shown = staff.get(page_of(question)).context["adminform"].form
    same = data | {name: shown[name].value() for name in ("kind", "text", "options", "rule", "rationale")}

    staff.post(page_of(question), same)
    assert question.versions.count() == 1
    staff.post(page_of(question), same | {"text": "Better?"})

    question.refresh_from_db()
    assert (question.current_version.number, question.current_version.text) == (2, "Better?")
    assert question.history.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"options": "Right"}, "begins neither with"),
        ({"options": "=150% much\n~ b"}, "between -100% and 100%"),
        ({"options": "~ a\n~ b"}, "Exactly one option must be right"),
        ({"text": " "}, "required"),
        ({"rule": "balanced"}, "not a scoring rule"),
    ],
)
def test_question_that_cannot_be_asked_gets_a_clear_message(staff, fields, words):
    data = wording(bank=BankFactory().pk, external_id="new", objective=ObjectiveFactory().pk) | fields

    html = staff.post(reverse("admin:assessments_question_add"), data).content.decode()

    assert words in html
    assert not Question.objects.exists()


def test_true_or_false_keeps_its_order_by_itself(staff):
    data = wording(
        bank=BankFactory().pk,
        external_id="tf",
        objective=ObjectiveFactory().pk,
        kind="true_false",
        options="= True\n~ False",
    )

    staff.post(reverse("admin:assessments_question_add"), data)

    assert Question.objects.get().current_version.options.filter(pinned_last=True).count() == 2


def test_questions_are_withdrawn_and_restored(staff):
    question = QuestionFactory()

    run(staff, "question", "withdraw", question)
    question.refresh_from_db()
    assert question.withdrawn_at
    run(staff, "question", "restore", question)
    question.refresh_from_db()
    assert question.withdrawn_at is None


def test_used_version_is_shown_and_cannot_be_edited(staff):
    version = ExamFactory().current_version

    html = staff.get(page_of(version)).content.decode()

    assert 'name="minutes"' not in html
    assert staff.post(page_of(version), {"minutes": 1}).status_code == 403


def test_draft_is_written_published_and_warned_about(staff):
    exam = ExamFactory(published=False)
    for _ in range(2):
        QuestionFactory(bank=exam.bank)
    data = {
        "exam": exam.pk, "minutes": 30, "pass_percent": 80, "waits_hours": "24", "max_attempts": 4, "within_days": 365,
        "cells-TOTAL_FORMS": 1, "cells-INITIAL_FORMS": 0, "cells-0-position": 0, "cells-0-count": 1,
    }  # fmt: skip

    staff.post(reverse("admin:assessments_examversion_add"), data)
    html = run(staff, "examversion", "publish", ExamVersion.objects.get())

    exam.refresh_from_db()
    assert (exam.state, exam.current_version.minutes) == ("published", 30)
    assert "holds 2 questions" in html


def test_publishing_what_cannot_be_filled_says_why(staff):
    exam = ExamFactory(published=False)
    draft = ExamVersion.objects.create(exam=exam, number=1)
    BlueprintCell.objects.create(exam_version=draft, count=3)

    html = run(staff, "examversion", "publish", draft)

    assert "the bank holds 0" in html
    exam.refresh_from_db()
    assert exam.state == "draft"


def test_version_is_copied_into_a_draft(staff):
    version = ExamFactory(published__minutes=33).current_version

    run(staff, "examversion", "copy", version)

    draft = ExamVersion.objects.get(published_at=None)
    assert (draft.exam, draft.number, draft.minutes, draft.cells.get().count) == (version.exam, 2, 33, 4)
    page = staff.get(page_of(draft)).content.decode()
    assert 'name="minutes"' in page
    assert 'name="cells-0-count"' in page


def test_exam_is_withdrawn_and_opened_again(staff):
    exam = ExamFactory()

    run(staff, "exam", "withdraw", exam)
    exam.refresh_from_db()
    assert exam.state == "withdrawn"
    run(staff, "exam", "reopen", exam)
    exam.refresh_from_db()
    assert exam.state == "published"


def test_attempt_is_read_only_and_shows_no_question_text(staff):
    attempt = fill()

    html = staff.get(page_of(attempt)).content.decode()

    assert "Text of" not in html
    assert attempt.seed not in html
    assert staff.post(page_of(attempt), {"state": "graded"}).status_code == 403
    assert staff.get(reverse("admin:assessments_attempt_add")).status_code == 403


def test_attempt_is_voided_with_a_reason(staff):
    attempt = begin()
    assert staff.get(deed("void", attempt)).status_code == 200

    staff.post(deed("void", attempt), {"cause": "incident", "reason": ""})
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.IN_PROGRESS
    staff.post(deed("void", attempt), {"cause": "incident", "reason": "Power cut"})

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.VOID
    assert (attempt.log.get().actor, attempt.log.get().reason) == (staff.person, "Power cut")
    again = staff.post(deed("void", attempt), {"cause": "incident", "reason": "Again"})
    assert "can&#x27;t become void" in again.content.decode()


def test_deadline_is_moved_with_a_reason(staff):
    attempt = begin()
    assert staff.get(deed("time", attempt)).status_code == 200

    staff.post(deed("time", attempt), {"minutes": 10, "reason": "Alarm"})

    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert (attempt.deadline_at - before).total_seconds() == 600
    nothing = staff.post(deed("time", attempt), {"minutes": 0, "reason": "Alarm"})
    assert "Say how much time" in nothing.context["form"].errors["minutes"][0]
    assert nothing.context["form"]["reason"].value() == "Alarm"


def test_deeds_are_offered_where_they_are_open(staff):
    attempt = begin()
    html = staff.get(page_of(attempt)).content.decode()
    assert deed("void", attempt) in html
    assert deed("time", attempt) in html

    Attempt.objects.filter(pk=attempt.pk).update(state=AttemptState.VOID)
    html = staff.get(page_of(attempt)).content.decode()
    assert deed("void", attempt) not in html
    assert deed("time", attempt) not in html


@pytest.mark.parametrize("name", ["void", "time"])
def test_deeds_need_their_permission(client, name):
    attempt = begin()
    person = make_person(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_attempt"))
    client.force_login(person)

    assert client.get(page_of(attempt)).status_code == 200
    assert client.get(deed(name, attempt)).status_code == 403
    assert client.post(deed(name, attempt), {"cause": "incident", "minutes": 5, "reason": "x"}).status_code == 403
    assert Attempt.objects.get().state == AttemptState.IN_PROGRESS


@pytest.mark.parametrize("model", MODELS)
def test_nobody_deletes_here_and_learners_see_nothing(staff, client, model):
    fill()

    assert "delete_selected" not in staff.get(list_of(model)).content.decode()
    client.force_login(make_person())
    assert client.get(list_of(model)).status_code == 404


def test_headings_name_things_and_not_their_numbers_in_a_table(staff):
    attempt = fill()
    version = attempt.items.first().version

    html = staff.get(page_of(attempt)).content.decode()

    assert f"<h2>{attempt.exam}, try {attempt.number}</h2>" in html
    assert f"{version.question}, version 1" in html
    assert "Exams and practicals" in html
    assert "Assessments" not in html

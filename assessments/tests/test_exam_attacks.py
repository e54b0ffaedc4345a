"""What somebody who knows the product well would try: to win time, a pass or a key, or to stop the work of others."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.actions.attempts import start_attempt
from assessments.actions.banks import author_question, restore_question
from assessments.actions.closing import submit_attempt
from assessments.actions.exams import publish_exam
from assessments.actions.interventions import ask_to_reopen, void_attempt
from assessments.actions.practice import answer_practice, end_practice, start_practice
from assessments.actions.regrades import apply_regrade, count_regrade, decide_pass, propose_regrade, sweep_regrades
from assessments.actions.standards import start_standard
from assessments.actions.timekeeping import end_own_break, take_break
from assessments.models import Question, Regrade
from assessments.rules.draws import Cell
from assessments.rules.standards import sheet_of
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.sittings import begin, entry
from assessments.tests.test_regrades import apply, lines, result, sat, typed_exam, version_of
from courses.lib.refusals import Refused
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def at_stake(exam):
    """A passed attempt, and the change of an applied correction that would take its pass away."""
    attempt = sat(exam, q1="merge request", q2="merge request")
    return attempt, apply(version_of(exam), options=lines(("other", 1))).changes.get()


def test_nobody_decides_about_their_own_pass():
    attempt, change = at_stake(typed_exam())

    with pytest.raises(Refused) as refused:
        decide_pass(change=change, withdraw=False, reason="It was right.", by=attempt.learner)

    assert refused.value.refusal.code == "own-attempt"


def test_nobody_applies_a_correction_that_changes_their_own_result():
    exam = typed_exam()
    attempt = sat(exam, q1="no", q2="merge request")

    with pytest.raises(Refused) as refused:
        apply(version_of(exam), "full", by=attempt.learner)

    assert refused.value.refusal.code == "own-attempt"
    assert not result(attempt)[2]


def test_decision_about_a_pass_does_not_bring_back_what_was_taken_out():
    attempt, change = at_stake(typed_exam())
    void_attempt(attempt=attempt, cause="incident", reason="Alarm", by=make_person())

    decided = decide_pass(change=change, withdraw=True, reason="It was wrong.", by=make_person())

    attempt.refresh_from_db()
    assert (attempt.state, decided.outcome, decided.run) == ("void", "withdrawn", None)


def test_voiding_every_question_leaves_the_results_as_they_are_and_stops_no_other_correction():
    exam = typed_exam()
    attempt = sat(exam, q1="merge request", q2="no")
    regrades = [
        propose_regrade(version=version_of(exam, name), effect="void", reason="Wrong.", by=make_person())
        for name in ("q1", "q2")
    ]
    for regrade in regrades:
        count_regrade(regrade_id=regrade.pk)
        apply_regrade(regrade=regrade, by=make_person())

    assert sweep_regrades() == 2

    assert set(Regrade.objects.values_list("state", flat=True)) == {"applied"}
    assert result(attempt) == (0, 1, False)


def test_correction_that_fails_stops_no_other(monkeypatch):
    exam = typed_exam()
    sat(exam, q1="no", q2="no")
    for name in ("q1", "q2"):
        propose_regrade(version=version_of(exam, name), effect="full", reason="Wrong.", by=make_person())
    broken = version_of(exam, "q1").regrades.get()
    monkeypatch.setattr("assessments.actions.regrades.change_of", lambda one, *rest: 1 / 0 if one == broken else None)

    assert sweep_regrades() == 1
    assert set(Regrade.objects.values_list("version__question__external_id", "state")) == {
        ("q1", "counting"),
        ("q2", "counted"),
    }


def test_sitting_whose_every_question_was_voided_is_scored_all_the_same():
    exam = typed_exam()
    attempt = begin(exam)
    for name in ("q1", "q2"):
        apply(version_of(exam, name), "void")

    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)

    attempt.refresh_from_db()
    assert attempt.state == "graded"
    assert result(attempt) == (0, 2, False)


def test_practice_still_speaks_of_a_question_that_counts_no_more(client):
    exam = ExamFactory()
    question = QuestionFactory(bank=exam.bank, practice_only=True)
    round_ = start_practice(exam=exam, by=make_person())
    answer_practice(attempt_id=round_.pk, by=round_.learner, entry=entry(round_, seq=None))
    apply(question.current_version, "void")
    client.force_login(round_.learner)

    page = client.get(reverse("assessments:practice-round", args=[round_.pk]))

    assert "Because of" in page.content.decode()


def test_question_that_tests_nobody_is_not_drawn_again():
    exam = typed_exam()
    sat(exam, q1="no", q2="no")
    apply(version_of(exam), "void")
    question = Question.objects.get(bank=exam.bank, external_id="q1")

    with pytest.raises(Refused) as refused:
        restore_question(question=question, by=make_person())
    assert refused.value.refusal.code == "corrected-away"

    author_question(
        bank=exam.bank, external_id="q1", kind="short_text", text="Anew?", options=[{"text": "yes", "correct": True}]
    )
    assert restore_question(question=question, by=make_person()).withdrawn_at is None


def test_attempt_is_not_reopened_once_practice_shows_its_answers():
    exam = typed_exam()
    attempt = sat(exam, q1="no", q2="no")
    right = [{"text": "merge request", "correct": True}]
    author_question(bank=exam.bank, external_id="q1", kind="short_text", text="Q1?", options=right, practice_only=True)

    with pytest.raises(Refused) as refused:
        ask_to_reopen(attempt=attempt, minutes=10, reason="Net", by=make_person())

    assert refused.value.refusal.code == "practised-since"


def test_many_short_breaks_win_no_time():
    attempt = begin()
    attempt.policy_snapshot["break_minutes"] = 10
    attempt.save(update_fields=["policy_snapshot"])

    for _ in range(5):
        take_break(attempt_id=attempt.pk, by=attempt.learner)
        end_own_break(attempt_id=attempt.pk, by=attempt.learner)

    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.state) == (before, "in_progress")


def test_practice_rounds_are_no_tries():
    exam, learner = ExamFactory(), make_person()
    QuestionFactory(bank=exam.bank, practice_only=True)
    for _ in range(2):
        end_practice(attempt_id=start_practice(exam=exam, by=learner).pk, by=learner)

    assert start_attempt(exam=exam, by=learner).number == 1


@pytest.mark.parametrize("name", ["form", "practice"])
def test_script_may_not_save_under_the_name_of_a_page_without_script(client, name):
    attempt = begin()
    client.force_login(attempt.learner)
    batch = [{"item": 1, "seq": 2**31 - 1, "value": []}]

    reply = client.post(
        reverse("assessments:attempt-responses", args=[attempt.pk]),
        json.dumps({"client_id": name, "epoch": 1, "batch": batch}),
        content_type="application/json",
    )

    assert reply.status_code == 400
    assert client.post(attempt.get_absolute_url(), {"q": 1, "epoch": 1}).status_code == 302


def test_judges_see_neither_the_right_order_nor_the_pairs():
    exam = ExamFactory(published=False)
    steps = [{"text": f"step {n}", "correct": True} for n in range(8)]
    pairs = [{"text": f"left {n}", "match": f"right {n}", "correct": True} for n in range(8)]
    author_question(bank=exam.bank, external_id="order", kind="ordering", text="Order", options=steps)
    author_question(bank=exam.bank, external_id="pairs", kind="matching", text="Pairs", options=pairs)
    version = publish_exam(exam=exam, cells=[Cell(2)], pass_percent=Decimal(80)).version
    judges = [make_person().pk for _ in range(2)]
    setting = start_standard(version=version, judges=judges, by=make_person(), now=timezone.now())

    order, matching = (list(row.options) for row in sheet_of(setting.judges.first()))

    assert order != sorted(order)
    assert [text[-1] for text in matching[:8]] != [text[-1] for text in matching[8:]]
    assert {text[:4] for text in matching[:8]} == {"left"}

"""Planned sittings, reopening, outages and late answers: what was promised to learner and staff."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments.actions.attempts import start_attempt
from assessments.actions.closing import close_overdue_attempts, submit_attempt
from assessments.actions.exams import withdraw_exam
from assessments.actions.interventions import (
    admit_late_answers,
    ask_to_reopen,
    compensate_outage,
    consent_to_reopen,
    schedule_attempt,
)
from assessments.models import Attempt, AttemptState, Disposition, Outage, Reopening, ScoringRun
from assessments.rules.interventions import outage_preview
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, code_of, entry, item, move_clock, past_deadline, save
from courses.tests.at_once import at_once
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def plan(learner, exam, staff, **fields):
    fields = {"opens_at": None, "closes_at": None, "reason": "Second date"} | fields
    return schedule_attempt(exam=exam, learner=learner, by=staff, **fields)


def failed(exam=None, learner=None):
    attempt = begin(exam, learner)
    answer_all(attempt, right=0)
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)
    attempt.refresh_from_db()
    return attempt


def test_a_planned_sitting_is_started_by_its_learner_without_waiting(staff):
    first = failed()
    planned = plan(first.learner, first.exam, staff)

    attempt = start_attempt(exam=first.exam, by=first.learner)

    assert attempt == planned
    assert (attempt.state, attempt.number) == (AttemptState.IN_PROGRESS, 2)
    assert attempt.items.count() == 4


def test_a_planned_sitting_keeps_to_its_own_window(staff, client):
    learner, exam, now = make_person(), ExamFactory(), timezone.now()
    planned = plan(learner, exam, staff, opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=9))

    assert code_of(lambda: start_attempt(exam=exam, by=learner)) == "not-open-yet"
    client.force_login(learner)
    assert "This sitting is planned" in client.get(planned.get_absolute_url()).content.decode()
    Attempt.objects.filter(pk=planned.pk).update(opens_at=None, closes_at=now + timedelta(minutes=30))
    assert "A sitting is planned for you" in client.get(exam.get_absolute_url()).content.decode()
    attempt = start_attempt(exam=exam, by=learner, with_less=True)

    assert attempt.deadline_at == now + timedelta(minutes=30)


def test_a_planned_sitting_that_was_missed_leaves_the_ordinary_way(staff):
    learner, exam = make_person(), ExamFactory()
    planned = plan(learner, exam, staff)
    Attempt.objects.filter(pk=planned.pk).update(closes_at=timezone.now() - timedelta(minutes=1))

    attempt = start_attempt(exam=exam, by=learner)

    assert (attempt.number, attempt.pk == planned.pk) == (2, False)


def test_what_keeps_a_sitting_from_being_planned(staff):
    learner, exam, now = make_person(), ExamFactory(), timezone.now()

    assert code_of(lambda: plan(learner, exam, staff, reason=" ")) == "no-reason"
    assert code_of(lambda: plan(learner, exam, learner)) == "own-attempt"
    assert code_of(lambda: plan(learner, exam, staff, closes_at=now - timedelta(hours=1))) == "window-over"
    plan(learner, exam, staff)
    assert code_of(lambda: plan(learner, exam, staff)) == "scheduled-already"
    closed = withdraw_exam(exam=ExamFactory(), by=staff)
    assert code_of(lambda: plan(learner, closed, staff)) == "exam-not-open"
    winner = begin(exam)
    answer_all(winner)
    submit_attempt(attempt_id=winner.pk, by=winner.learner, client_id="tab", epoch=1)
    assert code_of(lambda: plan(winner.learner, exam, staff)) == "already-passed"


def test_an_unscored_attempt_is_reopened_at_once(staff, monkeypatch):
    monkeypatch.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
    attempt = failed()
    assert attempt.state == AttemptState.SUBMITTED

    asked = ask_to_reopen(attempt=attempt, minutes=20, reason="The net failed", by=staff)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_at, attempt.receipt) == (AttemptState.IN_PROGRESS, None, "")
    assert attempt.deadline_at - asked.done_at == pytest.approx(timedelta(minutes=20), abs=timedelta(seconds=1))
    assert attempt.adjustments.get().kind == "reopened"


def test_a_shown_result_is_reopened_with_the_consent_of_a_second_person(staff):
    attempt = failed()
    asked = ask_to_reopen(attempt=attempt, minutes=20, reason="The net failed", by=staff)
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.GRADED

    assert code_of(lambda: consent_to_reopen(reopening=asked, by=staff)) == "second-person"
    assert code_of(lambda: consent_to_reopen(reopening=asked, by=attempt.learner)) == "own-attempt"
    gone_on = consent_to_reopen(reopening=asked, by=make_person())

    assert gone_on.state == AttemptState.IN_PROGRESS
    assert code_of(lambda: consent_to_reopen(reopening=asked, by=make_person())) == "done-already"


def test_a_reopened_attempt_goes_on_with_its_answers_and_is_scored_again(staff):
    attempt = failed()
    receipt = attempt.receipt
    asked = ask_to_reopen(attempt=attempt, minutes=20, reason="The net failed", by=staff)
    attempt = consent_to_reopen(reopening=asked, by=make_person())

    entries = [entry(attempt, n, seq=10 + n) for n in range(1, 5)]
    assert save(attempt, client="new", epoch=attempt.writer_epoch).saved_count == 4
    replies = save(attempt, *entries, client="new", epoch=attempt.writer_epoch)
    done = submit_attempt(
        attempt_id=attempt.pk, by=attempt.learner, client_id="new", epoch=attempt.writer_epoch
    ).attempt

    assert {one.status for one in replies.items} == {"stored"}
    assert done.current_run.passed
    assert ScoringRun.objects.filter(attempt=attempt).count() == 2
    assert attempt.log.get(kind="reopened").details["before"]["receipt"] == receipt != done.receipt


def test_what_keeps_an_attempt_closed(staff):
    passed, live = begin(), begin()
    answer_all(passed)
    submit_attempt(attempt_id=passed.pk, by=passed.learner, client_id="tab", epoch=1)
    older = failed(ExamFactory(published__waits_hours=[0]))
    start_attempt(exam=older.exam, by=older.learner)
    attempt = failed()

    def ask(row, minutes=5, reason="Why", by=staff):
        return code_of(lambda: ask_to_reopen(attempt=row, minutes=minutes, reason=reason, by=by))

    assert ask(passed) == "already-passed"
    assert ask(live) == "wrong-state"
    assert ask(older) == "gone-on"
    assert ask(attempt, by=attempt.learner) == "own-attempt"
    assert ask(attempt, reason=" ") == ask(attempt, minutes=0) == "no-reason"
    ask_to_reopen(attempt=attempt, minutes=5, reason="Why", by=staff)
    assert ask(attempt) == "asked-already"


def test_the_database_wants_two_people_for_a_reopening(staff):
    asked = ask_to_reopen(attempt=failed(), minutes=5, reason="Why", by=staff)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reopening.objects.filter(pk=asked.pk).update(consent_by=staff)


def outage(minutes=30, ended=5):
    now = timezone.now()
    return {"began_at": now - timedelta(minutes=minutes + ended), "ended_at": now - timedelta(minutes=ended)}


def test_an_outage_is_made_good_to_everyone_who_sat_and_still_sits(staff):
    sat, began_later, over = begin(), begin(), failed()
    move_clock(sat, minutes=20)
    ran_out = begin()
    past_deadline(ran_out, seconds=600)
    close_overdue_attempts()
    before = sat.deadline_at

    preview = outage_preview(**outage())
    noted = compensate_outage(**outage(), reason="Data centre", by=staff)

    assert ([(one.pk, seconds) for one, seconds in preview.reached], preview.had) == ([(sat.pk, 1800)], [])
    assert [one.pk for one in preview.cut_off] == [ran_out.pk]
    sat.refresh_from_db()
    assert sat.deadline_at == before + timedelta(minutes=30)
    row = sat.adjustments.get()
    assert (row.kind, row.seconds, row.reason, row.outage) == ("outage", 1800, "Data centre", noted)
    assert not began_later.adjustments.exists()
    assert not over.adjustments.exists()


def test_the_same_outage_is_made_good_once(staff):
    attempt = begin()
    move_clock(attempt, minutes=20)
    compensate_outage(**outage(), reason="Data centre", by=staff)

    assert code_of(lambda: compensate_outage(**outage(20), reason="Again", by=staff)) == "nobody"
    assert [one.pk for one in outage_preview(**outage(20)).had] == [attempt.pk]
    assert Outage.objects.count() == attempt.adjustments.count() == 1


@pytest.mark.parametrize(
    ("outages", "given"),
    [
        ([(0, 10), (5, 20)], [10, 10]),
        ([(5, 20), (0, 10)], [15, 5]),
        ([(5, 10), (0, 20)], [5, 15]),
        ([(2, 4), (6, 8), (0, 10)], [2, 2, 6]),
        ([(0, 5), (5, 10)], [5, 5]),
        ([(0, 6), (3, 9), (0, 12)], [6, 3, 3]),
    ],
)
def test_overlapping_outages_give_their_union_and_nothing_twice(staff, outages, given):
    attempt = begin()
    move_clock(attempt, minutes=40)
    before, start = attempt.deadline_at, timezone.now() - timedelta(minutes=30)

    for began, ended in outages:
        times = {"began_at": start + timedelta(minutes=began), "ended_at": start + timedelta(minutes=ended)}
        compensate_outage(**times, reason="Net", by=staff)

    attempt.refresh_from_db()
    assert [one.seconds // 60 for one in attempt.adjustments.order_by("pk")] == given
    assert attempt.deadline_at == before + timedelta(minutes=sum(given))


def test_each_gets_what_an_earlier_outage_did_not_give_them(staff):
    both = begin()
    move_clock(both, minutes=40)
    start = timezone.now() - timedelta(minutes=30)
    compensate_outage(began_at=start, ended_at=start + timedelta(minutes=10), reason="Net", by=staff)
    second = begin()
    move_clock(second, minutes=35)

    compensate_outage(began_at=start, ended_at=start + timedelta(minutes=15), reason="Net", by=staff)

    assert [one.adjustments.latest("pk").seconds for one in (both, second)] == [300, 900]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (lambda: {"reason": " "}, "no-reason"),
        (lambda: outage(ended=-5), "no-interval"),
        (lambda: outage(minutes=-5), "no-interval"),
        (lambda: outage(minutes=25 * 60), "too-long"),
        (dict, "nobody"),
    ],
)
def test_what_is_no_outage_to_make_good(staff, fields, code):
    assert code_of(lambda: compensate_outage(**outage() | {"reason": "Net", "by": staff} | fields())) == code


@pytest.mark.django_db(transaction=True)
def test_eight_who_make_the_same_outage_good_at_once_do_it_once():
    staff, attempts = make_person(), [begin() for _ in range(4)]
    for attempt in attempts:
        move_clock(attempt, minutes=20)

    times = outage()
    results = at_once([lambda: compensate_outage(**times, reason="Net", by=staff)] * 8)

    assert sorted(map(str, map(type, results))).count(str(Outage)) == 1
    assert [attempt.adjustments.count() for attempt in attempts] == [1] * 4


def late(attempt, *entries, seconds=60):
    """Close the attempt by time, and let entries come so much later."""
    past_deadline(attempt, seconds=seconds)
    return save(attempt, *entries)


def test_late_answers_are_let_in_by_staff_and_scored(staff):
    attempt = begin()
    save(attempt, *[entry(attempt, n, right=False) for n in (1, 2, 3, 4)])
    reply = late(attempt, *[entry(attempt, n, seq=2) for n in (1, 2, 3, 4)], entry(attempt, 1, seq=3, value=["x"]))
    assert {one.reason for one in reply.items[:4]} == {"late"}
    attempt.refresh_from_db()
    receipt = attempt.receipt

    run = admit_late_answers(attempt=attempt, minutes=5, reason="Our net failed", by=staff)

    attempt.refresh_from_db()
    assert (run.score, run.passed, attempt.current_run) == (4, True, run)
    assert (attempt.receipt, attempt.state) == (receipt, AttemptState.GRADED)
    assert item(attempt).current_event.disposition == Disposition.LATE
    assert len(attempt.log.get(kind="late admitted").details["events"]) == 4


def test_what_keeps_late_answers_out(staff):
    attempt = begin()

    def admit(row=attempt, minutes=5, reason="Net", by=staff):
        return code_of(lambda: admit_late_answers(attempt=row, minutes=minutes, reason=reason, by=by))

    assert admit() == "wrong-state"
    late(attempt, entry(attempt), seconds=600)
    assert admit(reason=" ") == "no-reason"
    assert admit(by=attempt.learner) == "own-attempt"
    assert admit() == "none-late"
    assert admit_late_answers(attempt=attempt, minutes=15, reason="Net", by=staff).score == 1


def test_late_answers_do_not_take_a_pass_away(staff):
    attempt = begin()
    answer_all(attempt)
    late(attempt, entry(attempt, 1, seq=99, right=False))

    assert code_of(lambda: admit_late_answers(attempt=attempt, minutes=5, reason="Net", by=staff)) == "takes-a-pass"
    attempt.refresh_from_db()
    assert attempt.current_run.passed

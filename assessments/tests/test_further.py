"""Further readings: when a work is read again, by whom, why, and when it is decided without."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.actions.beliefs import learn_from_marks, learn_rubric
from assessments.actions.claims import claim_next
from assessments.actions.conflicts import declare_conflict
from assessments.actions.decisions import decide_what_nobody_can_read
from assessments.actions.graders import decide_policy, pause_grader
from assessments.models import (
    Enrichment,
    GraderProfile,
    Offer,
    ReviewTask,
    RubricBeliefs,
)
from assessments.rules.allocation import Beliefs
from assessments.rules.flags import flags_in
from assessments.rules.further import is_drawn
from assessments.tests.factories_practicals import make_grader, make_lease, make_task, marks, send
from assessments.tests.grading import GOOD
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
CLEAR, AT_THE_CUT, FAIL = marks(4, 4, 4, 4, 4), GOOD, marks(3, 3, 3, 3, 3)
NEVER, ALWAYS = 9_999, 0


def experienced(**fields):
    """A grader whose first readings need no second one."""
    grader = make_grader(**fields)
    GraderProfile.objects.create(grader=grader, is_experienced=True)
    return grader


def ask_much():
    """A policy with room for a further reading each, none of them at random."""
    decide_policy(further_percent=200, monitor_percent=0, reason="A test.", by=make_person())


def one_sent(given, grader=None, shuffle=NEVER, **fields):
    """A first reading with these marks; the work, and the decision if there was one."""
    task = make_task(**fields)
    ReviewTask.objects.filter(pk=task.pk).update(shuffle=shuffle)
    decision = send(claim_next(by=grader or experienced()), given)
    return task.submission, decision


def asked(submission):
    """Why the open task of a submission was asked for."""
    return submission.review_tasks.get(state="waiting").asked_because


def test_marks_at_the_cut_are_read_again_by_whom_it_tells_most():
    ask_much()
    others = [experienced() for _ in range(4)]

    submission, decision = one_sent(AT_THE_CUT)

    task = submission.review_tasks.get(state="waiting")
    assert decision is None
    assert (task.kind, task.asked_because, task.priority_class) == ("second", "value", 3)
    assert 0 < task.value < 1
    assert timedelta(hours=23) < task.offered_until - timezone.now() < timedelta(hours=25)
    assert set(task.offers.values_list("grader", flat=True)) <= {one.pk for one in others}
    assert [one.rank for one in task.offers.all()] == [1, 2, 3]


def test_clear_marks_decide_at_once():
    ask_much()
    experienced()

    _, decision = one_sent(marks(5, 5, 5, 5, 5))

    assert decision.passed


def test_second_marks_decide_by_the_mean_of_what_was_given():
    ask_much()
    second = experienced()
    submission, _ = one_sent(AT_THE_CUT)

    decision = send(claim_next(by=second), CLEAR)

    assert (decision.mean, decision.total, decision.passed) == (19, 19, True)
    assert submission.review_tasks.filter(state="done").count() == 2


def test_spent_budget_asks_for_nothing_but_what_is_always_read_again():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())
    experienced()

    _, decision = one_sent(AT_THE_CUT)

    assert decision is not None


def test_new_graders_first_readings_are_read_again_whatever_the_budget():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())
    experienced()

    submission, decision = one_sent(marks(5, 5, 5, 5, 5), grader=make_grader())

    assert (decision, asked(submission)) == (None, "new_grader")


def test_random_sample_is_drawn_by_the_shuffle_alone_and_offered_to_nobody():
    decide_policy(further_percent=25, monitor_percent=3, reason="A test.", by=make_person())
    experienced()

    submission, decision = one_sent(marks(5, 5, 5, 5, 5), shuffle=ALWAYS)

    assert (decision, asked(submission)) == (None, "monitor")
    assert (submission.review_tasks.get(state="waiting").offered_until, Offer.objects.count()) == (None, 0)


def test_three_of_a_hundred_are_drawn():
    drawn = sum(is_drawn(ReviewTask(shuffle=shuffle), 3) for shuffle in range(50_000))

    assert drawn == 1500


def test_fail_before_the_last_try_is_read_again_and_a_pass_is_not():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())
    experienced()
    fails, _ = one_sent(FAIL, practical__max_attempts=2)
    _, passes = one_sent(marks(5, 5, 5, 5, 5), practical__max_attempts=2)

    assert (asked(fails), passes.passed) == ("last_attempt", True)


def test_totals_far_apart_ask_for_a_third_reading():
    ask_much()
    second, _ = experienced(), experienced()
    submission, _ = one_sent(AT_THE_CUT)

    decision = send(claim_next(by=second), marks(2, 2, 2, 2, 2))

    third = submission.review_tasks.get(state="waiting")
    assert (decision, third.kind, third.asked_because) == (None, "third", "apart")


def test_recording_that_the_checks_noted_is_read_again():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())
    experienced()
    task = make_task()
    ReviewTask.objects.update(shuffle=NEVER)
    voice = {"heard_ms": 100_000, "voiced_ms": 5_000, "longest_talk_ms": 1, "silences": [], "gap_ms": 2000}
    Enrichment.objects.create(
        recording=task.submission_version.recordings.get(), kind="voice", state="done", data=voice,
        state_since=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip

    send(claim_next(by=experienced()), marks(5, 5, 5, 5, 5))

    assert asked(task.submission) == "flagged"


@pytest.mark.parametrize(
    ("heard", "voiced", "silences", "flags"),
    [(100, 20, [], 0), (100, 19, [], 1), (0, 0, [], 0), (100, 50, [[0, 180_000]], 0), (100, 50, [[0, 180_001]], 1)],
)
def test_flags_are_little_talk_and_long_silence(heard, voiced, silences, flags):
    assert len(flags_in({"heard_ms": heard, "voiced_ms": voiced, "silences": silences})) == flags


def test_work_that_nobody_else_can_read_is_decided_by_one_reading():
    _, decision = one_sent(AT_THE_CUT, grader=make_grader())

    assert decision is not None


def test_further_reading_that_nobody_can_give_any_more_is_not_waited_for():
    ask_much()
    second = experienced()
    submission, _ = one_sent(AT_THE_CUT)
    assert decide_what_nobody_can_read() == 0
    pause_grader(grader=second, reason="Away for good.", by=None)
    ReviewTask.objects.filter(state="waiting").update(created_at=timezone.now() - timedelta(hours=25))

    assert decide_what_nobody_can_read() == 1

    submission.refresh_from_db()
    assert (submission.state, submission.decisions.get().total) == ("decided", 18)
    assert submission.review_tasks.filter(state="cancelled").count() == 1


def test_further_reading_that_somebody_can_give_is_waited_for():
    ask_much()
    experienced()
    one_sent(AT_THE_CUT)
    ReviewTask.objects.filter(state="waiting").update(created_at=timezone.now() - timedelta(hours=25))

    assert decide_what_nobody_can_read() == 0


def test_practical_that_asks_for_two_readings_gets_them_first():
    decide_policy(further_percent=0, monitor_percent=0, reason="A test.", by=make_person())
    experienced()

    submission, decision = one_sent(marks(5, 5, 5, 5, 5), practical__marks_required=2)

    assert (decision, asked(submission)) == (None, "required")


def test_conflict_keeps_a_grader_from_the_offer():
    ask_much()
    barred, free = experienced(), experienced()
    task = make_task()
    declare_conflict(grader_id=barred.pk, learner_id=task.submission.learner_id, kind="declared", source="", by=None)
    ReviewTask.objects.update(shuffle=NEVER)

    send(claim_next(by=experienced()), AT_THE_CUT)

    assert list(Offer.objects.values_list("grader", flat=True)) == [free.pk]


# Learning


def test_beliefs_are_learned_from_marks_once_a_night():
    lease = make_lease(experienced())
    send(lease, GOOD)

    assert (learn_from_marks(), learn_from_marks()) == (1, 0)

    beliefs = Beliefs.from_data(RubricBeliefs.objects.get().data)
    assert (beliefs.readings, list(beliefs.graders)) == (1, [lease.grader_id])


def test_severe_grader_is_believed_severe():
    severe, lenient = experienced(), experienced()
    practical = make_task(practical__marks_required=2).submission.practical
    for _ in range(6):
        make_task(practical=practical)
    while lease := claim_next(by=severe):
        send(lease, AT_THE_CUT)
    while lease := claim_next(by=lenient):
        send(lease, marks(5, 4, 4, 4, 4))
    rubric = practical.rubric_version.rubric

    learn_rubric(rubric=rubric, now=timezone.now())

    beliefs = Beliefs.from_data(RubricBeliefs.objects.get().data)
    assert beliefs.pairs > 0
    assert beliefs.of(severe.pk).severity > 0 > beliefs.of(lenient.pk).severity

"""The simulator: reproducible, true to the specification's model, and figures that a worse rule would miss."""

import json
from dataclasses import replace

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from assessments.rules.simulation.calendars import Calendar
from assessments.rules.simulation.figures import simulate
from assessments.rules.simulation.play import played
from assessments.rules.simulation.policies import POLICIES
from assessments.rules.simulation.queues import Queue, Task
from assessments.rules.simulation.worlds import DAY, HOURS_A_WEEK, WorldOptions, draw_world, rounded

FIGURES = {
    "wrong", "false_pass", "false_fail", "marks_per_submission", "wait_hours_p50", "wait_hours_p95", "promises_kept",
    "standard_error",
}  # fmt: skip


@pytest.fixture(scope="module")
def base():
    """Every policy over six base worlds."""
    return simulate(WorldOptions(), list(POLICIES), runs=6, seed=4)


def printed(capsys, *options):
    call_command("simulate_reviews", *options, "--json")
    return json.loads(capsys.readouterr().out)


def test_a_command_prints_one_document_with_the_promised_figures(capsys):
    found = printed(capsys, "--policy", "single", "production", "--submissions", "60", "--runs", "1", "--seed", "3")

    assert set(found) == {"world", "policies"}
    assert list(found["policies"]) == ["single", "production"]
    assert all(set(one) == FIGURES for one in found["policies"].values())
    assert found["world"]["submissions"] == 60


def test_the_same_seed_gives_the_same_figures(capsys):
    asked = ("--submissions", "80", "--runs", "2", "--seed")

    assert printed(capsys, *asked, "9") == printed(capsys, *asked, "9")
    assert printed(capsys, *asked, "9") != printed(capsys, *asked, "10")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--policy", "best"], ["--marks", "0.9"], ["--marks", "nan"], ["--submissions", "-4"], ["--graders", "1"],
        ["--severity-sd", "x"], ["--runs", "0"], ["--seed", "1.5"],
    ],
)  # fmt: skip
def test_bad_options_are_told_plainly(wrong):
    with pytest.raises(CommandError, match=wrong[0]):
        call_command("simulate_reviews", *wrong)


def test_production_makes_fewer_wrong_decisions_than_anything_at_its_price(base):
    others = {name: one.wrong for name, one in base.items() if name not in ("production", "double")}

    assert base["production"].wrong < 0.78 * base["single"].wrong
    assert base["production"].wrong < min(others.values())


def test_policies_spend_what_they_are_given(base):
    assert base["single"].marks_per_submission == 1
    assert base["double"].marks_per_submission == 2
    for name in ("random_second", "near_cut", "near_cut_opposite", "near_cut_mended"):
        assert base[name].marks_per_submission == pytest.approx(1.25, abs=1e-6)
    assert 1.235 < base["production"].marks_per_submission <= 1.255


@pytest.mark.parametrize(
    ("name", "rate"),
    [("single", 0.216), ("random_second", 0.202), ("near_cut", 0.180), ("near_cut_opposite", 0.171), ("double", 0.161)],
)
def test_the_specifications_table_is_met_within_its_error(base, name, rate):
    assert base[name].wrong == pytest.approx(rate, abs=4 * max(base[name].standard_error, 0.0035))


def test_wrong_decisions_are_false_passes_and_false_fails(base):
    for one in base.values():
        assert one.wrong == pytest.approx(one.false_pass + one.false_fail, abs=1e-5)


def test_graders_who_agree_and_never_err_decide_everything_right():
    found = simulate(WorldOptions(submissions=200, severity_sd=0, error_sd=0), ["single", "production"], runs=1, seed=2)

    assert found["single"].wrong < 0.1  # rounding of five marks is all that is left
    assert found["production"].marks_per_submission <= 1.26


def test_everything_marked_twice_waits_longer_than_everything_marked_once(base):
    assert base["double"].wait_hours_p95 > base["production"].wait_hours_p95 > base["single"].wait_hours_p50


def test_fewer_graders_break_promises():
    def kept(graders):
        return simulate(WorldOptions(graders=graders), ["single"], runs=1, seed=1)["single"].promises_kept

    assert kept(3) < kept(6) <= kept(12)


@pytest.mark.parametrize(
    "options",
    [
        {"leave_weeks": 3}, {"drift": 0.1}, {"new_graders": 3}, {"peaks": True}, {"cohort_sd": 0.35}, {"graders": 2},
        {"marks": 1.0}, {"marks": 3.0}, {"submissions": 20},
    ],
)  # fmt: skip
def test_every_switch_plays_to_the_end(options):
    found = simulate(WorldOptions(**{"submissions": 200, **options}), list(POLICIES), runs=1, seed=5)

    assert all(0 <= one.wrong <= 1 and one.marks_per_submission >= 1 for one in found.values())


def test_new_graders_are_read_a_second_time_outside_the_budget():
    with_new = simulate(WorldOptions(submissions=600, new_graders=3), ["production"], runs=2, seed=5)["production"]
    without = simulate(WorldOptions(submissions=600), ["production"], runs=2, seed=5)["production"]

    assert with_new.marks_per_submission > without.marks_per_submission + 0.03


def test_a_world_is_drawn_as_the_specification_says():
    world = draw_world(WorldOptions(submissions=4000), np.random.default_rng(1))
    bias = (world.levels - world.levels.mean(axis=1, keepdims=True)).mean(axis=(0, 2))

    assert set(np.unique(world.totals)) <= set(range(5, 26))
    assert abs(bias.mean()) < 1e-9
    assert world.should_pass.mean() == pytest.approx(0.66, abs=0.03)
    assert len(set(world.arrives)) == 20
    assert np.bincount((world.arrives / HOURS_A_WEEK).astype(int)).tolist() == [200] * 20


def test_halves_go_up_and_marks_stay_on_the_scale():
    assert rounded(np.array([0.2, 1.5, 2.49, 4.5, 7.0])).tolist() == [1, 2, 2, 5, 5]


def test_a_grader_is_on_duty_on_weekdays_and_not_in_a_week_of_leave():
    world = draw_world(WorldOptions(submissions=20, leave_weeks=1), np.random.default_rng(1))
    world.away[:] = False
    world.away[0, 1] = True
    calendar = Calendar(world)

    friday_night = 4 * DAY + 23
    assert calendar.next_on_duty(1, friday_night) == 7 * DAY + world.starts[1]
    assert calendar.next_on_duty(0, friday_night) == 14 * DAY + world.starts[0]


def test_the_queue_gives_promised_work_first_then_further_readings_then_firsts():
    queue = Queue()
    first, further, late = Task(1, 0, 500.0, 0.5), Task(2, 1, 500.0, 0.5, (8,)), Task(3, 1, 20.0, 0.5, (8,))
    queue.add_first(first, -1)
    queue.add_further(further)
    queue.add_further(late)

    assert [queue.take(1, 0.0) for _ in range(4)] == [late, further, first, None]


def test_an_offer_is_its_graders_for_a_day_and_then_anyones_who_did_not_read():
    queue = Queue()
    offered = Task(1, 1, 500.0, 0.5, readers=(1,), offered=(2, 3))
    queue.add_further(offered)

    assert queue.take(4, 0.0) is None
    queue.open_to_all(offered)
    assert queue.take(1, 25.0) is None
    assert queue.take(4, 25.0) is offered
    assert queue.take(2, 25.0) is None


def test_no_policy_sees_the_truth():
    options = WorldOptions(submissions=200)
    world = draw_world(options, np.random.default_rng(1))
    lie = replace(world, should_pass=~world.should_pass)

    for policy in POLICIES.values():
        one, other = (
            played(each, policy(options, np.random.default_rng(2)), np.random.default_rng(3)) for each in (world, lie)
        )
        assert np.array_equal(one.passed, other.passed)
        assert np.array_equal(one.readings, other.readings)

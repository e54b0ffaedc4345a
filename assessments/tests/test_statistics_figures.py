"""The whole of it from one table: what is there, what is None, and that it is fast."""

import json
import time
import tracemalloc
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.rules.statistics.figures import exam_figures
from assessments.rules.statistics.tables import MarkTable
from assessments.tests.mark_tables import abilities, lsat_6, table


def test_lsat_6_as_a_whole():
    found = exam_figures(lsat_6(), cut=0.6)

    assert (found.persons, found.n, found.forms) == (1000, 1000, "one")
    assert found.mean == pytest.approx(3.819) and found.sd == pytest.approx(1.0350, abs=5e-5)
    assert found.alpha_interval[0] < 0.295 < found.alpha_interval[1]
    item = found.items[2]
    assert (item.name, item.n, item.flags) == ("q3", 1000, ())
    assert item.facility_interval == pytest.approx((0.522, 0.584), abs=0.005)
    assert item.item_total_corrected_interval == pytest.approx((0.11, 0.235), abs=0.01)
    assert found.decision.method.startswith("Livingston-Lewis")


def test_one_item_of_five_persons_has_a_facility_and_no_more():
    found = exam_figures(table([[1], [0], [1], [1], [1]]), cut=0.8)

    assert found.items[0].facility == pytest.approx(0.8) and found.items[0].facility_interval is not None
    assert found.items[0].item_total == pytest.approx(1) and found.items[0].item_total_corrected is None
    assert (found.alpha, found.phi, found.sem, found.sem_at_cut_percent, found.decision.kappa) == (None,) * 5


def test_one_person_has_facilities_and_a_mean():
    found = exam_figures(table([[1, 0, 1]]), cut=0.8)

    assert [item.facility for item in found.items] == [1, 0, 1] and found.mean == 2
    assert {item.facility_interval for item in found.items} == {None}
    assert (found.sd, found.alpha, found.sem, found.decision.consistency) == (None,) * 4


def test_persons_and_items_without_marks_are_left_out_and_named():
    found = exam_figures(table([[1, None, 0], [0, None, 1], [None, None, None], [1, None, 1]]))

    assert (found.persons, found.forms, found.alpha is not None) == (3, "one", True)
    assert (found.items[1].n, found.items[1].facility) == (0, None)
    assert sum("left out" in note or "nobody saw" in note for note in found.notes) == 2


def test_a_table_without_any_mark():
    found = exam_figures(table([[None, None], [None, None]]), cut=0.8)

    assert (found.persons, found.alpha, found.mean, found.decision.consistency) == (0, None, None, None)


def test_a_few_empty_cells_leave_alpha_to_those_who_saw_everything():
    marks = abilities(50, 8)
    marks[:10, 3] = np.nan

    found = exam_figures(table(marks), cut=0.5)

    assert (found.forms, found.n, found.persons) == ("one", 40, 50)
    assert found.alpha == pytest.approx(exam_figures(table(marks[10:])).alpha)
    assert (found.items[3].n, found.items[2].n) == (40, 50)
    assert any("40 of 50 persons" in note for note in found.notes)


def test_half_marks_are_checked_quickly_without_the_half_point():
    marks = abilities(200, 10) / 2

    found = exam_figures(table(marks), cut=0.4)

    assert found.decision.quick_consistency == pytest.approx(found.decision.consistency, abs=0.15)


def test_an_item_that_works_backwards_is_flagged_from_a_hundred_persons_on():
    marks = abilities(100, 12, spread=2)
    marks[:, 0] = 1 - marks[:, 0]

    assert exam_figures(table(marks)).items[0].flags == ("negative",)
    few = exam_figures(table(marks[:99]))
    assert few.items[0].flags == () and any("100 persons" in note for note in few.notes)


def test_without_a_cut_there_is_no_decision_figure():
    found = exam_figures(lsat_6())

    assert (found.decision.consistency, found.cut_percent, found.sem_at_cut_percent) == (None, None, None)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 8).flatmap(
        lambda items: st.lists(
            st.lists(st.sampled_from([None, 0, 0.1, 0.5, 1]), min_size=items, max_size=items), min_size=1, max_size=9
        )
    ),
    st.sampled_from([None, 0.01, 0.8, 1.0]),
)
def test_whatever_the_marks_nothing_is_nan_and_shares_stay_shares(marks, cut):
    found = asdict(exam_figures(table(marks), cut=cut))

    json.dumps(found, allow_nan=False)
    decision = found["decision"]
    shares = [decision[name] for name in ("consistency", "accuracy", "false_pass", "false_fail")]
    shares += [item["facility"] for item in found["items"]]
    assert all(share is None or -1e-9 <= share <= 1 + 1e-9 for share in shares)


@pytest.mark.parametrize("hidden", [0.0, 0.3])
def test_ten_thousand_persons_and_forty_items_take_seconds(hidden):
    marks = abilities(10_000, 40)
    marks[np.random.default_rng(1).random(marks.shape) < hidden] = np.nan
    names = tuple(str(item) for item in range(40))
    tracemalloc.start()
    began = time.process_time()

    found = exam_figures(MarkTable(names, marks, np.ones(40)), cut=0.8)

    seconds = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.decision.consistency_interval is not None
    assert seconds < 10 and peak < 300_000_000

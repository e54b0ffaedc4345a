"""Statistics of graders from what they sent: what counts, what is stored, when it is computed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import tasks
from assessments.actions import review_statistics
from assessments.actions.review_statistics import (
    ask_for_nightly_review_statistics,
    ask_for_review_statistics,
    compute_review_statistics,
    compute_review_statistics_now,
    review_statistics_to_compute,
)
from assessments.models import GraderFigures, Lease, Review, ReviewStatistics
from assessments.rules.review_statistics import read_readings, review_statistics_of
from assessments.rules.statistics.graders.alphas import alpha_with_interval
from assessments.rules.statistics.graders.figures import grader_figures
from assessments.rules.statistics.rater_figures import rater_figures
from assessments.tests.factories_practicals import make_grader, make_lease, marks, send
from assessments.tests.grader_worlds import ODD, readings_of, store, world
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def computed(now=NOW):
    return compute_review_statistics_now(now=now)


def test_what_is_stored_is_what_the_rules_say_of_the_same_readings():
    readings = world(1, odd=ODD, works=300)
    people = store(readings, now=NOW)

    row = computed()

    assert (row.problem, row.readings, row.computed_at) == ("", len(readings.work), NOW)
    expected = {people[one.grader].pk: one for one in grader_figures(readings)}
    found = {one.grader_id: one for one in row.graders.all()}
    assert {pk: (one.n, one.flags) for pk, one in found.items()} == {
        pk: (one.readings, [flag.name for flag in one.flags]) for pk, one in expected.items()
    }
    grader = people[0].pk
    assert found[grader].figures["severity"]["estimate"] == pytest.approx(expected[grader].severity.estimate)
    assert found[grader].figures["pace"]["middle"] == pytest.approx(expected[grader].pace.middle, rel=1e-4)
    assert found[grader].figures["agreement"]["exact"]["hits"] == expected[grader].agreement.exact.hits


def test_alpha_and_its_interval_are_those_of_the_plain_table():
    readings = world(2, works=200)

    alpha, (low, high) = alpha_with_interval(readings)

    assert alpha == pytest.approx(rater_figures(readings.mark_scores()).alpha_ordinal)
    assert low < alpha < high < low + 0.3


def test_a_real_reading_is_read_with_its_time_and_result():
    lease = make_lease()
    Lease.objects.filter(pk=lease.pk).update(taken_at=lease.taken_at - timedelta(minutes=40))
    send(lease, marks(4, 4, 4, 3, 2))

    readings = read_readings(Review.objects.all())

    assert readings.marks.tolist() == [[4, 4, 4, 3, 2]] and readings.passes.tolist() == [False]
    assert readings.seconds[0] == pytest.approx(2400, abs=30) and readings.length.tolist() == [2400.0]
    assert readings.graders == (lease.grader_id,) and readings.drawn.tolist() == [False]


def test_all_leases_of_a_grader_on_one_work_count_as_its_time():
    lease = make_lease()
    send(lease, marks(4, 4, 4, 3, 3))
    early = lease.taken_at - timedelta(hours=5)
    Lease.objects.create(task=lease.task, grader=lease.grader, taken_at=early, seconds=1, end="expired",
                         released_at=early + timedelta(minutes=20), expires_at=early + timedelta(minutes=45))  # fmt: skip

    assert read_readings(Review.objects.all()).seconds[0] == pytest.approx(1200, abs=30)


def test_agreement_on_work_drawn_at_random_stands_apart():
    readings = readings_of([(0, 0, [3] * 5, 900), (0, 1, [3] * 5, 900), (1, 0, [5] * 5, 900), (1, 2, [2] * 5, 900)], 3)
    store(readings, now=NOW, drawn={0})

    figures = computed().figures

    assert figures["drawn"]["exact"] == {"hits": 5, "n": 5} and figures["agreement"]["exact"] == {"hits": 5, "n": 10}


def test_hours_are_summed_by_reason_and_promises_counted():
    readings = readings_of([(0, 0, [3] * 5, 3600), (0, 1, [3] * 5, 1800), (1, 0, [5] * 5, 3600)], 2)
    store(readings, now=NOW, drawn={0})

    figures = computed().figures

    assert figures["hours"] == [
        {"because": "handed_in", "readings": 2, "hours": pytest.approx(2)},
        {"because": "monitor", "readings": 1, "hours": pytest.approx(0.5)},
    ]
    assert figures["promises"] == {"hits": 1, "n": 2}


def test_calibration_stays_out_of_agreement_and_has_its_own_figure():
    rows = [(work, grader, np.full(5, 1 + (work + (grader > 2)) % 5), 900) for work in range(8) for grader in range(4)]
    store(readings_of(rows, 4), now=NOW, kind="gold")

    found = review_statistics_of(NOW)

    assert (found.readings, found.graders) == (0, [])
    assert 0 < found.figures["gold_icc"] < 1 and found.figures["gold_works"] == 8


def test_readings_older_than_the_window_do_not_count():
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=NOW, days=181)

    assert review_statistics_of(NOW).readings == 0


def test_it_is_asked_once_a_night_and_only_where_somebody_marked():
    assert not ask_for_nightly_review_statistics(now=NOW)
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=NOW)

    asked = [ask_for_nightly_review_statistics(now=NOW + timedelta(hours=hours)) for hours in (0, 1, 13, 15, 24)]

    assert asked == [True, False, False, True, False]


def test_asking_twice_keeps_one_row_and_computing_twice_computes_once():
    first, second = (ask_for_review_statistics(by=None, now=NOW) for _ in range(2))

    assert first.pk == second.pk
    assert compute_review_statistics(statistics_id=first.pk, now=NOW)
    assert not compute_review_statistics(statistics_id=first.pk, now=NOW)


def test_a_failure_is_written_down_and_tried_again(monkeypatch):
    def fails(now):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(review_statistics, "review_statistics_of", fails)

    row = computed()

    assert row.problem == "ZeroDivisionError: secret" and row.computed_at is None
    assert review_statistics_to_compute(now=NOW) == []
    assert review_statistics_to_compute(now=NOW + timedelta(minutes=3)) == [row.pk]


def test_ninety_computations_are_kept(monkeypatch):
    monkeypatch.setattr(review_statistics, "KEPT", 2)

    rows = [computed(NOW + timedelta(days=day)) for day in range(3)]

    assert set(ReviewStatistics.objects.all()) == set(rows[1:])


def test_tasks_ask_sweep_and_compute():
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=datetime.now(UTC))

    tasks.ask_for_nightly_statistics()
    tasks.sweep_statistics()
    row = ReviewStatistics.objects.get()
    tasks.compute_review_statistics(row.pk)

    row.refresh_from_db()
    assert row.readings == 1


def test_statements_do_not_grow_with_readings():
    counts = []
    for works in (5, 60):
        store(world(works, honest=3, works=works), now=NOW)
        with CaptureQueriesContext(connection) as captured:
            review_statistics_of(NOW)
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 12


def test_graders_see_their_own_figures_and_leads_all():
    people = store(readings_of([(0, 0, [3] * 5, 900), (0, 1, [3] * 5, 900)], 2), now=NOW)
    computed()

    assert [one.grader_id for one in GraderFigures.objects.visible_to(people[0])] == [people[0].pk]
    assert GraderFigures.objects.visible_to(make_grader()).count() == 0
    assert GraderFigures.objects.visible_to(make_person(groups=["review lead"])).count() == 2

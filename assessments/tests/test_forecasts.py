"""“What if we had two graders fewer?”: seeded from the queue, asked, played in the background, shown."""

from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import tasks
from assessments.actions import forecasts as deeds
from assessments.actions.forecasts import ask_again, ask_for_forecast, compute_forecast, forecasts_to_compute
from assessments.models import DutyHours, Forecast, GraderProfile, ReviewPolicy, RubricBeliefs
from assessments.rules import forecasts as rules
from assessments.rules.allocation import Beliefs
from assessments.rules.forecasts import Seed, seed_of
from assessments.rules.simulation.worlds import WorldOptions
from assessments.tests.factories_practicals import PracticalFactory, SubmissionFactory, make_grader
from assessments.views.charts import BOTTOM, TOP, columns
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SMALL = WorldOptions(submissions=100, graders=6)


@pytest.fixture
def lead(client):
    person = make_person(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="lead_reviews", content_type__app_label="assessments"))
    client.force_login(person)
    return client


@pytest.fixture
def quick(monkeypatch):
    """One world for each case."""
    monkeypatch.setattr(rules, "runs_of", lambda options: 1)


def asked_for(graders=4):
    return ask_for_forecast(
        seed=Seed(SMALL, ()), asked=WorldOptions(submissions=100, graders=graders), by=None, now=NOW
    )


def shown(client, name, *args):
    response = client.get(reverse(f"assessments:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def source(name, now=NOW):
    return next(one for one in seed_of(now).sources if one.name == name)


def test_an_empty_queue_is_the_base_world_and_says_so():
    seed = seed_of(NOW)

    assert seed.options == WorldOptions(marks=1.25)
    assert [one.name for one in seed.sources if "base world" not in one.source] == ["Further readings"]


def test_the_seed_is_taken_from_the_queue():
    graders = [make_grader() for _ in range(3)]
    profile = GraderProfile.objects.create(grader=graders[0])
    DutyHours.objects.create(profile=profile, weekday=0, starts_at=time(9), ends_at=time(12, 30))
    ReviewPolicy.objects.create(further_percent=40, monitor_percent=5, reason="busy", decided_at=NOW)
    practical = PracticalFactory()
    for _ in range(12):
        SubmissionFactory(practical=practical, handed_in=True)

    seed = seed_of(datetime.now(UTC) + timedelta(minutes=1))

    assert (seed.options.graders, seed.options.duty_hours, seed.options.marks) == (3, 3.5, 1.4)
    assert (seed.options.submissions, seed.arrivals) == (100, 5)  # 3 a week are too few works to play


def test_spreads_come_from_enough_readings_and_keep_the_distance_to_the_pass_mark():
    practical = PracticalFactory()
    known = Beliefs(mean=4.0, variance=0.338, error=0.184, severity_variance=0.04, readings=30)
    row = RubricBeliefs.objects.create(
        rubric=practical.rubric_version.rubric, data=known.as_data(), price=0.03, computed_at=NOW
    )

    options = seed_of(NOW).options

    assert options.severity_sd == pytest.approx(0.2)
    assert options.error_sd == pytest.approx(0.55, abs=0.03)
    assert options.ability_sd == pytest.approx(0.5656, abs=0.001)
    shift = 3.6 - practical.rubric_version.pass_points / practical.rubric_version.criteria.count()
    assert options.ability_mean == pytest.approx(4.0 + shift)
    RubricBeliefs.objects.filter(pk=row.pk).update(data=known.as_data() | {"readings": 29})
    assert "base world" in source("Spread of totals and of graders").source


def test_the_seed_costs_few_statements_whatever_the_queue():
    for _ in range(4):
        GraderProfile.objects.create(grader=make_grader())

    with CaptureQueriesContext(
        connection,
    ) as many:
        seed_of(NOW)

    assert len(many) <= 12


def test_a_question_is_queued_and_answered_once(quick, monkeypatch):
    row = asked_for()

    assert forecasts_to_compute(now=NOW) == [row.pk]
    assert compute_forecast(forecast_id=row.pk, now=NOW)
    assert not compute_forecast(forecast_id=row.pk, now=NOW)
    row.refresh_from_db()
    assert set(row.figures) == {"today", "asked", "range", "runs"}
    assert {4, 6} <= {one["graders"] for one in row.figures["range"]}
    assert forecasts_to_compute(now=NOW) == []


def test_the_sweep_finds_what_no_nudge_reached(quick, monkeypatch):
    row, found = asked_for(), []
    monkeypatch.setattr(tasks, "nudge", lambda task, pk: found.append((task, pk)))
    monkeypatch.setattr(tasks, "database_now", lambda: NOW)

    tasks.sweep_statistics()

    assert (tasks.compute_forecast, row.pk) in found


def test_a_failure_is_written_down_and_tried_again_later(monkeypatch):
    row = asked_for()
    monkeypatch.setattr(deeds, "answer_of", lambda *args, **kwargs: 1 / 0)

    compute_forecast(forecast_id=row.pk, now=NOW)

    row.refresh_from_db()
    assert row.problem.startswith("ZeroDivisionError")
    assert row.due_at > NOW
    assert forecasts_to_compute(now=NOW) == []


def test_a_failed_question_is_asked_again_and_an_answered_one_is_not(quick):
    row = asked_for()
    Forecast.objects.filter(pk=row.pk).update(tries=8, problem="broken", due_at=NOW + timedelta(days=1))

    assert ask_again(forecast=row, by=None, now=NOW)

    assert forecasts_to_compute(now=NOW) == [row.pk]
    compute_forecast(forecast_id=row.pk, now=NOW)
    assert not ask_again(forecast=row, by=None, now=NOW)


def test_only_the_newest_answers_are_kept(quick, monkeypatch):
    monkeypatch.setattr(deeds, "KEPT", 1)
    monkeypatch.setattr(deeds, "answer_of", lambda *args, **kwargs: {"range": []})
    first, second = asked_for(), asked_for()

    compute_forecast(forecast_id=first.pk, now=NOW)
    compute_forecast(forecast_id=second.pk, now=NOW + timedelta(minutes=1))

    assert list(Forecast.objects.values_list("pk", flat=True)) == [second.pk]


def test_a_world_that_can_not_be_played_is_not_stored():
    with pytest.raises(IntegrityError), transaction.atomic():
        Forecast.objects.create(requested_at=NOW, due_at=NOW, graders=1, today=asdict(SMALL), asked=asdict(SMALL))


def test_fewer_graders_keep_fewer_promises(quick):
    few = WorldOptions(graders=2, submissions=2000)

    found = rules.answer_of(WorldOptions(graders=4, submissions=2000), few, seed=1)

    assert found["asked"]["single"]["promises_kept"] < found["today"]["single"]["promises_kept"]


@pytest.mark.parametrize("page", ["what-if", "forecast"])
def test_who_does_not_lead_is_kept_out(client, page):
    row = asked_for()
    client.force_login(make_grader())

    assert client.get(reverse(f"assessments:{page}", args=[row.pk] if page == "forecast" else [])).status_code == 403


def test_the_question_starts_two_graders_below_today(lead):
    text = shown(lead, "what-if")

    assert 'value="10"' in text
    assert "Nothing was asked yet" in text
    assert "base world" in text


def test_the_queue_links_to_the_question(lead, admin_client):
    text = admin_client.get(reverse("admin:assessments_reviewtask_changelist")).content.decode()

    assert reverse("assessments:what-if") in text


def test_asking_leads_to_the_answer_that_is_being_played(lead):
    url = reverse("assessments:what-if")

    response = lead.post(url, {"graders": 7, "arrivals": 30, "further_percent": 50}, follow=True)

    row = Forecast.objects.get()
    assert (row.graders, row.asked["submissions"], row.asked["marks"]) == (7, 600, 1.5)
    assert "It is being played" in response.content.decode()
    assert "7 graders instead of 12" in shown(lead, "what-if")


@pytest.mark.parametrize("wrong", [{"graders": 1}, {"graders": ""}, {"arrivals": 0}, {"further_percent": 201}])
def test_what_can_not_be_played_is_told_and_kept(lead, wrong):
    url = reverse("assessments:what-if")

    response = lead.post(url, {"graders": 7, "arrivals": 33, "further_percent": 50} | wrong)

    assert not Forecast.objects.exists()
    assert "field__error" in response.content.decode()
    assert 'value="33"' in response.content.decode() or "arrivals" in wrong


def test_an_answer_has_plots_and_tables(lead, quick):
    row = asked_for()
    compute_forecast(forecast_id=row.pk, now=NOW)

    text = shown(lead, "forecast", row.pk)

    assert text.count('<svg class="chart__plot') == 2
    assert "None: every work is read once" in text
    assert "style=" not in text.replace("stylesheet", "")


def test_a_failed_answer_offers_to_try_again(lead):
    row = asked_for()
    Forecast.objects.filter(pk=row.pk).update(tries=1, problem="ZeroDivisionError: x")

    assert "It could not be played" in shown(lead, "forecast", row.pk)
    response = lead.post(reverse("assessments:forecast-again", args=[row.pk]), follow=True)

    assert "Asked for again" in response.content.decode()
    row.refresh_from_db()
    assert (row.tries, row.problem) == (0, "")


def test_columns_fill_the_chart_by_their_value():
    low, high = columns([(4, 0.5), (5, 1.0)], 1.0)

    assert (high.y, high.height) == (TOP, BOTTOM - TOP)
    assert low.height == pytest.approx(high.height / 2)
    assert low.middle == pytest.approx(25.0)

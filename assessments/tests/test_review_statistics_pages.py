"""Pages of graders' figures: what a grader sees of themselves, what the lead sees, and what nobody else does."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions.appeals import appeal
from assessments.actions.claims import claim_next
from assessments.actions.review_statistics import ask_for_review_statistics, compute_review_statistics_now
from assessments.models import ReviewStatistics
from assessments.rules.statistics.graders import words
from assessments.rules.statistics.graders.flags import flags_of
from assessments.rules.statistics.severity import linked_severity
from assessments.tests.factories_practicals import make_decided, make_grader, make_task, marks, send
from assessments.tests.grader_worlds import ODD, readings_of, store, world
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db
OWN, LEAD = (reverse(f"assessments:{name}") for name in ("own-figures", "review-statistics"))


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def lead(client):
    client.force_login(make_person(groups=["review lead"]))
    return client


def shown(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_grader_sees_their_own_figures_with_intervals_and_n(client, now):
    people = store(world(1, honest=6, works=200), now=now)
    row = compute_review_statistics_now(now=now).graders.get(grader=people[0])
    client.force_login(people[0])

    text = shown(client, OWN)

    assert "readings with the same result as another grader" in text and f"n = {row.n} readings" in text
    assert f"100 % of the recordings on average, less than 90 % in none of them (n = {row.n})." in text
    assert "minutes for each minute of recording" in text and "standard deviation" in text
    assert not [one.email for one in people[1:] if one.email in text]
    assert "To look at" not in text and 'style="' not in text


def test_before_the_first_marks_there_is_a_way_to_the_queue(client, now):
    client.force_login(make_grader())

    assert "Nothing to show yet" in shown(client, OWN)
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=now)
    compute_review_statistics_now(now=now)
    assert "Nothing to show yet" in shown(client, OWN)


def test_few_readings_say_how_many_are_needed(client, now):
    people = store(readings_of([(0, 0, [3] * 5, 900), (0, 1, [3] * 5, 900)], 2), now=now)
    compute_review_statistics_now(now=now)
    client.force_login(people[0])

    text = shown(client, OWN)

    assert "Said from 12 works on that two graders read; so far 1." in text
    assert "Not yet known. Takes about 35 works" in text
    assert "Said from 12 readings of recordings on; so far 1." in text


def test_a_grader_who_walks_the_addresses_finds_only_their_own(client, now):
    people = store(world(2, honest=4, works=60), now=now)
    rows = compute_review_statistics_now(now=now).graders.all()
    client.force_login(people[0])

    codes = {
        one.grader_id: client.get(reverse("assessments:grader-figures", args=[one.pk])).status_code for one in rows
    }

    assert codes == {one.pk: 200 if one == people[0] else 404 for one in people}
    assert client.get(LEAD).status_code == 403
    assert client.post(reverse("assessments:review-statistics-compute")).status_code == 403


@pytest.mark.parametrize("groups", [[], ["partner manager"]])
def test_a_learner_sees_none_of_it(client, now, groups):
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=now)
    row = compute_review_statistics_now(now=now).graders.get()
    client.force_login(make_person(groups=groups))

    for url in (OWN, LEAD, reverse("assessments:grader-figures", args=[row.pk])):
        assert client.get(url).status_code == 403


def test_the_lead_sees_who_is_odd_why_and_what_to_do(lead, now):
    people = store(world(1, odd=ODD, works=600), now=now, drawn=set(range(100)))
    row = compute_review_statistics_now(now=now)

    text = shown(lead, LEAD)

    assert "Graders to look at" in text and "4 of 16" in text
    for label in ("harsh", "lenient", "marks like chance", "the same for everybody"):
        assert f'<span class="tag tag--caution">{label}</span>' in text
    assert "points of 25 less than others do for the same work" in text and "Talk first" in text
    assert "of 100 promises kept, 71 to 78" in text and "n = 600" in text
    assert "Drawn at random: the fair sample" in text and "Handed in" in text and "Drawn at random</th>" in text
    one = shown(lead, reverse("assessments:grader-figures", args=[row.graders.get(grader=people[12]).pk]))
    assert "To look at" in one and "Mark two recordings together" in one


def test_the_lead_sees_the_queue_before_there_are_any_figures(lead):
    make_task()

    text = shown(lead, LEAD)

    assert "No figures of graders yet" in text and "First readings" in text
    assert '<dt class="figure__label">waiting</dt><dd class="figure__value">1</dd>' in text
    assert 'readings a day</dt><dd class="figure__value">–</dd>' in text


def test_appeals_stand_apart_and_the_budget_is_told(client, now):
    submission = make_decided(marks(4, 3, 3, 4, 3))
    appeal(decision=submission.decisions.get(), reason="The end was not heard.", by=submission.learner)
    fresh = claim_next(by=make_grader())
    send(fresh, marks(5, 5, 4, 4, 4))

    row = compute_review_statistics_now(now=now + timedelta(minutes=5))

    client.force_login(make_person(groups=["review lead"]))
    text = shown(client, LEAD)
    assert row.readings == 1 and "Of 1 appeal answered, 100 of 100 turned the result round" in text
    assert "further reading" in text and "the budget allows 25 for each 100" in text


def test_figures_of_before_an_update_are_still_shown(lead, now):
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=now)
    row = compute_review_statistics_now(now=now)
    del row.figures["appeals"]
    row.save()
    grader = row.graders.get()
    del grader.figures["heard"]
    grader.save()

    assert "No appeal was answered" in shown(lead, LEAD)
    page = shown(lead, reverse("assessments:grader-figures", args=[grader.pk]))
    assert "Nothing is known yet of what was played" in page


def test_a_flagged_grader_waits_on_the_first_page_of_the_administration(client, now):
    store(world(1, odd=("same",), works=300), now=now)
    compute_review_statistics_now(now=now)
    client.force_login(make_person(groups=["review lead"], is_staff=True))

    text = shown(client, "/admin/")

    assert f'<a href="{LEAD}"><strong>1</strong> grader to look at</a>' in text


def test_the_lead_is_told_when_nobody_marked(lead, now):
    compute_review_statistics_now(now=now)

    assert "Nobody has sent marks in 180 days" in shown(lead, LEAD)


def test_asking_queues_and_computes_nothing_in_the_request(lead):
    response = lead.post(reverse("assessments:review-statistics-compute"), follow=True)

    row = ReviewStatistics.objects.get()
    assert row.computed_at is None and row.requested_by_id is not None
    text = response.content.decode()
    assert "New figures are being computed" in text and "Compute now" not in text


def test_a_failed_computation_is_named_and_the_older_figures_stand(lead, now):
    store(readings_of([(0, 0, [3] * 5, 900)], 1), now=now)
    compute_review_statistics_now(now=now)
    ask_for_review_statistics(by=None, now=now)
    ReviewStatistics.objects.waiting().update(problem="ZeroDivisionError: secret", tries=8)

    text = shown(lead, LEAD)

    assert "The last computation failed" in text and "Try now" in text and "secret" not in text
    assert "Graders to look at" in text


def test_the_rate_of_the_last_days_says_how_long_what_waits_takes(lead, now):
    make_task()
    store(readings_of([(work, 0, [3] * 5, 900) for work in range(28)], 1), now=now, days=3)

    text = shown(lead, LEAD)

    assert "days until it is read, at 2.0 readings a day" in text and '<dd class="figure__value">0.5</dd>' in text


def test_pages_take_no_more_statements_for_more_graders(lead, now):
    counts = []
    for honest in (3, 12):
        store(world(honest, honest=honest, works=80), now=now)
        row = compute_review_statistics_now(now=now + timedelta(seconds=honest)).graders.first()
        for url in (LEAD, reverse("assessments:grader-figures", args=[row.pk])):
            lead.get(url)
            with CaptureQueriesContext(connection) as captured:
                lead.get(url)
            counts.append(len(captured))

    assert counts[:2] == counts[2:] and max(counts) <= 20


def test_every_flag_has_words():
    readings = world(3, odd=(*ODD, "hasty", "straight"), works=800)
    found = [flag for one in flags_of(readings, linked_severity(readings.total_scores())) for flag in one]

    assert {"harsh", "lenient", "random", "same", "hasty", "halo"} <= {flag.name for flag in found} <= set(words.FLAGS)
    for name in words.FLAGS:
        told = words.told_flag({"name": name, "own": -3.2, "pool": 1.4, "n": 40})
        assert told.label and told.reason.endswith("(n = 40).") and told.deed.endswith(".")


def test_severity_is_told_with_its_number_once_that_says_more():
    severity = {"band": "severe", "estimate": -1.8, "standard_error": 0.2, "shared": 200, "is_exact": True}

    assert (
        words.band_in_words(severity)
        == "more severe than the others: 1.8 points of 25 less, give or take 0.4 (n = 200)"
    )
    assert words.band_in_words(severity | {"is_exact": False}) == "more severe than the others (n = 200)"
    assert words.why_no_severity(severity) == ""

import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accreditation.management.bench import data
from accreditation.management.bench.client import CSRF, Expected, Request, Sample, WrongAnswer
from accreditation.management.bench.flows import Flow, Goal, flows
from accreditation.management.bench.report import Measurement, measured, percentile, row, table
from accreditation.models import Accreditation, Evidence, Notice, User
from accreditation.testing.bench_views import CPU_MS, STATEMENTS
from assessments.models import Attempt, ItemScore, ReviewTask
from courses.models import LessonDone

BENCH = ["accreditation.testing.bench_views.figures", "accreditation.testing.bench_views.bare_views"]


@pytest.fixture
def loaded(db):
    """Forty learners, in two goes as the bench loads them."""
    files = sorted((settings.BASE_DIR / "accreditation" / "catalogue").glob("*.yaml"))
    call_command("load_program", *map(str, files), quiet=True)
    data.load_staff(graders=4)
    data.load_learners(0, 10, tasks=20)
    data.load_learners(10, 40, tasks=20)
    data.issue_credentials(3)


@pytest.fixture(autouse=True)
def _figures_in_headers(settings):
    settings.MIDDLEWARE = [*BENCH, *settings.MIDDLEWARE]


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 5), (90, 9), (95, 10), (99, 10), (100, 10), (1, 1), (10, 1), (11, 2)]
)
def test_a_percentile_is_the_nearest_rank(percent, expected):
    values = [7, 1, 10, 4, 2, 9, 3, 8, 6, 5]

    assert percentile(values, percent) == expected


def test_a_measurement_counts_requests_in_the_time_that_went_by():
    sample = Sample(elapsed=2.0, seconds=[0.010, 0.030, 0.020, 0.500], statements=[3, 3, 4, 3], cpu_ms=[1, 2, 3, 9])

    found = measured(sample)

    assert (found.rate, found.p50, found.p99) == (2.0, 20.0, 500.0)
    assert (found.statements, found.cpu_ms, found.gzip_bytes) == (4, 2.5, 0)


def measurement(rate, *, p95=10.0, statements=5):
    return Measurement(rate, 5.0, p95, 20.0, statements, 1.0, 100, 30)


def flow(goal):
    return Flow("flow", iter(()), Expected(200, re.compile(b"")), goal)


def test_the_ratio_is_taken_within_each_round():
    rounds, bases = [measurement(50), measurement(10), measurement(60)], [measurement(n) for n in (100, 20, 100)]

    found = row(flow(Goal("B", 0.5, 5)), 8, rounds, bases)

    assert found.ratio == 0.5
    assert (found.rate, found.lowest, found.highest) == (50, 10, 60)
    assert found.misses == ()


def test_a_missed_goal_says_by_what():
    goal = Goal("B", 0.75, 4, p95=1.5)

    found = row(flow(goal), 8, [measurement(50, p95=40)], [measurement(100)])

    assert found.misses == ("0.50 B", "5 statements", "p95 4.0 × B's")
    assert "0.50 B, 5 statements" in table([found], {"flow": goal})


def test_a_goal_is_judged_only_at_its_own_number_of_clients():
    found = row(flow(Goal("B", 0.5, 4, clients=16)), 8, [measurement(1)], [measurement(100)])

    assert found.misses is None


@pytest.mark.parametrize(("status", "text"), [(500, b"stored"), (200, b"refused")])
def test_another_answer_than_the_expected_one_ends_the_run(status, text):
    with pytest.raises(WrongAnswer, match="was to answer 200 with stored"):
        Expected(200, re.compile(b"stored")).check(Request("/"), status, text)


def test_a_request_on_the_wire_carries_its_session_and_the_token_of_a_form():
    wire = Request("/x", "abc", "POST", b"{}", "application/json").encode()

    head, _, body = wire.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x HTTP/1.1\r\nHost: localhost\r\n")
    assert f"Cookie: sessionid=abc; csrftoken={CSRF}".encode() in head
    assert (b"Content-Length: 2" in head, body) == (True, b"{}")


def test_learners_have_done_something_of_everything(loaded):
    learners = data.people("learner")

    assert len(learners) == 40
    assert Notice.objects.filter(recipient__in=learners, key__startswith="bench:").count() == 8 * 40
    assert Attempt.objects.passed().filter(learner__in=learners).count() == 40
    assert ItemScore.objects.filter(run__attempt__learner__in=learners).count() == 10 * 40
    assert Evidence.objects.filter(kind="exam", learner__in=learners).count() == 40
    assert Attempt.objects.live().filter(learner__in=learners).count() == sum(map(data.is_sitting, range(40)))
    assert ReviewTask.objects.waiting().count() == 20
    assert LessonDone.objects.filter(learner__in=learners).exists()
    assert Accreditation.objects.filter(credential__isnull=False).count() == 3


def test_every_flow_answers_as_the_bench_expects(loaded):
    for one in flows(measurements=1):
        request = next(one.requests)
        client = Client(enforce_csrf_checks=True)
        client.cookies.load({"sessionid": request.session, "csrftoken": CSRF})

        response = client.generic(
            request.method,
            request.path,
            request.body,
            content_type=request.content_type,
            headers={"Accept": request.accept, "X-CSRFToken": CSRF},
        )

        one.expected.check(request, response.status_code, response.serialize())
        one.settle(1)
        assert int(response[STATEMENTS]) >= 1
        assert float(response[CPU_MS]) > 0


def test_the_bare_views_make_no_more_statements_than_their_definition(loaded):
    session = data.sign_in(data.people("learner")[:1])[0]
    client = Client()
    client.cookies["sessionid"] = session

    assert client.get("/bench/b")[STATEMENTS] == "3"  # the session comes from the cache: user, SELECT, UPDATE
    assert client.get("/bench/s")[STATEMENTS] == "1"
    assert User.objects.get(email="learner-0@bench.example").notices.order_by("pk").first().read_at is not None

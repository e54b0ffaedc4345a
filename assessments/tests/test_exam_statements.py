"""Statements of whole requests, beside the two that load session and user. Source: the performance figures."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.signals import attempt_graded
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, entry, save, tokens
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

ABOVE = ('FROM "django_session', 'FROM "accreditation_', "EXECUTE person_with_places")


@pytest.fixture(autouse=True)
def only_this_app(monkeypatch):
    """Without the receivers of the app above: what they add is counted there."""
    monkeypatch.setattr(attempt_graded, "send", lambda **kwargs: [])


def statements(deed):
    """How many statements the request takes here, beyond session, user, page head and the test's own savepoints."""
    with CaptureQueriesContext(connection) as captured:
        response = deed()
    assert response.status_code in (200, 302)
    theirs = [one for one in captured if any(text in one["sql"] for text in ABOVE)]
    theirs = [one for one in theirs if "FOR NO KEY" not in one["sql"]]
    own = [one for one in captured if one not in theirs and "SAVEPOINT" not in one["sql"]]
    return len(own), len(captured)


def big(count):
    return ExamFactory(published__questions=count, published__draw=count)


@pytest.mark.parametrize("count", [10, 100])
def test_start(client, count):
    exam = big(count)
    client.force_login(make_person())

    own, all_of_them = statements(lambda: client.post(reverse("assessments:start-attempt", args=[exam.slug])))

    assert own == 9
    assert all_of_them <= 12


@pytest.mark.parametrize("count", [10, 100])
def test_question_page(client, count):
    attempt = begin(big(count))
    save(attempt, entry(attempt))
    client.force_login(attempt.learner)

    own, _ = statements(lambda: client.get(attempt.get_absolute_url()))

    assert own == 3


@pytest.mark.parametrize("count", [1, 10])
def test_save(client, count):
    attempt = begin(big(10))
    save(attempt, entry(attempt))
    client.force_login(attempt.learner)
    batch = [{"item": n, "seq": 5, "value": tokens(attempt, n)[:1]} for n in range(1, count + 1)]
    body = json.dumps({"client_id": "tab", "epoch": 1, "batch": batch})
    url = reverse("assessments:attempt-responses", args=[attempt.pk])

    own, _ = statements(lambda: client.post(url, body, content_type="application/json"))

    assert own == 3


@pytest.mark.parametrize("count", [10, 100])
def test_submit_with_the_last_batch(client, count):
    attempt = begin(big(count))
    save(attempt, entry(attempt))
    client.force_login(attempt.learner)
    body = json.dumps({"client_id": "tab", "epoch": 1, "digests": []})
    url = reverse("assessments:attempt-submit", args=[attempt.pk])

    own, all_of_them = statements(lambda: client.post(url, body, content_type="application/json"))

    assert own == 6
    assert all_of_them <= 14


@pytest.mark.parametrize("count", [10, 100])
def test_result_and_hand_in_pages(client, count):
    attempt = begin(big(count))
    answer_all(attempt, right=0)
    client.force_login(attempt.learner)

    assert statements(lambda: client.get(reverse("assessments:attempt-hand-in", args=[attempt.pk])))[0] == 2
    client.post(reverse("assessments:attempt-submit", args=[attempt.pk]), {"epoch": 1, "client_id": "tab"})
    assert statements(lambda: client.get(attempt.result_url))[0] == 7


@pytest.mark.parametrize("count", [10, 100])
def test_rules_page(client, count):
    exam = big(count)
    client.force_login(make_person())

    assert statements(lambda: client.get(exam.get_absolute_url()))[0] == 10

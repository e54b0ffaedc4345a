"""The key never leaves: every page and reply of every state is searched, and every statement of the delivery too."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.actions.interventions import admit_late_answers, ask_to_reopen, consent_to_reopen, void_attempt
from assessments.actions.timekeeping import pause_attempt, take_break
from assessments.models import AnswerKey, Attempt, AttemptState, Option
from assessments.tests.factories_exams import ExamFactory, QuestionFactory
from assessments.tests.sittings import answer_all, begin, entry, past_deadline, save
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db

DELIVERY = ["attempt", "attempt-hand-in", "attempt-responses", "attempt-continue"]


@pytest.fixture
def sitting(client):
    exam = ExamFactory(published__questions=3, published__draw=5)
    for kind, right in (("multiple", (0, 1)), ("true_false", (1,))):
        QuestionFactory(
            bank=exam.bank, written__kind=kind, written__right=right, written__options=4 if kind == "multiple" else 2
        )
    attempt = begin(exam)
    client.force_login(attempt.learner)
    return attempt


def walk(client, attempt):
    """Every page and reply that a learner may ask for, whatever the state."""
    pages = ["attempt", "attempt-hand-in", "attempt-result", "attempt-break", "attempt-state"]
    answers = [client.get(reverse(f"assessments:{name}", args=[attempt.pk]), follow=True) for name in pages]
    answers.append(client.get(attempt.exam.get_absolute_url(), follow=True))
    answers.append(client.post(attempt.get_absolute_url(), {"q": 1, "epoch": 1}, follow=True))
    breaks = [reverse(f"assessments:{name}", args=[attempt.pk]) for name in ("attempt-break", "attempt-break-end")]
    answers += [client.post(address, follow=True) for address in breaks]
    for body in (
        {"batch": []},
        {"batch": [{"item": 1, "seq": 1000, "value": ["x"]}]},
        {"digests": [{"item": 1, "digest": "x"}]},
    ):
        body |= {"client_id": "tab", "epoch": 1}
        for name in ("attempt-responses", "attempt-submit", "attempt-continue"):
            if name == "attempt-submit" and "digests" not in body:
                continue
            url = reverse(f"assessments:{name}", args=[attempt.pk])
            answers.append(client.post(url, json.dumps(body), content_type="application/json"))
    return [answer.content.decode() for answer in answers]


def secrets_of(attempt):
    """What may never be read: rationales, stable option keys, and the words of keys."""
    versions = list(attempt.items.values_list("version_id", flat=True))
    keys = AnswerKey.objects.filter(version__in=versions)
    yield from keys.values_list("rationale", flat=True)
    yield from map(str, Option.objects.filter(version__in=versions).values_list("key", flat=True))
    yield from ("fraction", "answer_key", "is_correct", '"correct"', "rationale", attempt.seed)


def hand_in(client, attempt):
    client.post(reverse("assessments:attempt-submit", args=[attempt.pk]), {"epoch": 1, "client_id": "tab"})


def left_unscored(client, attempt, monkeypatch):
    monkeypatch.setattr("assessments.actions.scoring.mark_of", lambda item: 1 / 0)
    hand_in(client, attempt)


def reopened(client, attempt, monkeypatch):
    answer_all(attempt, right=0)
    hand_in(client, attempt)
    asked = ask_to_reopen(attempt=attempt, minutes=20, reason="Net", by=make_person())
    consent_to_reopen(reopening=asked, by=make_person())


def admitted(client, attempt, monkeypatch):
    past_deadline(attempt, seconds=31)
    save(attempt, entry(attempt))
    admit_late_answers(attempt=attempt, minutes=5, reason="Net", by=make_person())


def on_break(client, attempt, monkeypatch):
    attempt.policy_snapshot["break_minutes"] = 10
    attempt.save(update_fields=["policy_snapshot"])
    take_break(attempt_id=attempt.pk, by=attempt.learner)


STATES = {
    "live": lambda client, attempt, _: None,
    "answered": lambda client, attempt, _: answer_all(attempt),
    "overdue": lambda client, attempt, _: past_deadline(attempt, seconds=31),
    "submitted": left_unscored,
    "graded": lambda client, attempt, _: hand_in(client, attempt),
    "reopened": reopened,
    "late answers admitted": admitted,
    "paused": lambda client, attempt, _: pause_attempt(attempt=attempt, reason="Alarm", by=make_person()),
    "on a break": on_break,
    "void": lambda client, attempt, _: void_attempt(
        attempt=attempt, cause="incident", reason="Alarm", by=make_person()
    ),
    "ready": lambda client, attempt, _: Attempt.objects.filter(pk=attempt.pk).update(
        state=AttemptState.READY, started_at=None, deadline_at=None
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_no_page_or_reply_of_any_state_holds_the_key(client, sitting, state, monkeypatch):
    STATES[state](client, sitting, monkeypatch)

    text = "\n".join(walk(client, sitting))

    assert len(text) > 2000
    for secret in secrets_of(sitting):
        assert secret not in text


@pytest.mark.parametrize("state", ["paused", "on a break", "void", "ready"])
def test_where_the_clock_stands_still_no_question_is_shown(client, sitting, state, monkeypatch):
    STATES[state](client, sitting, monkeypatch)

    pages = ["attempt", "attempt-hand-in", "attempt-result", "attempt-break", "attempt-state"]
    for name in pages:
        html = client.get(reverse(f"assessments:{name}", args=[sitting.pk]), follow=True).content.decode()
        assert "Text of" not in html
        assert not [one for item in sitting.items.all() for one in item.option_tokens if one in html]


def test_delivered_option_ids_tell_nothing_of_the_options(client, sitting):
    html = client.get(sitting.get_absolute_url()).content.decode()

    sent = re.findall(r'name="answer" value="([^"]+)"', html)
    known = {token for item in sitting.items.all() for token in item.option_tokens}
    assert set(sent) == known
    assert len(sent) == len(known)
    assert not known & set(map(str, Option.objects.values_list("pk", flat=True)))


def test_right_and_wrong_answers_get_the_same_reply(client, sitting):
    url = reverse("assessments:attempt-responses", args=[sitting.pk])

    def reply(right):
        one = {"item": 1, "seq": 1 if right else 2, "value": list(entry(sitting, right=right).value)}
        body = json.dumps({"client_id": "tab", "epoch": 1, "batch": [one]})
        answer = client.post(url, body, content_type="application/json").json()
        del answer["remaining_ms"], answer["clock"], answer["items"][0]["digest"], answer["items"][0]["seq"]
        return answer

    assert reply(True) == reply(False)


def test_delivery_never_reads_the_key_table(client, sitting):
    save(sitting, entry(sitting))

    with CaptureQueriesContext(connection) as captured:
        client.get(sitting.get_absolute_url())
        client.post(sitting.get_absolute_url(), {"q": 1, "epoch": 1})
        client.get(sitting.exam.get_absolute_url())
        for name in DELIVERY:
            url = reverse(f"assessments:{name}", args=[sitting.pk])
            body = {"client_id": "tab", "epoch": 1, "batch": [{"item": 2, "seq": 7, "value": []}]}
            client.get(url)
            client.post(url, json.dumps(body), content_type="application/json")

    statements = [one["sql"] for one in captured]
    assert any("assessments_option" in sql for sql in statements)
    assert not [sql for sql in statements if "assessments_answerkey" in sql]


def test_start_never_reads_the_key_table(client):
    exam = ExamFactory()
    client.force_login(make_person())

    with CaptureQueriesContext(connection) as captured:
        client.post(reverse("assessments:start-attempt", args=[exam.slug]))

    assert Attempt.objects.filter(exam=exam).exists()
    assert not [one for one in captured if "assessments_answerkey" in one["sql"]]

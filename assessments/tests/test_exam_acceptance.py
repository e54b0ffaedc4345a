"""What the exam engine is tried with: random interleavings, many submits, replies that never arrive, a crowd at once."""

import json
import random

import pytest
from django.http import JsonResponse
from django.urls import reverse

from assessments.actions.attempts import start_attempt, take_over
from assessments.actions.closing import submit_attempt
from assessments.models import Attempt, AttemptState, Disposition, ResponseEvent, ScoringRun
from assessments.rules.saves import Entry
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import answer_all, begin, entry, item, save
from assessments.views import attempts as views
from courses.tests.at_once import at_once
from courses.tests.people import make_person

INTERLEAVINGS, PLACES, THREADS = 1000, 50, 32


@pytest.fixture
def sitting(db):
    return begin(ExamFactory(published__questions=PLACES, published__draw=PLACES))


class Tab:
    """A page: its name, its epoch, its numbers, and what it sent last for each question."""

    def __init__(self, attempt, name):
        self.attempt, self.name, self.epoch, self.seq, self.last = attempt, name, 1, 0, {}

    def take_over(self):
        self.epoch = take_over(attempt_id=self.attempt.pk, by=self.attempt.learner, client_id=self.name).writer_epoch

    def choose(self, tokens):
        """Send a new answer for each position."""
        for position, token in tokens.items():
            self.seq += 1
            self.last[position] = Entry(position, self.seq, (token,))
        return self.send(tokens)

    def send(self, positions):
        entries = [self.last[one] for one in positions]
        return save(self.attempt, *entries, client=self.name, epoch=self.epoch).items


def test_two_tabs_in_a_thousand_random_interleavings(sitting):
    """Each question of each round has an order of its own of what the tabs choose; a batch takes those whose turn it is."""
    chance, tabs = random.Random(20261122), [Tab(sitting, "a"), Tab(sitting, "b")]
    tokens = {one.position: list(one.tokens) for one in sitting.items.all()}
    acknowledged, sent, orders = {}, set(), set()

    for _ in range(INTERLEAVINGS // PLACES):
        turns = {position: chance.sample(tabs * 2, 4) for position in tokens}
        orders |= {tuple(tab.name for tab in order) for order in turns.values()}
        while turns:
            tab = chance.choice(tabs)
            if chance.random() < 0.3:
                tab.take_over()
            ready = [one for one, order in turns.items() if order[0] is tab and chance.random() < 0.7]
            for reply in tab.choose({one: chance.choice(tokens[one]) for one in ready}):
                sent.add((reply.item, tab.name, tab.last[reply.item].seq))
                if reply.status == "stored":
                    acknowledged[reply.item] = reply.digest
            assert {reply.status for reply in tab.send(ready)} <= {"duplicate", "stale"}
            turns = {one: order[one in ready :] for one, order in turns.items() if order[one in ready :]}

    kept = ResponseEvent.objects.filter(item__attempt=sitting)
    assert set(kept.values_list("item__position", "client_id", "seq")) == sent
    assert (len(sent), len(orders)) == (INTERLEAVINGS * 4, 6)
    assert set(kept.values_list("disposition", flat=True)) == {Disposition.CHAIN, Disposition.SUPERSEDED}
    assert dict(sitting.items.values_list("position", "current_event__digest")) == acknowledged


@pytest.mark.django_db(transaction=True)
def test_two_hundred_submits_on_real_threads_give_one_receipt():
    attempt = begin()
    answer_all(attempt)

    def submits():
        done = [submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1) for _ in range(7)]
        return {(one.attempt.receipt, one.attempt.answers_hash, one.attempt.closed_at) for one in done}

    receipts = set().union(*at_once([submits] * THREADS))

    assert len(receipts) == 1
    assert ScoringRun.objects.filter(attempt=attempt).count() == 1


def test_a_save_whose_reply_never_arrives_is_kept_once_when_it_is_sent_again(client, db, monkeypatch):
    attempt = begin()
    client.force_login(attempt.learner)
    client.raise_request_exception = False
    url, one = reverse("assessments:attempt-responses", args=[attempt.pk]), entry(attempt)
    body = {"client_id": "tab", "epoch": 1, "batch": [{"item": 1, "seq": 1, "value": list(one.value)}]}

    def post():
        return client.post(url, json.dumps(body), content_type="application/json")

    monkeypatch.setattr(views, "JsonResponse", lambda *args, **kwargs: 1 / 0)
    assert post().status_code == 500
    monkeypatch.setattr(views, "JsonResponse", JsonResponse)
    reply = post().json()

    assert [(one["status"], one["seq"]) for one in reply["items"]] == [("duplicate", 1)]
    assert reply["saved_count"] == 1
    assert ResponseEvent.objects.get() == item(attempt).current_event


@pytest.mark.django_db(transaction=True)
def test_thirty_two_people_sit_the_whole_exam_at_once():
    exam = ExamFactory(published__questions=8, published__draw=5)
    learners = [make_person() for _ in range(THREADS)]

    def sit(learner):
        attempt = start_attempt(exam=exam, by=learner)
        for position in range(1, 6):
            assert save(attempt, entry(attempt, position, seq=position), by=learner).items[0].status == "stored"
        return submit_attempt(attempt_id=attempt.pk, by=learner, client_id="tab", epoch=1).attempt

    done = at_once([lambda one=one: sit(one) for one in learners])

    assert {(one.state, one.answered_count) for one in done} == {(AttemptState.GRADED, 5)}
    assert Attempt.objects.passed().count() == ScoringRun.objects.count() == THREADS
    assert ResponseEvent.objects.filter(disposition=Disposition.CHAIN).count() == THREADS * 5

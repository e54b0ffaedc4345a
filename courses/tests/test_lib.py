"""The small things that every app stands on."""

import logging
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from celery import Celery
from django import forms
from django.db import transaction
from django.utils import timezone

from courses.lib import tasks
from courses.lib.clock import database_now
from courses.lib.policy import needs, open_json, open_to_all, signed_in, signed_in_json
from courses.lib.refusals import Refusal, Refused, refuse_if
from courses.lib.states import why_not_move
from courses.lib.tasks import nudge
from courses.templatetags.text import age, as_input, clock, percent


class Task:
    """What `nudge` knows of a Celery task."""

    name = "tests.task"
    app = Celery(broker="memory://", set_as_current=False)

    def __init__(self, fault=None):
        self.fault, self.published = fault, []

    def apply_async(self, args, retry, producer):
        if self.fault:
            raise self.fault
        self.published.append((args, retry))


@pytest.fixture(autouse=True)
def _broker_is_there(monkeypatch):
    monkeypatch.setattr(tasks, "_away_until", 0.0)


@pytest.mark.django_db(transaction=True)
def test_a_nudge_is_published_after_the_commit():
    task = Task()

    with transaction.atomic():
        nudge(task, 5, Decimal(7))
        assert task.published == []

    assert task.published == [([5, "7"], False)]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_never_published():
    task = Task()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        nudge(task, 5)
        raise ZeroDivisionError

    assert task.published == []


@pytest.mark.django_db(transaction=True)
def test_a_lost_nudge_is_logged_and_silences_no_other(caplog):
    first, second = Task(ValueError("odd")), Task()

    with caplog.at_level(logging.WARNING), transaction.atomic():
        nudge(first, 1)
        nudge(second, 2)

    assert second.published == [([2], False)]
    assert len(caplog.records) == 1


@pytest.mark.django_db
def test_nobody_waits_twice_for_a_broker_that_is_away(django_capture_on_commit_callbacks, monkeypatch):
    with django_capture_on_commit_callbacks(execute=True):
        nudge(Task(ConnectionError("away")), 1)

    with django_capture_on_commit_callbacks(execute=True):
        nudge(second := Task(), 2)
    monkeypatch.setattr(tasks, "_away_until", time.monotonic() - 1)
    with django_capture_on_commit_callbacks(execute=True):
        nudge(third := Task(), 3)

    assert (second.published, third.published) == ([], [([3], False)])


@pytest.mark.django_db(transaction=True)
def test_the_clock_is_the_database_s_and_stands_in_a_transaction():
    with transaction.atomic():
        first = database_now()
        assert database_now() == first

    assert database_now() > first
    assert abs((timezone.now() - first).total_seconds()) < 60


def test_a_refusal_is_raised_and_nothing_is_not():
    refusal = Refusal("locked", "Pass the exam first.", "/exams/x/")

    refuse_if(None)
    with pytest.raises(Refused, match="Pass the exam first") as caught:
        refuse_if(refusal)
    assert caught.value.refusal.as_json() == {"code": "locked", "sentence": "Pass the exam first."}


def test_a_state_table_names_both_states():
    table = {"in_review": frozenset({"decided"})}

    assert why_not_move(table, old="in_review", new="decided") is None
    assert "in review now" in why_not_move(table, old="in_review", new="draft").sentence
    assert why_not_move(table, old="unknown", new="decided").code == "wrong-state"


@pytest.mark.parametrize(
    ("mark", "open_", "json", "permission"),
    [
        (open_to_all, True, False, ""),
        (open_json, True, True, ""),
        (signed_in, False, False, ""),
        (signed_in_json, False, True, ""),
        (needs("a.b"), False, False, "a.b"),
        (needs("a.b", json=True), False, True, "a.b"),
    ],
)
def test_a_policy_says_who_may_call(mark, open_, json, permission):
    view = mark(lambda request: None)

    assert (view.policy.open, view.policy.json, view.policy.permission) == (open_, json, permission)


@pytest.mark.parametrize(
    ("value", "words"), [(None, "–"), (80, "80.00 %"), (Decimal("79.999"), "79.99 %"), (Decimal(100), "100.00 %")]
)
def test_a_share_is_rounded_down(value, words):
    assert percent(value) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(None, "0:00"), (999, "0:00"), (61_000, "1:01"), (3_723_000, "1:02:03")]
)
def test_a_time_in_a_recording(milliseconds, words):
    assert clock(milliseconds) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(-5, "0 min"), (4, "4 min"), (59, "59 min"), (60, "1 h"), (2879, "47 h"), (2880, "2 d"), (9000, "6 d")],
)
def test_an_age_is_told_in_its_largest_unit(minutes, words):
    now = timezone.now()

    assert age(now - timedelta(minutes=minutes), now) == words


class NameForm(forms.Form):
    name = forms.CharField(help_text="As customers know you.")
    agreed = forms.BooleanField()


def test_an_input_with_an_error_names_its_hint_and_its_error():
    form = NameForm({})

    assert 'aria-describedby="id_name_helptext id_name_error"' in as_input(form["name"])
    assert 'class="input input--error"' in as_input(form["name"])
    assert 'aria-describedby="id_agreed_error"' in as_input(form["agreed"])
    assert 'class="input"' in as_input(NameForm()["name"])

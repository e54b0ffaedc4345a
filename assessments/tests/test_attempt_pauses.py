"""Pauses and breaks: what was promised to learner and staff."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.actions.attempts import start_attempt, take_over
from assessments.actions.closing import close_if_overdue, close_overdue_attempts, submit_attempt
from assessments.actions.interventions import (
    void_attempt,
)
from assessments.actions.timekeeping import (
    end_own_break,
    pause_attempt,
    resume_attempt,
    take_break,
)
from assessments.models import Attempt, AttemptState
from assessments.tests.agreements import agree
from assessments.tests.sittings import begin, code_of, entry, move_clock, past_deadline, save
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def paused_for(attempt, **ago):
    """Let the pause have begun so much earlier."""
    attempt.refresh_from_db()
    fields = {"paused_at": attempt.paused_at - timedelta(**ago)}
    if attempt.paused_until:
        fields["paused_until"] = attempt.paused_until - timedelta(**ago)
    Attempt.objects.filter(pk=attempt.pk).update(**fields)
    attempt.refresh_from_db()


def on_break(minutes=10, exam=None):
    learner = make_person()
    agree(learner, break_minutes=minutes)
    attempt = begin(exam, learner)
    return take_break(attempt_id=attempt.pk, by=learner)


def test_a_pause_stops_the_clock_and_becomes_an_adjustment(staff):
    attempt = begin()
    deadline = attempt.deadline_at

    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)
    paused_for(attempt, minutes=7)
    left = save(attempt).remaining_ms
    resumed = resume_attempt(attempt=attempt, by=staff)

    row = attempt.adjustments.get()
    assert (row.kind, row.reason, row.made_by) == ("pause", "Paused: Fire alarm", staff)
    assert 420 <= row.seconds <= 422
    assert resumed.deadline_at == deadline + timedelta(seconds=row.seconds)
    assert left > 60 * 60_000
    assert (resumed.state, resumed.paused_at) == (AttemptState.IN_PROGRESS, None)
    assert [one.kind for one in attempt.log.all()] == ["paused", "resumed"]


def test_a_paused_attempt_is_never_closed_by_time(staff):
    attempt = begin()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)
    past_deadline(attempt, seconds=3600)

    assert close_overdue_attempts() == 0
    close_if_overdue(attempt_id=attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.PAUSED


def test_saves_that_come_in_a_pause_are_kept_and_count_when_sent_again(staff):
    attempt = begin()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)

    reply = save(attempt, entry(attempt))
    assert (reply.state, reply.items[0].status, reply.items[0].reason) == ("paused", "refused", "late")
    resume_attempt(attempt=attempt, by=staff)

    assert save(attempt, entry(attempt, seq=2)).items[0].status == "stored"


def test_what_is_paused_can_not_be_paused_handed_in_or_continued_elsewhere(staff):
    attempt = begin()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)

    assert code_of(lambda: pause_attempt(attempt=attempt, reason="Again", by=staff)) == "wrong-state"
    submit = lambda: submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1)  # noqa: E731
    assert code_of(submit) == "wrong-state"
    assert code_of(lambda: take_over(attempt_id=attempt.pk, by=attempt.learner, client_id="b")) == "wrong-state"


def test_pauses_need_a_reason_and_a_colleague_and_a_running_clock(staff):
    attempt = begin()

    assert code_of(lambda: pause_attempt(attempt=attempt, reason=" ", by=staff)) == "no-reason"
    assert code_of(lambda: pause_attempt(attempt=attempt, reason="Why", by=attempt.learner)) == "own-attempt"
    assert code_of(lambda: resume_attempt(attempt=attempt, by=staff)) == "wrong-state"
    past_deadline(attempt, seconds=1)
    assert code_of(lambda: pause_attempt(attempt=attempt, reason="Why", by=staff)) == "wrong-state"


def test_a_break_is_taken_in_parts_and_adds_its_length(staff):
    attempt = on_break(minutes=10)
    deadline = attempt.deadline_at
    paused_for(attempt, minutes=4)

    attempt = end_own_break(attempt_id=attempt.pk, by=attempt.learner)

    assert attempt.state == AttemptState.IN_PROGRESS
    assert attempt.deadline_at - deadline >= timedelta(minutes=4)
    again = take_break(attempt_id=attempt.pk, by=attempt.learner)
    left = (again.paused_until - again.paused_at).total_seconds()
    assert 355 <= left <= 360


@pytest.mark.parametrize("closer", ["save", "sweep", "read", "submit", "start"])
def test_a_break_that_is_used_up_ends_by_itself(closer):
    attempt = on_break(minutes=10)
    deadline = attempt.deadline_at
    paused_for(attempt, minutes=25)

    {
        "save": lambda: save(attempt, entry(attempt)),
        "sweep": close_overdue_attempts,
        "read": lambda: close_if_overdue(attempt_id=attempt.pk),
        "submit": lambda: submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id="tab", epoch=1),
        "start": lambda: start_attempt(exam=attempt.exam, by=attempt.learner),
    }[closer]()

    attempt.refresh_from_db()
    assert attempt.state == (AttemptState.GRADED if closer == "submit" else AttemptState.IN_PROGRESS)
    assert attempt.deadline_at == deadline + timedelta(minutes=10)
    assert attempt.adjustments.get().seconds == 600


def test_who_never_comes_back_from_a_break_is_closed_and_scored():
    attempt = on_break(minutes=10)
    move_clock(attempt, minutes=89)
    paused_for(attempt, minutes=30)

    assert close_overdue_attempts() == 1

    attempt.refresh_from_db()
    assert (attempt.state, attempt.close_reason) == (AttemptState.GRADED, "time")
    assert attempt.closed_at == attempt.deadline_at


def test_no_break_without_agreement_and_none_beyond_it():
    attempt = begin()
    assert code_of(lambda: take_break(attempt_id=attempt.pk, by=attempt.learner)) == "no-break-left"
    other = on_break(minutes=1)
    paused_for(other, minutes=2)
    end_own_break(attempt_id=other.pk, by=other.learner)

    assert code_of(lambda: take_break(attempt_id=other.pk, by=other.learner)) == "no-break-left"
    with pytest.raises(Attempt.DoesNotExist):
        take_break(attempt_id=other.pk, by=make_person())


def test_a_learner_does_not_end_a_pause_of_staff(staff):
    attempt = begin()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)

    end_own_break(attempt_id=attempt.pk, by=attempt.learner)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.PAUSED


def test_break_pages_hide_the_questions_and_bring_them_back(client):
    learner = make_person()
    agree(learner, break_minutes=10)
    attempt = begin(None, learner)
    client.force_login(learner)
    address = reverse("assessments:attempt-break", args=[attempt.pk])

    assert "Take a break" in client.get(attempt.get_absolute_url()).content.decode()
    assert "10:00 minutes of breaks left" in client.get(address).content.decode()
    on_pause = client.post(address, follow=True).content.decode()
    assert "The clock stands still" in on_pause
    assert "Text of" not in on_pause
    assert client.get(address).url == attempt.get_absolute_url()
    assert "It is paused" in client.get(attempt.exam.get_absolute_url()).content.decode()
    back = client.post(reverse("assessments:attempt-break-end", args=[attempt.pk]), follow=True)
    assert "Text of" in back.content.decode()


def test_break_pages_say_when_none_is_left_and_belong_to_the_learner(client):
    attempt = begin()
    client.force_login(attempt.learner)
    address = reverse("assessments:attempt-break", args=[attempt.pk])

    assert "No break is left" in client.get(address).content.decode()
    assert client.post(address).status_code == 409
    assert "Take a break" not in client.get(attempt.get_absolute_url()).content.decode()
    client.force_login(make_person())
    assert client.get(address).status_code == 404
    assert client.post(reverse("assessments:attempt-break-end", args=[attempt.pk])).status_code == 404


def test_voiding_a_paused_attempt_ends_its_pause(staff):
    attempt = begin()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)

    void_attempt(attempt=attempt, cause="incident", reason="The house burns", by=staff)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.paused_at) == (AttemptState.VOID, None)


@pytest.mark.parametrize(
    "fields", [{"state": "paused"}, {"paused_at": timezone.now()}, {"paused_until": timezone.now()}]
)
def test_the_database_keeps_pause_and_time_together(fields):
    attempt = begin()

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(**fields)


def test_a_paused_page_hears_that_it_goes_on_and_takes_no_pen(client, staff):
    attempt = begin()
    client.force_login(attempt.learner)
    state = reverse("assessments:attempt-state", args=[attempt.pk])

    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)
    assert client.get(state).json()["state"] == "paused"
    resume_attempt(attempt=attempt, by=staff)

    assert client.get(state).json()["state"] == "in_progress"
    assert save(attempt, entry(attempt)).items[0].status == "stored"
    client.force_login(make_person())
    assert client.get(state).status_code == 404

"""Reminder ladders: which rung is told when, once each, never several at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accreditation.actions.sweeps import sweep_reminders
from accreditation.models import Enrolment, Notice, ReminderLadder
from accreditation.rules.ladders import rung_of
from accreditation.tests.factories import AccreditationFactory, EnrolmentFactory, make_enablement, make_program

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
RUNGS = (60, 30, 7, 1, 0, -1)


def enrolled(days, ago=100, program=None):
    """Somebody whose program is due in so many days."""
    due_on = (NOW + timedelta(days=days)).date()
    row = EnrolmentFactory(due_on=due_on, **({"program": program} if program else {}))
    Enrolment.objects.filter(pk=row.pk).update(enrolled_at=NOW - timedelta(days=ago))
    return row


def told(row=None):
    """The keys of the reminders, without what they are about."""
    rows = Notice.objects.filter(kind__in=["due_date", "fading"]).order_by("pk")
    return [int(one.key.rpartition(":")[2]) for one in (rows.filter(recipient=row.learner) if row else rows)]


@pytest.mark.parametrize(
    ("left", "known_for", "rung"),
    [(60, 99, 60), (57, 99, 60), (56, 99, None), (8, 99, None), (7, 99, 7), (5, 99, 7), (5, 1, None), (7, 0, 7), (0, 9, 0),
     (-1, 9, -1),     (-4, 9, -1), (-5, 9, None), (61, 99, None), (1, 9, 1), (2, 9, None)],
)  # fmt: skip
def test_the_rung_reached_last(left, known_for, rung):
    assert rung_of(left=left, rungs=RUNGS, known_for=known_for) == rung


def test_no_rungs_no_reminder():
    assert rung_of(left=3, rungs=(), known_for=9) is None


def test_each_rung_is_told_once_on_the_way_down():
    ReminderLadder.objects.create(due_days=list(RUNGS))
    row = enrolled(62)

    for day in range(75):
        for _ in range(2):
            sweep_reminders(now=NOW + timedelta(days=day))

    assert told(row) == list(RUNGS)


def test_a_portal_that_stood_still_tells_the_last_rung_only():
    ReminderLadder.objects.create(due_days=[9, 8, 7])
    row = enrolled(10)

    sweep_reminders(now=NOW + timedelta(days=4))

    assert told(row) == [7]
    assert "due in 6 days" in Notice.objects.get(recipient=row.learner).title


def test_who_comes_late_is_told_of_the_next_rung_only():
    ReminderLadder.objects.create(due_days=list(RUNGS))
    row = enrolled(5, ago=0)

    for day in range(5):
        sweep_reminders(now=NOW + timedelta(days=day))

    assert told(row) == [1]


def test_a_moved_due_date_starts_anew():
    row = enrolled(7)
    sweep_reminders(now=NOW)
    Enrolment.objects.filter(pk=row.pk).update(due_on=(NOW + timedelta(days=14)).date())

    sweep_reminders(now=NOW)
    sweep_reminders(now=NOW + timedelta(days=7))

    assert told(row) == [7, 14, 7]


def test_a_program_has_days_of_its_own():
    special = make_program()
    ReminderLadder.objects.create(due_days=[7])
    ReminderLadder.objects.create(program=special, due_days=[20])
    rows = enrolled(7), enrolled(7, program=special), enrolled(20), enrolled(20, program=special)

    sweep_reminders(now=NOW)

    assert [told(row) for row in rows] == [[7], [], [], [20]]


def test_an_empty_ladder_is_silent():
    ReminderLadder.objects.create(due_days=[], renewal_days=[])
    row = enrolled(7)

    sweep_reminders(now=NOW)

    assert told(row) == []


def test_a_renewal_goes_down_its_ladder_and_opens_once():
    ReminderLadder.objects.create(renewal_days=[120, 60, 10])
    row = AccreditationFactory(state="accredited", valid_until=(NOW + timedelta(days=100)).date())

    for day in range(100):
        sweep_reminders(now=NOW + timedelta(days=day))

    window = row.version.renewal_window_days
    assert told(row) == [one for one in (window, 60, 10) if one <= window]


def test_one_row_for_all_programs_and_one_for_each():
    ReminderLadder.objects.create()

    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderLadder.objects.create()
    with pytest.raises(ValidationError):
        ReminderLadder(program=None).full_clean()


@pytest.mark.parametrize(
    "fields", [{"due_days": [7, 7]}, {"due_days": [366]}, {"due_days": [-31]}, {"renewal_days": [0]}]
)
def test_days_that_make_no_sense_are_refused(fields):
    with pytest.raises(ValidationError):
        ReminderLadder(program=make_program(), **fields).full_clean()


def test_enablement_sets_the_days(client):
    client.force_login(make_enablement())

    data = {"program": "", "due_days": "30, 3", "renewal_days": "60"}
    response = client.post(reverse("admin:accreditation_reminderladder_add"), data)

    assert response.status_code == 302
    assert ReminderLadder.objects.get().due_days == [30, 3]

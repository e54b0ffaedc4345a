"""Before a tier ends its holder is told: 30 and 7 days ahead, once each, with what keeps it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accreditation.actions.standing import reassess
from accreditation.actions.sweeps import sweep_reminders
from accreditation.actions.tier_news import remind_of_tier
from accreditation.models import Accreditation, Notice, TierHolding, User
from accreditation.rules.tier_reminders import unreminded
from accreditation.tests.depth import holding, seller, show

pytestmark = pytest.mark.django_db


def told(learner):
    return list(Notice.objects.filter(recipient=learner, key__startswith="tier-ends").order_by("pk"))


def walking(days):
    """Somebody on walk until so many days from now, on crawl for long after."""
    learner, practical = seller("a", ago=1)
    show(learner, practical, "b", valid_until=timezone.now().date() + timedelta(days=days))
    reassess(learner=learner)
    return learner, practical


def test_each_reminder_comes_once_and_says_what_keeps_the_tier():
    learner, _ = walking(31)
    now = timezone.now()

    for days in (0, 1, 1, 2, 23, 24, 24, 25, 31):
        sweep_reminders(now=now + timedelta(days=days))

    last = now.date() + timedelta(days=31)
    first, second = told(learner)
    assert (first.title, second.title) == ("Your tier walk ends in 30 days", "Your tier walk ends in 7 days")
    assert first.text == (
        f"It holds until {last:%-d %B %Y}, with B; after that you hold crawl. "
        "A practical on one of these, or on another use case, passed by then, keeps it."
    )


@pytest.mark.parametrize(("days", "rungs"), [(31, []), (30, [30]), (20, [30]), (8, [30]), (7, [7]), (1, [7]), (0, [7])])
def test_who_comes_to_a_tier_late_is_reminded_at_once_by_the_nearest(days, rungs):
    learner, _ = walking(days)

    sweep_reminders()

    assert [int(one.key.rpartition(":")[2]) for one in told(learner)] == rungs


def test_where_the_accreditation_ends_it_is_renewing_that_keeps_the_tier():
    learner, _ = seller("a", ago=340, program={"title": "Partner Seller"})

    sweep_reminders()

    (notice,) = told(learner)
    assert "after that you hold no tier. Renewing Partner Seller by then keeps it." in notice.text
    assert holding(learner).valid_until == Accreditation.objects.get(learner=learner).valid_until


def test_a_tier_that_holds_on_after_all_is_not_told_of():
    learner, practical = walking(10)
    stale = holding(learner)
    show(learner, practical, "b", ago=0)
    reassess(learner=learner)

    remind_of_tier(holding=stale, rung=30, today=timezone.now().date())
    sweep_reminders()

    assert told(learner) == []


def test_another_last_day_is_another_fact():
    learner, practical = walking(10)
    sweep_reminders()
    show(learner, practical, "b", valid_until=timezone.now().date() + timedelta(days=12))
    reassess(learner=learner)
    sweep_reminders()

    assert len(told(learner)) == 2


def test_suspended_people_and_those_without_a_tier_are_left_alone():
    learner, _ = walking(10)
    User.objects.filter(pk=learner.pk).update(is_active=False)
    other, _ = walking(10)
    TierHolding.objects.filter(learner=other).update(tier="", valid_until=None)

    assert not unreminded(30, timezone.now().date()).exists()

"""What one's own page says of the tier: what it stands on, until when, and what lifts it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from accreditation.actions.standing import reassess
from accreditation.rules.tier_pages import tier_page
from accreditation.tests.depth import seller, show
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def home_of(client, learner):
    client.force_login(learner)
    return client.get("/").content.decode()


@pytest.mark.parametrize(
    ("slugs", "title", "lift"),
    [
        ("a", "Tier: Crawl", "One more use case lifts you to walk."),
        ("abc", "Tier: Walk", "Two more use cases, or one complex solution, lift you to run."),
        ("abcde", "Tier: Run", None),
    ],
)
def test_home_names_the_tier_and_what_lifts_it(client, slugs, title, lift):
    learner, _ = seller(*slugs)

    page = home_of(client, learner)

    assert title in page
    assert (lift or "") in page and ("you to" in page) == (lift is not None)


def test_who_has_shown_nothing_sees_no_tier(client):
    assert 'id="tier"' not in home_of(client, make_person())


def test_what_has_ended_is_gone_before_any_sweep():
    last = timezone.now().date() + timedelta(days=3)
    learner, practical = seller("a")
    show(learner, practical, "b", valid_until=last)
    reassess(learner=learner)

    before = tier_page(learner, datetime.combine(last, time(23, 59, 59), UTC))
    after = tier_page(learner, datetime.combine(last + timedelta(days=1), time(), UTC))

    assert (before.shown[0].use_case.slug, before.shown[0].until) == ("b", last)
    assert (before.standing.tier.slug, after.standing.tier.slug) == ("walk", "crawl")

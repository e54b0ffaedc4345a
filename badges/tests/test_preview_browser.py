"""A badge is drawn while its form is typed."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from badges.models import Achievement
from badges.tests.factories import make_achievement
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DATA = re.compile("^data:image/png")


def test_a_badge_is_drawn_while_it_is_typed_and_says_why_when_it_is_not(browse):
    row = make_achievement()
    page = browse(make_person(is_staff=True, is_superuser=True))
    page.goto(reverse("admin:badges_achievement_change", args=[row.pk]))
    place = page.locator("[data-preview]")
    expect(place.locator("img")).to_have_attribute("src", re.compile("image.png"))

    page.locator("[name=tier]").select_option("run")
    expect(place.locator("img")).to_have_attribute("src", DATA)
    page.locator("[name=label]").fill("销售")
    expect(place.get_by_role("status")).to_contain_text("font has no such sign")
    page.locator("[name=label]").fill("Seller")
    expect(place.get_by_role("status")).to_be_empty()

    assert Achievement.objects.get().version == 1


def test_a_new_design_is_drawn_at_once(browse):
    page = browse(make_person(is_staff=True, is_superuser=True))
    page.goto(reverse("admin:badges_badgedesign_add"))

    page.locator("[name=name]").fill("Forest")
    expect(page.locator("[data-preview] img")).to_have_attribute("src", DATA)

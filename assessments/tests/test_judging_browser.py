"""Comparing two works by keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assessments.models import Comparison
from assessments.tests.test_judging import judge_of, make_set

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_judge_chooses_by_key_and_keeps_it_by_enter(browse):
    judging = make_set()
    page = browse(judge_of(judging))
    page.goto(reverse("assessments:judging-judge", args=[judging.pk]))
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Which one is better?")).to_be_visible()
    page.wait_for_load_state()  # the keys work once the script has run

    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.get_by_label("Right is better")).to_be_checked()
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 judged by you")).to_be_visible()
    assert Comparison.objects.exclude(judged_at=None).count() == 1

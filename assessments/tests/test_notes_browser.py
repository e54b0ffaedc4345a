"""The written part of a try in a real browser: saved while one types, never lost, never overwritten unseen."""

import pytest
from playwright.sync_api import expect

from assessments.models import Submission
from assessments.tests.factories_practicals import SubmissionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def submission():
    return SubmissionFactory(practical__written=True)


def test_notes_are_saved_while_one_types(browse, submission):
    page = browse(submission.learner)
    page.goto(submission.practical.get_absolute_url())

    page.fill("[data-notes]", "Two pains, one figure.")
    page.locator("[data-saved-text]", has_text="Saved ").filter(has_text=":").wait_for()

    page.wait_for_function("() => localStorage.length === 0")
    assert Submission.objects.get().notes == "Two pains, one figure."


def test_a_tab_that_was_left_behind_keeps_its_words_and_says_so(browse, submission):
    page = browse(submission.learner)
    page.goto(submission.practical.get_absolute_url())
    Submission.objects.update(notes="From the other tab.", revision=7)

    page.fill("[data-notes]", "Mine.")
    page.locator("[data-saved-text]", has_text="another tab").wait_for()

    assert Submission.objects.get().notes == "From the other tab."
    page.reload()
    expect(page.locator("[data-notes]")).to_have_value("Mine.")


def test_the_brief_can_be_printed(browse, submission):
    page = browse(submission.learner)
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.goto(submission.practical.get_absolute_url())

    page.click("[data-print]")

    page.wait_for_function("() => window.printed")

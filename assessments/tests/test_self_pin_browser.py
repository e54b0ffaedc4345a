"""Pinning the playing moment in a real browser."""

import pytest
from playwright.sync_api import expect

from assessments.models import Recording, Submission
from assessments.tests.factories_practicals import SubmissionFactory, make_recording

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_playing_moment_is_pinned_and_saved(browse):
    submission = SubmissionFactory(practical__self_assessment=True)
    make_recording(submission)
    page = browse(submission.learner)
    page.goto(submission.practical.get_absolute_url())
    page.evaluate("Object.defineProperty(document.querySelector('video'), 'currentTime', { value: 760.4 })")

    page.select_option("[name=own-points-pain]", "4")
    page.click("[data-pin-now=own-moment-pain]")
    expect(page.locator("[name=own-moment-pain]")).to_have_value("12:40")
    page.wait_for_function("() => localStorage.length === 0")  # both changes have arrived, in one save or two
    page.locator("[data-saved-text]", has_text="Saved ").filter(has_text=":").wait_for()

    kept = Submission.objects.get().self_assessment["pain"]
    assert (kept["points"], kept["moment"]) == ("4", "12:40")


def test_a_recording_that_becomes_ready_brings_its_buttons(browse):
    submission = SubmissionFactory(practical__self_assessment=True)
    recording = make_recording(submission, state="checking", duration_ms=None, sha256="")
    page = browse(submission.learner)
    page.goto(submission.practical.get_absolute_url())
    expect(page.locator("[data-pin-now]:visible")).to_have_count(0)

    Recording.objects.filter(pk=recording.pk).update(state="ready", duration_ms=2_400_000, sha256="0" * 64)

    page.locator("[data-pin-now=own-moment-pain]").wait_for()

"""The clock of an exam in Chromium: sign-in in the middle, pauses, breaks, wrong clocks, sleep, and extra time."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from assessments.actions.closing import close_overdue_attempts
from assessments.actions.timekeeping import adjust_time, pause_attempt, resume_attempt
from assessments.models import Attempt, AttemptState
from assessments.tests.agreements import agree
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin, item, past_deadline, tokens
from courses.tests.people import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
DAY = 24 * 3600 * 1000
SHIFTED = "(shift) => { const now = Date.now; Date.now = () => now() + shift; }"


def status(page):
    return page.locator("[data-save-text]")


def choose(page, attempt, position, *, right=True):
    page.locator(f'#question-{position} input[value="{tokens(attempt, position, right=right)[0]}"]').check()


def open_page(browse, attempt, **options):
    page = browse(attempt.learner, **options)
    page.goto(attempt.get_absolute_url())
    expect(status(page)).to_contain_text(re.compile("Nothing answered yet,|saved,"))
    return page


def wake(page):
    page.evaluate("dispatchEvent(new Event('focus'))")


def seconds_between(first, second):
    """From one time of day to the next, over midnight too."""
    times = [sum(int(part) * 60**n for n, part in enumerate(reversed(text.split(":")))) for text in (first, second)]
    return (times[1] - times[0]) % 86400


def csrf(page):
    return next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")


def test_signing_in_again_in_mid_exam_loses_nothing_though_the_token_changes(browse):
    learner = make_person(password="long-and-quiet-words")
    learner.emailaddress_set.create(email=learner.email, verified=True, primary=True)
    attempt = begin(None, learner)
    page = open_page(browse, attempt)
    before = csrf(page)
    Session.objects.all().delete()
    page.context.clear_cookies(name="sessionid")

    choose(page, attempt, 1)
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    expect(status(page)).to_have_text("1 not saved, keep this page open")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.locator("input[name=login]").fill(learner.email)
    tab.locator("input[name=password]").fill("long-and-quiet-words")
    tab.locator("input[name=password]").press("Enter")
    expect(tab.get_by_role("heading", name="You are signed in again")).to_be_visible()
    tab.close()
    page.bring_to_front()
    # Coming back may have saved already and closed the dialog, so the button is pressed without waiting for it.
    page.locator("[data-try-again]").dispatch_event("click")

    expect(status(page)).to_contain_text("1 answer saved")
    expect(dialog).to_be_hidden()
    assert csrf(page) != before
    assert item(attempt).current_event.value == [item(attempt).tokens[tokens(attempt)[0]]]


def test_a_pause_hides_the_questions_and_the_page_comes_back_by_itself(browse):
    attempt, staff = begin(), make_person()
    page = open_page(browse, attempt)
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 answer saved")
    page.get_by_role("button", name=re.compile(r"^Question 2\b")).click()
    pause_attempt(attempt=attempt, reason="Fire alarm", by=staff)

    choose(page, attempt, 2)
    expect(page.get_by_text("Staff stopped the clock")).to_be_visible()
    expect(page.get_by_text("Text of")).to_have_count(0)
    resume_attempt(attempt=attempt, by=staff)
    wake(page)

    expect(page.locator(f'#question-2 input[value="{tokens(attempt, 2)[0]}"]')).to_be_checked()
    expect(status(page)).to_contain_text("All 2 answers saved")
    assert item(attempt, 2).current_event.answered


def test_the_heartbeat_alone_shows_a_pause_and_extra_time(browse):
    attempt, staff = begin(), make_person()
    page = browse(attempt.learner)
    page.clock.install()
    page.goto(attempt.get_absolute_url())
    page.clock.run_for(1000)
    expect(status(page)).to_contain_text("Nothing answered yet,")
    end = page.locator("[data-clock-until]")
    before = end.text_content()

    adjust_time(attempt=attempt, seconds=1800, reason="Alarm", by=staff)
    page.clock.run_for(20_500)
    expect(page.locator("[data-clock-value]")).to_have_text(re.compile(r"^1:(29|30):"))
    # The page's time was made to run ahead by twenty seconds, the server's wasn't; a slow answer adds its own.
    assert 1740 <= seconds_between(before, end.text_content()) <= 1920
    pause_attempt(attempt=attempt, reason="Alarm", by=staff)
    page.clock.run_for(20_500)

    expect(page.get_by_text("Staff stopped the clock")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1366])
def test_a_break_is_taken_and_ended_by_its_learner(browse, width):
    learner = make_person()
    agree(learner, break_minutes=10, large_print=True)
    attempt = begin(ExamFactory(published__questions=12, published__draw=12), learner)
    page = open_page(browse, attempt, viewport={"width": width, "height": 640})
    seen = []

    def look():
        found = Axe().run(page).response["violations"]
        assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")], page.url
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        seen.append(page.url)

    look()
    choose(page, attempt, 1)
    page.get_by_role("link", name="Take a break").click()
    expect(page.get_by_role("heading", name="Take a break?")).to_be_visible()
    look()
    page.get_by_role("button", name="Stop the clock").click()
    expect(page.get_by_text("The clock stands still")).to_be_visible()
    look()
    page.wait_for_timeout(1100)  # a break is counted in whole seconds
    page.get_by_role("button", name="Go on now").click()

    expect(status(page)).to_contain_text("1 answer")
    attempt.refresh_from_db()
    assert (attempt.state, attempt.adjustments.get().kind) == (AttemptState.IN_PROGRESS, "break")
    assert item(attempt).current_event.answered
    assert len(seen) == 3


@pytest.mark.parametrize("shift", [-DAY, DAY])
def test_a_device_clock_that_is_off_by_a_day_changes_nothing(browse, shift):
    attempt = begin()
    page = browse(attempt.learner)
    page.add_init_script(f"({SHIFTED})({shift})")
    page.goto(attempt.get_absolute_url())
    choose(page, attempt, 1)

    expect(status(page)).to_contain_text("1 answer saved")
    expect(page.locator("[data-clock-value]")).to_have_text(re.compile(r"^(5[5-9]|1:00):"))
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.IN_PROGRESS


def test_a_laptop_that_slept_past_the_end_finds_its_result(browse):
    attempt = begin()
    page = open_page(browse, attempt)
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 answer saved")
    past_deadline(attempt, seconds=20 * 60)

    wake(page)

    page.wait_for_url("**/result/")
    attempt.refresh_from_db()
    assert (attempt.state, attempt.close_reason, attempt.answered_count) == (AttemptState.GRADED, "time", 1)
    assert attempt.closed_at == attempt.deadline_at


def test_a_tab_that_died_for_good_is_closed_and_scored_with_what_was_saved(browse):
    attempt = begin()
    page = open_page(browse, attempt)
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 answer saved")
    page.close(run_before_unload=False)
    past_deadline(attempt, seconds=31)

    assert close_overdue_attempts() == 1

    attempt.refresh_from_db()
    assert (attempt.state, attempt.answered_count) == (AttemptState.GRADED, 1)
    assert attempt.current_run.score == 1


@pytest.mark.parametrize(("minutes", "words"), [(10, "10 minutes left"), (5, "5 minutes left"), (1, "1 minute left")])
def test_the_clock_warns_in_a_live_region(browse, minutes, words):
    attempt = begin()
    past_deadline(attempt, seconds=-minutes * 60 - 2)
    page = open_page(browse, attempt)

    region = page.locator("[data-clock-say]")
    expect(region).to_have_attribute("aria-live", "assertive")
    expect(region).to_contain_text(words)


def test_a_start_in_a_window_that_ends_soon_asks_for_consent(browse):
    exam, learner = ExamFactory(published__closes_at=timezone.now() + timedelta(minutes=20)), make_person()
    page = browse(learner)
    page.goto(exam.get_absolute_url())

    page.get_by_role("checkbox", name=re.compile("on my own")).check()
    page.get_by_role("button", name="Start the exam").click()
    page.get_by_role("checkbox", name=re.compile("I agree to start with 1[89] of 60 minutes")).check()
    assert not Attempt.objects.exists()
    page.get_by_role("button", name="Start the exam").click()
    page.wait_for_url("**/attempts/**")

    assert Attempt.objects.get().deadline_at == exam.current_version.closes_at

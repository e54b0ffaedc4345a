"""An exam in Chromium: with the keyboard alone, through a gap in the net, in two tabs, and to the end of its time."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from assessments.actions.closing import submit_attempt
from assessments.models import Attempt, AttemptState, CloseReason, ResponseEvent
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin, item, move_clock, past_deadline, tokens
from courses.tests.people import make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def status(page):
    return page.locator("[data-save-text]")


def choose(page, attempt, position, *, right=True):
    page.locator(f'#question-{position} input[value="{tokens(attempt, position, right=right)[0]}"]').check()


def go(page, position):
    page.get_by_role("button", name=re.compile(rf"^Question {position}\b")).click()


def test_exam_with_the_keyboard_alone(browse):
    exam, learner = ExamFactory(published__questions=3, published__draw=3), make_person()
    page = browse(learner)
    page.goto(exam.get_absolute_url())
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/attempts/**")
    attempt = Attempt.objects.get()

    for position in (1, 2, 3):
        page.locator(f"#question-{position} input[type=radio]").first.focus()
        page.keyboard.press("Space")
        wanted = tokens(attempt, position)[0]
        for _ in range(4):
            if page.locator(f'#question-{position} input[value="{wanted}"]').is_checked():
                break
            page.keyboard.press("ArrowDown")
        if position < 3:
            page.keyboard.press("Enter")
            expect(page.locator(f"#count-{position + 1}")).to_be_focused()
    expect(status(page)).to_have_text(re.compile(r"^All 3 answers saved, \d\d:\d\d:\d\d$"))
    page.get_by_role("link", name="Hand in").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Every question is answered")
    page.get_by_role("button", name="Hand in").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("You passed the written exam")
    attempt.refresh_from_db()
    assert (attempt.state, attempt.answered_count) == (AttemptState.GRADED, 3)
    assert attempt.submission_id


def test_choices_in_the_first_moment_of_a_page_stay_in_order(browse):
    attempt = begin()
    page = browse(attempt.learner)
    order = list(item(attempt).tokens)
    page.add_init_script(
        """addEventListener('DOMContentLoaded', () => {
            const boxes = document.querySelectorAll('#question-1 input[type=radio]');
            let n = 0;
            const timer = setInterval(() => (n < 4 ? boxes[n++].click() : (clearInterval(timer), (window.chosen = n))), 11);
        })"""
    )
    page.goto(attempt.get_absolute_url())

    page.wait_for_function("() => window.chosen === 4")
    expect(status(page)).to_contain_text("1 answer saved")

    assert item(attempt).current_event.value == [item(attempt).tokens[order[3]]]


def test_answers_of_a_gap_in_the_net_are_saved_after_it(browse):
    attempt = begin()
    page = browse(attempt.learner)
    page.goto(attempt.get_absolute_url())
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 answer saved")

    page.context.set_offline(True)
    choose(page, attempt, 1, right=False)
    go(page, 2)
    choose(page, attempt, 2)
    page.locator("#question-2").get_by_role("button", name="Flag for later").click()
    expect(status(page)).to_have_text("2 not saved, keep this page open")
    expect(page.get_by_text("No connection.")).to_be_visible()
    page.wait_for_timeout(5000)
    assert not item(attempt, 2).current_event
    page.context.set_offline(False)

    expect(status(page)).to_contain_text("All 2 answers saved")
    expect(page.get_by_text("No connection.")).to_be_hidden()
    assert item(attempt, 2).current_event.flagged
    chosen = item(attempt, 1).current_event.value
    assert [item(attempt, 1).tokens[tokens(attempt, 1, right=False)[0]]] == chosen


def test_answers_survive_a_dead_tab(browse):
    attempt = begin()
    page = browse(attempt.learner)
    page.goto(attempt.get_absolute_url())
    expect(page.locator("[data-save-text]")).to_contain_text("Nothing answered yet,")
    page.context.set_offline(True)
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 not saved")
    dead, page = page, page.context.new_page()
    dead.close(run_before_unload=False)
    page.context.set_offline(False)

    page.goto(attempt.get_absolute_url())
    page.get_by_role("button", name="Continue here").click()

    expect(page.locator("#question-1 input:checked")).to_have_value(tokens(attempt, 1)[0])
    expect(status(page)).to_contain_text("1 answer saved")
    assert item(attempt, 1).current_event.answered


def test_second_tab_asks_and_the_first_becomes_read_only(browse):
    attempt = begin()
    first = browse(attempt.learner)
    first.goto(attempt.get_absolute_url())
    choose(first, attempt, 1)
    expect(status(first)).to_contain_text("1 answer saved")
    second = first.context.new_page()
    second.goto(attempt.get_absolute_url())

    expect(second.get_by_text("Continue here?")).to_be_visible()
    second.get_by_role("button", name="Continue here").click()
    choose(second, attempt, 1, right=False)
    expect(status(second)).to_contain_text("1 answer saved")
    first.bring_to_front()
    first.locator(f'#question-1 input[value="{tokens(attempt, 1, right=False)[1]}"]').check()

    expect(first.get_by_text("Continue here?")).to_be_visible()
    expect(first.locator("#question-1 input[type=radio]").first).to_be_disabled()
    assert item(attempt, 1).current_event.value == [item(attempt, 1).tokens[tokens(attempt, 1, right=False)[0]]]
    assert ResponseEvent.objects.filter(disposition="superseded").count() == 1


def test_signed_out_tab_keeps_its_answers_and_saves_them_after_sign_in(browse):
    attempt = begin()
    page = browse(attempt.learner)
    page.goto(attempt.get_absolute_url())
    expect(status(page)).to_contain_text("Nothing answered yet,")
    session = page.context.cookies()
    page.context.clear_cookies(name="sessionid")

    choose(page, attempt, 1)
    expect(page.get_by_text("You are signed out")).to_be_visible()
    page.context.add_cookies(session)
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(status(page)).to_contain_text("1 answer saved")
    expect(page.get_by_text("You are signed out")).to_be_hidden()


def test_time_that_runs_out_hands_in_what_is_there(browse):
    attempt = begin()
    page = browse(attempt.learner)
    page.goto(attempt.get_absolute_url())
    choose(page, attempt, 1)
    expect(status(page)).to_contain_text("1 answer saved")
    past_deadline(attempt, seconds=-4)
    page.evaluate("dispatchEvent(new Event('focus'))")

    page.wait_for_url("**/result/")

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.GRADED
    assert attempt.close_reason in (CloseReason.TIME, CloseReason.CANDIDATE)
    assert attempt.answered_count == 1


def test_clock_warns_in_words_and_follows_the_server(browse):
    attempt = begin()
    move_clock(attempt, minutes=54, seconds=58)
    page = browse(attempt.learner)
    page.goto(attempt.get_absolute_url())

    expect(page.locator("[data-clock-say]")).to_have_text("5 minutes left. What is saved is scored when time is up.")
    attempt.refresh_from_db()
    move_clock(attempt, minutes=-20)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-clock-value]")).to_have_text(re.compile(r"^2[45]:"))


def test_exam_works_without_script(browse):
    attempt = begin(ExamFactory(published__questions=2, published__draw=2))
    page = browse(attempt.learner, java_script_enabled=False)
    page.goto(attempt.get_absolute_url())
    for position in (1, 2):
        choose(page, attempt, position)
        page.locator(f"#question-{position} .pager .button").last.click()
    page.get_by_role("link", name="Hand in").click()
    page.get_by_role("button", name="Hand in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You passed the written exam")


def test_pages_have_no_serious_fault_of_access_and_fit_a_phone(browse):
    attempt = begin(ExamFactory(published__questions=12, published__draw=12, published__waits_hours=[]))
    page = browse(attempt.learner, viewport={"width": 320, "height": 640})
    pages = [attempt.get_absolute_url(), reverse("assessments:attempt-hand-in", args=[attempt.pk])]

    def look(address):
        page.goto(address)
        found = Axe().run(page).response["violations"]
        assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")], address
        page.wait_for_function("() => document.documentElement.scrollWidth <= 320")

    for address in [*pages, attempt.exam.get_absolute_url()]:
        look(address)
    name = page.wait_for_function("() => sessionStorage['exam-tab']").json_value()
    submit_attempt(attempt_id=attempt.pk, by=attempt.learner, client_id=name, epoch=1)
    for address in (attempt.result_url, attempt.exam.get_absolute_url()):
        look(address)

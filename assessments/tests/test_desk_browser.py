"""Grading in Chromium: by the keyboard alone, over a lost connection, in two tabs."""

import re

import pytest
from playwright.sync_api import expect

from assessments.models import Comment, Decision, ReviewDraft
from assessments.tests.factories_practicals import make_lease, marks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = "[data-saved]:not(.save-status--pending)"


def desk_of(browse, lease):
    page = browse(lease.grader, viewport={"width": 1366, "height": 768})
    page.goto(f"/admin/grading/{lease.task_id}/")
    return page


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def test_recording_is_graded_by_the_keyboard_alone(browse):
    lease = make_lease()
    page = desk_of(browse, lease)

    press(page, "44433")
    page.get_by_text("A total of 18 is near the pass mark").wait_for()
    press(page, "c")
    page.keyboard.type("Asks what eleven days of approval stop them from doing.")
    page.keyboard.press("Enter")
    page.get_by_text("You have heard 0 % of the recording").wait_for()
    page.get_by_label("why is this enough").fill("The recording can't be played here.")
    page.get_by_text("Everything is there.").wait_for()
    page.get_by_role("button", name="Send marks").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Marks sent.").wait_for()

    assert Decision.objects.get().total == 18
    assert Comment.objects.get().text.startswith("Asks what eleven days")


def test_arrows_move_between_rows_and_the_total_follows(browse):
    page = desk_of(browse, make_lease())

    press(page, ["5", "ArrowUp", "2", "ArrowDown", "ArrowDown", "4"])

    expect(page.locator("[data-total]")).to_have_text("6")
    expect(page.locator("[data-scored]")).to_have_text("2")
    expect(page.locator("[data-criterion=presence] [data-score]")).to_have_text("4")


def test_what_is_typed_outlives_a_lost_connection_and_a_closed_page(browse):
    lease = make_lease()
    page = desk_of(browse, lease)
    page.context.set_offline(True)
    press(page, "44c")
    page.keyboard.type("Half a thought")
    page.get_by_text("trying again").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")

    page.context.set_offline(False)
    page.goto(f"/admin/grading/{lease.task_id}/")
    page.locator(SAVED).wait_for()

    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('desk'))")
    expect(page.locator("[data-note]")).to_have_value("Half a thought")
    assert ReviewDraft.objects.get().data == {"marks": {"pain": 4, "value": 4}, "note": "Half a thought"}


def test_second_tab_is_told_and_both_versions_show(browse):
    lease = make_lease()
    first = desk_of(browse, lease)
    second = first.context.new_page()
    second.goto(first.url)
    press(first, "4")
    first.get_by_text("Draft saved").wait_for()

    press(second, "2")

    second.get_by_text("You changed these marks in another tab").wait_for()
    expect(second.locator("[data-criterion=pain] [data-elsewhere]")).to_have_text("Stored from the other tab: 4.")
    assert ReviewDraft.objects.get().data["marks"] == {"pain": 4}
    second.get_by_role("button", name="Save draft").click()
    expect(second).to_have_url(re.compile("/draft$"))
    second.get_by_role("button", name="Save draft").click()
    expect(second).to_have_url(first.url)
    assert ReviewDraft.objects.get().data["marks"] == {"pain": 2}


def test_desk_fits_one_screen_and_a_phone(browse):
    lease = make_lease()
    page = desk_of(browse, lease)
    page.wait_for_function("() => document.documentElement.scrollHeight <= innerHeight")

    page.set_viewport_size({"width": 360, "height": 740})

    page.wait_for_function("() => innerWidth === 360 && document.documentElement.scrollWidth <= innerWidth")


def test_marks_are_not_lost_when_sending_waits_for_evidence(browse):
    page = desk_of(browse, make_lease())
    press(page, "54444")
    page.get_by_text("Add one about Pain.").first.wait_for()

    page.get_by_role("button", name="Send marks").press("Enter")

    page.locator("[data-stopped]:visible").wait_for()
    expect(page.locator("[data-total]")).to_have_text(str(sum(marks(5, 4, 4, 4, 4).values())))
    assert not Decision.objects.exists()

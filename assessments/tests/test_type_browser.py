"""Numbers, words, orders and pairs in Chromium, with the keyboard alone and through a reload."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assessments.actions.banks import author_question
from assessments.actions.exams import publish_exam
from assessments.models import AttemptItem
from assessments.rules.draws import Cell
from assessments.rules.option_lines import read_lines
from assessments.tests.factories_exams import ExamFactory
from assessments.tests.sittings import begin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LINES = {
    "numeric": "= 3.14:0.01",
    "short_text": "= merge request",
    "ordering": "= plan\n= build\n= run",
    "matching": "= Prague\n-> Czechia\n= Vienna\n-> Austria\n~\n-> Hungary",
}

KEPT = """async () => {
    const request = indexedDB.open('exam-answers');
    const base = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const count = base.transaction('rows').objectStore('rows').count();
    return new Promise((resolve) => { count.onsuccess = () => { base.close(); resolve(count.result > 0); }; });
}"""
"""Whether the browser keeps an answer of its own."""


def sit(*kinds, **lines):
    """A live attempt that asks one question of each kind."""
    exam = ExamFactory(published=False)
    for kind in kinds:
        options = [
            {"text": one.text, "fraction": one.fraction, "match": one.match}
            for one in read_lines(lines.get(kind, LINES[kind]))
        ]
        author_question(bank=exam.bank, external_id=kind, kind=kind, text=f"A question of {kind}?", options=options)
    publish_exam(exam=exam, cells=[Cell(len(kinds))])
    exam.refresh_from_db()
    return begin(exam)


def position_of(attempt, kind):
    return attempt.items.get(version__kind=kind).position


def open_question(page, attempt, kind):
    page.goto(f"{attempt.get_absolute_url()}?q={position_of(attempt, kind)}")
    return page.locator(f"#question-{position_of(attempt, kind)}")


def saved(page, count):
    words = "1 answer saved" if count == 1 else f"All {count} answers saved"
    expect(page.locator("[data-save-text]")).to_contain_text(words)


def test_all_types_with_the_keyboard_alone_give_the_whole_mark(browse):
    attempt = sit(*LINES)
    page = browse(attempt.learner)

    open_question(page, attempt, "numeric").get_by_role("textbox").press_sequentially("3,14")
    saved(page, 1)
    open_question(page, attempt, "short_text").get_by_role("textbox").press_sequentially("Merge  Request ")
    saved(page, 2)
    matching = open_question(page, attempt, "matching")
    for left, right in (("Prague", "C"), ("Vienna", "A")):
        matching.get_by_role("combobox", name=left).focus()
        page.keyboard.press(right)
    saved(page, 3)
    ordering = open_question(page, attempt, "ordering")
    for place, thing in enumerate(["plan", "build", "run"], start=1):
        row = ordering.get_by_role("listitem").filter(has_text=thing)
        row.get_by_role("combobox", name="Place").focus()
        page.keyboard.press(str(place))
    saved(page, 4)

    page.get_by_role("link", name="Hand in").press("Enter")
    page.get_by_role("button", name="Hand in").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You passed the written exam")
    attempt.refresh_from_db()
    assert (attempt.current_run.score, attempt.current_run.max_score) == (4, 4)


def test_buttons_move_a_thing_keep_the_focus_and_say_so(browse):
    attempt = sit("ordering")
    page = browse(attempt.learner)
    question = open_question(page, attempt, "ordering")
    first = question.get_by_role("listitem").nth(0)
    text = first.locator(".placing__text").inner_text()

    first.get_by_role("button", name="Move down").focus()
    page.keyboard.press("Enter")

    moved = question.get_by_role("listitem").nth(1)
    expect(moved).to_contain_text(text)
    expect(moved.get_by_role("button", name="Move down")).to_be_focused()
    expect(question.get_by_role("status").filter(has_text="Now place 2 of 3.")).to_be_attached()
    saved(page, 1)
    page.reload()
    expect(question.get_by_role("listitem").nth(1)).to_contain_text(text)
    value = AttemptItem.objects.get(attempt=attempt).current_event.value
    assert [place for _, place in value] == [1, 2, 3]


def test_place_that_another_thing_holds_changes_with_it(browse):
    attempt = sit("ordering")
    page = browse(attempt.learner)
    question = open_question(page, attempt, "ordering")
    rows = question.get_by_role("listitem")
    texts = rows.locator(".placing__text")
    first, second, third = texts.all_inner_texts()
    rows.nth(0).get_by_role("button", name="Move down").click()
    expect(texts).to_have_text([second, first, third])

    rows.nth(2).get_by_role("combobox", name="Place").select_option(label="1")

    expect(texts).to_have_text([third, first, second])
    for place in range(3):
        expect(rows.nth(place).locator("select")).to_have_js_property("selectedIndex", place + 1)


def test_number_that_cannot_be_read_is_said_to_be_so_and_kept(browse):
    attempt = sit("numeric")
    page = browse(attempt.learner)
    question = open_question(page, attempt, "numeric")

    question.get_by_role("textbox").fill("1,000")
    question.get_by_role("textbox").blur()
    expect(question.get_by_text("can’t be read as a number")).to_be_visible()
    saved(page, 1)
    page.reload()
    expect(question.get_by_role("textbox")).to_have_value("1,000")
    expect(question.get_by_text("can’t be read as a number")).to_be_visible()
    question.get_by_role("textbox").fill("1000")
    expect(question.get_by_text("can’t be read as a number")).to_be_hidden()


def test_unsent_places_and_pairs_come_back_after_a_dead_tab(browse, eventually):
    attempt = sit("ordering", "matching")
    page = browse(attempt.learner)
    open_question(page, attempt, "matching")
    expect(page.locator("[data-save-text]")).to_contain_text("Nothing answered yet,")
    page.context.set_offline(True)
    page.get_by_role("combobox", name="Prague").select_option(label="Czechia")
    expect(page.locator("[data-save-text]")).to_have_text("1 not saved, keep this page open")
    assert eventually(lambda: page.evaluate(KEPT))
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)

    again = context.new_page()
    again.goto(attempt.get_absolute_url())
    again.get_by_role("button", name="Continue here").click()

    saved(again, 1)
    expect(again.get_by_role("combobox", name="Prague", include_hidden=True)).to_have_value(re.compile(r"^\w+:\w+$"))


@pytest.mark.parametrize("kind", sorted(LINES))
def test_controls_have_no_barrier_that_axe_knows(browse, kind):
    attempt = sit(kind)
    page = browse(attempt.learner)
    open_question(page, attempt, kind)

    found = Axe().run(page).response["violations"]

    assert [one["id"] for one in found] == []

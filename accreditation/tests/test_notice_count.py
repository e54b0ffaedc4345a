"""The number of unread notices in the head of a page, in a browser: it follows, and few ask."""

import re

import pytest
from playwright.sync_api import expect

from accreditation.tests.factories import NoticeFactory
from courses.tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_the_number_follows_and_one_tab_of_two_asks(browse, live_server):
    person = make_person()
    context, asked = browse(person).context, []
    context.on("request", lambda one: asked.append(one.url) if one.url.endswith("/notices/count") else None)
    context.clock.install()
    pages = [context.new_page(), context.new_page()]
    for page in pages:
        page.goto(f"{live_server.url}/programs/")
    badge = [page.locator("[data-notice-count]") for page in pages]
    expect(badge[0]).to_be_hidden()
    NoticeFactory.create_batch(2, recipient=person)

    for page in pages:
        page.clock.fast_forward(81_000)

    for one, page in zip(badge, pages, strict=True):
        expect(one).to_contain_text("2")
        expect(page).to_have_title(re.compile(r"^\(2\) "))
    expect(pages[0].get_by_role("status").last).to_have_text("Unread notices: 2")
    assert 1 <= len(asked) <= 2
    for page in pages:
        page.clock.fast_forward("02:00:00")
    many = len(asked)
    for page in pages:
        page.clock.fast_forward("02:00:00")
    assert len(asked) == many

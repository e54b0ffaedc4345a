"""Where things stand on a page: nothing lies over another thing or past the edge."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assessments.actions.sessions import begin_live, book_slot
from assessments.models import Booking, SessionSlot, SubmissionLink
from assessments.tests.factories_practicals import SubmissionFactory, make_grader, make_lease, make_slot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FITS = "() => document.documentElement.scrollWidth === document.documentElement.clientWidth"
BELOW = """() => {
    const [player, panes, pane] = ['.player', '.tabs', '.desk__pane'].map((one) => document.querySelector(one));
    const [above, below, shown] = [player, panes, pane].map((one) => one.getBoundingClientRect());
    return above.bottom <= below.top && shown.height >= 120;
}"""


@pytest.mark.parametrize("height", [768, 1000])
def test_the_panes_of_a_desk_with_several_recordings_stand_below_the_player(browse, height):
    lease = make_lease(practical__recordings_required=2)
    page = browse(lease.grader, viewport={"width": 1366, "height": height})
    page.goto(f"/admin/grading/{lease.task_id}/")

    page.wait_for_function(BELOW)


@pytest.mark.parametrize("width", [360, 1366])
def test_a_long_title_of_a_link_stays_on_the_page(browse, width):
    submission = SubmissionFactory(practical__written=True, practical__takes_evidence=True)
    SubmissionLink.objects.create(submission=submission, url="https://example.com/", title="x" * 200)
    page = browse(submission.learner, viewport={"width": width, "height": 768})

    page.goto(submission.practical.get_absolute_url())

    page.wait_for_function(FITS)


def test_a_desk_with_nothing_handed_in_opens_at_the_brief(browse):
    submission = SubmissionFactory(practical__session="required", notes="")
    grader = make_grader()
    slot = make_slot(submission.practical, hours=2, grader=grader)
    booking = book_slot(submission=submission, slot=slot, by=submission.learner)
    SessionSlot.objects.filter(pk=slot.pk).update(starts_at=timezone.now())
    lease = begin_live(booking=Booking.objects.get(pk=booking.pk), by=grader)
    page = browse(grader, viewport={"width": 1366, "height": 768})

    page.goto(f"/admin/grading/{lease.task_id}/")

    expect(page.locator(".tabs__panel--brief")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)

"""Where things stand on a page: nothing lies over another thing or past the edge."""

import pytest

from assessments.models import SubmissionLink
from assessments.tests.factories_practicals import SubmissionFactory, make_lease

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("height", [768, 1000])
def test_the_panes_of_a_desk_with_several_recordings_stand_below_the_player(browse, height):
    lease = make_lease(practical__recordings_required=2)
    page = browse(lease.grader, viewport={"width": 1366, "height": height})
    page.goto(f"/admin/grading/{lease.task_id}/")

    player, panes = (page.locator(name).bounding_box() for name in (".player", ".tabs"))

    assert player["y"] + player["height"] <= panes["y"]
    assert page.locator(".desk__pane").bounding_box()["height"] >= 120


@pytest.mark.parametrize("width", [360, 1366])
def test_a_long_title_of_a_link_stays_on_the_page(browse, width):
    submission = SubmissionFactory(practical__written=True, practical__takes_evidence=True)
    SubmissionLink.objects.create(submission=submission, url="https://example.com/", title="x" * 200)
    page = browse(submission.learner, viewport={"width": width, "height": 768})

    page.goto(submission.practical.get_absolute_url())

    assert page.evaluate(OVERFLOW) == 0

"""What those who lead the review queue are told of clips."""

import pytest

from accreditation.models import Notice
from accreditation.roles import REVIEW_LEAD
from assessments.actions.ruling_clips import work_on_clip
from assessments.tests.ruling_clips import make_filmed, make_ruling
from courses.tests.people import make_person

pytestmark = pytest.mark.django_db


def test_leads_read_why_a_clip_failed_and_where_to_try_again():
    submission = make_filmed()
    ruling = make_ruling(submission)
    lead = make_person(groups=[REVIEW_LEAD])
    make_person(groups=[REVIEW_LEAD], is_active=False)
    submission.recordings.update(play_path="rec/nothing.mp4")

    work_on_clip(clip_id=ruling.clip.pk)

    notice = Notice.objects.get(title__startswith="The clip of a ruling could not be cut")
    assert notice.recipient == lead
    assert "missing from our storage" in notice.text
    assert notice.link == f"/admin/assessments/ruling/{ruling.pk}/change/"

"""What every test of the recorder begins with."""

import pytest

from assessments.tests.factories_recordings import SubmissionFactory
from assessments.tests.recorder_deeds import PARTS
from assessments.tests.test_upload_protocol import signed_in


@pytest.fixture
def submission(db):
    """An open try whose practical has three parts and takes clips of seconds."""
    return SubmissionFactory(practical__short=True, practical__parts=PARTS)


@pytest.fixture
def client(submission):
    """Its learner's browser."""
    return signed_in(submission.learner)

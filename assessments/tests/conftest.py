"""What several test files of this app ask for by name."""

import pytest

from courses.tests.people import make_person


@pytest.fixture
def staff(db):
    """Somebody who steps in; what they may do is the business of pages."""
    return make_person()

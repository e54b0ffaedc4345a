"""Accommodations, for the tests of sittings."""

from datetime import date

from assessments.models import Accommodation
from courses.tests.people import make_person


def agree(learner, **fields):
    """An accommodation that holds for every exam from long ago, unless the fields say otherwise."""
    fields = {"valid_from": date(2020, 1, 1), "reason": "Letter of the doctor"} | fields
    return Accommodation.objects.create(
        learner=learner, approved_by=fields.pop("approved_by", None) or make_person(), **fields
    )

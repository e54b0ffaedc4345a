"""What a grader does at the desk, in one call each; and the refusal that a deed meets."""

import uuid

import pytest

from assessments.actions.marks import CommentText, keep_comment, keep_draft
from assessments.tests.factories_practicals import marks
from courses.lib.refusals import Refused

GOOD = marks(4, 4, 4, 3, 3)


def refusal_of(deed, **arguments):
    with pytest.raises(Refused) as caught:
        deed(**arguments)
    return caught.value.refusal


def draft_of(lease, data=None, revision=0, **changes):
    arguments = {"task": lease.task, "token": lease.token, "data": data or {"marks": GOOD}, "revision": revision}
    return keep_draft(**arguments | {"by": lease.grader} | changes)


def said(text="Asks what it costs.", criterion=None, start_ms=5000, place=1):
    return CommentText(text, criterion, start_ms, None, "learner", place)


def comment_of(lease, key=None, revision=0, by=None, **words):
    return keep_comment(
        task=lease.task,
        token=lease.token,
        key=key or uuid.uuid4(),
        revision=revision,
        said=said(**words),
        by=by or lease.grader,
    )

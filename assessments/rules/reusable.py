"""Comments that a grader keeps to use again."""

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from assessments.models import ReusableComment, ReviewTask
from courses.lib.people import Person
from courses.lib.refusals import Refusal

MOST = 60
FULL = Refusal("too-many", gettext_noop("You keep enough comments for reuse already. Remove one first."))


def reusable_by(grader: Person, task: ReviewTask) -> QuerySet[ReusableComment]:
    """A grader's own wordings for the rubric of a task, by criterion."""
    return kept_by(grader).filter(rubric=task.submission.rubric_version.rubric_id)


def kept_by(grader: Person) -> QuerySet[ReusableComment]:
    """All that a grader keeps; nobody else's."""
    return ReusableComment.objects.filter(grader_id=grader.pk)


def why_not_keep(grader: Person, task: ReviewTask) -> Refusal | None:
    """Why no more can be kept: sixty for one rubric are there. One query."""
    return FULL if reusable_by(grader, task).count() >= MOST else None

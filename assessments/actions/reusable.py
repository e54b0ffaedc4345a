"""Keeping a comment to use it again, and letting it go."""

from django.db import transaction

from assessments.models import ReusableComment, ReviewTask
from assessments.rules.reusable import why_not_keep
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def keep_for_reuse(*, task: ReviewTask, criterion: str, text: str, by: Person) -> ReusableComment:
    """Keep a wording for a criterion of this task's rubric ("" for any), once. Raises `Refused` when sixty are kept."""
    facts = {"grader_id": by.pk, "rubric_id": task.submission.rubric_version.rubric_id, "criterion": criterion}
    known = ReusableComment.objects.filter(**facts, text=text).first()
    if known is not None:
        return known
    refuse_if(why_not_keep(by, task))
    values = {"kept_at": database_now()}
    return ReusableComment.objects.get_or_create(**facts, text=text, defaults=values)[0]


@transaction.atomic
def forget(*, comment: ReusableComment, by: Person) -> None:
    """Remove a wording that its grader doesn't need any more; comments made from it stay."""
    comment.delete()

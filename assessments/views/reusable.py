"""A grader's comments to use again: forgetting one. Keeping one goes with the comment itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from assessments.actions.reusable import forget
from assessments.rules.reusable import kept_by
from assessments.views.reviews import grades, keep_marks_beside, task_of
from courses.lib.people import person_of


@grades
@require_POST
def forget_comment(request: HttpRequest, task_id: UUID, kept_id: int) -> HttpResponse:
    """Remove a wording that is not needed any more; the marks beside it are kept."""
    task = task_of(request, task_id)
    kept = get_object_or_404(kept_by(person_of(request)), pk=kept_id)
    forget(comment=kept, by=person_of(request))
    keep_marks_beside(request, task)
    return redirect("assessments:desk", task.pk)

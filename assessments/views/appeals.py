"""A learner's appeal against the outcome of a try."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from assessments.actions.appeals import appeal
from assessments.forms.appeals import AppealForm
from assessments.views.practicals import own_submission, submission_page
from courses.lib.people import person_of
from courses.lib.policy import signed_in


@signed_in
@require_POST
def appeal_page(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Appeal against the newest decision; a reason that is missing is asked for with what was typed."""
    submission = own_submission(request, submission_id)
    decision = submission.decisions.select_related("version", "appeal").order_by("-decided_at", "-pk").first()
    if decision is None:
        raise Http404
    form = AppealForm(request.POST)
    if not form.is_valid():
        return submission_page(request, submission, form, 400)
    appeal(decision=decision, reason=form.cleaned_data["reason"], by=person_of(request))
    return redirect(submission)

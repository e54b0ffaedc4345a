"""Deeds of a learner around what proves a try: links, files, and who is heard in it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from assessments import disk, storage
from assessments.actions import handins as actions
from assessments.forms.practicals import DisclosureForm, EvidenceForm, LinkForm
from assessments.models import Submission, SubmissionFile
from assessments.rules.agreements import Declaration, days_to_delete, declarations_of
from assessments.rules.handins import may_open, name_for
from assessments.views.practicals import declaration_form, practical_page
from assessments.views.recordings import gone, send_stored
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import signed_in, signed_in_json


def _own(request: HttpRequest, submission_id: UUID) -> Submission:
    mine = Submission.objects.visible_to(person_of(request)).select_related(
        "practical__exam", "practical__rubric_version"
    )
    return get_object_or_404(mine, pk=submission_id)


def _back(submission: Submission, section: str = "evidence") -> HttpResponse:
    return redirect(f"{submission.practical.get_absolute_url()}#{section}")


@signed_in
@require_POST
def add_link(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Add a link."""
    submission, form = _own(request, submission_id), LinkForm(request.POST)
    if not form.is_valid():
        return practical_page(request, submission.practical, 400, link_form=form)
    actions.add_link(submission=submission, by=person_of(request), **form.cleaned_data)
    return _back(submission)


@signed_in
@require_POST
def remove_link(request: HttpRequest, submission_id: UUID, link_id: int) -> HttpResponse:
    """Take a link out."""
    submission = _own(request, submission_id)
    actions.remove_link(submission=submission, link_id=link_id, by=person_of(request))
    return _back(submission)


@signed_in
@require_POST
def add_file(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Add a file."""
    submission, form = _own(request, submission_id), EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return practical_page(request, submission.practical, 400, file_form=form)
    actions.add_file(submission=submission, sent=form.cleaned_data["file"], by=person_of(request))
    return _back(submission)


@signed_in
@require_POST
def remove_file(request: HttpRequest, submission_id: UUID, file_id: UUID) -> HttpResponse:
    """Take a file out."""
    submission = _own(request, submission_id)
    file = get_object_or_404(submission.files.kept(), pk=file_id)
    actions.remove_file(submission=submission, file=file, by=person_of(request))
    return _back(submission)


@signed_in_json
@require_safe
def file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """A file of a try, as a download, for those who may read the try."""
    found = get_object_or_404(SubmissionFile.objects.select_related("submission"), pk=file_id)
    if not may_open(person_of(request), found, database_now()):
        raise Http404
    if found.is_gone:
        return gone(found)
    name = name_for(person_of(request), found)
    return send_stored(request, disk.relative(storage.file_path(found)), name=name, attachment=True)


@signed_in
@require_POST
def declare(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Say who is heard in a recording and what they agreed to."""
    submission, now = _own(request, submission_id), database_now()
    form = DisclosureForm(request.POST, days=days_to_delete(submission.practical, now))
    if not form.is_valid():
        bound = [(one, _bound(request, one)) for one in declarations_of(submission, now)]
        return practical_page(request, submission.practical, 400, declarations=bound)
    actions.declare(submission=submission, by=person_of(request), **form.cleaned_data)
    return _back(submission, "people")


def _bound(request: HttpRequest, declared: Declaration) -> DisclosureForm:
    """The form that was sent keeps what was typed, the others show what is stored."""
    return declaration_form(declared, request.POST if request.POST.get("place") == str(declared.place) else None)

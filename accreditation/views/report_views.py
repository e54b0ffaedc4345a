"""Saved views of reports: keeping, opening, renaming, sharing and removing them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.report_views import change_view, remove_view, save_view
from accreditation.models import ReportView
from accreditation.rules.report_views import address_of, program_for, views_for, why_not_open
from accreditation.views.who import user_of
from courses.lib.policy import needs
from courses.lib.refusals import refuse_if

reads: Callable[..., Any] = needs("accreditation.view_accreditation")


@reads
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is chosen on the report at hand, and show it again."""
    slug = request.POST.get("program", "")
    program = program_for(slug) if slug else None
    if slug and program is None:
        raise Http404
    view = save_view(
        name=request.POST.get("name", ""),
        program=program,
        query=request.POST.get("query", ""),
        is_shared=bool(request.POST.get("is_shared")),
        by=user_of(request),
    )
    messages.success(request, _("Kept. It stands under “Saved views” on the page of the reports."))
    return redirect(address_of(view))


@reads
@require_GET
def open_(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as it was chosen, with the figures of now."""
    view = get_object_or_404(views_for(request.user), pk=pk)
    refuse_if(why_not_open(view))
    return redirect(address_of(view))


@reads
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename it, share it or stop sharing it."""
    view = get_object_or_404(ReportView.objects.of(user_of(request)), pk=pk)
    shared = bool(request.POST.get("is_shared"))
    change_view(view=view, name=request.POST.get("name", ""), is_shared=shared, by=user_of(request))
    return redirect("program-reports")


@reads
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove it."""
    view = get_object_or_404(ReportView.objects.of(user_of(request)), pk=pk)
    remove_view(view=view, by=user_of(request))
    return redirect("program-reports")

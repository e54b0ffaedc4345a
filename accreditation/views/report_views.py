"""Saved views of reports: keeping, opening, renaming, sharing and removing them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accreditation.actions.report_mails import When, end_schedule, schedule_report, stop_report, take_up_report
from accreditation.actions.report_views import change_view, remove_view, save_view
from accreditation.models import ReportReader, ReportSchedule, ReportView
from accreditation.report_forms import ScheduleForm
from accreditation.rules.report_mails import mails_of, staff_for, why_not_schedule
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


@reads
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """When and to whom one's own view goes by mail, and how the last sendings went."""
    view = get_object_or_404(ReportView.objects.of(user_of(request)).select_related("program", "owner"), pk=pk)
    refuse_if(why_not_schedule(view))
    set_ = ReportSchedule.objects.filter(view=view).first()
    form = ScheduleForm(request.POST or None, schedule=set_, staff=staff_for(view), owner=view.owner)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        when = When(said["frequency"], said["hour"], said["weekday"], said["month_day"])
        people = list(said["readers"])
        schedule_report(view=view, when=when, readers=people, has_file=said["has_file"], by=user_of(request))
        messages.success(request, _("Saved. It comes by e-mail from the next time on."))
        return redirect("report-view-mail", pk=view.pk)
    context = {
        "view": view,
        "form": form,
        "schedule": set_,
        "mails": mails_of(set_) if set_ else [],
        "off": set_.readers.exclude(ended="").exclude(ended="owner").select_related("person") if set_ else [],
    }
    return render(request, "admin/reports/schedule.html", context, status=422 if form.errors else 200)


@reads
@require_POST
def unschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail one's own view no more."""
    row = get_object_or_404(ReportSchedule.objects.filter(view__owner=user_of(request)), view=pk)
    end_schedule(schedule=row, by=user_of(request))
    messages.success(request, _("It goes to nobody by e-mail any more."))
    return redirect("report-view-mail", pk=pk)


@reads
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Get a report no longer, or again."""
    row = get_object_or_404(ReportReader.objects.filter(person=user_of(request)), schedule__view=pk)
    deed = take_up_report if request.POST.get("again") else stop_report
    deed(schedule_id=row.schedule_id, person=user_of(request))
    return redirect("program-reports")

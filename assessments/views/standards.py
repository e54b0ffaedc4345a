"""Standard setting by Angoff's method: the panel's page for those who lead it, the form of one judge."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.actions.standards import (
    cancel_standard,
    close_standard,
    judge_items,
    open_second_round,
    start_standard,
)
from assessments.forms.standards import JudgementsForm, JudgesForm
from assessments.models import Exam, Judge, StandardSetting, StandardState
from assessments.models.standards import OPEN
from assessments.rules.standards import items_to_judge, report_of, sheet_of, why_not_go_on
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs, signed_in
from courses.lib.telling import do_or_say_why, told_on

leads: Callable[..., Any] = needs("assessments.change_standardsetting")


@leads
@require_http_methods(["GET", "POST"])
def standard(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest standard setting of an exam and its report; POST starts one."""
    exam = get_object_or_404(Exam.objects.select_related("current_version__exam"), slug=slug)
    form = JudgesForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        judges = [person.pk for person in form.cleaned_data["judges"]]
        with told_on(form):
            start_standard(version=exam.current_version, judges=judges, by=person_of(request), now=database_now())
            messages.success(
                request, _("The first round is open. The judges are told, and find it on their first page.")
            )
            return redirect("assessments:standard", slug)
    settings = StandardSetting.objects.filter(exam_version__exam=exam).select_related("exam_version__exam")
    newest = settings.first()
    following = StandardState.SECOND if newest and newest.state == StandardState.FIRST else StandardState.CLOSED
    refusal = why_not_go_on(newest, following) if newest and newest.state in OPEN else None
    context = {
        "refusal": refusal,
        "may_go_without": refusal is not None and refusal.code == "judges-missing",
        "exam": exam,
        "form": form,
        "report": report_of(newest) if newest else None,
        "is_open": newest is not None and newest.state in OPEN,
        "items": len(items_to_judge(exam.current_version)) if exam.current_version else 0,
    }
    return render(request, "admin/statistics/standard.html", context)


def _moved(
    request: HttpRequest, setting_id: int, deed: Callable[..., StandardSetting], told: str, **how: bool
) -> HttpResponse:
    setting = get_object_or_404(StandardSetting.objects.select_related("exam_version__exam"), pk=setting_id)
    do_or_say_why(request, lambda: deed(setting=setting, by=person_of(request), now=database_now(), **how), told)
    return redirect("assessments:standard", setting.exam_version.exam.slug)


@leads
@require_POST
def second_round(request: HttpRequest, setting_id: int) -> HttpResponse:
    """Open the second round."""
    told = "The second round is open: each judge is told, and sees how the others judged."
    return _moved(request, setting_id, open_second_round, told, without_missing="without" in request.POST)


@leads
@require_POST
def close(request: HttpRequest, setting_id: int) -> HttpResponse:
    """Close with a report."""
    told = "Closed. The pass mark stays as it is; the report says what it rests on."
    return _moved(request, setting_id, close_standard, told, without_missing="without" in request.POST)


@leads
@require_POST
def cancel(request: HttpRequest, setting_id: int) -> HttpResponse:
    """Close without a result."""
    return _moved(request, setting_id, cancel_standard, "Cancelled. What was judged is kept.")


@signed_in
@require_http_methods(["GET", "POST"])
def judge(request: HttpRequest, setting_id: int) -> HttpResponse:
    """The form of one judge; somebody who wasn't chosen finds nothing."""
    person = person_of(request)
    places = Judge.objects.visible_to(person).select_related("setting__exam_version__exam")
    place = get_object_or_404(places, setting_id=setting_id)
    rows = sheet_of(place)
    form = JudgementsForm([row.item.pk for row in rows], request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with told_on(form):
            judge_items(judge=place, percents=form.percents(), by=person, now=database_now())
            left = len(rows) - len(form.percents())
            words = f"Kept. {left} of {len(rows)} questions are left." if left else "Kept: every question is judged."
            messages.success(request, words)
            return redirect("assessments:standard-judge", setting_id)
    fields = [(row, form[f"item-{row.item.pk}"]) for row in rows]
    context = {
        "place": place,
        "fields": fields,
        "form": form,
        "is_open": place.setting.state in OPEN,
        "shows_others": any(row.others for row in rows),
        "shows_facility": any(row.facility is not None for row in rows),
    }
    return render(request, "admin/statistics/judge.html", context, status=400 if form.errors else 200)

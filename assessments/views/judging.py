"""Comparative judgement: the page of a judge, and the order that the lead reads."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from assessments.actions.judging import ask_pair, judge_pair, pass_pair
from assessments.forms.judging import ChoiceForm
from assessments.models import Comparison, JudgingSet
from assessments.rules.judging import judge_page, order_of
from assessments.views.reviews import grades
from courses.lib.people import person_of
from courses.lib.policy import needs
from courses.lib.refusals import Refused

leads: Callable[..., Any] = needs("assessments.lead_reviews")


@grades
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The sets that this person judges, and for leads all of them."""
    person = person_of(request)
    sets = JudgingSet.objects.select_related("rubric")
    every = sets if person.has_perm("assessments.lead_reviews") else ()
    context = {"mine": sets.visible_to(person), "every": every}
    return render(request, "admin/grading/judging_sets.html", context)


def _set_of(request: HttpRequest, judging_id: int) -> JudgingSet:
    """The set, of one of its judges; 404 for everybody else."""
    return get_object_or_404(JudgingSet.objects.visible_to(person_of(request)), pk=judging_id)


@grades
@require_GET
def judge(request: HttpRequest, judging_id: int) -> HttpResponse:
    """Two works beside one another, or why there are none."""
    page = judge_page(_set_of(request, judging_id), person_of(request))
    return render(request, "admin/grading/judge.html", {"page": page})


@grades
@require_POST
def next_(request: HttpRequest, judging_id: int) -> HttpResponse:
    """Ask for a pair."""
    ask_pair(judging=_set_of(request, judging_id), by=person_of(request))
    return redirect("assessments:judging-judge", judging_id)


@grades
@require_POST
def choose(request: HttpRequest, judging_id: int) -> HttpResponse:
    """Keep which one is better, and show the next pair."""
    return _answered(
        request, judging_id, lambda pair, first: judge_pair(comparison=pair, takes_first=first, by=person_of(request))
    )


@grades
@require_POST
def know(request: HttpRequest, judging_id: int) -> HttpResponse:
    """Put the pair aside because its judge knows who made one of the works."""
    return _answered(
        request, judging_id, lambda pair, first: pass_pair(comparison=pair, knows_first=first, by=person_of(request))
    )


def _answered(request: HttpRequest, judging_id: int, deed: Callable[[Comparison, bool], Any]) -> HttpResponse:
    judging, form = _set_of(request, judging_id), ChoiceForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(next(iter(form.errors.values()))[0]))
        return redirect("assessments:judging-judge", judging_id)
    own = Comparison.objects.filter(judging=judging, judge_id=person_of(request).pk)
    pair = get_object_or_404(own, pk=form.cleaned_data["comparison"])
    try:
        deed(pair, form.cleaned_data["side"] == "first")
    except Refused as refused:
        page = judge_page(judging, person_of(request))
        return render(request, "admin/grading/judge.html", {"page": page, "stopped": refused.refusal}, status=409)
    ask_pair(judging=judging, by=person_of(request))
    return redirect("assessments:judging-judge", judging_id)


@leads
@require_GET
def result(request: HttpRequest, judging_id: int) -> HttpResponse:
    """The order of the works, how far it can be relied on, and how the judges go with it."""
    judging = get_object_or_404(JudgingSet, pk=judging_id)
    return render(request, "admin/grading/judging_result.html", {"order": order_of(judging)})

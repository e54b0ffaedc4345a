"""Practice rounds. Every answer is a form, and the page that follows says what is right."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.actions.practice import answer_practice, end_practice, start_practice
from assessments.forms.sittings import AnswerForm
from assessments.models import Attempt, AttemptState, Exam
from assessments.rules.exams import questions_for_practice
from assessments.rules.practice import open_round, practised, rounds_of, score_of, why_not_practise
from assessments.views.attempts import own_attempt, position_in
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import signed_in


@signed_in
@require_safe
def practice(request: HttpRequest, slug: str) -> HttpResponse:
    """What there is to practise for an exam, and the rounds so far."""
    exams = Exam.objects.visible_to(person_of(request)).select_related("current_version")
    exam = get_object_or_404(exams, slug=slug)
    questions, rounds = questions_for_practice(exam), rounds_of(person_of(request), exam)
    context = {
        "exam": exam,
        "questions": questions,
        "refusal": why_not_practise(exam, questions),
        "open_round": open_round(rounds, database_now()),
        "rounds": [one for one in rounds if one.current_run],
    }
    return render(request, "assessments/practice/practice.html", context)


@signed_in
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a round, or go on with the open one."""
    exam = get_object_or_404(Exam.objects.published().select_related("current_version"), slug=slug)
    return redirect("assessments:practice-round", start_practice(exam=exam, by=person_of(request)).pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def round_(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """One question of a round; a POST is an answer to check. The ended round shows every question."""
    found = own_attempt(request, attempt_id)
    if found.scored:
        raise Http404
    if found.state != AttemptState.IN_PROGRESS:
        return _ended(request, found)
    if request.method == "POST":
        return _check(request, found)
    questions = practised(found)
    position = min(max(position_in(request.GET.get("q", "")), 1), len(questions))
    context = {"attempt": found, "questions": questions, "current": questions[position - 1]}
    return render(request, "assessments/practice/question.html", context)


def _check(request: HttpRequest, found: Attempt) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return redirect("assessments:practice-round", found.pk)
    answer_practice(attempt_id=found.pk, by=person_of(request), entry=form.entry())
    return redirect(f"{request.path}?q={form.cleaned_data['q']}")


def _ended(request: HttpRequest, found: Attempt) -> HttpResponse:
    questions = practised(found)
    right, asked = score_of(questions)
    context = {"attempt": found, "questions": questions, "right": right, "asked": asked}
    return render(request, "assessments/practice/ended.html", context)


@signed_in
@require_POST
def end(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """End a round."""
    try:
        ended = end_practice(attempt_id=attempt_id, by=person_of(request))
    except Attempt.DoesNotExist:
        raise Http404 from None
    return redirect("assessments:practice-round", ended.pk)

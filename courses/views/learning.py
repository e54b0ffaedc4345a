"""Pages of paths, courses and lessons."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from courses.actions.feedback import rate_course, tell_us
from courses.actions.progress import say_lesson_done
from courses.forms import CourseRatingForm, TellUsForm
from courses.lib.files import private_file
from courses.lib.people import person_of
from courses.lib.policy import View, signed_in
from courses.models import Asset, ContentState, Course, CourseCompletion, Feedback, LearningPath, Lesson, Withdrawal
from courses.rules.content import embed_address
from courses.rules.feedback import About
from courses.rules.progress import CourseProgress, course_after, course_progress, lessons_done, path_progress
from courses.rules.withdrawals import last_withdrawal
from courses.views.packages import package_on


def or_withdrawn(model: type[Any]) -> Callable[[View], View]:
    """What was withdrawn with a reason says it to those who come by an old link, and what replaces it. Source: rules.md 2.44."""

    def wrap(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, slug, *args, **kwargs)
            except Http404:
                row = model.objects.filter(slug=slug, state=ContentState.WITHDRAWN).first()
                withdrawal = last_withdrawal(row) if row else None
                if withdrawal is None or not withdrawal.reason:
                    raise
                return _withdrawn(request, row, withdrawal)

        return shown

    return wrap


def _withdrawn(request: HttpRequest, row: Any, withdrawal: Withdrawal) -> HttpResponse:
    replacement = withdrawal.replacement
    is_open = replacement is not None and replacement.state == ContentState.PUBLISHED
    context = {"row": row, "withdrawal": withdrawal, "replacement": replacement if is_open else None}
    return render(request, "courses/withdrawn.html", context, status=410)


@signed_in
@require_GET
@or_withdrawn(LearningPath)
def path(request: HttpRequest, slug: str) -> HttpResponse:
    """A learning path: its courses as stops on a line."""
    rows = LearningPath.objects.visible_to(person_of(request)).select_related("use_case")
    shown = get_object_or_404(rows, slug=slug)
    progress = path_progress(shown, person_of(request))
    following = next((one for one in progress if not one.is_complete), None)
    return render(request, "courses/path.html", {"path": shown, "progress": progress, "following": following})


@signed_in
@require_GET
@or_withdrawn(Course)
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """A course: the next lesson, then the objectives with their lessons."""
    return course_page(request, slug)


def course_page(request: HttpRequest, slug: str, form: CourseRatingForm | None = None) -> HttpResponse:
    """The course; `form` is a rating that couldn't be read."""
    shown, progress = _course(request, slug)
    own = shown.paths.published().order_by("title").first()
    nothing = {"rating": None, "rating_form": None}
    context: dict[str, Any] = {"course": shown, "progress": progress, "path": own, **nothing}
    if own and progress.is_complete:
        context["following"] = course_after(shown, path_progress(own, person_of(request)))
    if progress.is_complete:
        context |= _rating(request, shown, form)
    return render(request, "courses/course.html", context, status=422 if form else 200)


@signed_in
@require_GET
@or_withdrawn(Course)
def lesson(request: HttpRequest, slug: str, lesson_slug: str) -> HttpResponse:
    """A lesson: its text, its outside content on click, "done" and "tell us"."""
    return _shown(request, _lesson_page(request, slug, lesson_slug, TellUsForm()))


@signed_in
@require_POST
def lesson_done(request: HttpRequest, slug: str, lesson_slug: str) -> HttpResponse:
    """Mark the lesson done and go on to the next one, or to the course when it is complete."""
    done = _lesson(request, slug, lesson_slug)
    say_lesson_done(lesson=done, by=person_of(request))
    _, progress = _course(request, slug)
    if progress.next_lesson is None:
        messages.success(request, gettext("%(course)s is done.") % {"course": progress.course.title})
        return redirect(progress.course)
    return redirect(progress.next_lesson)


@signed_in
@require_POST
def lesson_feedback(request: HttpRequest, slug: str, lesson_slug: str) -> HttpResponse:
    """Keep a "tell us" remark; a form that can't be read shows the lesson again with what was typed."""
    about = _lesson(request, slug, lesson_slug)
    form = TellUsForm(request.POST)
    if not form.is_valid():
        return _shown(request, _lesson_page(request, slug, lesson_slug, form), status=422)
    where = About(about.get_absolute_url(), about.title, "courses:lesson", str(about.pk))
    tell_us(lesson_id=about.pk, about=where, by=person_of(request), **form.cleaned_data)
    thanks = gettext("Thank you, it is with the people who write this course. The answer comes as a notice.")
    messages.success(request, thanks)
    return redirect(about)


@signed_in
@require_POST
def rate(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep how a completed course was; a form that can't be read shows the course again with what was typed."""
    shown, _ = _course(request, slug)
    completion = get_object_or_404(CourseCompletion, learner=person_of(request).pk, course=shown)
    form = CourseRatingForm(request.POST)
    if not form.is_valid():
        return course_page(request, slug, form)
    rate_course(completion=completion, by=person_of(request), **form.cleaned_data)
    messages.success(request, gettext("Thank you. You can change it until somebody has read it."))
    return redirect("courses:course", slug)


def _rating(request: HttpRequest, shown: Course, form: CourseRatingForm | None) -> dict[str, Any]:
    """How this person rated the course, or may. One query."""
    done = CourseCompletion.objects.filter(learner=person_of(request).pk, course=shown).select_related("rating").first()
    if done is None:
        return {}
    rating = getattr(done, "rating", None)
    said = {"stars": rating.stars, "text": rating.text} if rating else None
    return {"rating": rating, "rating_form": form or CourseRatingForm(initial=said)}


@signed_in
@require_GET
def lesson_file(request: HttpRequest, slug: str, lesson_slug: str) -> HttpResponseBase:
    """The lesson's file, as an attachment."""
    shown = _lesson(request, slug, lesson_slug)
    if not shown.file:
        raise Http404
    path = Path(shown.file.path)
    try:
        return private_file(request, path, content_type="application/octet-stream", name=path.name, attachment=True)
    except FileNotFoundError:
        raise Http404 from None


def _course(request: HttpRequest, slug: str) -> tuple[Course, CourseProgress]:
    rows = Course.objects.visible_to(person_of(request)).select_related("journey_stage")
    lessons = Prefetch("lessons", Lesson.objects.select_related("objective", "package"))
    shown = get_object_or_404(rows.prefetch_related(lessons, "objectives"), slug=slug)
    return shown, course_progress(shown, lessons_done(person_of(request), [shown]))


def _lesson(request: HttpRequest, slug: str, lesson_slug: str) -> Lesson:
    courses = Course.objects.visible_to(person_of(request))
    rows = Lesson.objects.select_related("course", "objective")
    return get_object_or_404(rows, course__in=courses, course__slug=slug, slug=lesson_slug)


def _shown(request: HttpRequest, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page of a lesson; a package of it may be framed from its own origin, and from there only."""
    response = render(request, "courses/lesson.html", page, status=status)
    if page["package"].get("origin"):
        response._csp_update = {"frame-src": [page["package"]["origin"]]}  # type: ignore[attr-defined]
    return response


def _lesson_page(request: HttpRequest, slug: str, lesson_slug: str, form: TellUsForm) -> dict[str, Any]:
    shown, progress = _course(request, slug)
    stops = list(progress.stops)
    place = next((n for n, stop in enumerate(stops) if stop.lesson.slug == lesson_slug), None)
    if place is None:
        raise Http404
    here = stops[place].lesson
    return {
        "course": shown,
        "lesson": here,
        "is_done": stops[place].state == "done",
        "number": place + 1,
        "progress": progress,
        "previous": stops[place - 1].lesson if place else None,
        "embed": embed_address(here),
        "package": package_on(request, here),
        "assets": Asset.objects.visible_to(person_of(request))
        .filter(lessons=here)
        .exclude(current_version=None)
        .distinct(),
        "form": form,
        "remarks": Feedback.objects.filter(author_id=person_of(request).pk, lesson=here)[:5],
    }

"""What a learner catches up with: the page of an update, and its lessons."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accreditation.models import Program, Update, UpdateItem, UpdatePart
from accreditation.rules.update_pages import update_page
from accreditation.views.who import user_of
from courses.actions.progress import reread_lesson
from courses.lib.policy import signed_in
from courses.models import Course, Lesson, LessonReread
from courses.rules.content import embed_address


def _update(request: HttpRequest, slug: str, number: int) -> Update:
    """One that people were told of, of a program that this person may see."""
    items = UpdateItem.objects.select_related("lesson__course", "question", "criterion", "revision__source")
    parts = UpdatePart.objects.select_related("course", "exam", "practical__exam", "exam_asked__current_version")
    rows = (
        Update.objects.told()
        .select_related("program")
        .prefetch_related(Prefetch("parts", parts.prefetch_related(Prefetch("items", items))), "revisions__source")
    )
    programs = Program.objects.visible_to(user_of(request))
    return get_object_or_404(rows, program__in=programs, program__slug=slug, number=number)


def _lesson(request: HttpRequest, update: Update, item: int) -> tuple[UpdateItem, Lesson]:
    """A lesson that the update asks for, of a course that is open."""
    courses = Course.objects.visible_to(user_of(request))
    rows = UpdateItem.objects.select_related("lesson__course", "revision__source")
    row = get_object_or_404(rows, pk=item, part__update=update, is_left_out=False, lesson__course__in=courses)
    assert row.lesson is not None  # filtered by its course
    return row, row.lesson


@signed_in
@require_GET
def update(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What changed, what of it one is asked for, and how far one is."""
    page = update_page(user_of(request), _update(request, slug, number), timezone.now())
    return render(request, "accreditation/update.html", {"page": page, "update": page.update})


@signed_in
@require_GET
def update_lesson(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """A changed lesson, with what changed on top."""
    found = _update(request, slug, number)
    row, lesson = _lesson(request, found, item)
    since = LessonReread.objects.filter(learner=user_of(request), lesson=lesson, done_on__gte=found.changed_on)
    context = {"update": found, "item": row, "lesson": lesson, "embed": embed_address(lesson)}
    return render(request, "accreditation/update_lesson.html", context | {"is_done": since.exists()})


@signed_in
@require_POST
def update_lesson_done(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """Confirm that one went through it; then back to what is left."""
    found = _update(request, slug, number)
    lesson = _lesson(request, found, item)[1]
    reread_lesson(lesson=lesson, by=user_of(request))
    messages.success(request, _("Read: %(lesson)s.") % {"lesson": lesson.title})
    return redirect(found)

"""The ruling book of a rubric, as graders read it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from assessments.rules.rulings import book_of, books
from assessments.views.reviews import grades
from courses.lib.people import person_of


@grades
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The books there are."""
    return render(request, "admin/grading/ruling_books.html", {"rubrics": books()})


@grades
@require_GET
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """The rulings in force, criterion by criterion; they are searched and printed in the page."""
    rubric = get_object_or_404(books(), slug=slug)
    chapters = book_of(rubric, person_of(request))
    count = sum(len(one.rulings) for one in chapters)
    return render(request, "admin/grading/rulings.html", {"rubric": rubric, "chapters": chapters, "count": count})

"""The first page: a landing for visitors, "my accreditations" for learners."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from courses.lib.policy import open_to_all


@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    """The landing page, or the learner's own."""
    return render(request, "accreditation/landing.html")

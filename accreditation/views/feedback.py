"""Telling us something about a page, what became of it, and what was done about what people said."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accreditation.rules.about import about
from accreditation.views.who import user_of
from courses.actions.feedback import tell_us, want_no_more, want_too
from courses.forms import TellUsForm
from courses.lib.policy import open_to_all, signed_in
from courses.models import Feedback
from courses.rules.feedback import asked_by_others, said_and_done

A_PAGE = 20
OF_OTHERS = 20


@signed_in
@require_GET
def feedback(request: HttpRequest) -> HttpResponse:
    """One's own remarks with their states and answers, and what others asked that may be wanted too."""
    person = user_of(request)
    own = Feedback.objects.visible_to(person).select_related("lesson", "duplicate_of").order_by("-created_at", "-pk")
    page = Paginator(own, A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "others": asked_by_others(person)[:OF_OTHERS]}
    return render(request, "accreditation/feedback.html", context)


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Say something about the page that `about` names, or about the portal; a form that can't be read comes back filled."""
    where = about(request.POST.get("about", "") or request.GET.get("about", ""), user_of(request))
    form = TellUsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        lesson = int(where.id) if where.kind == "courses:lesson" else None
        row = tell_us(about=where, lesson_id=lesson, by=user_of(request), **form.cleaned_data)
        messages.success(request, _("Thank you. You read here what becomes of it, and the answer comes as a notice."))
        return redirect(f"/feedback/#remark-{row.pk}")
    context: dict[str, Any] = {"form": form, "where": where}
    return render(request, "accreditation/feedback_new.html", context, status=422 if form.errors else 200)


@open_to_all
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """What was done about what people said: the public line of each, and words whose author agreed."""
    rows = said_and_done(is_signed_in=request.user.is_authenticated)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "accreditation/feedback_done.html", {"page": page})


@signed_in
@require_POST
def want(request: HttpRequest, pk: int) -> HttpResponse:
    """Want what somebody else asked for."""
    row = get_object_or_404(Feedback.objects.shown_to(is_signed_in=True), pk=pk)
    want_too(feedback=row, by=user_of(request))
    return redirect("/feedback/#others")


@signed_in
@require_POST
def want_not(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's voice back."""
    row = get_object_or_404(Feedback.objects.shown_to(is_signed_in=True), pk=pk)
    want_no_more(feedback=row, by=user_of(request))
    return redirect("/feedback/#others")

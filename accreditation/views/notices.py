"""Notices: reading them, and choosing which come by e-mail too."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.notices import mark_all_read, mark_read
from accreditation.models import Notice
from accreditation.views.who import user_of
from courses.lib.policy import signed_in


@signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The person's notices, newest first, twenty a page."""
    page = Paginator(Notice.objects.visible_to(user_of(request)), 20).get_page(request.GET.get("page"))
    return render(request, "accreditation/notices.html", {"page": page})


@signed_in
@require_POST
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read and go where it leads."""
    notice = mark_read(
        notice=get_object_or_404(Notice.objects.visible_to(user_of(request)), pk=pk), by=user_of(request)
    )
    own = notice.link and url_has_allowed_host_and_scheme(notice.link, allowed_hosts=None)
    return redirect(notice.link if own else "notices")


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every notice read."""
    mark_all_read(by=user_of(request))
    return redirect("notices")

"""Notices: reading them, marking them, and how many are new."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.notices import mark_all_read, mark_read, mark_unread
from accreditation.models import Notice, NoticeKind
from accreditation.rules.notice_pages import kinds_of, notice_page
from accreditation.views.who import user_of
from courses.lib.policy import signed_in, signed_in_json


@signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The person's notices by day, newest first, twenty a page; by kind, or the unread ones alone."""
    person, kind, unread = user_of(request), request.GET.get("kind", ""), request.GET.get("unread") == "1"
    before = request.GET.get("before", "")[:80]
    page = notice_page(person=person, kind=kind, only_unread=unread, before=before, now=timezone.now())
    kept = {"kind": kind if kind in NoticeKind.values else "", "unread": "1" if unread else "", "before": before}
    older = urlencode({name: value for name, value in kept.items() if value} | {"before": page.after})
    facts = {"page": page, "kinds": kinds_of(person), "kept": kept, "older": older}
    return render(request, "accreditation/notices.html", facts)


@signed_in_json
@require_GET
def unread_count(request: HttpRequest) -> HttpResponse:
    """How many are unread: `{"unread": 3}`, or 304 where that is what the page knows. One query besides the person."""
    count = Notice.objects.visible_to(user_of(request)).unread().count()
    tag = f'"{count}"'
    response = get_conditional_response(request, etag=tag) or JsonResponse({"unread": count})
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    return response


@signed_in
@require_POST
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read and go where it leads."""
    notice = mark_read(notice=_own(request, pk), by=user_of(request))
    own = notice.link and url_has_allowed_host_and_scheme(notice.link, allowed_hosts=None)
    return redirect(notice.link if own else "notices")


@signed_in
@require_POST
def read_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read, and stay."""
    return _back(request, mark_read(notice=_own(request, pk), by=user_of(request)))


@signed_in
@require_POST
def unread_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice unread again, and stay."""
    return _back(request, mark_unread(notice=_own(request, pk), by=user_of(request)))


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every notice read."""
    mark_all_read(by=user_of(request))
    return redirect("notices")


def _own(request: HttpRequest, pk: int) -> Notice:
    return get_object_or_404(Notice.objects.visible_to(user_of(request)), pk=pk)


def _back(request: HttpRequest, notice: Notice) -> HttpResponse:
    """To the page that the person came from, at the notice."""
    kept = {name: request.POST.get(name, "")[:80] for name in ("kind", "unread", "before")}
    query = urlencode({name: value for name, value in kept.items() if value})
    return redirect(f"{reverse('notices')}{f'?{query}' if query else ''}#notice-{notice.pk}")

"""A person's own page and a manager's team."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accreditation.forms import ProfileForm
from accreditation.models import User
from accreditation.rules.invitations import invitations_to, why_not_take_up
from accreditation.rules.people import head_count, team_of, with_standing
from accreditation.rules.records import A_PAGE, MOST, record_of
from accreditation.rules.records import KINDS as RECORD_KINDS
from accreditation.rules.team_week import KINDS, part_of_week, week_of
from accreditation.views.who import user_of
from courses.lib.policy import signed_in

PEOPLE_A_PAGE = 50


@signed_in
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What a person may edit of themselves; the rest is shown and set by enablement."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user_of(request).pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    invited = [(row, why_not_take_up(user_of(request), row)) for row in invitations_to(user_of(request))]
    context = {"form": form, "invited": invited}
    return render(request, "accreditation/profile.html", context, status=422 if form.errors else 200)


@signed_in
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """A people manager's whole line, with standing and badges; nothing of the work. 404 for whoever has none.

    `?reports=direct` leaves out who is managed through others.
    """
    manager, is_direct = user_of(request), request.GET.get("reports") == "direct"
    reports = team_of(manager).filter(manager=manager) if is_direct else team_of(manager)
    count = head_count(reports)
    if not count.people:
        raise Http404
    kept, now = "reports=direct&" if is_direct else "", timezone.now()
    if (kind := request.GET.get("week", "")) in KINDS:
        return _part_page(request, kind, reports, kept)
    week = week_of(manager, reports, now) if request.GET.get("page", "1") == "1" else []
    context = {
        "week": week,
        "count": count,
        "is_direct": is_direct,
        "kept": kept,
        "page": page_of(request, reports, count.people),
    }
    return render(request, "accreditation/team.html", context)


def _part_page(request: HttpRequest, kind: str, team: QuerySet[User], kept: str) -> HttpResponse:
    """All lines of one part of the week, a page of them."""
    start, now = _start_of(request.GET.get("from", "")), timezone.now()
    part = part_of_week(kind, user_of(request), team, now, start=start, most=PEOPLE_A_PAGE)
    end = start + len(part.lines)
    older = f"?{kept}week={kind}&from={end}" if end < part.total else ""
    newer = f"?{kept}week={kind}&from={max(start - PEOPLE_A_PAGE, 0)}" if start else ""
    shown = {"part": part, "newer": newer, "older": older, "kept": kept}
    return render(request, "accreditation/team_week.html", shown)


def _start_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0


@signed_in
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """Everything that a person did and earned, newest first, of one kind or of all; `whole` is to be printed."""
    kind, whole = request.GET.get("kind", ""), request.GET.get("whole") == "1"
    kind = kind if kind in RECORD_KINDS else ""
    most = MOST if whole else A_PAGE
    found = record_of(user_of(request), kind=kind, before=request.GET.get("before", ""), most=most)
    context = {"record": found, "kind": kind, "kinds": RECORD_KINDS.items(), "whole": whole, "now": timezone.now()}
    return render(request, "accreditation/record.html", context)


def page_of(request: HttpRequest, people: QuerySet[User], count: int) -> Page:
    """A page of these people, who were counted already. Two queries."""
    pages = Paginator(with_standing(people), PEOPLE_A_PAGE)
    pages.count = count  # a cached property
    return pages.get_page(request.GET.get("page"))

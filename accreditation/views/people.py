"""A person's own page, a manager's team, a partner manager's organisation."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accreditation.forms import ProfileForm
from accreditation.models import Organisation, User
from accreditation.rules.people import head_count, members_of, team_of, with_standing
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
        messages.success(request, "Saved.")
        return redirect("profile")
    return render(request, "accreditation/profile.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """A people manager's reports, with standing and badges; nothing of the work. 404 for whoever has none."""
    reports = team_of(user_of(request))
    count = head_count(reports)
    if not count.people:
        raise Http404
    return render(request, "accreditation/team.html", {"count": count, "page": _page(request, reports, count.people)})


@signed_in
@require_GET
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """A partner organisation's people, with standing and badges; nothing of the work."""
    shown = get_object_or_404(Organisation.objects.visible_to(user_of(request)), slug=slug)
    members = members_of(shown)
    count = head_count(members)
    context = {"organisation": shown, "count": count, "page": _page(request, members, count.people)}
    return render(request, "accreditation/organisation.html", context)


def _page(request: HttpRequest, people: QuerySet[User], count: int) -> Page:
    """A page of these people, who were counted already. Two queries."""
    pages = Paginator(with_standing(people), PEOPLE_A_PAGE)
    pages.count = count  # a cached property
    return pages.get_page(request.GET.get("page"))

"""A person's own page and a manager's team."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accreditation.forms import ProfileForm
from accreditation.models import User
from accreditation.rules.invitations import invitations_to, why_not_take_up
from accreditation.rules.people import head_count, team_of, with_standing
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
    kept = "reports=direct&" if is_direct else ""
    context = {"count": count, "is_direct": is_direct, "kept": kept, "page": page_of(request, reports, count.people)}
    return render(request, "accreditation/team.html", context)


def page_of(request: HttpRequest, people: QuerySet[User], count: int) -> Page:
    """A page of these people, who were counted already. Two queries."""
    pages = Paginator(with_standing(people), PEOPLE_A_PAGE)
    pages.count = count  # a cached property
    return pages.get_page(request.GET.get("page"))

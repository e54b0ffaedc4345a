"""A person's own page, a manager's team, a partner manager's organisation."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accreditation.forms import ProfileForm
from accreditation.models import Organisation, User
from accreditation.rules.people import accredited_among, with_standing
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
    reports = User.objects.filter(manager=user_of(request), is_active=True)
    shown = _people(request, reports)
    if not shown["people"]:
        raise Http404
    return render(request, "accreditation/team.html", shown)


@signed_in
@require_GET
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """A partner organisation's people, with standing and badges; nothing of the work."""
    shown = get_object_or_404(Organisation.objects.visible_to(user_of(request)), slug=slug)
    members = _people(request, User.objects.filter(organisation=shown, is_active=True))
    return render(request, "accreditation/organisation.html", {"organisation": shown, **members})


def _people(request: HttpRequest, people: QuerySet[User]) -> dict[str, Any]:
    """A page of these people, and how many they are in all. Four queries, whatever their number."""
    page = Paginator(with_standing(people), PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "people": page.paginator.count, "accredited": accredited_among(people)}

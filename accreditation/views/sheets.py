"""A person's standing on one printable page: for themselves, and for the managers above them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accreditation.rules.people import team_of
from accreditation.rules.sheets import sheet_of
from accreditation.rules.tier_pages import tier_page
from accreditation.views.who import user_of
from courses.lib.policy import signed_in


@signed_in
@require_GET
def own_sheet(request: HttpRequest) -> HttpResponse:
    """One's own."""
    now, person = timezone.now(), user_of(request)
    context = {"sheet": sheet_of(person, now), "tier": tier_page(person, now), "possessive": "Your"}
    return render(request, "accreditation/sheet.html", context)


@signed_in
@require_GET
def sheet_of_one(request: HttpRequest, pk: int) -> HttpResponse:
    """That of somebody who is below this manager today; 404 for anybody else."""
    now, person = timezone.now(), get_object_or_404(team_of(user_of(request)), pk=pk)
    tier = tier_page(person, now, person.name)
    context = {"sheet": sheet_of(person, now), "tier": tier, "is_team": True, "possessive": "Their"}
    return render(request, "accreditation/sheet.html", context)

"""What a badge stands for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from badges.models import Achievement
from badges.views.answers import conditional, public
from courses.lib.policy import open_to_all


@open_to_all
@require_safe
def achievement(request: HttpRequest, slug: str) -> HttpResponse:
    """What the badge proves, its criteria, and how to earn it."""
    row = get_object_or_404(Achievement.objects.defer("image"), slug=slug)
    return render(request, "badges/achievement.html", {"achievement": row})


@open_to_all
@require_safe
@conditional
def image(request: HttpRequest, slug: str) -> HttpResponse:
    """The badge as a picture, with no award inside."""
    row = get_object_or_404(Achievement.objects.only("image"), slug=slug)
    return public(bytes(row.image), "image/png", name=f"{slug}.png")

"""“What if we had two graders fewer?”, under /admin/reviews/forecast/. Pages read rows; nothing is played in a request."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessments.actions.forecasts import ask_again, ask_for_forecast
from assessments.forms.forecasts import WhatIfForm
from assessments.models import Forecast
from assessments.rules.forecasts import COMPARED, seed_of
from assessments.views.charts import columns
from courses.lib.clock import database_now
from courses.lib.people import person_of
from courses.lib.policy import needs

leads: Callable[..., Any] = needs("assessments.lead_reviews")
NAMES = {
    "production": "Where it is worth most, as now",
    "single": "None: every work is read once",
    "double": "One for every work",
}
SHOWN = 20


@leads
@require_http_methods(["GET", "POST"])
def what_if(request: HttpRequest) -> HttpResponse:
    """The question, from today's queue, and what was asked before; POST asks."""
    now = database_now()
    seed = seed_of(now)
    form = WhatIfForm(seed, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        row = ask_for_forecast(seed=seed, asked=form.asked(), by=person_of(request), now=now)
        return redirect("assessments:forecast", row.pk)
    earlier = Forecast.objects.defer("figures", "sources")[:SHOWN]
    return render(request, "admin/forecasts/index.html", {"form": form, "seed": seed, "earlier": earlier})


@leads
@require_GET
def forecast(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """One answer: figures, plots and table; or that it is being played, or why it was not."""
    row = get_object_or_404(Forecast, pk=forecast_id)
    ranged = row.figures.get("range", ())
    longest = max((one["wait_hours_p95"] / 24 for one in ranged), default=1.0)
    context = {
        "forecast": row,
        "rows": [(NAMES[name], row.figures["today"][name], row.figures["asked"][name]) for name in COMPARED]
        if ranged
        else [],
        "weekly": round(row.asked["submissions"] / row.asked["weeks"]),
        "kept": columns([(one["graders"], one["promises_kept"]) for one in ranged], 1.0),
        "waits": columns([(one["graders"], one["wait_hours_p95"] / 24) for one in ranged], max(longest, 1.0)),
    }
    return render(request, "admin/forecasts/forecast.html", context)


@leads
@require_POST
def again(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """Try a question again that failed."""
    row = get_object_or_404(Forecast, pk=forecast_id)
    if ask_again(forecast=row, by=person_of(request), now=database_now()):
        messages.info(request, "Asked for again. The answer stands here in about a minute; reload the page then.")
    return redirect("assessments:forecast", row.pk)

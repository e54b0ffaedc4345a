"""Asking the simulator what if, and computing the answer. A row waits; a task or the sweep plays it, never a request."""

import logging
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from assessments.actions.computing import due_computations, put_off
from assessments.models import Forecast
from assessments.rules.forecasts import Seed, answer_of
from assessments.rules.simulation.worlds import WorldOptions
from assessments.signals import forecast_wanted
from courses.lib.people import Person

KEPT = 50
log = logging.getLogger(__name__)


@transaction.atomic
def ask_for_forecast(*, seed: Seed, asked: WorldOptions, by: Person | None, now: datetime) -> Forecast:
    """Queue a question: `asked` against the world that today's queue describes."""
    row = Forecast.objects.create(
        requested_at=now,
        requested_by_id=by.pk if by else None,
        due_at=now,
        graders=asked.graders,
        today=asdict(seed.options),
        asked=asdict(asked),
        sources=[asdict(one) for one in seed.sources],
    )
    forecast_wanted.send(sender=Forecast, forecast=row)
    return row


@transaction.atomic
def ask_again(*, forecast: Forecast, by: Person, now: datetime) -> bool:
    """Try a question again that failed; whether it still waited for that. One being played at this moment is left alone."""
    failed = Forecast.objects.waiting().filter(pk=forecast.pk, tries__gt=0).select_for_update(skip_locked=True)
    if failed.first() is None:
        return False
    Forecast.objects.filter(pk=forecast.pk).update(due_at=now, tries=0, problem="")
    forecast_wanted.send(sender=Forecast, forecast=forecast)
    return True


def forecasts_to_compute(*, now: datetime) -> list[int]:
    """Questions that wait and are due, oldest first. One that failed eight times waits until somebody asks again."""
    return due_computations(Forecast.objects.waiting(), now)


def compute_forecast(*, forecast_id: int, now: datetime) -> bool:
    """Play one waiting question; whether it was there to play. Twice, or at the same moment, plays once.

    A failure is written to the row, which is due again after 2, 4, 8 … minutes. The newest 50 answers are kept.
    """
    try:
        with transaction.atomic():
            row = Forecast.objects.waiting().select_for_update(skip_locked=True).filter(pk=forecast_id).first()
            if row is None:
                return False
            row.figures = answer_of(WorldOptions(**row.today), WorldOptions(**row.asked), seed=row.pk)
            row.computed_at, row.problem = now, ""
            row.save(update_fields=["figures", "computed_at", "problem"])
            kept = Forecast.objects.computed()[:KEPT].values_list("pk", flat=True)
            Forecast.objects.computed().exclude(pk__in=list(kept)).delete()
    except Exception as problem:  # whatever it is, the row says it and is tried again
        log.exception("a forecast was not computed", extra={"forecast": forecast_id})
        put_off(Forecast.objects.waiting().filter(pk=forecast_id), problem, now)
    return True

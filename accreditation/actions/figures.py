"""Computing the kept figures: a row says what is due, a task or the sweep computes it, never a request."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accreditation.models import FiguresState, KeptFigures
from accreditation.rules.kept_figures import SETS
from accreditation.signals import figures_asked

GIVEN_UP_AFTER = timedelta(minutes=15)
"""Whoever computes for longer is taken for dead, and somebody else computes."""
log = logging.getLogger(__name__)


def ask_for_figures(*, names: Iterable[str], now: datetime | None = None) -> int:
    """Let these sets be computed now; one that is being computed goes on. Returns how many are due."""
    now = now or timezone.now()
    wanted = [name for name in names if name in SETS]
    with transaction.atomic():
        KeptFigures.objects.bulk_create((KeptFigures(name=one, due_at=now) for one in wanted), ignore_conflicts=True)
        rows = KeptFigures.objects.filter(name__in=wanted).exclude(state=FiguresState.COMPUTING)
        due = rows.update(state=FiguresState.DUE, due_at=now, tries=0)
        for pk in rows.filter(state=FiguresState.DUE).values_list("pk", flat=True):
            figures_asked.send(sender=KeptFigures, figures_id=pk)
    return due


def figures_to_compute(*, now: datetime) -> list[int]:
    """The rows whose time has come, oldest first; rows of new sets are made, those of sets that are no more are left."""
    known = set(KeptFigures.objects.filter(name__in=SETS).values_list("name", flat=True))
    missing = [KeptFigures(name=name, due_at=now) for name in SETS if name not in known]
    KeptFigures.objects.bulk_create(missing, ignore_conflicts=True)
    rows = KeptFigures.objects.filter(name__in=SETS, due_at__lte=now).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True))


def compute_figures(*, figures_id: int, now: datetime | None = None) -> bool:
    """Compute one set that is due; whether it was there to compute. Twice, or at the same moment, computes once.

    A failure is written to the row, which is due again after 2, 4, 8 … minutes, an hour at most; the figures before stay.
    """
    now = now or timezone.now()
    row = _take(figures_id, now)
    if row is None:
        return False
    mine = KeptFigures.objects.filter(pk=row.pk, state=FiguresState.COMPUTING, began_at=now)
    begun = time.monotonic()
    try:
        with transaction.atomic():
            figures = SETS[row.name].compute(now)
    except Exception as problem:  # whatever it is, the row says it and is tried again
        log.exception("figures were not computed", extra={"figures": row.name})
        later = now + timedelta(minutes=min(2**row.tries, 60))
        told = f"{type(problem).__name__}: {problem}"[:200]
        mine.update(state=FiguresState.DUE, due_at=later, problem=told)
        return True
    took = round(1000 * (time.monotonic() - begun))
    kept = {"computed_at": now, "took_ms": took, "figures": figures, "tries": 0, "problem": ""}
    mine.update(state=FiguresState.KEPT, due_at=now + SETS[row.name].every, **kept)
    return True


@transaction.atomic
def _take(figures_id: int, now: datetime) -> KeptFigures | None:
    """The row, if it is due and nobody else has it."""
    free = Q(pk=figures_id, due_at__lte=now, name__in=SETS)
    row = KeptFigures.objects.select_for_update(skip_locked=True).filter(free).first()
    if row is None:
        return None
    row.state, row.began_at, row.due_at = FiguresState.COMPUTING, now, now + GIVEN_UP_AFTER
    row.tries = min(row.tries + 1, 10)
    row.save(update_fields=["state", "began_at", "due_at", "tries"])
    return row

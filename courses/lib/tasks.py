"""Hurrying the background work. The row is the truth; a nudge that gets lost costs only the wait for the next sweep."""

import logging
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)


def nudge(task: Any, *ids: Any) -> None:
    """Queue `task(*ids)` after the commit. A broker that is away is logged and never shown: the sweep finds the row.

    Publish retry is off and the connect time-out is 0.5 s (`settings.CELERY_BROKER_TRANSPORT_OPTIONS`), so a request
    waits half a second at most.
    """
    transaction.on_commit(lambda: _publish(task, ids), robust=True)


def _publish(task: Any, ids: tuple[Any, ...]) -> None:
    try:
        task.apply_async(args=[one if isinstance(one, int) else str(one) for one in ids], retry=False)
    except Exception:  # the broker raises many kinds; none may reach the person who just handed something in
        log.warning("nudge lost, the sweep will find it", extra={"task": task.name, "ids": ids}, exc_info=True)

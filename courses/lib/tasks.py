"""Hurrying the background work. The row is the truth; a nudge that gets lost costs only the wait for the next sweep."""

import logging
import time
from functools import cache
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.pools import producers

log = logging.getLogger(__name__)
HURRIED = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 1.0}
"""How a nudge reaches the broker: once, within a second. Workers are patient, people who wait for a page are not."""
PAUSE_SECONDS = 10.0
"""After a broker that was away, nobody waits for it again for so long; in each process."""
_away_until = 0.0


def nudge(task: Any, *ids: Any) -> None:
    """Queue `task(*ids)` after the commit. A broker that is away is logged and never shown: the sweep finds the row.

    A request waits a second at most, however many nudges it sends.
    """
    transaction.on_commit(lambda: _publish(task, ids), robust=True)


def _publish(task: Any, ids: tuple[Any, ...]) -> None:
    global _away_until
    if time.monotonic() < _away_until:
        return
    try:
        _send(task, [one if isinstance(one, int) else str(one) for one in ids])
    except Exception as problem:  # the broker raises many kinds; none may reach the person who just handed something in
        if isinstance(problem, OperationalError | OSError):
            _away_until = time.monotonic() + PAUSE_SECONDS
        log.warning("nudge lost, the sweep will find it", extra={"task": task.name, "ids": ids}, exc_info=True)


def _send(task: Any, ids: list[Any]) -> None:
    with producers[_broker_of(task.app)].acquire(block=True, timeout=1) as producer:
        task.apply_async(args=ids, retry=False, producer=producer)


@cache
def _broker_of(app: Any) -> Any:
    """What the pool of producers goes by; it is never opened itself."""
    return app.connection_for_write(transport_options=HURRIED)

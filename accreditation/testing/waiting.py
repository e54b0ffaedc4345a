"""How long tests wait. What a script, an event or an answer changes is read by waiting for it, never once."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60
"""Seconds for whatever a page has to show or do: where it works nobody waits for them, and a machine four times slower than
ours still manages."""


def eventually(is_so: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Ask until it is so; the last answer."""
    end = time.monotonic() + seconds
    while not (answer := is_so()) and time.monotonic() < end:
        time.sleep(0.05)
    return answer

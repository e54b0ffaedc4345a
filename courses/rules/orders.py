"""The order of rows that stand one below the other, and whether a new one may be saved. Source: rules.md 2.45."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal

MOST = 2_000
"""No list that people put in order by hand is longer."""


def digest_of(keys: Sequence[int]) -> str:
    """What tells an order from another one."""
    return hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()[:32]


def order_said(rows: Sequence[Any], places: Mapping[str, str]) -> list[int]:
    """Primary keys as places typed beside the rows (`place-<key>`) put them; rows with the same or no place keep theirs."""

    def typed(index: int) -> float:
        text = str(places.get(f"place-{rows[index].pk}", "")).strip()
        return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else index + 1.0

    return [rows[index].pk for index in sorted(range(len(rows)), key=lambda index: (typed(index), index))]


def why_not_order(now: Sequence[int], wanted: Sequence[int], before: str) -> Refusal | None:
    """An order is of the rows that stand now, and goes by what its author saw."""
    if digest_of(now) != before or sorted(now) != sorted(wanted):
        sentence = _(
            "Somebody changed this list since you opened it. Here it is as it stands now: put it in order again."
        )
        return Refusal("stale-order", sentence)
    return None

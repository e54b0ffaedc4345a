"""How long a person marks well: pauses within a day, and its end.

Source: rules.md 5.9; Ling, Mollaun & Xi 2014, where six hours in sessions of two were most accurate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from courses.lib.clock import show_moment
from courses.lib.refusals import Refusal

DAY = timedelta(hours=6)
PROMPT = timedelta(hours=2)
WITHOUT_PAUSE = timedelta(minutes=50)
PAUSE = timedelta(minutes=5)
DAY_FULL = Refusal(
    "day-full",
    gettext_noop("You have marked for six hours today, and judgement tires after that. What waits is here tomorrow."),
)


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time in which work was held and worked on."""

    since: datetime
    until: datetime


def worked_since(spells: Sequence[Spell], start: datetime) -> timedelta:
    """How long was worked from that moment on."""
    return sum((max(one.until - max(one.since, start), timedelta(0)) for one in spells), timedelta(0))


def at_a_stretch(spells: Sequence[Spell]) -> timedelta:
    """How long the last work went on without a pause of five minutes. `spells` stand in the order of their start."""
    if not spells:
        return timedelta(0)
    begun = spells[-1].since
    for one in reversed(spells):
        if begun - one.until >= PAUSE:
            break
        begun = min(begun, one.since)
    return spells[-1].until - begun


def why_not_go_on(spells: Sequence[Spell], *, midnight: datetime, now: datetime) -> Refusal | None:
    """Why a grader takes nothing now: six hours since their own midnight, or 50 minutes and no pause since.

    Source: rules.md 5.9.
    """
    if worked_since(spells, midnight) >= DAY:
        return DAY_FULL
    if not spells or now - spells[-1].until >= PAUSE or at_a_stretch(spells) < WITHOUT_PAUSE:
        return None
    minutes = int(at_a_stretch(spells).total_seconds() // 60)
    return Refusal(
        "pause-due",
        _(
            "You have marked for %(minutes)s minutes without a pause. Rest for five; you may take the next work from %(value)s."
        )
        % {"minutes": minutes, "value": show_moment(spells[-1].until + PAUSE)},
    )

"""How learners mark themselves before they hand in: a level for each criterion, and the moment that shows it.

What is typed is kept as typed, {criterion slug: {"points", "moment", "place", "text"}}; `as_handed_in` reads it. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.models import Criterion, Recording
from assessments.models.rubrics import HIGHEST_LEVEL, LOWEST_LEVEL
from courses.lib.refusals import Refusal

MOMENT = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)", re.ASCII)
LONGEST = 500
PARTS = ("points", "moment", "place", "text")
Typed = Mapping[str, Mapping[str, str]]


def parse_moment(text: str) -> int | None:
    """Milliseconds of a moment as people write it, 13:36 or 1:02:03; None where it is none."""
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


@dataclass(frozen=True, slots=True)
class SelfRow:
    """One criterion with what its learner typed. `fault` says why it doesn't do yet; empty where it does."""

    criterion: Criterion
    points: str
    moment: str
    place: str
    text: str
    fault: str


def self_rows(criteria: Sequence[Criterion], typed: Typed, recordings: Sequence[Recording]) -> list[SelfRow]:
    """Every criterion with what was typed, checked against the recordings as they are."""
    lengths = {one.place: one.duration_ms or 0 for one in recordings}
    return [_row(criterion, typed.get(criterion.slug, {}), lengths) for criterion in criteria]


def _row(criterion: Criterion, typed: Mapping[str, str], lengths: Mapping[int, int]) -> SelfRow:
    said = {name: typed.get(name, "") for name in PARTS}
    return SelfRow(criterion, **said, fault=_fault(said, lengths))


def _fault(said: Mapping[str, str], lengths: Mapping[int, int]) -> str:
    if said["points"] not in map(str, range(LOWEST_LEVEL, HIGHEST_LEVEL + 1)):
        return _("Choose a level for yourself.")
    if not lengths:
        return ""
    at = parse_moment(said["moment"])
    if at is None:
        return _("Pin the moment that shows it, as minutes and seconds: 13:36.")
    if at > lengths.get(_place_of(said), 0):
        return _("This moment lies after the end of the recording.")
    return ""


def _place_of(said: Mapping[str, str]) -> int:
    return int(said["place"]) if said["place"].isdecimal() and len(said["place"]) < 4 else 1


def why_not_assess(rows: Sequence[SelfRow]) -> Refusal | None:
    """Why a try can't be handed in for want of its learner's own marks. Source: rules.md 4.10."""
    faulty = next((row for row in rows if row.fault), None)
    return Refusal("self-assessment", f"{faulty.criterion.name}: {faulty.fault}") if faulty else None


def cleaned_self(criteria: Sequence[Criterion], typed: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What was typed, for the criteria that there are; each part at most 500 signs, nothing where nothing was typed."""
    kept = {
        one.slug: {name: str(typed.get(one.slug, {}).get(name, ""))[:LONGEST] for name in PARTS} for one in criteria
    }
    return {slug: said for slug, said in kept.items() if any(said[name] for name in ("points", "moment", "text"))}


def self_as_handed_in(rows: Sequence[SelfRow]) -> list[dict[str, Any]]:
    """The rows as a version keeps them: a list of {"criterion", "points", "place", "at_ms", "text"}."""
    return [
        {
            "criterion": row.criterion.slug,
            "points": int(row.points),
            "place": _place_of({"place": row.place}),
            "at_ms": parse_moment(row.moment),
            "text": row.text,
        }
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class OwnView:
    """A criterion as its learner marked it, for those who read the work. `at_ms` is the moment that shows it."""

    criterion: Criterion
    points: int
    place: int
    at_ms: int | None
    text: str


def own_views(criteria: Sequence[Criterion], kept: Sequence[Mapping[str, Any]]) -> tuple[OwnView, ...]:
    """What a version was handed in with, in the order of the rubric."""
    by_slug = {one["criterion"]: one for one in kept}
    return tuple(
        OwnView(criterion, said["points"], said["place"], said["at_ms"], said["text"])
        for criterion in criteria
        if (said := by_slug.get(criterion.slug))
    )

"""How much of a recording was heard, and whether that is enough to send marks.

Source: rules.md 5.18.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from assessments.models import Listening, Recording, ReviewTask
from courses.lib.people import Person
from courses.lib.refusals import Refusal

ENOUGH_PERCENT = 90
FASTEST = 1.5
SLACK_MS = 5_000
MOST_SPANS = 500
Span = tuple[int, int]


def merged(spans: Iterable[Sequence[int]]) -> list[Span]:
    """The same stretches without overlaps, in their order; those of no length are left out."""
    found: list[Span] = []
    for start, stop in sorted((int(one[0]), int(one[1])) for one in spans):
        if stop <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


def length_of(spans: Iterable[Sequence[int]]) -> int:
    """How many ms the stretches cover. They don't overlap."""
    return sum(stop - start for start, stop in spans)


def with_heard(
    known: Sequence[Sequence[int]], new: Sequence[Sequence[int]], *, duration_ms: int, since: datetime, now: datetime
) -> list[Span]:
    """What was heard, with what a browser reports now: as far as that can have been played since then.

    At 1.5 times the speed nobody hears more than one and a half times the minutes that went by; more is not believed,
    and nothing of that report counts.
    """
    inside = [(max(0, one[0]), min(duration_ms, one[1])) for one in new]
    together = merged([*known, *inside])[:MOST_SPANS]
    possible = (now - since).total_seconds() * 1000 * FASTEST + SLACK_MS
    gained = length_of(together) - length_of(known)
    return together if gained <= possible else merged(known)


@dataclass(frozen=True, slots=True)
class Heard:
    """The whole percent of all recordings that a grader heard, rounded down, None where there is none; and why less than
    nine tenths are enough, where the grader said so.
    """

    percent: int | None = None
    reason: str = ""

    @property
    def is_enough(self) -> bool:
        """Whether nothing has to be said about it."""
        return self.percent is None or self.percent >= ENOUGH_PERCENT


def heard_of(rows: Iterable[Sequence[Sequence[int]]], recordings: Iterable[Recording], reason: str = "") -> Heard:
    """What these stretches, those of one recording a row, are of the recordings. No query."""
    total = sum(one.duration_ms or 0 for one in recordings)
    if not total:
        return Heard()
    return Heard(min(100, sum(length_of(spans) for spans in rows) * 100 // total), reason)


def spans_of(task: ReviewTask, grader: Person) -> list[list[Span]]:
    """What a grader heard of each recording of a task. One query."""
    return list(Listening.objects.filter(task=task, grader_id=grader.pk).values_list("spans", flat=True))


def why_not_unheard(heard: Heard) -> Refusal | None:
    """Why marks can't be sent yet: too little was heard, and nothing says why that is enough."""
    if heard.is_enough or heard.reason.strip():
        return None
    return Refusal(
        "not-heard",
        _(
            "You have heard %(percent)s %% of the recording. Hear at least %(enough_percent)s %%, or say why this is enough."
        )
        % {"percent": heard.percent, "enough_percent": ENOUGH_PERCENT},
    )

"""Which rung of a reminder ladder somebody stands on. Source: rules.md 9.10."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from accreditation.models import ReminderLadder
from accreditation.models.ladders import DUE_DAYS, RENEWAL_DAYS

CATCH_UP = 3
"""How many days late a rung is still told: a portal that stood still for a weekend forgets nobody."""


@dataclass(frozen=True, slots=True)
class Ladders:
    """Due days and renewal days by program, those of every other program under None."""

    due: dict[int | None, tuple[int, ...]]
    renewal: dict[int | None, tuple[int, ...]]

    def due_of(self, program_id: int) -> tuple[int, ...]:
        """The rungs before a due date in this program."""
        return self.due.get(program_id, self.due[None])

    def renewal_of(self, program_id: int) -> tuple[int, ...]:
        """The rungs before an accreditation of this program ends."""
        return self.renewal.get(program_id, self.renewal[None])


def ladders() -> Ladders:
    """All that enablement chose, the usual where it chose nothing. One query."""
    rows = list(ReminderLadder.objects.all())
    due: dict[int | None, tuple[int, ...]] = {None: DUE_DAYS}
    renewal: dict[int | None, tuple[int, ...]] = {None: RENEWAL_DAYS}
    due.update({row.program_id: tuple(row.due_days) for row in rows})
    renewal.update({row.program_id: tuple(row.renewal_days) for row in rows})
    return Ladders(due, renewal)


def days_in_reach(rungs: Iterable[int], today: date) -> list[date]:
    """The dates to which one of these rungs counts down today, or did a few days ago."""
    return sorted({today + timedelta(days=rung - late) for rung in set(rungs) for late in range(CATCH_UP + 1)})


def rung_of(*, left: int, rungs: Iterable[int], known_for: int) -> int | None:
    """The rung reached last with `left` days to go, if it is at most three days old and not older than the fact itself.

    `known_for`: for how many days there has been something to remind of. Only one rung at a time: who comes late isn't
    told of those that passed.
    """
    reached = min((one for one in rungs if one >= left), default=None)
    return reached if reached is not None and reached - left <= min(CATCH_UP, known_for) else None

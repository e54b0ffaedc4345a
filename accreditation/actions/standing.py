"""Computing standing again: at any time, any number of times."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accreditation.actions.tiers import store_tier
from accreditation.models import Accreditation, Program, Reassessment, StandingState, User
from accreditation.rules.programs import facts_of, held_among, programs_held, standing_in, with_rules
from accreditation.rules.standing import Standing, has_begun
from accreditation.signals import standing_changed
from courses.models import ContentState

LATER = timedelta(minutes=5)
"""After a failure a reassessment waits this long, so that the others come first."""


@transaction.atomic
def reassess(*, learner: User, now: datetime | None = None) -> list[Accreditation]:
    """Compute the learner's standing in every program and their tier anew, and store what differs. Returns what changed.

    Locks the learner's row, so that two at the same moment do one after the other. A program may ask for another one,
    which may ask for a third: each round sees what the round before computed.
    """
    lock_learner(learner.pk)
    now = now or timezone.now()
    programs = list(with_rules(Program.objects.exclude(state=ContentState.DRAFT).exclude(current_version=None)))
    facts, changed = facts_of(learner), []
    rows = {row.program_id: row for row in Accreditation.objects.filter(learner=learner)}
    for _ in range(len(programs) + 1):
        held = held_among(rows.values())
        computed = [(program, standing_in(program, facts, held, now)) for program in programs]
        worth = [(program, one) for program, one in computed if program.pk in rows or has_begun(one)]
        wrote = [row for program, one in worth if (row := _store(learner, program, rows.get(program.pk), one, now))]
        rows |= {row.program_id: row for row in wrote}
        changed += wrote
        if not wrote:
            break
    store_tier(learner=learner, programs=programs, rows=rows.values(), facts=facts, now=now)
    return changed


def _store(
    learner: User, program: Program, row: Accreditation | None, computed: Standing, now: datetime
) -> Accreditation | None:
    """Write what differs from the row as it stands (None where there is none yet); the row that was written."""
    row, old = row or Accreditation(learner=learner, program=program), row.state if row else ""
    values: dict[str, Any] = {
        "version_id": program.current_version_id,
        "state": computed.state,
        "completed_on": computed.completed_on,
        "valid_until": computed.valid_until,
        "cycles": [list(one) for one in computed.cycles],
        "steps": [list(one) for one in computed.steps],
        **_counters(computed),
    }
    if row.pk and all(getattr(row, name) == value for name, value in values.items()):
        return None
    values["computed_at"] = now
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values) if row.pk else None)
    if row.state != old:
        standing_changed.send(sender=Accreditation, accreditation=row, old=old)
    return row


def _counters(computed: Standing) -> dict[str, Any]:
    counters = computed.counters
    return {"met": counters.met, "asked": counters.asked, "open_requirements": sorted(counters.open)}


@transaction.atomic
def begin_standing(*, learner: User, program: Program, now: datetime | None = None) -> None:
    """Write the standing of somebody who enrols, so that reports count them; nothing where there is one. Five queries."""
    lock_learner(learner.pk)
    if Accreditation.objects.filter(learner=learner, program=program).exists():
        return
    now = now or timezone.now()
    loaded = with_rules(Program.objects.filter(pk=program.pk)).get()
    _store(learner, loaded, None, standing_in(loaded, facts_of(learner), programs_held(learner), now), now)


def end_standing(*, learner: User, program: Program) -> None:
    """Take it back from somebody who leaves and had not started; whatever was proved stays."""
    Accreditation.objects.filter(learner=learner, program=program, state=StandingState.NOT_STARTED).delete()


def settle_reassessment(*, reassessment_id: int) -> bool:
    """Do one asked-for reassessment, if it is still open. One that fails is put off, and raises what went wrong."""
    row = Reassessment.objects.select_related("learner").filter(pk=reassessment_id, done_at=None).first()
    if row is None:
        return False
    try:
        return _settle(row)
    except Exception:
        Reassessment.objects.filter(pk=row.pk, done_at=None).update(due_at=timezone.now() + LATER)
        raise


@transaction.atomic
def _settle(row: Reassessment) -> bool:
    """The learner is locked before the row: whoever holds the row may be waiting for what needs the learner."""
    lock_learner(row.learner_id)
    if not Reassessment.objects.select_for_update().filter(pk=row.pk, done_at=None).exists():
        return False
    Reassessment.objects.filter(pk=row.pk).update(done_at=timezone.now())
    reassess(learner=row.learner)
    return True


def lock_learner(learner_id: int) -> None:
    """Let deeds on one learner's standing wait for each other. New rows of theirs may still be written beside it."""
    User.objects.select_for_update(no_key=True).get(pk=learner_id)

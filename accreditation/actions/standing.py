"""Computing standing again: at any time, any number of times."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accreditation.models import Accreditation, Program, Reassessment, User
from accreditation.rules.programs import facts_of, programs_in_force, standing_in, with_rules
from accreditation.rules.standing import Standing
from accreditation.signals import standing_changed
from courses.models import ContentState

LATER = timedelta(minutes=5)
"""After a failure a reassessment waits this long, so that the others come first."""


@transaction.atomic
def reassess(*, learner: User, now: datetime | None = None) -> list[Accreditation]:
    """Compute the learner's standing in every program anew, and store what differs. Returns what changed.

    Locks the learner's row, so that two at the same moment do one after the other. A program may ask for another one,
    which may ask for a third: each round sees what the round before computed.
    """
    lock_learner(learner.pk)
    now = now or timezone.now()
    programs = list(with_rules(Program.objects.exclude(state=ContentState.DRAFT).exclude(current_version=None)))
    facts, changed = facts_of(learner), []
    for _ in range(len(programs) + 1):
        held = programs_in_force(learner)
        found = [_store(learner, program, standing_in(program, facts, held, now), now) for program in programs]
        wrote = [row for row in found if row]
        changed += wrote
        if not wrote:
            break
    return changed


def _store(learner: User, program: Program, computed: Standing, now: datetime) -> Accreditation | None:
    row = Accreditation.objects.filter(learner=learner, program=program).first()
    if row is None and not any(one.done for one in computed.requirements):
        return None
    old = row.state if row else ""
    values = {
        "version": program.current_version,
        "state": computed.state,
        "completed_on": computed.completed_on,
        "valid_until": computed.valid_until,
    }
    if row and all(getattr(row, name) == value for name, value in values.items()):
        return None
    row, _ = Accreditation.objects.update_or_create(
        learner=learner, program=program, defaults=values | {"computed_at": now}
    )
    if row.state != old:
        standing_changed.send(sender=Accreditation, accreditation=row, old=old)
    return row


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

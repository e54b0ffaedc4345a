"""Applying what was agreed with a person to the exam that they sit at this moment."""

from django.db import transaction
from django.db.models import Sum

from assessments.actions.timekeeping import move_deadline, note_event
from assessments.models import Accommodation, Attempt, TimeKind
from assessments.rules.attempts import why_not_by
from assessments.rules.limits import NOTHING_NEW, Applied, agreed_with, applied_to, limits_of, why_not_apply
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


def what_would_apply(*, attempt: Attempt) -> Applied:
    """What `apply_accommodations` would do now, for its preview. `attempt` read with its time. Two queries."""
    planned = attempt if attempt.opens_at or attempt.closes_at else None
    agreed = agreed_with(attempt.learner, attempt.exam_id, attempt.now)
    # What was applied before is in the limits already.
    others = attempt.adjustments.exclude(kind=TimeKind.AGREED)
    adjusted = others.aggregate(sum=Sum("seconds"))["sum"] or 0
    return applied_to(attempt, limits_of(attempt.exam_version, agreed, planned), adjusted)


@transaction.atomic
def apply_accommodations(*, attempt: Attempt, by: Person) -> Applied:
    """Let what is agreed today hold for a running attempt: its deadline, breaks and print. Nothing is taken away.

    Refused: one's own attempt, one that isn't live, or where nothing would change.
    """
    rows = Attempt.objects.timed().locked().select_related("exam_version", "learner")
    attempt = rows.get(pk=attempt.pk)
    refuse_if(why_not_by(attempt, by) or why_not_apply(attempt))
    applied = what_would_apply(attempt=attempt)
    refuse_if(None if applied.changes else NOTHING_NEW)
    attempt.policy_snapshot = dict(applied.after)
    attempt.save(update_fields=["policy_snapshot"])
    if applied.seconds:
        move_deadline(attempt, TimeKind.AGREED, applied.seconds, "Agreed time applied", by.pk)
    note_event(attempt, TimeKind.AGREED, by)
    return applied


@transaction.atomic
def forget_accommodations(*, learner_id: int) -> int:
    """Delete what was agreed with a person, old versions too: why somebody needs more time is nobody's business for longer.

    What an attempt was given stays with it. How many there were.
    """
    Accommodation.history.filter(learner_id=learner_id).delete()
    count = Accommodation.objects.filter(learner_id=learner_id).delete()[0]
    Accommodation.history.filter(learner_id=learner_id).delete()  # deleting a row writes a last version of it
    return count

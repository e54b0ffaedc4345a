"""Letting somebody who knows an exam's questions sit it for credit, and ending that."""

from django.contrib.auth import get_user_model
from django.db import transaction

from assessments.models import Exam, Waiver
from assessments.rules.attempts import why_not_unexplained
from assessments.rules.sitters import why_not_waive
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def waive(*, learner: Person, exam: Exam, reason: str, by: Person) -> Waiver:
    """Let this person sit this exam for credit. Refused: as `why_not_waive`, or without a reason. Source: rules.md 3.31."""
    get_user_model()._default_manager.select_for_update(no_key=True).get(pk=learner.pk)
    refuse_if(why_not_waive(learner, exam, by))
    refuse_if(why_not_unexplained(reason, "Say why a pass proves something all the same; the reason is kept."))
    return Waiver.objects.create(learner_id=learner.pk, exam=exam, reason=reason.strip(), waived_by_id=by.pk)


@transaction.atomic
def end_waiver(*, waiver: Waiver, by: Person) -> Waiver:
    """From now on the person may not start it; a sitting that runs goes on. Doing it again changes nothing."""
    row = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if row.ended_at is None:
        row.ended_at = database_now()
        row.save(update_fields=["ended_at"])
    return row

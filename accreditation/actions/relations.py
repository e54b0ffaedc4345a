"""A person gets another manager or organisation: what that means for who may grade whom."""

from django.db import transaction

from accreditation.models import User
from accreditation.rules.relations import Pair, Relations, pairs_by_manager, pairs_by_organisation
from assessments.actions.conflicts import note_end_of_relation, note_start_of_relation
from assessments.models.conflicts import ConflictKind


@transaction.atomic
def note_relations(*, person: User, before: Relations, by: User | None) -> None:
    """Keep former managers and colleagues from earlier hand-ins, and take back what new ones hold.

    `before`: `relations_of` the person, read before they were stored. Does nothing where nothing changed.
    Source: rules.md 5.2.
    """
    if before.manager_id != person.manager_id:
        old, new = pairs_by_manager(person, before.manager_id), pairs_by_manager(person, person.manager_id)
        _change(old - new, new - old, ConflictKind.MANAGER, by)
    if before.organisation_id != person.organisation_id:
        old = pairs_by_organisation(person, before.organisation_id)
        new = pairs_by_organisation(person, person.organisation_id)
        _change(old - new, new - old, ConflictKind.ORGANISATION, by)


def _change(ended: set[Pair], begun: set[Pair], kind: ConflictKind, by: User | None) -> None:
    for grader_id, learner_id in sorted(ended):
        note_end_of_relation(grader_id=grader_id, learner_id=learner_id, kind=kind, by=by)
    for grader_id, learner_id in sorted(begun):
        note_start_of_relation(grader_id=grader_id, learner_id=learner_id)

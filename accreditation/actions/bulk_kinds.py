"""What a bulk deed does for one person, by the same actions as for one alone, and how it is put back."""

from datetime import date
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accreditation.actions.notices import tell
from accreditation.actions.organisations import move_person
from accreditation.actions.programs import enrol, leave, set_due_date
from accreditation.actions.standing import end_standing
from accreditation.models import BulkDeed, BulkDeedRow, DeedKind, Enrolment, NoticeKind, User
from accreditation.rules.bulk import ERASED, Order, later_date, why_not_for
from accreditation.rules.people import subject_of
from courses.actions.audit import record_event
from courses.lib.refusals import Refusal, refuse_if

Kept = dict[str, Any]


def do_for(*, row: BulkDeedRow, person: User | None, order: Order, deed: BulkDeed) -> None:
    """Do it for one locked person, and note in the row what was before and after. Refused as `why_not_for` says."""
    if person is None:
        refuse_if(ERASED())
        return
    enrolment = _enrolment(person, order)
    refuse_if(why_not_for(order, person, enrolment))
    row.before = kept_of(enrolment) if order.program else {}
    if order.kind == DeedKind.MESSAGE:
        _tell(person, deed)
    elif order.kind == DeedKind.MOVE:
        row.before = {"organisation": person.organisation_id}
        move = move_person(person=person, organisation=order.organisation, reason=order.reason, by=order.by)
        row.after = {"organisation": move.new_id}
    elif order.kind in (DeedKind.DEACTIVATE, DeedKind.REACTIVATE):
        _let_in(person, order)
    else:
        row.after = kept_of(_on_program(person, enrolment, order))


def _enrolment(person: User, order: Order) -> Enrolment | None:
    if order.program is None:
        return None
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("learner", "program")
    return rows.filter(learner=person, program=order.program).first()


def _on_program(person: User, enrolment: Enrolment | None, order: Order) -> Enrolment:
    if order.kind == DeedKind.ENROL and order.program is not None:
        return enrol(learner=person, program=order.program, by=order.by, due_on=order.due_on)
    assert enrolment is not None  # why_not_for refuses without one
    if order.kind == DeedKind.EXTEND:
        return set_due_date(enrolment=enrolment, due_on=later_date(order, enrolment), by=order.by)
    return leave(enrolment=enrolment, by=order.by)


def kept_of(enrolment: Enrolment | None) -> Kept:
    """What the journal keeps of an enrolment, as JSON; empty for none."""
    if enrolment is None:
        return {}
    return {
        "due_on": enrolment.due_on.isoformat() if enrolment.due_on else None,
        "assigned_by": enrolment.assigned_by_id,
        "withdrawn_at": enrolment.withdrawn_at.isoformat() if enrolment.withdrawn_at else None,
    }


def _tell(person: User, deed: BulkDeed) -> None:
    said = deed.arguments
    tell(
        recipient_id=person.pk,
        kind=NoticeKind.MESSAGE,
        key=f"bulk:{deed.pk}",
        title=said["title"],
        text=said["text"],
        link=said.get("link", ""),
        link_text=_("Go there") if said.get("link") else "",
    )


def _let_in(person: User, order: Order) -> None:
    person.is_active = order.kind == DeedKind.REACTIVATE
    person._history_user = order.by  # type: ignore[attr-defined]
    person.save(update_fields=["is_active"])
    event = "person let in again" if person.is_active else "person suspended"
    record_event(event=event, by=order.by, subject=subject_of(person))


def put_back(*, row: BulkDeedRow, person: User | None, order: Order) -> None:
    """Undo an enrolment or an extension where it stands as it was left; else refused with what changed since."""
    if person is None or row.undoes is None:
        refuse_if(ERASED())
        return
    enrolment = _enrolment(person, order)
    if enrolment is None or kept_of(enrolment) != row.undoes.after:
        refuse_if(Refusal("changed", _("The enrolment was changed since, so it stays as it is.")))
        return
    before = row.undoes.before
    row.before = kept_of(enrolment)
    if not before:
        enrolment = leave(enrolment=enrolment, by=order.by)
    else:
        _restore(enrolment, before, order.by)
    row.after = kept_of(enrolment)


def _restore(enrolment: Enrolment, before: Kept, by: User) -> None:
    enrolment.due_on = date.fromisoformat(before["due_on"]) if before["due_on"] else None
    enrolment.assigned_by_id = before["assigned_by"]
    enrolment.withdrawn_at = parse_datetime(before["withdrawn_at"]) if before["withdrawn_at"] else None
    enrolment._history_user = by  # type: ignore[attr-defined]
    enrolment.save()
    if enrolment.withdrawn_at is not None:
        end_standing(learner=enrolment.learner, program=enrolment.program)

"""Bulk deeds: who may order which, and whom it would leave alone. Nothing is written here. Source: rules.md 13.22 to 13.28."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accreditation.models import UNDONE_BY_A_DEED, BulkDeed, DeedKind, DeedState, Enrolment, Organisation, Program, User
from accreditation.models.bulk import DEED_TRANSITIONS
from accreditation.rules.erasure import is_erased
from accreditation.rules.organisations import why_not_move
from accreditation.rules.people_files import IMPORT
from accreditation.rules.programs import why_not_enrol
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move as why_not_step

ORDER = "accreditation.add_bulkdeed"
PORTION = 1000
RIGHTS: Mapping[str, tuple[str, ...]] = {
    DeedKind.IMPORT: (IMPORT, "accreditation.add_user", "accreditation.change_user"),
    DeedKind.ENROL: (ORDER, "accreditation.add_enrolment"),
    DeedKind.EXTEND: (ORDER, "accreditation.change_enrolment"),
    DeedKind.RELEASE: (ORDER, "accreditation.change_enrolment"),
    DeedKind.MOVE: (ORDER, "accreditation.change_user"),
    DeedKind.MESSAGE: (ORDER,),
    DeedKind.DEACTIVATE: (ORDER, "accreditation.change_user"),
    DeedKind.REACTIVATE: (ORDER, "accreditation.change_user"),
}
"""What the one who orders a deed holds, when they order it and with every batch."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a deed needs, read from its arguments: the program, the date or the days, where to, why. `by` orders it."""

    kind: str
    by: User
    today: date
    program: Program | None = None
    organisation: Organisation | None = None
    due_on: date | None = None
    days: int = 0
    reason: str = ""


def order_of(kind: str, arguments: Mapping[str, Any], by: User, today: date) -> Order:
    """The order that these stored arguments are. At most two queries."""
    program, organisation = arguments.get("program"), arguments.get("organisation")
    due_on = arguments.get("due_on")
    return Order(
        kind,
        by,
        today,
        Program.objects.get(pk=program) if program else None,
        Organisation.objects.get(pk=organisation) if organisation else None,
        date.fromisoformat(due_on) if due_on else None,
        arguments.get("days") or 0,
        arguments.get("reason", ""),
    )


def why_not_order(kind: str, by: User) -> Refusal | None:
    """A bulk deed takes its own right, and the right to do the same for one person."""
    if by.is_active and by.has_perms(RIGHTS[kind]):
        return None
    return Refusal("not-allowed", _("Only Field Enablement does this for many people at once."))


def why_not_begin(order: Order) -> Refusal | None:
    """What refuses the deed for everybody."""
    if order.due_on is not None and order.due_on < order.today:
        return Refusal("past", _("That day has passed. Choose a later one."))
    return why_not_enrol(order.program) if order.kind == DeedKind.ENROL and order.program is not None else None


def why_not_for(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    """Why the deed leaves this person alone. `enrolment`: theirs in the program of the order, a withdrawn one too. No query."""
    return RULES[order.kind](order, person, enrolment)


def _enrol(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if person.pk == order.by.pk:
        return Refusal("own", _("You enrol yourself on the program's page."))
    if not person.is_active:
        return SUSPENDED()
    if enrolment is not None and enrolment.withdrawn_at is None and order.due_on in (None, enrolment.due_on):
        return Refusal("on-it", _("Is on the program already."))
    return None


def SUSPENDED() -> Refusal:
    """The account can't be used."""
    return Refusal("suspended", _("The account is suspended."))


def _extend(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if enrolment is None or enrolment.withdrawn_at is not None:
        return Refusal("not-on-it", _("Isn't on the program."))
    if person.pk == order.by.pk:
        return Refusal("own", _("Nobody extends their own due date."))
    if enrolment.due_on is None and order.days:
        return Refusal("no-date", _("Has no due date."))
    if enrolment.due_on is not None and later_date(order, enrolment) <= enrolment.due_on:
        return Refusal("later-already", _("Has this due date or a later one already."))
    return None


def later_date(order: Order, enrolment: Enrolment) -> date:
    """The due date that an extension leads to: the day that was named, or so many days after the one there is."""
    if order.due_on is not None:
        return order.due_on
    return (enrolment.due_on or order.today) + timedelta(days=order.days)


def _release(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if enrolment is None or enrolment.withdrawn_at is not None:
        return Refusal("not-on-it", _("Isn't on the program."))
    return None


def _move(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if person.is_superuser and not order.by.is_superuser:
        return ROOT()
    if is_erased(person):
        return ERASED()
    return why_not_move(person, order.organisation, order.reason, order.today, order.by, order.today)


def ROOT() -> Refusal:
    """A superuser's row is theirs."""
    return Refusal("root", _("This row can be changed by its own administrators only."))


def ERASED() -> Refusal:
    """Nobody is left to do it for."""
    return Refusal("erased", _("This person was erased."))


def _message(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    return None if person.is_active else SUSPENDED()


def _deactivate(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if person.pk == order.by.pk:
        return Refusal("own", _("Nobody suspends themselves."))
    if person.is_superuser and not order.by.is_superuser:
        return ROOT()
    return None if person.is_active else Refusal("already", _("Is suspended already."))


def _reactivate(order: Order, person: User, enrolment: Enrolment | None) -> Refusal | None:
    if is_erased(person):
        return ERASED()
    if person.is_superuser and not order.by.is_superuser:
        return ROOT()
    return Refusal("already", _("Is active already.")) if person.is_active else None


RULES: Mapping[str, Callable[[Order, User, Enrolment | None], Refusal | None]] = {
    DeedKind.ENROL: _enrol,
    DeedKind.EXTEND: _extend,
    DeedKind.RELEASE: _release,
    DeedKind.MOVE: _move,
    DeedKind.MESSAGE: _message,
    DeedKind.DEACTIVATE: _deactivate,
    DeedKind.REACTIVATE: _reactivate,
}


@dataclass(slots=True)
class Outlook:
    """How many a deed would do, and how many it would leave alone for which reason: `(sentence, how many)`, most first."""

    done: int
    skipped: list[tuple[str, int]]

    @property
    def people(self) -> int:
        """All of them."""
        return self.done + sum(count for _why, count in self.skipped)


def outlook_of(order: Order, people: Sequence[int]) -> Outlook:
    """What the deed would do for these people today. Two queries for each 1,000."""
    done, found = 0, dict[str, tuple[str, int]]()
    for person, enrolment in facts_of(order, people):
        refusal = why_not_for(order, person, enrolment)
        if refusal is None:
            done += 1
        else:
            sentence, count = found.get(refusal.code, (_in_general(refusal), 0))
            found[refusal.code] = (sentence, count + 1)
    return Outlook(done, sorted(found.values(), key=lambda one: -one[1]))


def _in_general(refusal: Refusal) -> str:
    """The sentence without the name of one person."""
    return _("Belongs there already.") if refusal.code == "same" else refusal.sentence


def facts_of(order: Order, people: Sequence[int]) -> Iterator[tuple[User, Enrolment | None]]:
    """Each of these people with what the rules ask about them."""
    for start in range(0, len(people), PORTION):
        keys = people[start : start + PORTION]
        rows: Mapping[int, Enrolment] = {}
        if order.program is not None:
            rows = {one.learner_id: one for one in Enrolment.objects.filter(program=order.program, learner__in=keys)}
        for person in User.objects.select_related("organisation").filter(pk__in=keys):
            yield person, rows.get(person.pk)


def why_not_stop(deed: BulkDeed) -> Refusal | None:
    """Only what is under way can be stopped."""
    return why_not_step(DEED_TRANSITIONS, old=deed.state, new=DeedState.STOPPED)


def why_not_continue(deed: BulkDeed, by: User) -> Refusal | None:
    """What was stopped goes on, while it hasn't been undone, by somebody who could order it. One query."""
    if refusal := why_not_order(deed.kind, by) or why_not_step(DEED_TRANSITIONS, old=deed.state, new=DeedState.RUNNING):
        return refusal
    if BulkDeed.objects.filter(undoes=deed).exists():
        return Refusal("undone", _("This was undone. Order it again instead."))
    return None


def why_not_undo(deed: BulkDeed, by: User) -> Refusal | None:
    """Enrolling, extending and importing can be put back, once, when nothing of it is under way. One query."""
    if refusal := why_not_order(deed.kind, by):
        return refusal
    if deed.undoes_id is not None or deed.kind not in UNDONE_BY_A_DEED:
        return Refusal("no-undo", _("This can't be undone. Order the opposite for the people whom it is about."))
    if deed.state == DeedState.RUNNING:
        return Refusal("running", _("This is under way. Stop it first."))
    if BulkDeed.objects.filter(undoes=deed).exists():
        return Refusal("undone", _("This was undone already."))
    return None

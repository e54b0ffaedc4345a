"""What a bulk deed does for a batch at once, by the rules and with the rows that it has for each alone. Source: rules.md 13.85.

Only the usual is done here: somebody new to a program, somebody new to the portal. Whoever needs more is left to be done
alone, and is named by no row here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from django.db.models.functions import Lower
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from accreditation.actions.bulk_kinds import kept_of
from accreditation.actions.news import tell_of_enrolments
from accreditation.actions.notices import tell_people
from accreditation.actions.people_rows import account_made
from accreditation.actions.people_undo import remove_together
from accreditation.actions.reassessing import begin_standings
from accreditation.models import (
    BulkDeed,
    BulkDeedRow,
    DeedKind,
    DeedRowState,
    Enrolment,
    Organisation,
    RowOutcome,
    User,
)
from accreditation.roles import LEARNER
from accreditation.rules.bulk import Order, why_not_for
from accreditation.rules.people import subject_of
from accreditation.rules.programs import why_not_enrol
from courses.actions.audit import record_events
from courses.models import Persona, Role


def settle_together(*, deed: BulkDeed, rows: Sequence[BulkDeedRow], people: Mapping[int, User], order: Order) -> None:
    """Do the rows of a batch that need nothing but the usual, and mark them as done; the others are left as they are."""
    if deed.kind == DeedKind.IMPORT and deed.undoes_id is not None:
        remove_together(rows=rows, people=people, by=order.by)
    elif deed.kind == DeedKind.IMPORT:
        _make(rows, order.by, tells=bool(deed.arguments.get("tells")))
    elif deed.kind == DeedKind.ENROL and deed.undoes_id is None:
        _enrol(rows, people, order)


def _enrol(rows: Sequence[BulkDeedRow], people: Mapping[int, User], order: Order) -> None:
    """Those who were never on the program and have proved nothing that it asks for. About fifteen statements."""
    program = order.program
    if program is None or why_not_enrol(program):
        return
    mine = {row.person_id: row for row in rows if row.person_id is not None and row.person_id in people}
    known = set(Enrolment.objects.filter(program=program, learner__in=mine).values_list("learner_id", flat=True))
    fresh = [pk for pk in sorted(set(mine) - known) if why_not_for(order, people[pk], None) is None]
    begun = begin_standings(program=program, learners=fresh, now=timezone.now())
    new = [Enrolment(learner=people[pk], program=program, due_on=order.due_on, assigned_by=order.by) for pk in begun]
    made: list[Any] = bulk_create_with_history(new, Enrolment) if new else []
    tell_of_enrolments(enrolments=made)
    for one in made:
        row = mine[one.learner_id]
        row.before, row.after, row.state = {}, kept_of(one), DeedRowState.DONE


def _make(rows: Sequence[BulkDeedRow], by: User, *, tells: bool) -> None:
    """New people in no group but that of learners, whose manager is here before the batch. About fifteen statements."""
    reads = {row.import_row.email: row for row in rows if row.import_row and _is_usual(row)}
    here = User.objects.annotate(lower=Lower("email")).filter(lower__in=reads)
    taken = set(here.values_list("lower", flat=True))
    words = _Words.of([row.import_row.values for row in reads.values() if row.import_row])
    new = [(row, words.person(email, row, by)) for email, row in reads.items() if email not in taken]
    found: dict[str, tuple[BulkDeedRow, User]] = {one.email: (row, one) for row, one in new if one is not None}
    if not found:
        return
    made: list[Any] = bulk_create_with_history([one for _row, one in found.values()], User)
    group = Group.objects.get_or_create(name=LEARNER)[0]
    User.groups.through.objects.bulk_create([User.groups.through(user_id=one.pk, group_id=group.pk) for one in made])
    record_events(event="person imported", by=by, subjects=[subject_of(one) for one in made])
    if tells:
        tell_people(news=[(one.pk, account_made(one)) for one in made if one.is_active])
    for one in made:
        row = found[one.email][0]
        assert row.import_row is not None
        row.person, row.after, row.state = one, row.import_row.values, DeedRowState.DONE


def _is_usual(row: BulkDeedRow) -> bool:
    read = row.import_row
    if read is None or not read.email or read.becomes != RowOutcome.CREATE:
        return False
    return not set(read.values.get("groups", ())) - {LEARNER}


class _Words:
    """The rows that the values of a batch name, read at once."""

    def __init__(self, named: Mapping[str, Mapping[str, Any]]) -> None:
        self.named = named

    @classmethod
    def of(cls, values: Sequence[Mapping[str, Any]]) -> "_Words":
        """Four queries."""
        models: Mapping[str, type[Model]] = {"organisation": Organisation, "role": Role, "persona": Persona}
        wanted = {name: {one.get(name) for one in values} - {"", None} for name in (*models, "manager")}
        named: dict[str, Mapping[str, Any]] = {
            name: {row.slug: row for row in model._default_manager.filter(slug__in=wanted[name])}  # type: ignore[attr-defined]
            for name, model in models.items()
        }
        bosses = User.objects.alias(lower=Lower("email")).filter(lower__in=wanted["manager"], is_active=True)
        return cls(named | {"manager": {boss.email.lower(): boss for boss in bosses}})

    def person(self, email: str, row: BulkDeedRow, by: User) -> User | None:
        """The person that a row describes, not saved; None where it names something that isn't here."""
        assert row.import_row is not None
        values = row.import_row.values
        links = {name: self.named[name].get(values[name]) for name in self.named if values.get(name)}
        if None in links.values():
            return None
        plain = {name: values[name] for name in ("time_zone", "language") if values.get(name)}
        person = User(email=email, name=values["name"], is_active=values.get("active", True), **plain, **links)
        person.set_unusable_password()
        person._history_user = by  # type: ignore[attr-defined]
        return person

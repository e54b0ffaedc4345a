"""A file of people is undone row by row: what it changed comes back, what somebody changed since stays."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, Exists, ForeignKey, ManyToOneRel, OuterRef, ProtectedError, Q
from django.utils.translation import gettext as _

from accreditation.actions.people_rows import give
from accreditation.models import BulkDeedRow, DeedRowState, Notice, NoticeKind, User
from accreditation.rules.people_files import state_of, with_columns
from courses.actions.audit import record_event, record_events
from courses.lib.refusals import Refusal, refuse_if

REMOVED, SUSPENDED = "removed", "suspended"


def put_back(*, row: BulkDeedRow, person: User | None, by: User) -> None:
    """Give back what the import took, column by column, where nobody changed it since; `why` names the columns left.

    Somebody whom the import made is suspended here; `remove_untouched` takes those away who did nothing since.
    Refused where nothing can be put back.
    """
    done = row.undoes
    if person is None or done is None:
        refuse_if(Refusal("gone", _("This person is no longer here.")))
        return
    if not done.after:
        refuse_if(Refusal("erased", _("This person was erased.")))
    state = state_of(with_columns(User.objects.filter(pk=person.pk)).get())
    if not done.before:
        _suspend(row, person, state, by)
        return
    same = [name for name, value in done.after.items() if state[name] == value]
    others = sorted(done.after.keys() - set(same))
    if not same:
        refuse_if(Refusal("changed", _changed(others)))
    row.before = {name: state[name] for name in same}
    row.after = {name: done.before[name] for name in same}
    row.why = _changed(others) if others else ""
    give(person=person, values=row.after, by=by)


def _changed(columns: Iterable[str]) -> str:
    return _("Changed since, so it stays: %(columns)s.") % {"columns": ", ".join(columns)}


def _suspend(row: BulkDeedRow, person: User, state: dict[str, Any], by: User) -> None:
    """Nobody signs in any more. Somebody who was made suspended, and is, needs nothing."""
    if person.pk == by.pk:
        refuse_if(Refusal("own", _("Nobody suspends themselves.")))
    row.before, row.after = {"active": state["active"]}, {"active": False, "person": SUSPENDED}
    if person.is_active:
        give(person=person, values={"active": False}, by=by)


def remove_untouched(*, rows: Sequence[BulkDeedRow], by: User) -> None:
    """Take away whom the import made and who never signed in, and whom nothing else names; the others stay suspended.

    The rows of the batch keep that they were removed; old versions go too, so that nothing is left of a person who was put
    in by a slip. About as many statements for a hundred people as for one.
    """
    made = {row.person_id: row for row in rows if row.state == DeedRowState.DONE and row.after.get("person")}
    if not made:
        return
    free = _untouched(list(made))
    try:
        with transaction.atomic():
            _remove(free)
    except ProtectedError:  # something new names one of them: they all stay suspended, which is safe
        free = set()
    for pk, row in made.items():
        if pk in free:
            row.person_id, row.after = None, {"person": REMOVED}
            record_event(event="person removed", by=by, subject=f"accreditation.user:{pk}")
        else:
            row.why = _("Has work or a history here, so the account was suspended and not removed.")


def remove_together(*, rows: Sequence[BulkDeedRow], people: Mapping[int, User], by: User) -> None:
    """Take away those of a batch whom the import made and who did nothing since, without suspending each of them first.

    Raises ProtectedError where something new names one of them; the batch then goes row by row.
    """
    made = {
        row.person_id: row
        for row in rows
        if row.person_id in people
        and row.person_id != by.pk
        and row.undoes
        and row.undoes.after
        and not row.undoes.before
    }
    free = _untouched(list(made)) if made else set()
    _remove(free)
    record_events(event="person removed", by=by, subjects=[f"accreditation.user:{pk}" for pk in sorted(free)])
    for pk in free:
        row = made[pk]
        row.before, row.after = {"active": people[pk].is_active}, {"person": REMOVED}
        row.person_id, row.state = None, DeedRowState.DONE


def _untouched(keys: list[Any]) -> set[int]:
    """Those of these people who never signed in and whom no row protects, but the word of welcome. A few statements."""
    rows = User.objects.filter(pk__in=keys, last_login=None)
    for relation in _protecting():
        model, name = relation.related_model, relation.field.name
        links = model._base_manager.filter(**{f"{name}__in": keys, name: OuterRef("pk")})
        if model is Notice:
            links = links.exclude(kind=NoticeKind.ACCOUNT)
        rows = rows.exclude(Exists(links))
    free = set(rows.values_list("pk", flat=True))
    reports = list(User.objects.filter(manager__in=free).values_list("pk", "manager_id"))
    while taken := {boss for report, boss in reports if boss in free and report not in free}:
        free -= taken
    return free


def _protecting() -> list[ManyToOneRel]:
    """Every column of the portal that protects a person, but that of their manager."""
    relations = User._meta.get_fields(include_hidden=True)
    return [
        one
        for one in relations
        if isinstance(one, ManyToOneRel)
        and isinstance(one.field, ForeignKey)
        and one.on_delete is PROTECT
        and one.related_model is not User
    ]


def _remove(keys: set[int]) -> None:
    people = User.objects.filter(pk__in=keys)
    Notice.objects.filter(recipient__in=keys, kind=NoticeKind.ACCOUNT).delete()
    people.update(manager=None)
    people.delete()
    User.history.filter(Q(id__in=keys)).delete()

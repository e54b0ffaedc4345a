"""A row of a file of people is applied as it was previewed: a new person, or other values for one who is here."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from accreditation.actions.notices import News, tell_people
from accreditation.actions.organisations import move_person
from accreditation.actions.people import make_learner, set_groups
from accreditation.actions.relations import note_relations
from accreditation.models import BulkDeedRow, NoticeKind, Organisation, PeopleImportRow, RowOutcome, User
from accreditation.roles import GRADERS, LEARNER, PERMISSIONS
from accreditation.rules.people import subject_of
from accreditation.rules.people_files import Values, groups_to_give, state_of, why_not_change, with_columns
from accreditation.rules.relations import relations_of
from courses.actions.audit import record_event
from courses.lib.people import line_above
from courses.lib.refusals import Refusal, refuse_if
from courses.models import Persona, Role

REASON = "File of people."


def apply_row(*, row: BulkDeedRow, person: User | None, by: User, tells: bool) -> None:
    """Do what the preview said of this row, and note in it what was before and after.

    Refused where the person is another than when the file was read, where somebody has the address by now, where the manager
    isn't there, and what `why_not_change` refuses.
    """
    read = row.import_row
    if read is None or not read.email:
        refuse_if(Refusal("erased", _("This person was erased.")))
        return
    if read.becomes == RowOutcome.CREATE:
        made = _make(read, by)
        row.person, row.after = made, read.values
        if tells and made.is_active:
            tell_people(news=[(made.pk, account_made(made))])
        return
    if person is None:
        refuse_if(Refusal("gone", _("This person is no longer here.")))
        return
    loaded = with_columns(User.objects.filter(pk=person.pk)).get()
    state = state_of(loaded)
    refuse_if(_why_not_same(read, state))
    wrong = why_not_change(loaded, read.values, state, by)
    refuse_if(Refusal("wrong", wrong[0][1]) if wrong else None)
    after = {name: new for name, _old, new in read.changes}
    row.before, row.after = {name: state[name] for name in after}, after
    give(person=person, values=after, by=by)


def _why_not_same(read: PeopleImportRow, state: Values) -> Refusal | None:
    """What the preview showed is what is there now."""
    others = [name for name, seen in read.seen.items() if state[name] != seen]
    if not others:
        return None
    return Refusal("changed", _("Changed since the preview: %(columns)s.") % {"columns": ", ".join(others)})


def _make(read: PeopleImportRow, by: User) -> User:
    values: Values = read.values
    if User.objects.alias(lower=Lower("email")).filter(lower=read.email).exists():
        refuse_if(Refusal("here-by-now", _("Somebody with this address has come since the preview.")))
    person = User(
        email=read.email,
        name=values["name"],
        is_active=values.get("active", True),
        manager=_manager(values.get("manager", ""), None),
        organisation=_word(Organisation, values.get("organisation", "")),
        role=_word(Role, values.get("role", "")),
        persona=_word(Persona, values.get("persona", "")),
        **{name: values[name] for name in ("time_zone", "language") if values.get(name)},
    )
    person.set_unusable_password()
    person._history_user = by  # type: ignore[attr-defined]
    person.save()
    make_learner(person=person)
    if set(values.get("groups", ())) - {LEARNER}:
        _give_groups(person, values["groups"], by)
    record_event(event="person imported", by=by, subject=subject_of(person))
    return person


def account_made(person: User) -> News:
    """Nobody has a password from a file: each sets their own by the mail to their address."""
    return News(
        kind=NoticeKind.ACCOUNT,
        key="account-made",
        title=_("Your account is ready"),
        text=_("Field Enablement made an account for %(email)s. Set your password to sign in for the first time.")
        % {"email": person.email},
        link=reverse("account_reset_password"),
        link_text=_("Set your password"),
    )


def give(*, person: User, values: Mapping[str, Any], by: User) -> None:
    """Give a locked person these values, each by the action that is for it. Refused as those refuse."""
    before = relations_of(person.pk)
    for name in ("name", "time_zone", "language"):
        if name in values:
            setattr(person, name, values[name])
    if "active" in values:
        person.is_active = values["active"]
    if "role" in values:
        person.role = _word(Role, values["role"])
    if "persona" in values:
        person.persona = _word(Persona, values["persona"])
    person._history_user = by  # type: ignore[attr-defined]
    person.save()
    if "organisation" in values:
        move_person(person=person, organisation=_word(Organisation, values["organisation"]), reason=REASON, by=by)
        person.refresh_from_db()
        before = relations_of(person.pk)
    if "manager" in values:
        person.manager = _manager(values["manager"], person)
        person._history_user = by  # type: ignore[attr-defined]
        person.save(update_fields=["manager"])
        note_relations(person=person, before=before, by=by)
    if "groups" in values:
        _give_groups(person, values["groups"], by)
    if "active" in values:
        event = "person let in again" if person.is_active else "person suspended"
        record_event(event=event, by=by, subject=subject_of(person))


def _give_groups(person: User, names: list[str], by: User) -> None:
    """Only what the importer may give and take; graders open the administration, as those do who were invited as one."""
    held = set(person.groups.filter(name__in=PERMISSIONS).values_list("name", flat=True))
    if lacking := sorted((set(names) ^ held) - groups_to_give(by)):
        refuse_if(Refusal("beyond", _("You can't give or take the group “%(name)s”.") % {"name": lacking[0]}))
    set_groups(person=person, groups=Group.objects.filter(name__in=names), by=by)
    if not GRADERS.isdisjoint(names) and not person.is_staff:
        person.is_staff = True
        person._history_user = by  # type: ignore[attr-defined]
        person.save(update_fields=["is_staff"])


def _word(model: Any, slug: str) -> Any:
    """The row of this slug; None for none. One that went since the preview refuses."""
    if not slug:
        return None
    found = model.objects.filter(slug=slug).first()
    if found is None:
        refuse_if(Refusal("gone", _("“%(slug)s” is no longer here.") % {"slug": slug}))
    return found


def _manager(email: str, person: User | None) -> User | None:
    """The manager of this address: active, and not below the person."""
    if not email:
        return None
    boss = User.objects.alias(lower=Lower("email")).filter(lower=email, is_active=True).first()
    if boss is None:
        refuse_if(Refusal("no-manager", _("Their manager, %(email)s, isn't here.") % {"email": email}))
    elif person is not None and User.objects.filter(pk__in=line_above(boss.pk)).filter(pk=person.pk).exists():
        refuse_if(Refusal("circle", _("The managers would go round in a circle.")))
    return boss

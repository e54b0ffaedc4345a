"""People come to an organisation and leave it. Credentials stay with the person; what others see follows at once."""

from datetime import date

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accreditation.actions.organisation_news import tell_of_arrival, tell_of_departure, tell_of_own_move
from accreditation.actions.people import set_groups
from accreditation.actions.relations import note_relations
from accreditation.models import Move, Organisation, User
from accreditation.roles import PARTNER_MANAGER, PERMISSIONS
from accreditation.rules.invitations import why_not_manage
from accreditation.rules.organisations import why_not_move
from accreditation.rules.people import subject_of
from accreditation.rules.relations import relations_of
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if


@transaction.atomic
def move_person(
    *, person: User, organisation: Organisation | None, reason: str, by: User, moved_on: date | None = None
) -> Move:
    """Let a person belong to another organisation, or to none, from now on. Refused as `why_not_move` says.

    Accreditations, badges and open work stay theirs. The manager of the old organisation, reports there and the right to
    manage end; who knew them there never reads what they handed in before. Both sides' managers are told, the old ones not
    where to. Source: rules.md 1.20, 1.21, 5.2.
    """
    person = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation").get(pk=person.pk)
    today = timezone.now().date()
    refuse_if(why_not_move(person, organisation, reason, moved_on or today, by, today))
    return place(person=person, organisation=organisation, reason=reason.strip(), by=by, moved_on=moved_on or today)


@transaction.atomic
def place(*, person: User, organisation: Organisation | None, reason: str, by: User | None, moved_on: date) -> Move:
    """Write that a locked person belongs there, with all that follows. The caller has asked whether they may."""
    old = person.organisation
    move = Move.objects.create(person=person, old=old, new=organisation, moved_on=moved_on, reason=reason, by=by)
    if old is not None:
        _end_line(person, old, by)
        _take_management(person, by)
    before = relations_of(person.pk)
    person.organisation = organisation
    person.save(update_fields=["organisation"])
    note_relations(person=person, before=before, by=by)
    record_event(event="moved", by=by, subject=subject_of(person), move=move.pk)
    if old is not None:
        tell_of_departure(move=move)
    if organisation is not None:
        tell_of_arrival(move=move)
    tell_of_own_move(move=move)
    return move


@transaction.atomic
def show_tier_publicly(*, organisation: Organisation, shows: bool, by: User) -> Organisation:
    """Let the public directory say the tier of an organisation, or no longer. Its managers and enablement decide.

    Refused as `why_not_manage` says. Source: rules.md 7.55.
    """
    row = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    refuse_if(why_not_manage(by, row))
    if row.shows_tier != shows:
        row.shows_tier = shows
        row._history_user = by  # type: ignore[attr-defined]
        row.save(update_fields=["shows_tier"])
        record_event(
            event="tier in the directory", by=by, subject=f"accreditation.organisation:{row.pk}", shows_tier=shows
        )
    return row


def _end_line(person: User, old: Organisation, by: User | None) -> None:
    """Nobody of the old organisation manages the person any more, and the person nobody there."""
    ended = list(User.objects.filter(manager=person, organisation=old))
    if person.manager_id and User.objects.filter(pk=person.manager_id, organisation=old).exists():
        ended.append(person)
    for report in ended:
        before = relations_of(report.pk)
        report.manager = None
        report.save(update_fields=["manager"])
        note_relations(person=report, before=before, by=by)


def _take_management(person: User, by: User | None) -> None:
    """A partner manager is one of an organisation: the next one has to be given anew."""
    held = set(person.groups.filter(name__in=PERMISSIONS).values_list("name", flat=True))
    if by is not None and PARTNER_MANAGER in held:
        set_groups(person=person, groups=Group.objects.filter(name__in=held - {PARTNER_MANAGER}), by=by)

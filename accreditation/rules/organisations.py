"""Partner organisations: who belongs to one, who manages it, who may move where, and what ends soon."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext

from accreditation.models import IN_FORCE, Accreditation, JoinRequest, Organisation, User
from accreditation.roles import PARTNER_MANAGER
from accreditation.rules.people import members_of
from accreditation.rules.reminders import FADING_DAYS
from courses.lib.refusals import Refusal

AHEAD = timedelta(days=90)
"""So long before its end an accreditation is told to the organisation whose tier stands on it."""


def managers_of(organisation: Organisation) -> QuerySet[User]:
    """The active partner managers who belong to this organisation."""
    return members_of(organisation).filter(groups__name=PARTNER_MANAGER)


def expiring(organisation: Organisation, today: date) -> QuerySet[Accreditation]:
    """Accreditations in force of its people that end within 90 days, soonest first: what its tier may lose. One query.

    Source: rules.md 1.24.
    """
    rows = Accreditation.objects.filter(
        learner__in=members_of(organisation), state__in=IN_FORCE, valid_until__range=(today, today + AHEAD)
    )
    return rows.select_related("learner", "program").order_by("valid_until", "learner__name", "pk")


def requests_to(organisation: Organisation) -> QuerySet[JoinRequest]:
    """Who waits to be let in, oldest first."""
    return JoinRequest.objects.open().filter(organisation=organisation).select_related("person")


@dataclass(frozen=True, slots=True)
class Ending:
    """How many accreditations of an organisation's people end on a day, so many days ahead."""

    organisation: Organisation
    day: date
    days: int
    count: int


def endings_of(today: date) -> list[Ending]:
    """What every organisation is reminded of today, by the same days as the holders. Two queries."""
    days = [today + AHEAD, *(today + timedelta(days=one) for one in FADING_DAYS)]
    rows = Accreditation.objects.filter(valid_until__in=days, state__in=IN_FORCE, learner__is_active=True)
    counted = rows.exclude(learner__organisation=None).order_by().values_list("learner__organisation", "valid_until")
    found = list(counted.annotate(count=Count("pk")))
    organisations = Organisation.objects.in_bulk({pk for pk, _, _ in found})
    return [Ending(organisations[pk], day, (day - today).days, count) for pk, day, count in found]


def why_not_move(
    person: User, organisation: Organisation | None, reason: str, moved_on: date, by: User, today: date
) -> Refusal | None:
    """Enablement moves others, with a reason, once it has happened. Source: rules.md 1.20."""
    if not by.has_perm("accreditation.change_user"):
        return Refusal("not-allowed", gettext("Only Field Enablement moves people between organisations."))
    if person.pk == by.pk:
        return Refusal("own", gettext("Nobody moves themselves. Ask a colleague."))
    if person.organisation_id == (organisation.pk if organisation else None):
        return Refusal("same", gettext("%(person)s belongs there already.") % {"person": person})
    if not reason.strip():
        return Refusal("no-reason", gettext("Say why they move; the reason stays in the record."))
    if moved_on > today:
        return Refusal("not-yet", gettext("A move is written when it has happened. Come back on that day."))
    return None

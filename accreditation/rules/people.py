"""People: who let whom in, and what a manager sees of them: name, standing, badges, nothing of the work."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from accreditation.models import IN_FORCE, Accreditation, Enrolment, Invitation, Organisation, StandingState, User
from accreditation.roles import PARTNER_MANAGER, PERMISSIONS, REVOKERS
from courses.lib.people import line_below
from courses.lib.refusals import Refusal
from courses.models import AuditEvent

GROUPS_GIVEN, INVITED, WROTE_INVITATION = "groups given", "invited", "invitation written"
"""Events of the audit trail that tell who let whom in."""


def subject_of(row: User | Invitation) -> str:
    """How the audit trail names a row."""
    return f"{row._meta.label_lower}:{row.pk}"


def why_not_give(groups: Collection[str]) -> Refusal | None:
    """Only groups of the one table are given; a group made beside it may carry any right. Source: rules.md 1.8."""
    if unknown := sorted(set(groups) - PERMISSIONS.keys()):
        names = ", ".join(PERMISSIONS)
        return Refusal(
            "unknown-group",
            _("“%(unknown)s” can't be given here. These can: %(names)s.") % {"unknown": unknown[0], "names": names},
        )
    return None


def writers_of(invitation: Invitation) -> QuerySet[User]:
    """Everybody who wrote or changed an invitation. One query."""
    wrote = AuditEvent.objects.filter(event=WROTE_INVITATION, subject=subject_of(invitation)).values("actor")
    return User.objects.filter(Q(pk=invitation.invited_by_id) | Q(pk__in=wrote))


def let_in_by(person: User) -> set[int]:
    """Primary keys of those who made the person, invited them, or gave them a group that may revoke. Two queries."""
    trail = AuditEvent.objects.filter(subject=subject_of(person), event__in=[GROUPS_GIVEN, INVITED])
    given = {row.actor_id for row in trail if row.event == INVITED or not REVOKERS.isdisjoint(row.details["groups"])}
    made = User.history.filter(id=person.pk, history_type="+").values_list("history_user_id", flat=True)
    return {pk for pk in given.union(made) if pk is not None}


def why_not_second_person(first: User, second: User) -> Refusal | None:
    """Neither of two people who decide together has let the other in: one person with two mailboxes would be both.

    Four queries. Source: rules.md 8.6.
    """
    if first.pk in let_in_by(second) or second.pk in let_in_by(first):
        return Refusal(
            "not-independent",
            _(
                "One of you let the other in or gave them this right, so you can't be the two people who decide "
                "this. Ask a third person who may revoke badges."
            ),
        )
    return None


def with_standing(people: QuerySet[User]) -> QuerySet[User]:
    """These people by name, each with their standing in the programs that they are on, hold or held.

    Programs share what they ask for, so that a core begins many of them: those are left out until somebody enrols.
    Two queries, whatever their number. Source: rules.md 1.28.
    """
    on_it = Enrolment.objects.open().filter(learner=OuterRef("learner"), program=OuterRef("program"))
    begun = Q(state__in=[StandingState.NOT_STARTED, StandingState.IN_PROGRESS])
    held = Accreditation.objects.filter(~begun | Exists(on_it)).select_related("program").order_by("program__title")
    rows = people.select_related("persona").order_by("name", "pk")
    return rows.prefetch_related(Prefetch("accreditations", held))


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many people there are, how many of them learn, and how many of those hold anything that is in force."""

    people: int
    learners: int
    accredited: int


def head_count(people: QuerySet[User]) -> HeadCount:
    """These people in numbers. Who manages an organisation and is on no program is no learner. One query."""
    manages = Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__name=PARTNER_MANAGER))
    enrolled = Exists(Enrolment.objects.open().filter(learner=OuterRef("pk")))
    held = Exists(Accreditation.objects.filter(learner=OuterRef("pk"), state__in=IN_FORCE))
    learns = Q(~manages) | Q(enrolled)
    counts = {"learners": Count("pk", filter=learns), "accredited": Count("pk", filter=learns & Q(held))}
    return HeadCount(**people.aggregate(people=Count("pk"), **counts))


def team_of(manager: User) -> QuerySet[User]:
    """Everybody below this person, directly or through others; a partner's manager reads the own organisation only.

    One statement, whatever the depth. Source: rules.md 1.28.
    """
    line = User.objects.filter(pk__in=line_below(manager.pk), is_active=True).exclude(pk=manager.pk)
    return line.filter(organisation=manager.organisation_id) if manager.organisation_id else line


def members_of(organisation: Organisation) -> QuerySet[User]:
    """The people of a partner organisation."""
    return User.objects.filter(organisation=organisation, is_active=True)

"""Where a person works besides learning: their team, their partner organisation, the grading queue, the administration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accreditation.models import Organisation, User
from accreditation.roles import PERMISSIONS
from accreditation.rules.people import HeadCount, head_count, members_of, team_of
from assessments.rules.claims import claimable_by, facts_of
from assessments.rules.sessions import HostedSession, hosted_by
from assessments.rules.standards import Judging, judging_of

GRADE, OWN_ORGANISATION, ENDORSE = "assessments.grade", "accreditation.view_own_organisation", "badges.endorse"
OUTSIDE = frozenset({GRADE, OWN_ORGANISATION, ENDORSE})
"""Permissions that open nothing of the administration but the queue."""


@dataclass(frozen=True, slots=True)
class Places:
    """What a person's menu names beside what everybody has. `administers`: more of it than the queue."""

    leads_team: bool = False
    has_sessions: bool = False
    organisation: Organisation | None = None
    grades: bool = False
    endorses: bool = False
    administers: bool = False

    def __bool__(self) -> bool:
        """Whether there is any of them."""
        own = self.leads_team or self.has_sessions or self.organisation
        return bool(own or self.grades or self.endorses or self.administers)


def places_of(person: Any) -> Places:
    """The places of the signed-in person; none for a visitor. No query: their session loaded them `with_places`.

    By their groups, as `roles.py` says: a menu never asks the database what it may show.
    """
    if not getattr(person, "is_authenticated", False):
        return Places()
    held = {permission for name in getattr(person, "group_names", ()) for permission in PERMISSIONS.get(name, ())}
    return Places(
        leads_team=getattr(person, "leads_team", False),
        has_sessions=getattr(person, "has_sessions", False),
        organisation=person.organisation if OWN_ORGANISATION in held and person.organisation_id else None,
        grades=person.is_superuser or GRADE in held,
        endorses=person.is_superuser or ENDORSE in held,
        administers=person.is_staff and (person.is_superuser or bool(held - OUTSIDE)),
    )


def only_grades(person: Any) -> bool:
    """Whether the queue is all that this person has in the administration. No query."""
    places = places_of(person)
    return places.grades and not places.administers


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person in their places, for their first page."""

    waiting: int = 0
    team: HeadCount | None = None
    members: HeadCount | None = None
    judging: Sequence[Judging] = ()
    sessions: Sequence[HostedSession] = ()

    @property
    def to_attest(self) -> int:
        """How many sessions that are over ask their host what became of them."""
        return sum(one.waits and one.may_attest for one in self.sessions)

    @property
    def to_mark(self) -> int:
        """How many sessions that are over wait for the marks of the grader who sat in."""
        return sum(one.waits and one.may_begin for one in self.sessions)

    @property
    def next_session(self) -> HostedSession | None:
        """The one that runs, or the next one ahead, that somebody booked."""
        return next((one for one in self.sessions if one.booking and not one.is_over), None)


def waiting_in(person: User, places: Places, now: datetime) -> Waiting:
    """The figures of a person's places. One query for each place that has any, two for grading."""
    return Waiting(
        waiting=claimable_by(person, facts_of(person)).order_by().count() if places.grades else 0,
        team=head_count(team_of(person)) if places.leads_team else None,
        judging=judging_of(person) if person.is_staff or places.grades else (),
        sessions=hosted_by(person, now) if places.has_sessions else (),
        members=head_count(members_of(places.organisation)) if places.organisation else None,
    )

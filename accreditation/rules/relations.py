"""Who is related to whom, as far as it keeps one from grading the other."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accreditation.models import User
from accreditation.roles import GRADERS
from courses.lib.people import line_above, line_below

Pair = tuple[int, int]
"""Primary keys of a grader and a learner."""


@dataclass(frozen=True, slots=True)
class Relations:
    """A person's manager and organisation, as they are stored."""

    manager_id: int | None = None
    organisation_id: int | None = None


def relations_of(person_id: int | None) -> Relations:
    """What is stored now; nothing for somebody who isn't yet. One query."""
    if person_id is None:
        return Relations()
    row = User.objects.filter(pk=person_id).values_list("manager_id", "organisation_id").first()
    return Relations(*row) if row else Relations()


def pairs_by_manager(person: User, manager_id: int | None) -> set[Pair]:
    """Both ways between the line from this manager up and the line from the person down: neither grades the other.

    Between the two themselves always; beyond them only who may grade gets a row. Three queries. Source: rules.md 5.2.
    """
    if manager_id is None:
        return set()
    above = set(User.objects.filter(pk__in=line_above(manager_id)).values_list("pk", flat=True)) - {person.pk}
    below = set(User.objects.filter(pk__in=line_below(person.pk)).values_list("pk", flat=True)) - above | {person.pk}
    graders = set(_graders(User.objects.filter(pk__in=above | below)))
    down = {(boss, report) for boss in above & graders for report in below}
    up = {(report, boss) for report in below & graders for boss in above}
    return down | up | {(manager_id, person.pk), (person.pk, manager_id)}


def _graders(people: QuerySet[User]) -> QuerySet[User, int]:
    """Keys of those who may grade."""
    return people.filter(Q(is_superuser=True) | Q(groups__name__in=GRADERS)).values_list("pk", flat=True)


def pairs_by_organisation(person: User, organisation_id: int | None) -> set[Pair]:
    """The graders of the organisation with this person, and this person, who may grade, with its people. Two queries."""
    if organisation_id is None:
        return set()
    others = User.objects.filter(organisation_id=organisation_id).exclude(pk=person.pk)
    pairs = {(grader, person.pk) for grader in _graders(others)}
    if person.is_superuser or person.groups.filter(name__in=GRADERS).exists():
        pairs |= {(person.pk, other) for other in others.values_list("pk", flat=True)}
    return pairs

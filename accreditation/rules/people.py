"""People as a manager sees them: name, standing, badges. Nothing of the work."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from accreditation.models import IN_FORCE, Accreditation, User


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A person and what they hold."""

    person: User
    accreditations: tuple[Accreditation, ...]

    @property
    def is_accredited(self) -> bool:
        """Whether anything is in force."""
        return any(one.state in IN_FORCE for one in self.accreditations)


def team_members(people: QuerySet[User]) -> list[TeamMember]:
    """These people by name, each with their standing in every program. Two queries, whatever their number."""
    held = Accreditation.objects.select_related("program").order_by("program__title")
    rows = people.select_related("persona", "role").order_by("name").prefetch_related(Prefetch("accreditations", held))
    return [TeamMember(person, tuple(person.accreditations.all())) for person in rows]

"""What the lower apps may know of a person. They never import the user model."""

from typing import Protocol, cast

from django.http import HttpRequest


class Person(Protocol):
    """A signed-in person: identity, scope and permissions, nothing else."""

    pk: int
    is_active: bool
    is_staff: bool
    organisation_id: int | None
    manager_id: int | None
    role_id: int | None
    persona_id: int | None

    def has_perm(self, perm: str) -> bool:
        """Whether one of the person's groups grants the permission (`roles.py` holds the table)."""
        ...


def person_of(request: HttpRequest) -> Person:
    """The signed-in person of a request whose view carries a policy that asks for one."""
    return cast(Person, request.user)

"""What the lower apps may know of a person. They never import the user model."""

from typing import Any, Protocol, cast

from django.contrib.auth import get_user_model
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

# UNION drops who was seen already, so that people who manage each other in a circle end the walk instead of going round.
BELOW = """WITH RECURSIVE line AS (
    SELECT id FROM {people} WHERE manager_id = %s
    UNION SELECT report.id FROM {people} report JOIN line ON report.manager_id = line.id
) SELECT id FROM line"""
ABOVE = """WITH RECURSIVE line AS (
    SELECT id, manager_id FROM {people} WHERE id = %s
    UNION SELECT boss.id, boss.manager_id FROM {people} boss JOIN line ON boss.id = line.manager_id
) SELECT id FROM line"""


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


def line_below(person: Any) -> RawSQL:
    """Keys of everybody whom a person manages, directly or through others, for `pk__in`; a circle may bring the person too.

    `person`: a key, or a parameter of a compiled queryset. Part of its statement, whatever the depth.
    """
    return RawSQL(BELOW.format(people=get_user_model()._meta.db_table), [person])  # noqa: S611 - the name of a table


def line_above(manager: Any) -> RawSQL:
    """Keys of a manager, theirs, and so on up, for `pk__in`; 0 stands for no manager. Part of its statement."""
    return RawSQL(ABOVE.format(people=get_user_model()._meta.db_table), [manager])  # noqa: S611 - the name of a table

"""People for the tests of every app; the lower apps know them by the user model's setting only."""

from itertools import count

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

_number = count(1001)
"""From here on, no person's name begins another's: \"Person 1\" would stand in \"Person 12\"."""


def make_person(*, groups=(), **fields):
    """A saved person with a fresh address and the given groups."""
    number = next(_number)
    fields.setdefault("email", f"person{number}@example.com")
    fields.setdefault("name", f"Person {number}")
    person = get_user_model().objects.create_user(password=fields.pop("password", "demo-accreditation"), **fields)
    person.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    return person

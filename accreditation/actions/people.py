"""People join, and enablement says what they are."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from accreditation.models import Invitation, User
from accreditation.roles import LEARNER, PERMISSIONS


def write_groups() -> None:
    """Make the groups say what `roles.py` says: a permission that left the table leaves the group."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, wanted in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([known[one] for one in wanted if one in known])


@transaction.atomic
def make_learner(*, person: User) -> None:
    """Everybody who signs up may learn."""
    person.groups.add(Group.objects.get_or_create(name=LEARNER)[0])


@transaction.atomic
def accept_invitation(*, person: User, email: str) -> Invitation | None:
    """Give a person who proved their address what the open invitation to it says; None where there is none."""
    row = Invitation.objects.select_for_update(of=("self",)).filter(email__iexact=email, accepted_at=None).first()
    if row is None:
        return None
    for name in ("role", "persona", "organisation", "manager"):
        value = getattr(row, name)
        if value and value != person:  # an invitation may name its own reader as the manager
            setattr(person, name, value)
    person.is_staff = person.is_staff or row.groups.filter(permissions__codename="grade").exists()
    person.save()
    person.groups.add(*row.groups.all())
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    return row

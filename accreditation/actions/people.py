"""People join, and enablement says what they are."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accreditation.models import Invitation, User
from accreditation.roles import KEY_READERS, LEARNER, PERMISSIONS
from accreditation.rules.people import GROUPS_GIVEN, WROTE_INVITATION, subject_of, why_not_give
from assessments.rules.sitters import why_not_let_read
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if


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


def choose_own_language(*, language: str, by: User) -> None:
    """Speak to this person in one of the portal's languages from now on; anything else changes nothing."""
    if language in dict(settings.LANGUAGES):
        by.language = language
        by.save(update_fields=["language"])


@transaction.atomic
def set_groups(*, person: User, groups: Iterable[Group], by: User) -> None:
    """Make these the person's groups, and keep in the audit trail who gave and who took which.

    Groups that `roles.py` doesn't name are refused, and those that show answers while the person sits an exam; one that the
    person has by another way stays. Source: rules.md 1.8, 3.32.
    """
    wanted = {group.name for group in groups}
    refuse_if(why_not_give(wanted))
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    held = set(person.groups.filter(name__in=PERMISSIONS).values_list("name", flat=True))
    given, taken = sorted(wanted - held), sorted(held - wanted)
    if not KEY_READERS.isdisjoint(given):
        refuse_if(why_not_let_read(person.pk))
    person.groups.add(*Group.objects.filter(name__in=given))
    person.groups.remove(*Group.objects.filter(name__in=taken))
    if given:
        record_event(event=GROUPS_GIVEN, by=by, subject=subject_of(person), groups=given)
    if taken:
        record_event(event="groups taken", by=by, subject=subject_of(person), groups=taken)


@transaction.atomic
def note_invitation(*, invitation: Invitation, by: User) -> None:
    """Keep who wrote or changed an invitation: each of them has let in whoever takes it up."""
    groups = sorted(invitation.groups.values_list("name", flat=True))
    record_event(event=WROTE_INVITATION, by=by, subject=subject_of(invitation), groups=groups)

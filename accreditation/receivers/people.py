"""People join, sign in and are worked on many at a time.

Each receiver writes a row, and its task is hurried after the commit.
"""

from typing import Any

from allauth.account.signals import email_confirmed, password_changed, password_reset, password_set, user_signed_up
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from accreditation import tasks
from accreditation.actions import (
    applications,
    invitations,
    joining,
    people,
)
from accreditation.signals import (
    bulk_deed_ordered,
    invitation_written,
    people_file_uploaded,
)
from courses.actions.audit import record_event
from courses.lib.tasks import nudge


@receiver(post_migrate, dispatch_uid="groups")
def write_groups(sender: Any, **_: Any) -> None:
    """The groups follow `roles.py` after every migration: once, when the apps before django.contrib.auth have permissions."""
    if sender.name == "django.contrib.auth":
        people.write_groups()


@receiver(user_signed_up)
def welcome(user: Any, **_: Any) -> None:
    """A new person is a learner."""
    people.make_learner(person=user)


@receiver(email_confirmed)
def take_up_invitation(email_address: Any, **_: Any) -> None:
    """A proved address takes up the invitation that was sent to it; else it may be of an organisation's domain."""
    if invitations.accept_invitation(person=email_address.user, email=email_address.email) is None:
        joining.join_by_domain(person=email_address.user, email=email_address.email)


@receiver(user_logged_in)
def note_sign_in(user: Any, **_: Any) -> None:
    """Sign-ins stand in the audit trail."""
    record_event(event="sign-in", by=user, subject=f"accreditation.user:{user.pk}")


@receiver(user_login_failed)
def note_failed_sign_in(**_: Any) -> None:
    """Failed sign-ins too; what was typed is not kept."""
    record_event(event="sign-in failed", by=None, subject="accreditation.user:")


@receiver([password_changed, password_reset, password_set])
def end_applications(user: Any, **_: Any) -> None:
    """A new password signs out everywhere; applications that read by an old consent are out too."""
    applications.withdraw_everything(person=user)


@receiver(people_file_uploaded)
def hurry_reading(people_import: Any, **_: Any) -> None:
    """Read it soon."""
    nudge(tasks.read_people, people_import.pk)


@receiver(bulk_deed_ordered)
def hurry_deed(deed: Any, **_: Any) -> None:
    """Begin soon."""
    nudge(tasks.work_on_deed, deed.pk)


@receiver(invitation_written)
def hurry_invitation(invitation: Any, **_: Any) -> None:
    """Send it soon."""
    nudge(tasks.deliver_invitation, invitation.pk)

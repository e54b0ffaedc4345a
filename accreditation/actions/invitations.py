"""People are invited, the mail goes out from the row, and whoever proves the address takes it up."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accreditation.actions.organisations import place
from accreditation.actions.people import note_invitation
from accreditation.actions.relations import note_relations
from accreditation.models import Invitation, Organisation, User
from accreditation.roles import PERMISSIONS
from accreditation.rules.invitations import (
    why_not_change,
    why_not_invite,
    why_not_manage,
    why_not_send_again,
    why_not_take_up,
)
from accreditation.rules.people import INVITED, subject_of, writers_of
from accreditation.rules.relations import relations_of
from accreditation.signals import invitation_written
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if
from courses.models import Persona, Role

TRIES = 8
STUCK_AFTER = timedelta(minutes=10)


@transaction.atomic
def invite(
    *, organisation: Organisation, email: str, by: User, role: Role | None = None, persona: Persona | None = None
) -> Invitation:
    """Ask whoever has this address to join the organisation; its mail goes out at once. No groups are given.

    Refused as `why_not_invite` says. Source: rules.md 1.25.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two at once would both be the fiftieth
    now, email = timezone.now(), email.strip().lower()
    refuse_if(why_not_invite(organisation, email, by, now))
    row = Invitation.objects.create(
        email=email, organisation=organisation, role=role, persona=persona, invited_by=by, mail_due_at=now
    )
    note_invitation(invitation=row, by=by)
    invitation_written.send(sender=Invitation, invitation=row)
    return row


@transaction.atomic
def send_again(*, invitation: Invitation, by: User) -> Invitation:
    """Mail an open invitation once more. Refused as `why_not_send_again` says."""
    row = _locked(invitation, by)
    now = timezone.now()
    refuse_if(why_not_send_again(row, now))
    row.mail_due_at, row.mail_attempts = now, 0
    row.save(update_fields=["mail_due_at", "mail_attempts"])
    invitation_written.send(sender=Invitation, invitation=row)
    return row


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User) -> Invitation:
    """Take an open invitation back: the address joins nothing any more."""
    row = _locked(invitation, by)
    refuse_if(why_not_change(row))
    row.withdrawn_at, row.mail_due_at = timezone.now(), None
    row.save(update_fields=["withdrawn_at", "mail_due_at"])
    record_event(event="invitation taken back", by=by, subject=subject_of(row))
    return row


def _locked(invitation: Invitation, by: User) -> Invitation:
    row = Invitation.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=invitation.pk)
    if row.organisation is not None:
        refuse_if(why_not_manage(by, row.organisation))
    return row


@transaction.atomic
def accept_invitation(*, person: User, email: str) -> Invitation | None:
    """Give a person who proved their address what the open invitation to it says; None where there is none.

    Of its groups only those that `roles.py` names; the audit trail keeps who let the person in. Whoever belongs to another
    organisation stays there, and the invitation open. Source: rules.md 1.4, 1.8, 1.26.
    """
    rows = Invitation.objects.open().select_for_update(of=("self",)).select_related("organisation", "manager")
    row = rows.filter(email__iexact=email).first()
    if row is None or why_not_take_up(person, row):
        return None
    take_up(person=person, invitation=row)
    return row


@transaction.atomic
def take_up(*, person: User, invitation: Invitation) -> None:
    """Let the person be what a locked invitation says. Refused where they belong elsewhere."""
    refuse_if(why_not_take_up(person, invitation))
    before = relations_of(person.pk)
    for name in ("role", "persona", "manager"):
        value = getattr(invitation, name)
        if value and value != person:  # an invitation may name its own reader as the manager
            setattr(person, name, value)
    groups = invitation.groups.filter(name__in=PERMISSIONS)
    person.is_staff = person.is_staff or groups.filter(permissions__codename="grade").exists()
    person.save()
    person.groups.add(*groups)
    note_relations(person=person, before=before, by=None)
    if invitation.organisation and person.organisation_id is None:
        today = timezone.now().date()
        place(
            person=person, organisation=invitation.organisation, reason="Invitation taken up.", by=None, moved_on=today
        )
    for writer in writers_of(invitation):
        record_event(event=INVITED, by=writer, subject=subject_of(person), groups=[group.name for group in groups])
    invitation.accepted_at, invitation.mail_due_at = timezone.now(), None
    invitation.save(update_fields=["accepted_at", "mail_due_at"])


@transaction.atomic
def take_up_own(*, invitation: Invitation, by: User) -> None:
    """Take up an invitation to one's own address, which the caller has seen to be proved. Refused as `why_not_take_up` says."""
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organisation", "manager")
        .get(pk=invitation.pk)
    )
    person = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation").get(pk=by.pk)
    take_up(person=person, invitation=row)


def deliver_invitation(*, invitation_id: int) -> bool:
    """Send the mail of one invitation that waits for it. A failure waits longer each time; after eight tries it is given up.

    The next try is written before the mail server is asked, so a mail may come twice, never not at all.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = Invitation.objects.open().select_for_update(skip_locked=True, of=("self",))
        row = rows.select_related("organisation", "role").filter(pk=invitation_id, mail_due_at__lte=now).first()
        if row is None:
            return False
        row.mail_attempts += 1
        row.mail_due_at = None if row.mail_attempts > TRIES else now + STUCK_AFTER * row.mail_attempts
        row.save(update_fields=["mail_attempts", "mail_due_at"])
    if row.mail_due_at is None:
        return False
    _send(row)
    Invitation.objects.filter(pk=row.pk).update(mail_due_at=None, sent_at=now)
    return True


def _send(row: Invitation) -> None:
    facts = {"invitation": row, "site_url": settings.SITE_URL, "organisation_name": settings.ORGANISATION_NAME}
    subject = " ".join(render_to_string("emails/invitation.subject", facts).split())
    mail = EmailMultiAlternatives(subject, render_to_string("emails/invitation.txt", facts), to=[row.email])
    mail.attach_alternative(render_to_string("emails/invitation.html", facts), "text/html")
    mail.send()

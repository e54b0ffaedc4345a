"""A list of people is applied as it was previewed, or not at all."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accreditation.actions.organisations import place
from accreditation.actions.people import note_invitation
from accreditation.models import Invitation, Organisation, User
from accreditation.rules.member_files import INVITED, JOINS, Outcome, digest_of, outcomes_of, why_not_read
from accreditation.signals import invitation_written
from courses.actions.audit import record_event
from courses.lib.refusals import Refusal, refuse_if
from courses.models import Persona, Role


@transaction.atomic
def import_members(*, organisation: Organisation, text: str, digest: str, by: User) -> list[Outcome]:
    """Let the people of a list join or be invited, each as the preview with this digest said; all of it or nothing.

    Refused to others than enablement, for a list that can't be read, and where something changed since the preview.
    Source: rules.md 1.31.
    """
    if not (by.has_perm("accreditation.add_invitation") and by.has_perm("accreditation.change_user")):
        refuse_if(Refusal("not-allowed", _("Only Field Enablement imports people.")))
    refuse_if(why_not_read(text))
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    found = outcomes_of(text, organisation)
    if digest_of(found) != digest:
        refuse_if(Refusal("changed", _("Something changed since the preview. Look at it once more, then apply it.")))
    for one in found:
        if one.becomes == JOINS:
            _join(one, organisation, by)
        elif one.becomes == INVITED:
            _invite(one, organisation, by)
    record_event(
        event="people imported", by=by, subject=f"accreditation.organisation:{organisation.pk}", lines=len(found)
    )
    return found


def _join(one: Outcome, organisation: Organisation, by: User) -> None:
    people = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation")
    person = people.get(emailaddress__email__iexact=one.email, emailaddress__verified=True)
    if person.organisation_id is not None:
        refuse_if(
            Refusal(
                "changed",
                _("%(email)s has joined an organisation since the preview. Look at it once more.")
                % {"email": one.email},
            )
        )
    person.role = person.role or Role.objects.filter(slug=one.role).first()
    person.persona = person.persona or Persona.objects.filter(slug=one.persona).first()
    person.save(update_fields=["role", "persona"])
    place(person=person, organisation=organisation, reason="Imported list.", by=by, moved_on=timezone.now().date())


def _invite(one: Outcome, organisation: Organisation, by: User) -> None:
    role, persona = Role.objects.filter(slug=one.role).first(), Persona.objects.filter(slug=one.persona).first()
    row = Invitation.objects.create(
        email=one.email,
        organisation=organisation,
        role=role,
        persona=persona,
        invited_by=by,
        mail_due_at=timezone.now(),
    )
    note_invitation(invitation=row, by=by)
    invitation_written.send(sender=Invitation, invitation=row)

"""Invitations: who may ask whom to join an organisation, and who may take one up."""

from datetime import datetime, timedelta
from typing import Any, cast

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accreditation.models import Invitation, Organisation, User
from accreditation.rules.people import members_of
from courses.lib.refusals import Refusal
from courses.models import Role

INVITED_AS = ("partner-seller",)
"""The roles that a partner manager may invite as."""
MANAGE = "accreditation.view_own_organisation"
INVITE = "accreditation.add_invitation"
"""Who may let people into any organisation."""
A_DAY = 50
"""Invitations of one person in 24 hours."""
PAUSE = timedelta(hours=1)
"""Between two mails to one address."""
ELSEWHERE = gettext_noop("This address can't be invited from here. Ask Field Enablement, who see why.")


def roles_to_invite_as() -> QuerySet[Role]:
    """The short list. Groups are never among what a partner manager gives."""
    return Role.objects.filter(slug__in=INVITED_AS)


def manages(user: User, organisation: Organisation) -> bool:
    """Whether this is a partner manager of this very organisation, or somebody who runs all of them."""
    if user.has_perm(INVITE):
        return True
    return user.has_perm(MANAGE) and user.organisation_id is not None and user.organisation_id == organisation.pk


def why_not_manage(user: User, organisation: Organisation) -> Refusal | None:
    """The organisation's own partner managers and enablement let people in. Source: rules.md 1.25."""
    if manages(user, organisation):
        return None
    return Refusal("not-allowed", _("The organisation's partner managers and Field Enablement invite people."))


def why_not_invite(organisation: Organisation, email: str, by: User, now: datetime) -> Refusal | None:
    """Nobody twice, nobody who is there, fifty a day. What is known elsewhere about an address isn't told. Four queries."""
    if refusal := why_not_manage(by, organisation):
        return refusal
    if members_of(organisation).filter(email__iexact=email).exists():
        return Refusal(
            "already-there",
            _("%(email)s belongs to %(organisation)s already.") % {"email": email, "organisation": organisation},
        )
    if (other := Invitation.objects.open().filter(email__iexact=email).first()) is not None:
        if other.organisation_id == organisation.pk:
            return Refusal(
                "already-invited",
                _("%(email)s is invited already. You can send that invitation again.") % {"email": email},
            )
        return Refusal("elsewhere", ELSEWHERE)
    if Invitation.objects.filter(invited_by=by, invited_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        return Refusal(
            "too-many", _("You have sent %(a_day)s invitations within a day. Go on tomorrow.") % {"a_day": A_DAY}
        )
    return None


def why_not_send_again(invitation: Invitation, now: datetime) -> Refusal | None:
    """An open invitation is mailed again after an hour."""
    if refusal := why_not_change(invitation):
        return refusal
    if invitation.mail_due_at is not None:
        return Refusal("waits", _("Its mail is on the way already."))
    if invitation.sent_at and now < invitation.sent_at + PAUSE:
        return Refusal("too-soon", _("It was sent within the last hour. Give the mail time to arrive."))
    return None


def why_not_change(invitation: Invitation) -> Refusal | None:
    """What was taken up or taken back stays."""
    if invitation.accepted_at:
        return Refusal("taken-up", _("%(email)s has joined already.") % {"email": invitation.email})
    if invitation.withdrawn_at:
        return Refusal("withdrawn", _("This invitation was taken back."))
    return None


def why_not_take_up(person: User, invitation: Invitation) -> Refusal | None:
    """Nobody is moved out of another organisation by an invitation, nor who works for us by one of a partner.

    Source: rules.md 1.26.
    """
    if refusal := why_not_change(invitation):
        return refusal
    if person.organisation_id and invitation.organisation_id not in (None, person.organisation_id):
        return Refusal(
            "elsewhere",
            _("You belong to %(organisation)s. Ask Field Enablement to move you; what you earned stays yours.")
            % {"organisation": person.organisation},
        )
    if person.has_elevated_rights() and not invitation.invited_by.has_perm(INVITE):
        return Refusal("has-rights", _("You have rights of ours. Ask Field Enablement, who can move you to a partner."))
    return None


def invitations_to(person: User) -> QuerySet[Invitation]:
    """Open invitations to an address of the person's that is proved. One query."""
    proved = EmailAddress.objects.filter(user=person, verified=True).values(lower=Lower("email"))
    rows: Any = Invitation.objects.open().annotate(lower=Lower("email")).filter(lower__in=proved)
    return cast(QuerySet[Invitation], rows.select_related("organisation", "invited_by"))


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Those that nobody took up yet, newest first."""
    return Invitation.objects.open().filter(organisation=organisation).select_related("role", "persona")

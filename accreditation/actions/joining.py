"""People join an organisation by an address of its proven domain: at once, or when its partner manager says so."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accreditation.actions.organisation_news import tell_of_answer, tell_of_request
from accreditation.actions.organisations import place
from accreditation.models import Joining, JoinRequest, OrganisationDomain, User
from accreditation.rules.domains import has_left, organisation_of, people_of_domain, why_not_domain
from accreditation.rules.invitations import why_not_manage
from courses.actions.audit import record_event
from courses.lib.inserts import append
from courses.lib.refusals import Refusal, refuse_if

BY_DOMAIN = "An address of the organisation's domain was proved."


@transaction.atomic
def join_by_domain(*, person: User, email: str) -> None:
    """Let a person whose address was just proved join the organisation of its domain, or ask to, as that organisation wants.

    Nothing for whoever belongs to one, works for the vendor, or has an address that is nobody's; who was moved away from there
    asks in any case. Source: rules.md 1.30.
    """
    person = User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation").get(pk=person.pk)
    organisation = organisation_of(email)
    if organisation is None or person.organisation_id is not None or person.has_elevated_rights():
        return
    now = timezone.now()
    if organisation.joining == Joining.AT_ONCE and not has_left(person, organisation):
        place(person=person, organisation=organisation, reason=BY_DOMAIN, by=None, moved_on=now.date())
        return
    append([JoinRequest(person=person, organisation=organisation, asked_at=now)], ignore_conflicts=True)
    if (row := JoinRequest.objects.open().filter(person=person, organisation=organisation).first()) is not None:
        tell_of_request(request=row)


@transaction.atomic
def answer_request(*, request: JoinRequest, accept: bool, by: User) -> JoinRequest:
    """Take in whoever asked, or not; once. Refused to who doesn't manage the organisation, and where they belong elsewhere."""
    rows = JoinRequest.objects.select_for_update(of=("self",)).select_related("organisation")
    row = rows.get(pk=request.pk)
    person = (
        User.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation").get(pk=row.person_id)
    )
    refuse_if(why_not_manage(by, row.organisation))
    if row.answered_at:
        refuse_if(Refusal("answered", _("This was answered already.")))
    if accept and person.organisation_id is not None:
        refuse_if(
            Refusal("elsewhere", _("They belong to another organisation by now. Ask Field Enablement to move them."))
        )
    row.answered_at, row.answered_by, row.accepted = timezone.now(), by, accept
    row.save(update_fields=["answered_at", "answered_by", "accepted"])
    if accept:
        place(person=person, organisation=row.organisation, reason=BY_DOMAIN, by=by, moved_on=timezone.now().date())
    else:
        tell_of_answer(request=row)
    return row


@transaction.atomic
def prove_domain(*, row: OrganisationDomain, by: User) -> int:
    """Write that somebody of enablement has seen the proof: addresses of the domain count from now on.

    Who proved one before and belongs nowhere joins, or asks to, as well; how many. Refused for domains that say nothing.
    """
    row = OrganisationDomain.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=row.pk)
    refuse_if(why_not_domain(row.domain))
    if row.proven_at:
        refuse_if(Refusal("proven", _("Its proof was seen before.")))
    row.proven_at, row.proven_by = timezone.now(), by
    row.save(update_fields=["proven_at", "proven_by"])
    record_event(event="domain proven", by=by, subject=f"accreditation.organisationdomain:{row.pk}", domain=row.domain)
    people = list(people_of_domain(row))
    for person in people:
        for address in EmailAddress.objects.filter(user=person, verified=True):
            join_by_domain(person=person, email=address.email)
    return len(people)

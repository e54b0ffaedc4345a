"""Revoking, by two people. Lock order: the signings of an award, oldest first, its request, status lists, then the key lock."""

from uuid import UUID

from django.db import transaction

from badges import signals
from badges.actions.statuslists import sign_list
from badges.models import Credential, Reissue, RevocationRequest
from badges.rules import issuing
from courses.lib.clock import database_now
from courses.lib.people import Person
from courses.lib.refusals import refuse_if


@transaction.atomic
def request_revocation(*, credential: Credential, reason: str, by: Person) -> RevocationRequest:
    """Ask for a revocation; nothing changes until another person confirms it.

    Refused: `not-allowed` (badges.revoke), `no-reason`, `already-asked`, `wrong-state`.
    """
    credential = Credential.objects.select_for_update(no_key=True).defer("png", "svg").get(pk=credential.pk)
    refuse_if(issuing.why_not_request_revocation(credential, by=by, reason=reason))
    return RevocationRequest.objects.create(
        credential=credential, asked_by_id=by.pk, asked_at=database_now(), reason=reason.strip()
    )


@transaction.atomic
def confirm_revocation(*, request: RevocationRequest, by: Person) -> Credential:
    """Revoke the credential that another person asked to have revoked. It shows at once and is never undone.

    An award that was signed anew for a withdrawn key is one award: all its signings are revoked together. The published lists
    are signed anew in the same transaction, so that page and list never disagree.

    Refused: `not-allowed` (badges.revoke), `same-person`, `already-confirmed`, `wrong-state`, and by a receiver of
    `revocation_confirming`. Sends `credential_revoked`.
    """
    signings = _signings_of(request.credential_id)
    request = RevocationRequest.objects.select_for_update(of=["self"]).select_related("credential").get(pk=request.pk)
    refuse_if(issuing.why_not_confirm_revocation(request, by=by))
    now = database_now()
    request.confirmed_by_id, request.confirmed_at = by.pk, now
    request.save(update_fields=["confirmed_by", "confirmed_at"])
    for one in (one for one in signings if one.state == Credential.State.ISSUED):
        one.state, one.revoked_at = Credential.State.REVOKED, now
        one.save(update_fields=["state", "revoked_at"])
    for list_id in sorted({one.status_list_id for one in signings if one.status_list_id is not None}):
        sign_list(list_id=list_id)
    signals.credential_revoked.send(sender=Credential, credential=signings[-1], request=request)
    return next(one for one in signings if one.pk == request.credential_id)


def _signings_of(credential_id: UUID) -> list[Credential]:
    """The award with what it was signed anew as, and from: oldest first, locked, so that none is added meanwhile."""
    first = credential_id
    anew = Credential.objects.filter(reissue__state=Reissue.State.DONE).values_list("pk", flat=True)
    while before := anew.filter(successor=first).first():
        first = before
    rows = Credential.objects.select_for_update(no_key=True, of=["self"]).defer("png", "svg")
    found = [rows.get(pk=first)]
    while after := rows.filter(predecessor=found[-1], predecessor__reissue__state=Reissue.State.DONE).first():
        found.append(after)
    return found

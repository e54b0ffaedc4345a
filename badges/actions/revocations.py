"""Revoking, by two people. Lock order: credential, its request, its status list, then the key lock."""

from django.db import transaction

from badges import signals
from badges.actions.statuslists import sign_list
from badges.models import Credential, RevocationRequest
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

    The published list is signed anew in the same transaction, so that page and list never disagree.

    Refused: `not-allowed` (badges.revoke), `same-person`, `already-confirmed`, `wrong-state`, and by a receiver of
    `revocation_confirming`. Sends `credential_revoked`.
    """
    credential = Credential.objects.select_for_update(no_key=True).defer("png", "svg").get(pk=request.credential_id)
    request = RevocationRequest.objects.select_for_update(of=["self"]).select_related("credential").get(pk=request.pk)
    refuse_if(issuing.why_not_confirm_revocation(request, by=by))
    now = database_now()
    request.confirmed_by_id, request.confirmed_at = by.pk, now
    request.save(update_fields=["confirmed_by", "confirmed_at"])
    credential.state, credential.revoked_at = Credential.State.REVOKED, now
    credential.save(update_fields=["state", "revoked_at"])
    if credential.status_list_id is not None:
        sign_list(list_id=credential.status_list_id)
    signals.credential_revoked.send(sender=Credential, credential=credential, request=request)
    return credential

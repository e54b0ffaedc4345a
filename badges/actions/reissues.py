"""Signing awards anew whose key was withdrawn. Lock order: reissue, holder, credential, endorsements, lists, key lock."""

import hashlib
import logging
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from badges import signals
from badges.actions.credentials import store_anew
from badges.actions.hosted import keep_recipient
from badges.models import Credential, Endorsement, Reissue
from badges.rules.issuing import is_expired
from courses.lib.clock import database_now

BATCH = 200
"""Awards of one sweep, some 20 seconds of work; the next sweep goes on."""
LATER = timedelta(minutes=5)
log = logging.getLogger(__name__)


def sweep_reissues(*, now: datetime | None = None) -> int:
    """Sign anew what waits; how many were done. One that fails is put off, and never stops the others."""
    rows = Reissue.objects.filter(state=Reissue.State.WAITING, due_at__lte=now or timezone.now())
    done = 0
    for pk in list(rows.values_list("pk", flat=True)[:BATCH]):
        try:
            done += reissue_credential(reissue_id=pk) is not None
        except SoftTimeLimitExceeded:  # the sweep's time is over, the award is not to blame
            raise
        except Exception:  # one bad row never stops the batch
            log.exception("an award waits to be signed anew", extra={"reissue": pk})
            Reissue.objects.filter(pk=pk, state=Reissue.State.WAITING).update(due_at=timezone.now() + LATER)
    return done


@transaction.atomic
def reissue_credential(*, reissue_id: int) -> Credential | None:
    """Sign one award anew, linked to the one before. None when another did or does it, or when it needs nothing any more.

    What it says of the award stays: day of the award, subject, last day. Its id and its first valid second are new. Killed at
    any moment, all of it or nothing of it has happened. Sends `credential_reissued`.
    """
    rows = Reissue.objects.select_for_update(skip_locked=True, of=["self"]).select_related("credential")
    row = rows.only("state", "credential__holder_id").filter(pk=reissue_id, state=Reissue.State.WAITING).first()
    if row is None:
        return None
    holder = get_user_model()._base_manager.select_for_update(no_key=True).get(pk=row.credential.holder_id)
    awards = Credential.objects.select_for_update(no_key=True, of=["self"]).select_related("edition")
    old = awards.get(pk=row.credential_id)
    now, credential = database_now(), None
    if old.state == Credential.State.ISSUED and old.succeeded_at is None and not is_expired(old, now):
        credential = _succeed(old, holder, now)
    row.state = Reissue.State.DONE if credential else Reissue.State.NEEDLESS
    row.done_at = now
    row.save(update_fields=["state", "done_at"])
    return credential


def _succeed(old: Credential, holder: object, now: datetime) -> Credential:
    if hashlib.sha256(old.document.encode()).hexdigest() != old.content_hash:
        raise ValueError(f"{old.pk} is not what was signed, so it is not signed anew.")
    old.succeeded_at = now
    old.save(update_fields=["succeeded_at"])
    Endorsement.objects.live().filter(credential=old).update(resign_due_at=now)  # they name the award by its id
    credential = store_anew(old=old, now=now)
    if hasattr(old, "recipient"):
        keep_recipient(credential=credential, holder=holder)
    signals.credential_reissued.send(sender=Credential, credential=credential, predecessor=old)
    return credential

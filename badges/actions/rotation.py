"""Changing the issuer's keys, by whoever operates the installation. Lock order: endorsements, lists, then the key lock."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from badges import signals, signing
from badges.actions.keys import ensure_signing_keys, lock_keys, make_signing_key
from badges.actions.statuslists import lock_lists, sign_every_list
from badges.models import Endorsement, Reissue, SigningKey
from badges.rules.keys import awards_signed_by, why_not_rotate, why_not_withdraw
from courses.actions.audit import record_event
from courses.lib.refusals import refuse_if

BATCH = 1000


@transaction.atomic
def rotate_signing_keys(*, algorithms: Sequence[str], reason: str, operator: str) -> list[SigningKey]:
    """Let a new key of each algorithm sign from now on; the ones before it retire, and what they signed still verifies.

    `operator`: who did it, in words for the audit trail: this is a deed of the command line. Refused: `no-reason`.
    """
    refuse_if(why_not_rotate(reason))
    lock_keys()
    now, made = _now(), []
    for algorithm in algorithms:
        old = SigningKey.objects.filter(algorithm=algorithm, state=SigningKey.State.ACTIVE).first()
        if old is not None:
            old.state, old.retired_at = SigningKey.State.RETIRED, now
            old.save(update_fields=["state", "retired_at"])
        made.append(make_signing_key(algorithm=algorithm, now=now))
        _audit("signing key rotated", made[-1], reason, operator, before=old.kid if old else "")
    return made


@transaction.atomic
def withdraw_signing_key(*, kid: str, reason: str, operator: str) -> int:
    """Withdraw a compromised key: it leaves the DID document and the key set, and nothing that it signed counts any more.

    A fresh key takes its place, every award and endorsement of it that counts today is noted to be signed anew, and the status
    lists are signed at once. How many awards that are. Refused: `unknown-key`, `no-reason`, `wrong-state`. Sends
    `signing_key_withdrawn`.
    """
    signed = Endorsement.objects.live().filter(signed_by__contains=[kid])
    list(signed.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    lock_lists()
    lock_keys()
    key = SigningKey.objects.select_for_update().filter(kid=kid).first()
    refuse_if(why_not_withdraw(key, reason))
    assert key is not None  # the rule refused otherwise
    now = _now()
    key.state, key.withdrawn_at = SigningKey.State.WITHDRAWN, now
    key.save(update_fields=["state", "withdrawn_at"])
    ensure_signing_keys()
    count = _note_awards(key, now)
    endorsements = signed.update(resign_due_at=now)
    if key.algorithm == signing.EDDSA:
        sign_every_list()
    _audit("signing key withdrawn", key, reason, operator, awards=count, endorsements=endorsements)
    signals.signing_key_withdrawn.send(sender=SigningKey, key=key)
    return count


def _note_awards(key: SigningKey, now: datetime) -> int:
    """One row for each award. One that waits already, for another key, is not asked for twice."""
    awards = awards_signed_by(key, now).exclude(reissue__isnull=False).order_by("pk")
    rows = [Reissue(credential_id=pk, key=key, due_at=now) for pk in awards.values_list("pk", flat=True)]
    Reissue.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def _now() -> datetime:
    """Now, not the start of the transaction: it may have waited for others, who signed meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _audit(event: str, key: SigningKey, reason: str, operator: str, **more: str | int) -> None:
    facts = {"kid": key.kid, "reason": reason.strip(), "operator": operator}
    record_event(event=event, by=None, subject=f"badges.signingkey:{key.pk}", **facts, **more)

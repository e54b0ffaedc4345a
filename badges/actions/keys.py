"""Making and changing the issuer's keys. Lock order: whoever takes the key lock takes no other lock after it."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from badges import signing
from badges.models import SigningKey
from courses.lib.clock import database_now

log = logging.getLogger(__name__)
KEY_LOCK = 0x6B65795F
"""Number of the advisory lock on all keys: whoever changes one holds it alone, whoever signs shares it."""


@transaction.atomic
def ensure_signing_keys() -> dict[str, SigningKey]:
    """The active key of each algorithm, made on first use. Two first uses at once make one set.

    They stay active until the transaction ends: who changes a key waits for it, so that nothing is signed by a key that was
    retired or withdrawn meanwhile. Three queries.
    """
    if len(_active()) < len(SigningKey.Algorithm):
        lock_keys()
        found = _active()
        for algorithm in SigningKey.Algorithm.values:
            if algorithm not in found:
                make_signing_key(algorithm=algorithm, now=database_now())
        return _active()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KEY_LOCK])
    return _active()


def _active() -> dict[str, SigningKey]:
    return {key.algorithm: key for key in SigningKey.objects.filter(state=SigningKey.State.ACTIVE)}


def lock_keys() -> None:
    """Wait until nobody signs or changes keys, and hold them until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY_LOCK])


def make_signing_key(*, algorithm: str, now: datetime) -> SigningKey:
    """Make and store a key. Keys are named by date, not by value, so that whoever verifies has to ask the issuer."""
    stem = f"key-{now:%Y-%m}-{algorithm.lower()}"
    made = SigningKey.objects.filter(kid__startswith=stem).count()
    kid = f"{stem}-{made + 1}" if made else stem
    pair = signing.make_key(kid=kid, algorithm=algorithm, secret=settings.ISSUER_SECRET)
    log.warning("signing key made: %s", kid)
    return SigningKey.objects.create(
        kid=kid, algorithm=algorithm, public_jwk=pair.public_jwk, sealed_private_key=pair.sealed
    )

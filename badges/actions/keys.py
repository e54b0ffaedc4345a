"""Making the issuer's keys."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from badges import signing
from badges.models import SigningKey
from courses.lib.clock import database_now

log = logging.getLogger(__name__)
KEY_LOCK = 0x6B65795F
"""Number of the advisory lock under which a signing key is made."""


@transaction.atomic
def ensure_signing_key() -> SigningKey:
    """The active key, made on first use. Two first uses at once make one: a lock in the database orders them."""
    active = SigningKey.objects.filter(state=SigningKey.State.ACTIVE)
    if key := active.first():
        return key
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY_LOCK])
    return active.first() or _make_signing_key(database_now())


def _make_signing_key(now: datetime) -> SigningKey:
    """Keys are named by date, not by value, so that whoever verifies has to ask the issuer."""
    month = f"key-{now:%Y-%m}"
    made = SigningKey.objects.filter(kid__startswith=month).count()
    kid = f"{month}-{made + 1}" if made else month
    pair = signing.make_key(kid=kid, secret=settings.ISSUER_SECRET)
    log.warning("signing key made: %s", kid)
    return SigningKey.objects.create(kid=kid, public_jwk=pair.public_jwk, sealed_private_key=pair.sealed)

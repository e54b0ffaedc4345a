"""Which keys of the issuer count, and which were withdrawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, Q, QuerySet, TextField
from django.db.models.functions import JSONObject
from django.utils.translation import gettext

from badges.models import Credential, SigningKey
from badges.rules.issuing import our_issuer
from badges.signing import Jwk, token_start
from courses.lib.compiled import Compiled
from courses.lib.refusals import Refusal
from courses.lib.states import why_not_move


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys by their names: public keys that still verify, names of the withdrawn ones, and when others retired."""

    trusted: Mapping[str, Jwk]
    withdrawn: frozenset[str]
    retired_at: Mapping[str, datetime]


def why_not_rotate(reason: str) -> Refusal | None:
    """Rotating needs a reason for the audit trail."""
    return (
        None if reason.strip() else Refusal("no-reason", gettext("Say why the keys change; the audit trail keeps it."))
    )


def why_not_withdraw(key: SigningKey | None, reason: str) -> Refusal | None:
    """Withdrawing needs a key that was not withdrawn before, and a reason for the audit trail."""
    if key is None:
        return Refusal("unknown-key", gettext("There is no key of this name. The administration lists all of them."))
    if not reason.strip():
        return Refusal("no-reason", gettext("Say why the key is withdrawn; the audit trail keeps it."))
    return why_not_move(SigningKey.TRANSITIONS, old=key.state, new=SigningKey.State.WITHDRAWN)


def awards_signed_by(key: SigningKey, now: datetime) -> QuerySet[Credential]:
    """Awards that count today and that this key signed. Those from before the proofs tell it by their token's header."""
    header = token_start(our_issuer().did, key.kid, key.algorithm)
    signed = Q(signed_by__contains=[key.kid]) | Q(signed_by=[], jwt__startswith=header)
    return Credential.objects.live().filter(signed).filter(Q(expires_at=None) | Q(expires_at__gt=now))


def verification_keys() -> dict[str, dict[str, str]]:
    """Public keys by kid that still verify: active and retired, never a withdrawn one. One query."""
    return dict(trusted_keys())


@Compiled
def trusted_keys() -> QuerySet[Any]:
    """(kid, public key) of every key that was not withdrawn."""
    return SigningKey.objects.exclude(state=SigningKey.State.WITHDRAWN).values_list("kid", "public_jwk")


def keys_as_text() -> Func:
    """An expression of all keys in one text, so that a statement about an award brings them along. For `ring_of`."""
    facts = JSONObject(kid="kid", state="state", jwk="public_jwk", retired_at="retired_at")
    rows = SigningKey.objects.order_by("pk").values(facts=facts)
    return Func(ArraySubquery(rows), template="array_to_json(%(expressions)s)::text", output_field=TextField())


def ring_now() -> KeyRing:
    """The keys as they are now. One query."""
    columns = ("kid", "state", "public_jwk", "retired_at")
    return _ring(list(SigningKey.objects.order_by("pk").values_list(*columns)))


@lru_cache(maxsize=8)
def ring_of(text: str) -> KeyRing:
    """The keys in a text of `keys_as_text`."""
    return _ring([(key["kid"], key["state"], key["jwk"], _moment(key["retired_at"])) for key in json.loads(text)])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _ring(rows: Sequence[tuple[str, str, Jwk, datetime | None]]) -> KeyRing:
    counts = [row for row in rows if row[1] != SigningKey.State.WITHDRAWN]
    return KeyRing(
        trusted={kid: jwk for kid, _, jwk, _ in counts},
        withdrawn=frozenset(kid for kid, state, _, _ in rows if state == SigningKey.State.WITHDRAWN),
        retired_at={kid: retired_at for kid, _, _, retired_at in counts if retired_at is not None},
    )

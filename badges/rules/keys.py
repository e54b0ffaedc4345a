"""Which keys of the issuer count, and which were withdrawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, QuerySet, TextField
from django.db.models.functions import JSONObject

from badges.models import SigningKey
from badges.signing import Jwk
from courses.lib.compiled import Compiled


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys by their names: public keys that still verify, names of the withdrawn ones, and when others retired."""

    trusted: Mapping[str, Jwk]
    withdrawn: frozenset[str]
    retired_at: Mapping[str, datetime]


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

"""Whether an endorsement is what it says: seven checks by name. Whatever can't be told, fails."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, OuterRef, QuerySet, TextField
from django.db.models.functions import JSONObject

from badges.canonical import Unreadable, is_same, read_json
from badges.endorsements import author_in
from badges.models import Credential, Endorsement
from badges.rules.keys import keys_as_text, ring_now, ring_of
from badges.rules.presented import Presented
from badges.rules.shared_checks import (
    NO_FORM_OF_OURS,
    NOT_AS_KEPT,
    SAME,
    UNCHANGED,
    claimed_key,
    day,
    signed_by_us,
    signed_itself,
    well_formed,
    well_formed_itself,
)
from badges.rules.signatures import Examined, examine_endorsement
from badges.rules.statuslists import is_revoked_on_list
from badges.rules.verdicts import Check, Verdict
from badges.statuslists import BadList

NOT_WITHDRAWN, STANDS = "Not withdrawn", "Its award stands"
HEAVY = (
    *(f"credential__{name}" for name in ("document", "jwt", "jwt_rs256", "png", "svg", "facts")),
    *(f"credential__{name}" for name in ("achievement__image", "edition__image", "edition__drawing")),
)


def with_keys() -> QuerySet[Endorsement]:
    """Endorsements with their award, its holder, their list, and all keys: what a check reads."""
    related = ("credential__holder", "credential__achievement", "credential__edition", "status_list")
    return Endorsement.objects.select_related(*related).defer(*HEAVY).annotate(issuer_keys=keys_as_text())


def endorsement_of(document: Mapping[str, Any]) -> Endorsement | None:
    """Our row for the endorsement that the document claims to be, by its id; None where there is none. One query."""
    key = claimed_key(document, "/credentials/endorsements/")
    return with_keys().filter(pk=key).first() if key else None


def check_presented_endorsement(presented: Presented, *, now: datetime) -> Verdict:
    """The verdict on an endorsement of ours that somebody brought. One query, two where we have none of this id."""
    record = endorsement_of(presented.document)
    if record is not None and _is_kept(presented, record):
        return check_endorsement(record, now=now)
    ring = ring_of(record.issuer_keys) if record else ring_now()  # type: ignore[attr-defined]
    checks = (
        NOT_AS_KEPT,
        signed_itself(presented, ring),
        _not_withdrawn(record),
        _in_date(record, now),
        well_formed_itself(presented.document),
        NO_FORM_OF_OURS,
        _award_stands(record),
    )
    return Verdict(checks, record=record)


def check_endorsement(record: Endorsement, *, now: datetime) -> Verdict:
    """The verdict on a stored endorsement, from its stored bytes. No query; `record` comes from `with_keys`."""
    found = _examined(record.document, record.jwt, record.signed_by, record.issuer_keys)  # type: ignore[attr-defined]
    checks = (
        _unchanged(found),
        signed_by_us(found, "endorsement"),
        _not_withdrawn(record),
        _in_date(record, now),
        well_formed(found.is_well_formed),
        _same(found),
        _award_stands(record),
    )
    return Verdict(checks, record=record)


def _examined(document: str, jwt: str, signed_by: list[str], keys: str) -> Examined:
    return examine_endorsement(document, jwt, tuple(signed_by), keys)


def _is_kept(presented: Presented, record: Endorsement) -> bool:
    if presented.token and presented.token != record.jwt:
        return False
    try:
        return presented.is_token_only or is_same(presented.document, read_json(record.document))
    except Unreadable:
        return False


def _unchanged(found: Examined) -> Check:
    if found.reason:
        return Check("unchanged", UNCHANGED, False, "not proven", "No signature that counts says that it is as it was.")
    return Check("unchanged", UNCHANGED, True, "fits", "Both signatures inside and its token fit every line of it.")


def _not_withdrawn(record: Endorsement | None) -> Check:
    if record is None:
        text = "We have no such endorsement on record, so we do not call it valid."
        return Check("not-revoked", NOT_WITHDRAWN, False, "unknown", text)
    if record.state == Endorsement.State.WITHDRAWN:
        text = f"Withdrawn on {day(record.withdrawn_at)}." if record.withdrawn_at else "Withdrawn."
        return Check("not-revoked", NOT_WITHDRAWN, False, "withdrawn", text)
    try:
        listed = is_revoked_on_list(record)
    except BadList:
        return Check("not-revoked", NOT_WITHDRAWN, False, "unknown", "The published list can't be read just now.")
    if listed:
        text = "The published list says that it is withdrawn, the register does not. Until they agree, it isn't valid."
        return Check("not-revoked", NOT_WITHDRAWN, False, "unknown", text)
    text = "Read from the register and from the published list just now."
    return Check("not-revoked", NOT_WITHDRAWN, True, "not withdrawn", text)


def _in_date(record: Endorsement | None, now: datetime) -> Check:
    if record is None:
        return Check("in-date", "In date", False, "unknown", "Without a record there is no date to go by.")
    text = f"From {day(record.valid_from)}, without an end."
    if now < record.valid_from:
        return Check("in-date", "In date", False, "not yet", text)
    return Check("in-date", "In date", True, "no end", text)


def _same(found: Examined) -> Check:
    if found.differing:
        text = f"Another thing is told by the {' and the '.join(found.differing)}."
        return Check("same-in-every-form", SAME, False, "differs", text)
    return Check("same-in-every-form", SAME, True, "equal", "JSON and token tell the same.")


def _award_stands(record: Endorsement | None) -> Check:
    if record is None:
        return Check("award-stands", STANDS, False, "unknown", "Without a record there is no award that it speaks of.")
    if record.credential.state == Credential.State.REVOKED:
        return Check("award-stands", STANDS, False, "award revoked", "The award that it speaks of was revoked.")
    return Check("award-stands", STANDS, True, "stands", "The award that it speaks of is on record and not revoked.")


@dataclass(frozen=True, slots=True)
class Voice:
    """One endorsement as the page of its award shows it."""

    pk: str
    comment: str
    author: str
    written_at: datetime
    hidden: bool


def endorsements_as_text() -> Func:
    """An expression of an award's endorsements that stand, in one text, so that a statement about the award brings them along."""
    names = ("pk", "document", "jwt", "signed_by", "hidden_at")
    rows = Endorsement.objects.live().filter(credential=OuterRef("pk"), resign_due_at=None).order_by("written_at", "pk")
    facts = rows.values(facts=JSONObject(**{name: name for name in names}))
    return Func(ArraySubquery(facts), template="array_to_json(%(expressions)s)::text", output_field=TextField())


def voices_of(text: str, keys: str, *, for_holder: bool = False) -> list[Voice]:
    """The endorsements in a text of `endorsements_as_text`, as they were signed; hidden ones for the holder only.

    Those alone whose signatures all fit by keys that count.
    """
    return [
        _voice(row, read_json(row["document"]))
        for row in (json.loads(text) if text else ())
        if (for_holder or row["hidden_at"] is None) and _proves(row, keys)
    ]


def _voice(row: Mapping[str, Any], document: Mapping[str, Any]) -> Voice:
    return Voice(
        pk=row["pk"],
        comment=document["credentialSubject"]["endorsementComment"],
        author=author_in(document),
        written_at=datetime.fromisoformat(document["awardedDate"]),
        hidden=row["hidden_at"] is not None,
    )


def _proves(row: Mapping[str, Any], keys: str) -> bool:
    found = _examined(row["document"], row["jwt"], row["signed_by"], keys)
    return not found.reason and not found.differing and found.is_well_formed

"""Whether a badge is what it says: six checks by name, each with what was looked at. Whatever can't be told, fails."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from badges import openbadges, signing
from badges.canonical import Unreadable, is_same, read_json
from badges.models import Credential
from badges.proofs import BadProof
from badges.rules.foreign import LARGEST_UNKNOWN, OTHER_ISSUER, check_foreign
from badges.rules.issuing import is_expired, our_issuer
from badges.rules.keys import keys_as_text, ring_now, ring_of
from badges.rules.presented import Presented
from badges.rules.signatures import Examined, examine_stored, prove, row_version
from badges.rules.statuslists import is_revoked_on_list
from badges.rules.verdicts import WITHDRAWN, Check, Verdict
from badges.signing import BadToken
from badges.statuslists import BadList
from courses.lib.compiled import Compiled

UNCHANGED, WELL_FORMED, SAME = "Nothing was changed", "Well formed", "Same in every form"


@Compiled
def claimed_award(pk: Any) -> QuerySet[Any]:
    """The award that a document claims to be, as far as a check reads it, and all keys."""
    rows = Credential.objects.select_related("status_list").defer("png", "svg", "facts")
    return rows.annotate(row_version=row_version(), issuer_keys=keys_as_text()).filter(pk=pk)


def record_of(document: Mapping[str, Any]) -> Credential | None:
    """Our row for the award that the document claims to be, by its id; None where there is none. One query."""
    pattern = re.escape(settings.SITE_URL) + r"/credentials/([0-9a-f-]{36})\.json"
    match = re.fullmatch(pattern, str(document.get("id", "")))
    if match is None:
        return None
    try:
        record: Credential | None = claimed_award.first(pk=uuid.UUID(match[1]))
    except ValueError:
        return None
    return record


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether the document names us as its issuer, by object or by id. What it says is not believed for that."""
    issuer = document.get("issuer")
    return (issuer.get("id") if isinstance(issuer, dict) else issuer) == our_issuer().did


def check_presented(presented: Presented, *, now: datetime) -> Verdict:
    """The verdict on what somebody brought. Two queries; none for a badge of another issuer, which is never called verified."""
    if not is_ours(presented.document):
        return Verdict(check_foreign(presented, now=now), refusal=OTHER_ISSUER)
    record = record_of(presented.document)
    if record is not None and _is_kept(presented, record):
        return check_record(record, now=now)
    checks = (
        Check("unchanged", UNCHANGED, False, "does not fit", "What it says is not what was signed and kept."),
        _signed_itself(presented, record),
        _not_revoked(record),
        _in_date(record, now),
        _well_formed_itself(presented.document),
        Check("same-in-every-form", SAME, False, "differs", "What was brought is none of the forms that we keep."),
    )
    return Verdict(checks, record=record)


def check_record(record: Credential, *, now: datetime) -> Verdict:
    """The verdict on a stored award, from its stored bytes. Two queries at most, none where it was examined before.

    `record` with `row_version` and `issuer_keys` as `claimed_award` brings them; another one is read once more.
    """
    if not hasattr(record, "row_version"):
        record = claimed_award.get(pk=record.pk)
    found = examine_stored(record.pk, record.row_version, record.issuer_keys)  # type: ignore[attr-defined]
    checks = (
        _unchanged(found),
        _signed(found),
        _not_revoked(record),
        _in_date(record, now),
        _well_formed(found.is_well_formed),
        _same(found),
    )
    return Verdict(checks, record=record)


def _is_kept(presented: Presented, record: Credential) -> bool:
    """Whether what was brought is a form that we keep: a token letter by letter, a document member by member."""
    if presented.token and presented.token not in filter(None, (record.jwt, record.jwt_rs256)):
        return False
    try:
        return presented.is_token_only or is_same(presented.document, read_json(record.document))
    except Unreadable:
        return False


def _unchanged(found: Examined) -> Check:
    if found.reason:
        return Check("unchanged", UNCHANGED, False, "not proven", "No signature that counts says that it is as it was.")
    text = "The signature fits" if found.is_older else "Both signatures inside and both tokens fit"
    return Check("unchanged", UNCHANGED, True, "fits", f"{text} every line of the award.")


def _signed(found: Examined) -> Check:
    title = f"Signed by {our_issuer().name}"
    if found.withdrawn:
        text = f"{found.reason} The award itself was not taken back: look for a newer one that follows it."
        return Check("signed-by-us", title, False, WITHDRAWN, text)
    if found.reason:
        return Check("signed-by-us", title, False, "not proven", found.reason)
    return Check("signed-by-us", title, True, "known keys", f"{found.by}. The issuer lists each for this use.")


def _signed_itself(presented: Presented, record: Credential | None) -> Check:
    """What the signatures of something prove that is not what we keep."""
    title = f"Signed by {our_issuer().name}"
    ring = ring_of(record.issuer_keys) if record else ring_now()  # type: ignore[attr-defined]
    try:
        if presented.token:
            signing.verify(presented.token, did=our_issuer().did, keys=ring.trusted)
        if not presented.is_token_only:
            prove(presented.document, ring)
    except (BadProof, BadToken) as error:
        return Check("signed-by-us", title, False, "not proven", str(error))
    return Check("signed-by-us", title, True, "known key", "By keys that the issuer lists for this use.")


def _same(found: Examined) -> Check:
    if found.differing:
        text = f"Another thing is told by the {' and the '.join(found.differing)}."
        return Check("same-in-every-form", SAME, False, "differs", text)
    text = "JSON, token and pictures" if found.is_older else "JSON, both tokens and the pictures"
    return Check("same-in-every-form", SAME, True, "equal", f"{text} tell the same.")


def _well_formed_itself(document: dict[str, Any]) -> Check:
    """By the schema, unless it is larger than any of ours: that would cost too much of everybody's time."""
    return _well_formed(len(openbadges.as_text(document)) <= LARGEST_UNKNOWN and not openbadges.schema_errors(document))


def _well_formed(valid: bool) -> Check:
    text = "Open Badges 3.0, against the published schema."
    return Check("well-formed", WELL_FORMED, valid, "complete" if valid else "not complete", text)


def _not_revoked(record: Credential | None) -> Check:
    if record is None:
        text = "We have no such award on record, so we do not call it valid."
        return Check("not-revoked", "Not revoked", False, "unknown", text)
    if record.state == Credential.State.REVOKED:
        text = f"Revoked on {_day(record.revoked_at)}." if record.revoked_at else "Revoked."
        return Check("not-revoked", "Not revoked", False, "revoked", text)
    return _on_list(record)


def _on_list(record: Credential) -> Check:
    try:
        listed = is_revoked_on_list(record)
    except BadList:
        return Check("not-revoked", "Not revoked", False, "unknown", "The published list can't be read just now.")
    if listed:
        text = "The published list says that it is revoked, the register does not. Until they agree, it isn't valid."
        return Check("not-revoked", "Not revoked", False, "unknown", text)
    where = "the register of awards" if listed is None else "the register and from the published list"
    return Check("not-revoked", "Not revoked", True, "not revoked", f"Read from {where} just now.")


def _in_date(record: Credential | None, now: datetime) -> Check:
    if record is None:
        return Check("in-date", "In date", False, "unknown", "Without a record there is no date to go by.")
    since = _day(record.valid_from)
    if now < record.valid_from:
        return Check("in-date", "In date", False, "not yet", f"Valid from {since}.")
    if record.valid_until is None or record.expires_at is None:
        return Check("in-date", "In date", True, "no end", f"From {since}, without an end.")
    text = f"From {since} to {date_format(record.valid_until)}."
    if is_expired(record, now):
        return Check("in-date", "In date", False, "expired", text)
    days = (record.expires_at - now).days
    return Check("in-date", "In date", True, f"{days} days left" if days != 1 else "1 day left", text)


def _day(moment: datetime) -> str:
    return date_format(timezone.localdate(moment, timezone.get_default_timezone()))

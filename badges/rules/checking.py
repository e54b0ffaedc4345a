"""Whether a badge is what it says: five checks by name, each with what was looked at. Whatever can't be told, fails."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from badges import baking, openbadges, signing
from badges.models import Credential, SigningKey
from badges.rules.issuing import is_expired, our_issuer
from badges.rules.statuslists import is_revoked_on_list
from badges.statuslists import BadList
from courses.lib.compiled import Compiled
from courses.lib.refusals import Refusal

LARGEST_PICTURE, LARGEST_TEXT = 2_000_000, 200_000
"""Bytes of a PNG, and of a document or token, that a check looks at."""
LARGEST_UNKNOWN = 30_000
"""Characters of a document that we did not sign; the schema takes a second for 100,000, which anyone could ask for."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: stable name, its words on the page, whether it passed, the result in a word, what was looked at."""

    name: str
    title: str
    passed: bool
    result: str
    text: str

    def as_json(self) -> dict[str, Any]:
        """The check as `/credentials/verify` answers it."""
        return {"name": self.name, "title": self.title, "passed": self.passed, "text": self.text}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one badge, or the refusal that says why it wasn't checked."""

    checks: tuple[Check, ...] = ()
    refusal: Refusal | None = None
    record: Credential | None = None

    @property
    def verified(self) -> bool:
        """True when there were checks and every one passed; never otherwise."""
        return self.refusal is None and bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def word(self) -> str:
        """The verdict in a word or two. Anything but five passed checks has another word than "Valid today"."""
        if self.verified:
            return "Valid today"
        results = {check.result for check in self.checks if not check.passed}
        known = {"revoked": "Revoked", "expired": "Expired", "not yet": "Not valid yet"}
        return next((word for result, word in known.items() if result in results), "Not verified")

    @property
    def is_only_out_of_date(self) -> bool:
        """Whether the award is genuine and not revoked, but outside its dates."""
        return [check.name for check in self.checks if not check.passed] == ["in-date"]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """`{"verified", "checks"}`, and `code` and `sentence` where nothing was checked."""
        body = {"verified": self.verified, "checks": [check.as_json() for check in self.checks]}
        return body | (self.refusal.as_json() if self.refusal else {})


@dataclass(frozen=True, slots=True)
class Presented:
    """What somebody brought: the award as it reads, and its token where it came with one."""

    document: dict[str, Any]
    token: str = ""


def verification_keys() -> dict[str, dict[str, str]]:
    """Public keys by kid that still verify: active and retired, never a withdrawn one. One query."""
    return dict(trusted_keys())


@Compiled
def trusted_keys() -> QuerySet[Any]:
    """(kid, public key) of every key that was not withdrawn."""
    return SigningKey.objects.exclude(state=SigningKey.State.WITHDRAWN).values_list("kid", "public_jwk")


def read_presented(content: bytes) -> Presented | Refusal:
    """The badge in a file or text: a baked PNG or SVG, a JSON document, or a token. Reads nothing outside `content`."""
    try:
        return read_text(baking.read(content).strip())
    except baking.NotBaked as error:
        return Refusal("no-badge", str(error))


def read_text(text: str) -> Presented | Refusal:
    """The badge in a text: JSON when it opens with a brace, a token otherwise."""
    if len(text) > LARGEST_TEXT:
        return Refusal("too-large", "This is larger than any badge of ours.")
    try:
        if not text.startswith("{"):
            return Presented(_without_claims(signing.read_unverified(text)[1]), text)
        return Presented(json.loads(text))
    except (signing.BadToken, ValueError, RecursionError):
        return Refusal("no-badge", "There is no badge in this: neither a credential in JSON nor a signed token.")


def _without_claims(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in signing.CLAIMS}


def record_of(document: Mapping[str, Any]) -> Credential | None:
    """Our row for the award that the document claims to be, by its id; None where there is none. One query."""
    pattern = re.escape(settings.SITE_URL) + r"/credentials/([0-9a-f-]{36})\.json"
    match = re.fullmatch(pattern, str(document.get("id", "")))
    if match is None:
        return None
    try:
        rows = Credential.objects.select_related("status_list").defer("png", "svg")
        return rows.filter(pk=uuid.UUID(match[1])).first()
    except ValueError:
        return None


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether the document names us as its issuer, by object or by id. What it says is not believed for that."""
    issuer = document.get("issuer")
    return (issuer.get("id") if isinstance(issuer, dict) else issuer) == our_issuer().did


def check_presented(presented: Presented, *, now: datetime) -> Verdict:
    """The verdict on what somebody brought. Two queries; a badge of another issuer is refused by name."""
    if not is_ours(presented.document):
        return Verdict(
            refusal=Refusal("other-issuer", "This badge names another issuer. We check only badges of ours.")
        )
    record = record_of(presented.document)
    token = presented.token or (record.jwt if record else "")
    return _judge(Presented(presented.document, token), record, now=now)


def check_record(record: Credential, *, now: datetime) -> Verdict:
    """The verdict on a stored award, from its stored bytes. One query."""
    return _judge(Presented(json.loads(record.document), record.jwt), record, now=now)


def _judge(presented: Presented, record: Credential | None, *, now: datetime) -> Verdict:
    try:
        signed: dict[str, Any] | None = signing.verify(presented.token, did=our_issuer().did, keys=verification_keys())
        reason = ""
    except signing.BadToken as error:
        signed, reason = None, str(error)
    checks = (
        _unchanged(presented, signed, record),
        _signed(presented, reason),
        _not_revoked(record),
        _in_date(record, now),
        _well_formed(presented, record),
    )
    return Verdict(checks, record=record)


def _unchanged(presented: Presented, signed: dict[str, Any] | None, record: Credential | None) -> Check:
    stored = json.loads(record.document) if record else None
    passed = signed is not None and presented.document == signed == stored
    if passed:
        return Check("unchanged", "Nothing was changed", True, "fits", "The signature fits every line of the award.")
    text = "What it says is not what was signed and kept."
    return Check("unchanged", "Nothing was changed", False, "does not fit", text)


def _signed(presented: Presented, reason: str) -> Check:
    title = f"Signed by {our_issuer().name}"
    if reason:
        return Check("signed-by-us", title, False, "not proven", reason)
    kid = str(signing.read_unverified(presented.token)[0]["kid"]).partition("#")[2].removeprefix("key-")
    return Check("signed-by-us", title, True, "known key", f"Key {kid}, listed by the issuer for this use.")


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


def _well_formed(presented: Presented, record: Credential | None) -> Check:
    stored = record is not None and json.loads(record.document) == presented.document
    title, text = "Well formed", "Open Badges 3.0, against the published schema."
    try:
        valid = (
            openbadges.is_valid_text(record.document)
            if stored and record
            else len(json.dumps(presented.document)) <= LARGEST_UNKNOWN
            and not openbadges.schema_errors(presented.document)
        )
    except RecursionError:
        valid = False
    return Check("well-formed", title, valid, "complete" if valid else "not complete", text)


def _day(moment: datetime) -> str:
    return date_format(timezone.localdate(moment, timezone.get_default_timezone()))

"""Badges of other issuers: read, and checked as far as that goes without asking anybody. They are never called verified.

A key that a badge brings itself proves that nothing was changed since, and nothing about who made it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_noop

from badges import openbadges, proofs, signing
from badges.proofs import BadProof
from badges.rules.presented import Presented
from badges.rules.verdicts import Check
from badges.signing import BadToken
from courses.lib.refusals import Refusal

OTHER_ISSUER = Refusal(
    "other-issuer",
    gettext_noop(
        "This badge names another issuer. We vouch only for badges of ours; below is what can be told from it alone."
    ),
)
LARGEST_UNKNOWN = 30_000
"""Characters of a document that we did not sign; the schema takes a second for 100,000, which anyone could ask for."""
DID_KEY = "did:key:"
LONGEST_NAME = 120
MOST_PROOFS = 4
"""Signatures that are looked at; each costs up to 50 ms."""


def check_foreign(presented: Presented, *, now: datetime) -> tuple[Check, ...]:
    """What can be told of another issuer's badge. Asks no network and no database."""
    document = presented.document
    small = len(openbadges.as_text(document)) <= LARGEST_UNKNOWN
    return (
        _issuer_known(document),
        _signed(presented) if small else _too_large("signed", "Nothing was changed"),
        _not_revoked(document),
        _in_date(document, now),
        _well_formed(document) if small else _too_large("well-formed", "Well formed"),
    )


def issuer_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Id and name of the issuer, as the badge claims them; the id stands in for a name that is missing."""
    issuer = document.get("issuer", document.get("badge"))
    members = issuer if isinstance(issuer, dict) else {"id": issuer}
    key, name = members.get("id"), members.get("name")
    key = key if isinstance(key, str) else ""
    return key, (name if isinstance(name, str) and name else key or "nobody")[:LONGEST_NAME]


def _issuer_known(document: Mapping[str, Any]) -> Check:
    key, name = issuer_of(document)
    said = f"It says that {name} issued it" + (f" ({key[:LONGEST_NAME]})" if key not in ("", name) else "")
    if name == "nobody" and isinstance(document.get("id"), str):
        said = f"It names no issuer, only its own address ({document['id'][:LONGEST_NAME]})"
    return Check("issuer-known", "An issuer that we know", False, "not ours", f"{said}. Ask there whether that is so.")


def _signed(presented: Presented) -> Check:
    title = "Nothing was changed"
    try:
        suites = ", ".join(_all_that_fits(presented))
    except (BadProof, BadToken) as error:
        return Check("signed", title, False, "not proven", str(error))
    text = f"The signature fits ({suites}), by the key that the issuer's own name is. Who holds that key, nobody says."
    return Check("signed", title, True, "fits", text)


def _all_that_fits(presented: Presented) -> list[str]:
    """Names of what vouches for it. Raises `BadProof` or `BadToken` unless everything that came with it fits."""
    fits = [_token_by_own_key(presented)] if presented.token else []
    return fits if presented.is_token_only else [*fits, _proven_by_own_key(presented.document)]


def _token_by_own_key(presented: Presented) -> str:
    header, payload = signing.read_unverified(presented.token)
    issuer, _ = issuer_of(presented.document)
    try:
        key = signing.key_inside(issuer)
    except ValueError as error:
        text = (
            "It is a signed token. Its key lies with its issuer, and we ask nobody, so the signature was not checked."
        )
        raise BadToken(text) from error
    if str(header.get("kid")).partition("#")[0] != issuer or payload.get("iss", issuer) != issuer:
        raise BadToken("Its token names another issuer or key than its award.")
    signing.verify_signature(presented.token, key)
    return signing.algorithm_of(key)


def _proven_by_own_key(document: dict[str, Any]) -> str:
    """Names of the suites whose proofs all fit a key that is the issuer's id itself. Raises `BadProof`."""
    found = document.get("proof")
    given = found if isinstance(found, list) else [found] if found else []
    if not given:
        raise BadProof("It carries no signature.")
    if len(given) > MOST_PROOFS:
        raise BadProof("It carries more signatures than anybody needs.")
    for proof in given:
        if not isinstance(proof, dict) or proof.get("cryptosuite") not in proofs.SUITES:
            raise BadProof("Its signature is of a kind that we don't read.")
        if proof.get("type") != "DataIntegrityProof" or "expires" in proof:
            raise BadProof("Its signature is of a kind that we don't read.")
        if "@context" in proof and proof["@context"] != document.get("@context"):
            raise BadProof("Its signature reads its words by another vocabulary.")
        if proof.get("proofPurpose") != "assertionMethod":
            raise BadProof("Its signature was not made to vouch for something.")
        proofs.verify_proof(proofs.bare(document), proof, _own_key(document, proof))
    return ", ".join(sorted({proof["cryptosuite"] for proof in given}))


def _own_key(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    issuer, _ = issuer_of(document)
    if not issuer.startswith(DID_KEY):
        raise BadProof("Its key lies with its issuer, and we ask nobody, so the signature was not checked.")
    value = issuer.removeprefix(DID_KEY)
    if proof.get("verificationMethod") not in (f"{issuer}#{value}", issuer):
        raise BadProof("Its signature names another key than its issuer's.")
    try:
        key = proofs.from_multibase(value)
    except ValueError as error:
        raise BadProof("Its issuer's key can't be read.") from error
    if not key.startswith(proofs.ED25519) or len(key) != len(proofs.ED25519) + 32:
        raise BadProof("Its issuer's key is of a kind that we don't read.")
    return key[len(proofs.ED25519) :]


def _not_revoked(document: Mapping[str, Any]) -> Check:
    text = (
        "Only its issuer can say, and we ask nobody."
        if document.get("credentialStatus")
        else "It names no list of revocations."
    )
    return Check("not-revoked", "Not revoked", False, "unknown", text)


def _in_date(document: Mapping[str, Any], now: datetime) -> Check:
    try:
        since = _moment(document, "validFrom", "issuanceDate", "issuedOn")
        until = _moment(document, "validUntil", "expirationDate", "expires")
    except (ValueError, TypeError):
        return Check("in-date", "In date", False, "unknown", "Its dates can't be read.")
    if since is None:
        return Check("in-date", "In date", False, "unknown", "It does not say since when it is valid.")
    span = f"From {date_format(since, 'j F Y')}" + (
        f" to {date_format(until, 'j F Y')}." if until else ", without an end."
    )
    if now < since:
        return Check("in-date", "In date", False, "not yet", span)
    if until and now > until:
        return Check("in-date", "In date", False, "expired", span)
    return Check("in-date", "In date", True, "in date", span)


def _moment(document: Mapping[str, Any], *names: str) -> datetime | None:
    text = next((document[name] for name in names if name in document), None)
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _well_formed(document: dict[str, Any]) -> Check:
    title = "Well formed"
    kinds = document.get("type")
    if kinds == "Assertion" or (isinstance(kinds, list) and "Assertion" in kinds):
        text = "An Open Badges 2.0 assertion. Whether it holds is said at its own address, which we don't ask."
        return Check("well-formed", title, False, "older", text)
    if errors := openbadges.schema_errors(document):
        return Check(
            "well-formed", title, False, "not complete", f"Open Badges 3.0 asks for more. {errors[0][:LONGEST_NAME]}"
        )
    return Check("well-formed", title, True, "complete", "Open Badges 3.0, against the published schema.")


def _too_large(name: str, title: str) -> Check:
    return Check(
        name, title, False, "too large", f"Only badges of up to {LARGEST_UNKNOWN:,} characters are looked into."
    )

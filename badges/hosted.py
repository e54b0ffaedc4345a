"""The same award as Open Badges 2.0 has it: three documents, believed because of where they are served. Pure.

Source: Open Badges 2.0, sections 3 (data classes) and 5.2 (hosted verification). Nothing in it is signed, so each document
is served at its own `id` alone, which never holds a query.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badges.openbadges import EvidenceFacts, IssuerFacts, achievement_url, timestamp

CONTEXT = "https://w3id.org/openbadges/v2"
SALT_BYTES = 16
REVOKED = "The issuer has withdrawn this award. It proves nothing any more."
"""All that the public is told: what two people wrote of it stays with them."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Where the documents are served, without a slash at its end, and the address that answers for them."""

    issuer: IssuerFacts
    email: str

    @property
    def base(self) -> str:
        """The address that every assertion of this issuer begins with."""
        return f"{self.issuer.site_url}/ob2/"


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """One version of a badge class, as it was worded then. `criteria` is markdown."""

    slug: str
    version: int
    name: str
    description: str
    criteria: str
    tags: tuple[str, ...] = ()
    alt_text: str = ""


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """Whose award it is, told only to those who know the address already."""

    salt: str
    identity_hash: str


@dataclass(frozen=True, slots=True)
class HostedFacts:
    """One award. `statement` follows the holder's name; `expires_at` is the last second of the last valid day."""

    credential_id: str
    issued_on: datetime
    statement: str
    expires_at: datetime | None = None
    evidence: tuple[EvidenceFacts, ...] = ()


def hash_recipient(address: str, salt: str = "") -> RecipientFacts:
    """The address, in lower case and without space around it, hashed with a salt of its own (128 random bits).

    Source: Open Badges 2.0, IdentityObject: SHA-256 of the address followed by the salt, both as UTF-8.
    """
    salt = salt or secrets.token_hex(SALT_BYTES)
    digest = hashlib.sha256(f"{address.strip().lower()}{salt}".encode()).hexdigest()
    return RecipientFacts(salt, f"sha256${digest}")


def issuer_url(host: HostFacts) -> str:
    """The id of the issuer."""
    return f"{host.base}issuer.json"


def badge_class_url(host: HostFacts, slug: str, version: int) -> str:
    """The id of one version of a badge class: words change, what an award points to doesn't."""
    return f"{host.base}badges/{slug}/{version}.json"


def assertion_url(host: HostFacts, credential_id: str, form: str = "json") -> str:
    """The id of an assertion; with another `form`, the picture that it is baked into."""
    return f"{host.base}assertions/{credential_id}.{form}"


def issuer(host: HostFacts) -> dict[str, Any]:
    """The Issuer. Assertions count only below one address of this origin."""
    return {
        "@context": CONTEXT,
        "id": issuer_url(host),
        "type": "Issuer",
        "name": host.issuer.name,
        "url": host.issuer.site_url,
        "email": host.email,
        "verification": {"type": "HostedBadge", "startsWith": [f"{host.base}assertions/"]},
    }


def badge_class(host: HostFacts, edition: EditionFacts) -> dict[str, Any]:
    """The BadgeClass of one version. `criteria` points to the badge's page, never to somebody's award."""
    picture = badge_class_url(host, edition.slug, edition.version).removesuffix("json") + "png"
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": badge_class_url(host, edition.slug, edition.version),
        "type": "BadgeClass",
        "name": edition.name,
        "description": edition.description,
        "image": {"id": picture, "type": "Image", "caption": edition.alt_text or f"Badge: {edition.name}"},
        "criteria": {"id": achievement_url(host.issuer.site_url, edition.slug), "narrative": edition.criteria},
        "issuer": issuer_url(host),
        "version": str(edition.version),
    }
    return document | ({"tags": list(edition.tags)} if edition.tags else {})


def assertion(host: HostFacts, edition: EditionFacts, recipient: RecipientFacts, award: HostedFacts) -> dict[str, Any]:
    """The Assertion: who by hash, which badge, since when and until when, and what it stands on."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": assertion_url(host, award.credential_id),
        "type": "Assertion",
        "recipient": {"type": "email", "hashed": True, "salt": recipient.salt, "identity": recipient.identity_hash},
        "badge": badge_class_url(host, edition.slug, edition.version),
        "image": assertion_url(host, award.credential_id, "png"),
        "verification": {"type": "HostedBadge"},
        "issuedOn": timestamp(award.issued_on),
        "narrative": award.statement,
    }
    if award.expires_at is not None:
        document["expires"] = timestamp(award.expires_at)
    proofs = [
        {"type": "Evidence", "name": proof.name, "narrative": proof.narrative, "genre": proof.proof}
        for proof in award.evidence
    ]
    return document | ({"evidence": proofs} if proofs else {})


def revoked(host: HostFacts, credential_id: str) -> dict[str, Any]:
    """What is left of an assertion that was revoked. Served with 410."""
    return {
        "@context": CONTEXT,
        "id": assertion_url(host, credential_id),
        "type": "Assertion",
        "revoked": True,
        "revocationReason": REVOKED,
    }

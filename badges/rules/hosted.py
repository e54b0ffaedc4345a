"""Who hosts, and what one award says as Open Badges 2.0."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings

from badges import hosted
from badges.hosted import EditionFacts, HostedFacts, HostFacts, RecipientFacts
from badges.models import Credential, Edition
from badges.openbadges import EvidenceFacts
from badges.rules.issuing import our_issuer


def our_host() -> HostFacts:
    """The issuer with the address that its mails come from."""
    return HostFacts(our_issuer(), parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def edition_facts(edition: Edition, slug: str) -> EditionFacts:
    """One version of a badge class as its document repeats it."""
    return EditionFacts(
        slug=slug,
        version=edition.version,
        name=edition.name,
        description=edition.description,
        criteria=edition.criteria,
        tags=tuple(edition.tags),
        alt_text=edition.alt_text,
    )


def is_hosted(credential: Credential) -> bool:
    """Whether there is an assertion of this award: older awards were given without a recipient, others have lost it."""
    return credential.edition is not None and hasattr(credential, "recipient")


def assertion_of(credential: Credential) -> dict[str, Any]:
    """The Assertion, or what is left of one that was revoked. No query, where edition and recipient are loaded."""
    if credential.state == Credential.State.REVOKED:
        return hosted.revoked(our_host(), str(credential.pk))
    assert credential.edition is not None
    edition = edition_facts(credential.edition, credential.achievement.slug)
    recipient = RecipientFacts(credential.recipient.salt, credential.recipient.identity_hash)
    award = HostedFacts(
        credential_id=str(credential.pk),
        issued_on=credential.valid_from,
        statement=credential.facts["statement"],
        expires_at=credential.expires_at,
        evidence=tuple(EvidenceFacts(**proof) for proof in credential.facts["evidence"]),
    )
    return hosted.assertion(our_host(), edition, recipient, award)

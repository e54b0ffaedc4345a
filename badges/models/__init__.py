"""Badge classes, signed awards of them, the issuer's keys, and revocations, by topic."""

from badges.models.achievements import Achievement, Edition
from badges.models.credentials import Credential, CredentialQuerySet
from badges.models.designs import BadgeDesign
from badges.models.endorsements import Endorsement, EndorsementQuerySet
from badges.models.hosted import Recipient
from badges.models.keys import SigningKey
from badges.models.reissues import Reissue
from badges.models.revocations import RevocationRequest
from badges.models.statuslists import StatusList

__all__ = [
    "Achievement",
    "BadgeDesign",
    "Credential",
    "CredentialQuerySet",
    "Edition",
    "Endorsement",
    "EndorsementQuerySet",
    "Recipient",
    "Reissue",
    "RevocationRequest",
    "SigningKey",
    "StatusList",
]

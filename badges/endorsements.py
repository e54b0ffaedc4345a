"""What an endorsement says, as an Open Badges 3.0 EndorsementCredential. Pure: facts in, JSON out.

We issue it: we sign it and vouch for who wrote it. The author stands in its description, in the words that they agreed to.
Source: Open Badges 3.0, EndorsementCredential and EndorsementSubject.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badges.openbadges import (
    CONTEXTS,
    ENDORSEMENT,
    ENDORSEMENT_SCHEMA_ID,
    IssuerFacts,
    credential_url,
    issuer_profile,
    timestamp,
)

BY = "Written by "


@dataclass(frozen=True, slots=True)
class EndorsementFacts:
    """One endorsement: its UUID and that of the award, the award's name, the comment, its author in words, and its dates.

    `status`: its `credentialStatus`, ready made.
    """

    endorsement_id: str
    credential_id: str
    award_name: str
    comment: str
    author: str
    written_at: datetime
    valid_from: datetime
    status: dict[str, str]


def endorsement_url(site_url: str, endorsement_id: str) -> str:
    """The one id of an endorsement, the same in every form of it."""
    return f"{site_url}/credentials/endorsements/{endorsement_id}.json"


def build_endorsement(*, issuer: IssuerFacts, endorsement: EndorsementFacts) -> dict[str, Any]:
    """The endorsement, unsigned."""
    return {
        "@context": list(CONTEXTS),
        "id": endorsement_url(issuer.site_url, endorsement.endorsement_id),
        "type": ["VerifiableCredential", ENDORSEMENT],
        "name": f"Endorsement: {endorsement.award_name}",
        "description": f"{BY}{endorsement.author}.",
        "issuer": issuer_profile(issuer),
        "validFrom": timestamp(endorsement.valid_from),
        "awardedDate": timestamp(endorsement.written_at),
        "credentialSubject": {
            "id": credential_url(issuer.site_url, endorsement.credential_id),
            "type": ["EndorsementSubject"],
            "endorsementComment": endorsement.comment,
        },
        "credentialStatus": endorsement.status,
        "credentialSchema": [{"id": ENDORSEMENT_SCHEMA_ID, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def author_in(document: Mapping[str, Any]) -> str:
    """The author's words in an endorsement of ours."""
    return str(document["description"]).removeprefix(BY).removesuffix(".")

"""Checks that awards and endorsements have in common."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from badges import openbadges, signing
from badges.proofs import BadProof
from badges.rules.foreign import LARGEST_UNKNOWN
from badges.rules.issuing import our_issuer
from badges.rules.keys import KeyRing
from badges.rules.presented import Presented
from badges.rules.signatures import Examined, prove
from badges.rules.verdicts import CHANGED, WITHDRAWN, Check
from badges.signing import BadToken

UNCHANGED, WELL_FORMED, SAME = "Nothing was changed", "Well formed", "Same in every form"

NOT_AS_KEPT = Check("unchanged", UNCHANGED, False, CHANGED, "What it says is not what was signed and kept.")
NO_FORM_OF_OURS = Check(
    "same-in-every-form", SAME, False, "differs", "What was brought is none of the forms that we keep."
)


def claimed_key(document: Mapping[str, Any], folder: str) -> uuid.UUID | None:
    """The key of the row that a document claims to be, by its id below this folder of ours; None where it names none."""
    pattern = re.escape(settings.SITE_URL + folder) + r"([0-9a-f-]{36})\.json"
    match = re.fullmatch(pattern, str(document.get("id", "")))
    try:
        return uuid.UUID(match[1]) if match else None
    except ValueError:
        return None


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether the document names us as its issuer, by object or by id. What it says is not believed for that."""
    issuer = document.get("issuer")
    return (issuer.get("id") if isinstance(issuer, dict) else issuer) == our_issuer().did


def signed_by_us(found: Examined, thing: str) -> Check:
    """`thing`: the word for what was signed."""
    title = f"Signed by {our_issuer().name}"
    if found.withdrawn:
        text = f"{found.reason} The {thing} itself was not taken back: look for a newer one that follows it."
        return Check("signed-by-us", title, False, WITHDRAWN, text)
    if found.reason:
        return Check("signed-by-us", title, False, "not proven", found.reason)
    return Check("signed-by-us", title, True, "known keys", f"{found.by}. The issuer lists each for this use.")


def signed_itself(presented: Presented, ring: KeyRing) -> Check:
    """What the signatures of something prove that is not what we keep."""
    title = f"Signed by {our_issuer().name}"
    try:
        if presented.token:
            signing.verify(presented.token, did=our_issuer().did, keys=ring.trusted)
        if not presented.is_token_only:
            prove(presented.document, ring)
    except (BadProof, BadToken) as error:
        return Check("signed-by-us", title, False, "not proven", str(error))
    return Check("signed-by-us", title, True, "known key", "By keys that the issuer lists for this use.")


def well_formed_itself(document: dict[str, Any]) -> Check:
    """By the schema, unless it is larger than any of ours: that would cost too much of everybody's time."""
    return well_formed(len(openbadges.as_text(document)) <= LARGEST_UNKNOWN and not openbadges.schema_errors(document))


def well_formed(valid: bool) -> Check:
    """By the published schema."""
    text = "Open Badges 3.0, against the published schema."
    return Check("well-formed", WELL_FORMED, valid, "complete" if valid else "not complete", text)


def day(moment: datetime) -> str:
    """A day as pages write it."""
    return date_format(timezone.localdate(moment, timezone.get_default_timezone()))

"""Whose award it is, for Open Badges 2.0: written once, and forgotten with the person."""

from typing import Any

from django.db import transaction

from badges import hosted
from badges.models import Credential, Recipient


@transaction.atomic
def keep_recipient(*, credential: Credential, holder: Any) -> Recipient | None:
    """Hash the holder's address for a new award. None where the holder has no address: then there is no assertion."""
    if not holder.email:
        return None
    facts = hosted.hash_recipient(holder.email)
    return Recipient.objects.create(credential=credential, salt=facts.salt, identity_hash=facts.identity_hash)


@transaction.atomic
def forget_recipient(*, holder: Any) -> int:
    """Delete the hashed addresses of a person's awards, how many there were. Their assertions answer 404 from then on.

    What was signed stays, and names a pairwise UUID only. Source: rules.md 8.9.
    """
    return Recipient.objects.filter(credential__holder_id=holder.pk).delete()[0]

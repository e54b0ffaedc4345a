"""What the published status list says of a credential."""

import json
from functools import lru_cache

from badges.models import Credential, Endorsement
from badges.statuslists import BadList, decode, is_set


def is_revoked_on_list(credential: Credential | Endorsement) -> bool | None:
    """Whether its bit is set on the list as it is served; None for an award from before the lists.

    Raises `BadList` where the list can't be read, so that whoever asks fails closed. No query when `status_list` is loaded.
    Source: rules.md 8.11.
    """
    if credential.status_list is None or credential.status_index is None:
        return None
    return is_set(bits_of(credential.status_list.document), credential.status_index)


@lru_cache(maxsize=8)
def bits_of(document: str) -> bytes:
    """The bits of a stored list. Kept per text: a list that changes is another text. Raises `BadList`."""
    try:
        return decode(json.loads(document)["credentialSubject"]["encodedList"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadList("The published list can't be read.") from error

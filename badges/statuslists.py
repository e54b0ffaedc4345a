"""Lists that say which credentials were revoked, one bit each. Pure: bits in, JSON out; no database, no clock, no network.

Source: Bitstring Status List 1.0, sections 2.2, 3.2 and 3.3. Index 0 is the leftmost bit of the first byte.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from badges.openbadges import CONTEXTS, IssuerFacts, timestamp

SIZE = 131_072
"""Entries of a list: the least that the source allows, so that one entry stays hidden among many."""
LARGEST = 16 * SIZE
"""Entries of the largest list that is read; a larger one is taken for an attack on memory."""
TTL_MS = 60_000
"""Milliseconds for which a reader may keep a list."""
PURPOSE = "revocation"


class BadList(Exception):
    """A list that can't be read, with the reason as a sentence."""


def list_url(site_url: str, number: int) -> str:
    """Where a list is served, which is its id."""
    return f"{site_url}/issuer/status/{number}"


def entry(site_url: str, number: int, index: int) -> dict[str, str]:
    """The `credentialStatus` of a credential: which bit of which list speaks of it."""
    url = list_url(site_url, number)
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def encode(indexes: Iterable[int], *, size: int = SIZE) -> str:
    """The bits as a multibase string: `u`, then base64url without padding of the gzipped bytes. Same bits, same text."""
    bits = bytearray(size // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


@lru_cache(maxsize=8)
def decode(text: str) -> bytes:
    """The bytes of an encoded list. Raises `BadList` for another encoding, too few entries, and more than `LARGEST`."""
    if not text.startswith("u"):
        raise BadList("The list is not written in base64url.")
    try:
        packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        unpack = zlib.decompressobj(wbits=31)
        bits = unpack.decompress(packed, LARGEST // 8 + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise BadList("The list can't be unpacked.") from error
    if not unpack.eof or unpack.unused_data:
        raise BadList("The list is cut off, or larger than any that we read.")
    if not SIZE // 8 <= len(bits) <= LARGEST // 8:
        raise BadList("The list has fewer entries than the standard allows, or more than we read.")
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Whether the entry is revoked. Raises `BadList` for an index that the list lacks."""
    if not 0 <= index < len(bits) * 8:
        raise BadList("The list has no such entry.")
    return bool(bits[index // 8] & (0x80 >> index % 8))


def build_list(*, issuer: IssuerFacts, number: int, revoked: Iterable[int], valid_from: datetime) -> dict[str, Any]:
    """The list as a credential, unsigned. `revoked`: the indexes whose bit is set; `valid_from`: when that was so."""
    url = list_url(issuer.site_url, number)
    return {
        "@context": [CONTEXTS[0]],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": timestamp(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode(revoked),
            "ttl": TTL_MS,
        },
    }

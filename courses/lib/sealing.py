"""Small secrets at rest: sealed by AES-GCM under a key made of this installation's secret, bound to what they are for."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12


class Unsealable(Exception):
    """What was sealed doesn't open with this installation's ISSUER_SECRET."""


def _cipher(purpose: str) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"portal: {purpose}".encode())
    return AESGCM(hkdf.derive(settings.ISSUER_SECRET.encode()))


def seal(text: str, *, purpose: str) -> bytes:
    """The text, readable again only by `unseal` for the same purpose."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(purpose).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes, *, purpose: str) -> str:
    """What was sealed. Raises Unsealable after ISSUER_SECRET was changed."""
    try:
        return _cipher(purpose).decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
    except InvalidTag as problem:
        raise Unsealable(purpose) from problem

"""Keys and signatures of credentials: ES256 as compact JWS, by keys of our own and no other.

Pure: no database, no clock. A token never brings its own key or algorithm: the key comes from the caller's pinned
list by `kid`, the algorithm is fixed here. Source: Open Badges 3.0, section 8.2 (JSON Web Token proof format).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

ALGORITHM = "ES256"
HEADER = frozenset({"alg", "kid", "typ"})
CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
"""Members that a token adds to the document."""
PUBLIC_MEMBERS = ("kty", "crv", "x", "y")
DID_CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
_NONCE = 12


class Unsealable(Exception):
    """A stored private key does not open with this installation's ISSUER_SECRET."""


class BadToken(Exception):
    """A token that can't be believed, with the reason as a sentence."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A fresh key: its public members for anyone, and the private key sealed."""

    public_jwk: dict[str, str]
    sealed: bytes


def _cipher(secret: str) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"badges: private keys of the issuer")
    return AESGCM(hkdf.derive(secret.encode()))


def make_key(*, kid: str, secret: str) -> KeyPair:
    """A new P-256 key. The private part leaves this function only sealed by AES-GCM, bound to its `kid`."""
    key = ECKey.generate_key("P-256", private=True)
    private = json.dumps(key.as_dict(private=True)).encode()
    nonce = os.urandom(_NONCE)
    public = key.as_dict(private=False)
    sealed = nonce + _cipher(secret).encrypt(nonce, private, kid.encode())
    return KeyPair({name: str(public[name]) for name in PUBLIC_MEMBERS}, sealed)


def _open(sealed: bytes, *, kid: str, secret: str) -> ECKey:
    try:
        private = _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], kid.encode())
    except InvalidTag as error:
        raise Unsealable(f"{kid} does not open with this ISSUER_SECRET.") from error
    return ECKey.import_key(json.loads(private))


def key_url(did: str, kid: str) -> str:
    """The DID URL by which tokens name a key."""
    return f"{did}#{kid}"


def claims(document: Mapping[str, Any]) -> dict[str, Any]:
    """The JWT members that repeat the credential's own: `iss`, `jti`, `sub`, `nbf`, and `exp` when it ends."""
    repeated = {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": int(datetime.fromisoformat(document["validFrom"]).timestamp()),
    }
    if "validUntil" in document:
        repeated["exp"] = int(datetime.fromisoformat(document["validUntil"]).timestamp())
    return repeated


def sign(document: Mapping[str, Any], *, kid: str, sealed: bytes, secret: str) -> str:
    """The credential as compact JWS: the document and its JWT claims, nothing wrapped around it."""
    header = {"alg": ALGORITHM, "kid": key_url(document["issuer"]["id"], kid), "typ": "JWT"}
    payload = json.dumps({**document, **claims(document)}, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact(header, payload, _open(sealed, kid=kid, secret=secret), algorithms=[ALGORITHM])


def read_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload as they claim to be, for finding out who says to have issued it. Raises `BadToken`."""
    try:
        head, body, _ = token.split(".")
        header, payload = (json.loads(urlsafe_b64decode(part.encode())) for part in (head, body))
    except (ValueError, RecursionError) as error:
        raise BadToken("This is no token of three parts.") from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise BadToken("This is no token of three parts.")
    return header, payload


def verify(token: str, *, did: str, keys: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The document that one of our keys signed. `keys`: public JWKs by kid, the ones that still count.

    Raises `BadToken` for another header than ours, an unknown key, a signature that does not fit, and claims that do
    not repeat the document.
    """
    header, payload = read_unverified(token)
    if set(header) != HEADER or header["alg"] != ALGORITHM or header["typ"] != "JWT":
        raise BadToken("The token's header is not one that we write.")
    known = {key_url(did, kid): jwk for kid, jwk in keys.items()}
    if not isinstance(header["kid"], str) or header["kid"] not in known:
        raise BadToken("The token names a key that is not ours, or no longer counts.")
    try:
        jws.deserialize_compact(token, ECKey.import_key(dict(known[header["kid"]])), algorithms=[ALGORITHM])
    except (JoseError, ValueError) as error:
        raise BadToken("The signature does not fit what the token says.") from error
    document = {name: value for name, value in payload.items() if name not in CLAIMS}
    if not _repeats(payload, document):
        raise BadToken("The token's claims do not repeat the award.")
    return document


def _repeats(payload: dict[str, Any], document: dict[str, Any]) -> bool:
    try:
        return payload == {**document, **claims(document)}
    except (KeyError, TypeError, ValueError):
        return False


def did_document(did: str, keys: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The issuer's DID document: public keys only, each usable for assertions."""
    methods = [
        {"id": key_url(did, kid), "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": _public(jwk)}
        for kid, jwk in keys.items()
    ]
    document: dict[str, Any] = {"@context": list(DID_CONTEXTS), "id": did}
    if methods:
        document |= {"verificationMethod": methods, "assertionMethod": [method["id"] for method in methods]}
    return document


def key_set(did: str, keys: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The same keys as a JWK set."""
    return {
        "keys": [_public(jwk) | {"kid": key_url(did, kid), "alg": ALGORITHM, "use": "sig"} for kid, jwk in keys.items()]
    }


def _public(jwk: Mapping[str, str]) -> dict[str, str]:
    """Members picked by name: whatever a row may hold one day, a private one can't pass."""
    return {name: jwk[name] for name in PUBLIC_MEMBERS}

"""Keys of the issuer, and credentials as compact JWS by them: ES256 and RS256, by keys of our own and no other.

Pure: no database, no clock. A token never brings its own key or algorithm: the key comes from the caller's pinned list by
`kid`, and the key decides the algorithm. Source: Open Badges 3.0, section 8.2 (JSON Web Token proof format).
"""

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from badges.canonical import is_same, read_json
from badges.proofs import public_multibase

EDDSA, ES256, RS256 = "EdDSA", "ES256", "RS256"
TOKEN_ALGORITHMS = (ES256, RS256)
"""What a token is signed by; EdDSA makes embedded proofs."""
RSA_BITS = 2048
HEADER = frozenset({"alg", "kid", "typ"})
CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
"""Members that a token adds to the document."""
KINDS = {"OKP": EDDSA, "EC": ES256, "RSA": RS256}
PUBLIC_MEMBERS = {EDDSA: ("kty", "crv", "x"), ES256: ("kty", "crv", "x", "y"), RS256: ("kty", "n", "e")}
DID_CONTEXTS = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)
"""The first one first: widespread verifiers take a shorter way for it."""
_NONCE = 12
_LONGEST_JWK = 2000
_PART = re.compile(r"[A-Za-z0-9_-]+")
Jwk = Mapping[str, str]


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


def make_key(*, kid: str, secret: str, algorithm: str = ES256) -> KeyPair:
    """A new key (Ed25519, P-256, or RSA of 2048 bits). Its private part leaves only sealed by AES-GCM, bound to its `kid`."""
    key = _new_key(algorithm)
    private = json.dumps(key.as_dict(private=True)).encode()
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher(secret).encrypt(nonce, private, kid.encode())
    return KeyPair(_public({name: str(value) for name, value in key.as_dict(private=False).items()}), sealed)


def _new_key(algorithm: str) -> Any:
    if algorithm == EDDSA:
        return OKPKey.generate_key("Ed25519", private=True)
    if algorithm == ES256:
        return ECKey.generate_key("P-256", private=True)
    if algorithm == RS256:
        return RSAKey.generate_key(RSA_BITS, private=True)
    raise ValueError(f"There are no keys for {algorithm}.")


def _open(sealed: bytes, *, kid: str, secret: str) -> Any:
    try:
        private = json.loads(_cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], kid.encode()))
    except InvalidTag as error:
        raise Unsealable(f"{kid} does not open with this ISSUER_SECRET.") from error
    if private["kty"] == "RSA":
        return _rsa_key(private)
    return (OKPKey if private["kty"] == "OKP" else ECKey).import_key(private)


def _rsa_key(private: Jwk) -> RSAKey:
    """Without the check of its primes, which takes 60 ms each time: the seal says that these are the numbers we made."""
    n, e, d, p, q, dp, dq, qi = (_number(private[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
    numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
    key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return RSAKey(key, key)


def _number(text: str) -> int:
    return int.from_bytes(_decode(text), "big")


def _decode(text: str) -> bytes:
    """Base64url without padding, and no other spelling of the same bytes. Raises `ValueError`."""
    if not _PART.fullmatch(text):
        raise ValueError("This is not base64url.")
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != text:
        raise ValueError("This is not base64url.")
    return content


def signer(*, kid: str, sealed: bytes, secret: str) -> Callable[[bytes], bytes]:
    """What signs bytes by a sealed Ed25519 key. Raises `Unsealable`."""
    key: Ed25519PrivateKey = _open(sealed, kid=kid, secret=secret).private_key
    return key.sign


def algorithm_of(jwk: Jwk) -> str:
    """The one algorithm of a public key; none but ours. Raises `ValueError`."""
    if jwk.get("kty") not in KINDS:
        raise ValueError("There is no algorithm for this key.")
    return KINDS[jwk["kty"]]


def key_inside(did: str) -> Jwk:
    """The public key that a `did:jwk` is made of, for reading tokens of others. Raises `ValueError` for anything else."""
    text = did.removeprefix("did:jwk:")
    if text == did or len(text) > _LONGEST_JWK:
        raise ValueError("There is no key in this identifier.")
    jwk = read_json(_decode(text).decode())
    members = jwk if isinstance(jwk, dict) and isinstance(jwk.get("kty"), str) else {}
    if not members or not set(PUBLIC_MEMBERS[algorithm_of(members)]) <= set(members):
        raise ValueError("There is no key that we read in this identifier.")
    return _public({name: str(value) for name, value in members.items()})


def ed25519_keys(did: str, keys: Mapping[str, Jwk]) -> dict[str, bytes]:
    """The public keys that make embedded proofs: 32 bytes each, by URL."""
    return {key_url(did, kid): _decode(jwk["x"]) for kid, jwk in keys.items() if algorithm_of(jwk) == EDDSA}


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
    """The bare credential as compact JWS: the document and its JWT claims, nothing wrapped around it."""
    key = _open(sealed, kid=kid, secret=secret)
    algorithm = KINDS[key.key_type]
    if algorithm not in TOKEN_ALGORITHMS:
        raise ValueError(f"{kid} signs no tokens.")
    header = {"alg": algorithm, "kid": key_url(document["issuer"]["id"], kid), "typ": "JWT"}
    payload = json.dumps({**document, **claims(document)}, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact(header, payload, key, algorithms=[algorithm])


def token_start(did: str, kid: str, algorithm: str) -> str:
    """What every token by this key begins with: its header, up to the first point."""
    header = {"alg": algorithm, "kid": key_url(did, kid), "typ": "JWT"}
    text = json.dumps(header, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode() + "."


def read_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload as they claim to be, for finding out who says to have issued it. Raises `BadToken`."""
    try:
        header, payload, _ = (_decode(part) for part in token.split("."))
        header, payload = (read_json(part.decode()) for part in (header, payload))
    except ValueError as error:
        raise BadToken("This is no token of three parts.") from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise BadToken("This is no token of three parts.")
    return header, payload


def verify(token: str, *, did: str, keys: Mapping[str, Jwk]) -> dict[str, Any]:
    """The document that one of our keys signed. `keys`: public JWKs by kid, the ones that still count.

    Raises `BadToken` for another header than ours, an unknown key, a signature that does not fit, and claims that do
    not repeat the document.
    """
    header, payload = read_unverified(token)
    if set(header) != HEADER or header["alg"] not in TOKEN_ALGORITHMS or header["typ"] != "JWT":
        raise BadToken("The token's header is not one that we write.")
    known = {key_url(did, kid): jwk for kid, jwk in keys.items()}
    if not isinstance(header["kid"], str) or header["kid"] not in known:
        raise BadToken("The token names a key that is not ours, or no longer counts.")
    verify_signature(token, known[header["kid"]])
    document = {name: value for name, value in payload.items() if name not in CLAIMS}
    if not _repeats(payload, document):
        raise BadToken("The token's claims do not repeat the award.")
    return document


class _Registry(jws.JWSRegistry):
    """Reads longer headers than the library does: an identifier that holds an RSA key is one."""

    max_header_length = 4096


def verify_signature(token: str, jwk: Jwk) -> None:
    """Raises `BadToken` unless the token is signed by this key, and by the key's own algorithm."""
    try:
        algorithm = algorithm_of(jwk)
        public: Any = _public(jwk)
        if algorithm not in TOKEN_ALGORITHMS:
            raise BadToken("The token is signed by a key of a kind that signs no tokens here.")
        key: Any = RSAKey.import_key(public) if algorithm == RS256 else ECKey.import_key(public)
        jws.deserialize_compact(token, key, registry=_Registry(algorithms=[algorithm]))
    except (JoseError, ValueError, KeyError) as error:
        raise BadToken("The signature does not fit what the token says.") from error


def _repeats(payload: dict[str, Any], document: dict[str, Any]) -> bool:
    try:
        return is_same(payload, {**document, **claims(document)})
    except (KeyError, TypeError, ValueError):
        return False


def did_document(did: str, keys: Mapping[str, Jwk]) -> dict[str, Any]:
    """The issuer's DID document: public keys only, each usable for assertions. `keys`: the ones that still count."""
    methods = [{"id": key_url(did, kid), "controller": did} | _method(jwk) for kid, jwk in keys.items()]
    document: dict[str, Any] = {"@context": list(DID_CONTEXTS), "id": did}
    if methods:
        document |= {"verificationMethod": methods, "assertionMethod": [method["id"] for method in methods]}
    return document


def _method(jwk: Jwk) -> dict[str, Any]:
    if algorithm_of(jwk) == EDDSA:
        return {"type": "Multikey", "publicKeyMultibase": public_multibase(_decode(jwk["x"]))}
    return {"type": "JsonWebKey", "publicKeyJwk": _public(jwk)}


def key_set(did: str, keys: Mapping[str, Jwk]) -> dict[str, Any]:
    """The same keys as a JWK set."""
    return {
        "keys": [
            _public(jwk) | {"kid": key_url(did, kid), "alg": algorithm_of(jwk), "use": "sig"}
            for kid, jwk in keys.items()
        ]
    }


def _public(jwk: Jwk) -> dict[str, str]:
    """Members picked by name: whatever a row may hold one day, a private one can't pass."""
    return {name: jwk[name] for name in PUBLIC_MEMBERS[algorithm_of(jwk)]}

"""The token: read by a second implementation, and every named forgery of it refused."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey

from badges import signing
from badges.tests.test_openbadges import build

DID, KID, SECRET = "did:web:localhost%3A8000", "key-2026-11", "secret"
PAIR = signing.make_key(kid=KID, secret=SECRET)
KEYS = {KID: PAIR.public_jwk}
DOCUMENT = build()
TOKEN = signing.sign(DOCUMENT, kid=KID, sealed=PAIR.sealed, secret=SECRET)
HEADER = {"alg": "ES256", "kid": f"{DID}#{KID}", "typ": "JWT"}
PAYLOAD = DOCUMENT | signing.claims(DOCUMENT)


def b64(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_by(key, header=HEADER, payload=PAYLOAD):
    return jws.serialize_compact(header, json.dumps(payload), key, registry=Anything(algorithms=[header["alg"]]))


class Anything(jws.JWSRegistry):
    """Lets a forger write any header."""

    def check_header(self, header):
        pass


def own_key():
    return signing._open(PAIR.sealed, kid=KID, secret=SECRET)


def hs256_with_the_public_key():
    head = b64(HEADER | {"alg": "HS256"})
    body = b64(PAYLOAD)
    pem = ECKey.import_key(PAIR.public_jwk).as_pem(private=False)
    return f"{head}.{body}.{b64(hmac.new(pem, f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


def edited(**changes):
    head, body, signature = TOKEN.split(".")
    return f"{head}.{b64(json.loads(unb64(body)) | changes)}.{signature}"


STRANGER = ECKey.generate_key("P-256")
P384 = ECKey.generate_key("P-384")
FORGERIES = {
    "alg none": f"{b64(HEADER | {'alg': 'none'})}.{b64(PAYLOAD)}.",
    "alg none in capitals": f"{b64(HEADER | {'alg': 'NONE'})}.{b64(PAYLOAD)}.",
    "no signature": TOKEN.rpartition(".")[0] + ".",
    "signature of zeros": TOKEN.rpartition(".")[0] + "." + b64(bytes(64)),
    "signature cut": TOKEN[:-8],
    "hs256 with the public key": hs256_with_the_public_key(),
    "another key": signed_by(STRANGER),
    "another key, embedded as jwk": signed_by(STRANGER, HEADER | {"jwk": STRANGER.as_dict(private=False)}),
    "another key, behind jku": signed_by(STRANGER, HEADER | {"jku": "https://evil.example.com/jwks.json"}),
    "another curve": signed_by(P384, HEADER | {"alg": "ES384"}),
    "our key, embedded jwk": signed_by(own_key(), HEADER | {"jwk": PAIR.public_jwk}),
    "our key, critical extension": signed_by(own_key(), HEADER | {"crit": ["b64"], "b64": True}),
    "our key, other type": signed_by(own_key(), HEADER | {"typ": "at+jwt"}),
    "our key, no kid": signed_by(own_key(), {"alg": "ES256", "typ": "JWT"}),
    "our key, kid of nobody": signed_by(own_key(), HEADER | {"kid": f"{DID}#key-2020-01"}),
    "our key, kid without the did": signed_by(own_key(), HEADER | {"kid": KID}),
    "our key, kid of another issuer": signed_by(own_key(), HEADER | {"kid": f"did:web:evil.example.com#{KID}"}),
    "our key, kid no text": signed_by(own_key(), HEADER | {"kid": {"id": KID}}),
    "our key, iss differs": signed_by(own_key(), payload=PAYLOAD | {"iss": "did:web:evil.example.com"}),
    "our key, jti differs": signed_by(own_key(), payload=PAYLOAD | {"jti": "http://localhost:8000/other"}),
    "our key, sub differs": signed_by(own_key(), payload=PAYLOAD | {"sub": "urn:uuid:0"}),
    "our key, nbf differs": signed_by(own_key(), payload=PAYLOAD | {"nbf": 0}),
    "our key, exp differs": signed_by(own_key(), payload=PAYLOAD | {"exp": 4_000_000_000}),
    "our key, exp missing": signed_by(own_key(), payload={k: v for k, v in PAYLOAD.items() if k != "exp"}),
    "our key, no credential": signed_by(own_key(), payload={"iss": DID}),
    "our key, dates of no kind": signed_by(own_key(), payload=PAYLOAD | {"validFrom": 7}),
    "our key, wrapped in vc": signed_by(own_key(), payload=signing.claims(DOCUMENT) | {"vc": DOCUMENT}),
    "exp moved": edited(exp=4_000_000_000),
    "name edited": edited(name="Accredited Everything"),
    "holder edited": edited(sub="urn:uuid:00000000-0000-4000-8000-000000000000"),
    "two parts": TOKEN.rpartition(".")[0],
    "four parts": TOKEN + ".x",
    "header no object": f"{b64([1])}.{b64(PAYLOAD)}.x",
    "payload no object": f"{b64(HEADER)}.{b64([1])}.x",
    "payload no json": f"{b64(HEADER)}.{b64(b'xx')}.x",
    "not base64": "ä.ö.ü",
    "empty": "",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused(name):
    with pytest.raises(signing.BadToken):
        signing.verify(FORGERIES[name], did=DID, keys=KEYS)


def test_own_token_reads_as_the_document_it_was_made_from():
    assert signing.verify(TOKEN, did=DID, keys=KEYS) == DOCUMENT


def test_withdrawn_key_verifies_nothing():
    with pytest.raises(signing.BadToken, match="no longer counts"):
        signing.verify(TOKEN, did=DID, keys={})


def test_header_holds_nothing_else_and_payload_is_the_credential_itself():
    header, payload = signing.read_unverified(TOKEN)

    assert header == {"alg": "ES256", "kid": "did:web:localhost%3A8000#key-2026-11", "typ": "JWT"}
    assert payload == PAYLOAD
    assert {"vc", "proof"}.isdisjoint(payload)
    assert payload["jti"] == payload["id"]
    assert "exp" in payload


def test_award_without_end_has_no_exp():
    assert "exp" not in signing.claims(build(valid_until=None))


def independent(token):
    """ES256 by cryptography alone: no JOSE library is asked."""
    head, body, signature = token.split(".")
    x, y = (int.from_bytes(unb64(PAIR.public_jwk[name]), "big") for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))


def test_a_second_implementation_accepts_the_token():
    assert independent(TOKEN) is None


def test_a_second_implementation_refuses_the_edited_token():
    with pytest.raises(InvalidSignature):
        independent(FORGERIES["name edited"])


def test_every_single_member_edit_breaks_the_token():
    for name in PAYLOAD:
        with pytest.raises(signing.BadToken):
            signing.verify(edited(**{name: "other"}), did=DID, keys=KEYS)


def test_private_key_is_sealed_and_opens_with_its_secret_and_name_only():
    private = own_key().as_dict(private=True)["d"]

    assert private.encode() not in PAIR.sealed and unb64(private) not in PAIR.sealed
    assert "d" not in PAIR.public_jwk
    for kid, secret in ((KID, "other"), ("key-2026-12", SECRET)):
        with pytest.raises(signing.Unsealable):
            signing._open(PAIR.sealed, kid=kid, secret=secret)


def test_did_document_and_key_set_show_public_members_only():
    leaky = {KID: own_key().as_dict(private=True)}
    did, keys = signing.did_document(DID, leaky), signing.key_set(DID, leaky)

    assert leaky[KID]["d"] not in json.dumps([did, keys])
    assert did["assertionMethod"] == [did["verificationMethod"][0]["id"]] == [f"{DID}#{KID}"]
    assert did["verificationMethod"][0]["controller"] == did["id"] == DID
    assert keys["keys"][0] == PAIR.public_jwk | {"kid": f"{DID}#{KID}", "alg": "ES256", "use": "sig"}


def test_did_document_without_keys_lists_none():
    assert set(signing.did_document(DID, {})) == {"@context", "id"}


def test_public_key_is_a_p256_point():
    key = ECKey.import_key(PAIR.public_jwk)

    assert serialization.load_pem_public_key(key.as_pem(private=False)).curve.name == "secp256r1"

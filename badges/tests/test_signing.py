"""Tokens and keys: read by a second implementation, and every named forgery of a token refused."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from badges import signing
from badges.tests.test_openbadges import build

DID, KID, SECRET = "did:web:localhost%3A8000", "key-2026-11", "secret"
PAIR = signing.make_key(kid=KID, secret=SECRET)
RSA_KID, ED_KID = "key-2026-11-rs256", "key-2026-11-eddsa"
RSA_PAIR = signing.make_key(kid=RSA_KID, secret=SECRET, algorithm="RS256")
ED_PAIR = signing.make_key(kid=ED_KID, secret=SECRET, algorithm="EdDSA")
KEYS = {KID: PAIR.public_jwk, RSA_KID: RSA_PAIR.public_jwk, ED_KID: ED_PAIR.public_jwk}
DOCUMENT = build()
TOKEN = signing.sign(DOCUMENT, kid=KID, sealed=PAIR.sealed, secret=SECRET)
RSA_TOKEN = signing.sign(DOCUMENT, kid=RSA_KID, sealed=RSA_PAIR.sealed, secret=SECRET)
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


def own_rsa_key():
    return signing._open(RSA_PAIR.sealed, kid=RSA_KID, secret=SECRET)


def hs256_with(secret, kid=KID):
    head = b64(HEADER | {"alg": "HS256", "kid": f"{DID}#{kid}"})
    body = b64(PAYLOAD)
    return f"{head}.{body}.{b64(hmac.new(secret, f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


def raw(header, payload):
    """A token by our own key over exactly these texts, as no library would write it."""
    signed = f"{b64(header.encode())}.{b64(payload.encode())}"
    der = own_key().private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    return f"{signed}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def edited(**changes):
    head, body, signature = TOKEN.split(".")
    return f"{head}.{b64(json.loads(unb64(body)) | changes)}.{signature}"


def signed_as(token, **changes):
    """The token with another header and its own signature."""
    head, body, signature = token.split(".")
    return f"{b64(json.loads(unb64(head)) | changes)}.{body}.{signature}"


def own_ed_key():
    return signing._open(ED_PAIR.sealed, kid=ED_KID, secret=SECRET)


def respelled(letter):
    """A letter that says the same to a careless reader: the last one of 64 bytes has four bits to spare."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(letter) ^ 1]


STRANGER = ECKey.generate_key("P-256")
RSA_STRANGER = RSAKey.generate_key(2048)
P384 = ECKey.generate_key("P-384")
FORGERIES = {
    "alg none": f"{b64(HEADER | {'alg': 'none'})}.{b64(PAYLOAD)}.",
    "alg none in capitals": f"{b64(HEADER | {'alg': 'NONE'})}.{b64(PAYLOAD)}.",
    "no signature": TOKEN.rpartition(".")[0] + ".",
    "signature of zeros": TOKEN.rpartition(".")[0] + "." + b64(bytes(64)),
    "signature cut": TOKEN[:-8],
    "hs256 with the public key": hs256_with(ECKey.import_key(PAIR.public_jwk).as_pem(private=False)),
    "hs256 with the public rsa key": hs256_with(RSAKey.import_key(RSA_PAIR.public_jwk).as_pem(private=False), RSA_KID),
    "hs256 with the public key as json": hs256_with(json.dumps(PAIR.public_jwk).encode()),
    "hs256 with nothing": hs256_with(b""),
    "another key": signed_by(STRANGER),
    "another key, embedded as jwk": signed_by(STRANGER, HEADER | {"jwk": STRANGER.as_dict(private=False)}),
    "another key, behind jku": signed_by(STRANGER, HEADER | {"jku": "https://evil.example.com/jwks.json"}),
    "another curve": signed_by(P384, HEADER | {"alg": "ES384"}),
    "our key, embedded jwk": signed_by(own_key(), HEADER | {"jwk": PAIR.public_jwk}),
    "another key, behind x5u": signed_by(STRANGER, HEADER | {"x5u": "https://evil.example.com/chain.pem"}),
    "another key, in x5c": signed_by(STRANGER, HEADER | {"x5c": ["MIIB"]}),
    "another rsa key": signed_by(RSA_STRANGER, HEADER | {"alg": "RS256", "kid": f"{DID}#{RSA_KID}"}),
    "rsa key under the name of the other": signed_by(own_rsa_key(), HEADER | {"alg": "RS256"}),
    "own rsa key, said to be es256": signed_as(RSA_TOKEN, alg="ES256"),
    "own es256 key, said to be rs256": signed_as(TOKEN, alg="RS256"),
    "our rsa key, pss": signed_by(own_rsa_key(), HEADER | {"alg": "PS256", "kid": f"{DID}#{RSA_KID}"}),
    "our rsa key, rs512": signed_by(own_rsa_key(), HEADER | {"alg": "RS512", "kid": f"{DID}#{RSA_KID}"}),
    "our key of proofs": signed_by(own_ed_key(), HEADER | {"alg": "EdDSA", "kid": f"{DID}#{ED_KID}"}),
    "our key, alg of its curve": signed_by(own_key(), HEADER | {"alg": "ES256", "kid": f"{DID}#{ED_KID}"}),
    "our key, not encoded": raw(json.dumps(HEADER | {"b64": False, "crit": ["b64"]}), json.dumps(PAYLOAD)),
    "our key, a name twice in the payload": raw(json.dumps(HEADER), json.dumps(PAYLOAD)[:-1] + ', "name": "Other"}'),
    "our key, a name twice in the header": raw(json.dumps(HEADER)[:-1] + ', "alg": "none"}', json.dumps(PAYLOAD)),
    "our key, dates as text": signed_by(own_key(), payload=PAYLOAD | {"nbf": str(PAYLOAD["nbf"])}),
    "our key, date as a fraction": signed_by(own_key(), payload=PAYLOAD | {"nbf": float(PAYLOAD["nbf"])}),
    "our key, nested too deep": raw(
        json.dumps(HEADER), json.dumps(PAYLOAD)[:-1] + ', "x": ' + "[" * 99 + "]" * 99 + "}"
    ),
    "detached": f"{TOKEN.split('.')[0]}..{TOKEN.split('.')[2]}",
    "flattened": json.dumps(dict(zip(("protected", "payload", "signature"), TOKEN.split("."), strict=True))),
    "encrypted": TOKEN + ".x.y",
    "signature of another spelling": TOKEN[:-1] + respelled(TOKEN[-1]),
    "padded": TOKEN + "==",
    "blank inside": TOKEN[:40] + " " + TOKEN[40:],
    "line inside": TOKEN[:40] + "\n" + TOKEN[40:],
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


@pytest.mark.parametrize(("token", "algorithm"), [(TOKEN, "ES256"), (RSA_TOKEN, "RS256")])
def test_own_token_reads_as_the_document_it_was_made_from(token, algorithm):
    assert signing.verify(token, did=DID, keys=KEYS) == DOCUMENT
    assert signing.read_unverified(token)[0]["alg"] == algorithm


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
    """ES256 and RS256 by cryptography alone: no JOSE library is asked."""
    head, body, signature = token.split(".")
    jwk = KEYS[json.loads(unb64(head))["kid"].partition("#")[2]]
    numbers = {name: int.from_bytes(unb64(jwk[name]), "big") for name in ("x", "y", "n", "e") if name in jwk}
    raw, signed = unb64(signature), f"{head}.{body}".encode()
    if jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(numbers["e"], numbers["n"]).public_key()
        return key.verify(raw, signed, padding.PKCS1v15(), hashes.SHA256())
    key = ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], ec.SECP256R1()).public_key()
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return key.verify(der, signed, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("token", [TOKEN, RSA_TOKEN], ids=["ES256", "RS256"])
def test_a_second_implementation_accepts_the_token(token):
    assert independent(token) is None


def test_a_second_implementation_refuses_the_edited_token():
    with pytest.raises(InvalidSignature):
        independent(FORGERIES["name edited"])


def test_every_single_member_edit_breaks_the_token():
    for name in PAYLOAD:
        with pytest.raises(signing.BadToken):
            signing.verify(edited(**{name: "other"}), did=DID, keys=KEYS)


PAIRS = {KID: (PAIR, "d"), RSA_KID: (RSA_PAIR, "d"), ED_KID: (ED_PAIR, "d")}


@pytest.mark.parametrize("kid", PAIRS)
def test_private_key_is_sealed_and_opens_with_its_secret_and_name_only(kid):
    pair = PAIRS[kid][0]
    key = signing._open(pair.sealed, kid=kid, secret=SECRET).private_key
    encoding = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private = key.private_bytes(*encoding)

    assert private[-32:] not in pair.sealed and b64(private[-32:]).encode() not in pair.sealed
    assert {"d", "p", "q", "dp", "dq", "qi"}.isdisjoint(pair.public_jwk)
    for other, secret in ((kid, "other"), (f"{kid}-2", SECRET)):
        with pytest.raises(signing.Unsealable):
            signing._open(pair.sealed, kid=other, secret=secret)


def test_keys_are_of_the_kinds_that_the_standards_ask_for():
    assert OKPKey.import_key(ED_PAIR.public_jwk).curve_name == "Ed25519"
    assert ECKey.import_key(PAIR.public_jwk).curve_name == "P-256"
    assert RSAKey.import_key(RSA_PAIR.public_jwk).public_key.key_size >= 2048
    with pytest.raises(ValueError, match="no keys"):
        signing.make_key(kid="x", secret=SECRET, algorithm="HS256")


def test_key_of_proofs_signs_no_tokens():
    with pytest.raises(ValueError, match="no tokens"):
        signing.sign(DOCUMENT, kid=ED_KID, sealed=ED_PAIR.sealed, secret=SECRET)


def test_did_document_and_key_set_show_public_members_only():
    private = [own_key().as_dict(private=True), own_ed_key().as_dict(private=True)]
    leaky = {KID: private[0], ED_KID: private[1], RSA_KID: RSA_PAIR.public_jwk | {"d": "secret", "p": "secret"}}
    text = json.dumps([signing.did_document(DID, leaky), signing.key_set(DID, leaky)])

    assert not any(one["d"] in text for one in private)
    assert "secret" not in text and '"d"' not in text


def test_did_document_lists_each_key_by_an_absolute_id_for_assertions():
    did = signing.did_document(DID, KEYS)
    methods = {method["id"]: method for method in did["verificationMethod"]}

    assert did["@context"][0] == "https://www.w3.org/ns/did/v1"
    assert did["id"] == DID and {method["controller"] for method in methods.values()} == {DID}
    assert did["assertionMethod"] == list(methods) == [f"{DID}#{kid}" for kid in KEYS]
    assert [method["type"] for method in methods.values()] == ["JsonWebKey", "JsonWebKey", "Multikey"]
    assert methods[f"{DID}#{KID}"]["publicKeyJwk"] == PAIR.public_jwk
    assert methods[f"{DID}#{ED_KID}"]["publicKeyMultibase"].startswith("z6Mk")


def test_key_set_names_each_key_by_its_url_and_its_one_algorithm():
    keys = signing.key_set(DID, KEYS)["keys"]

    assert keys[0] == PAIR.public_jwk | {"kid": f"{DID}#{KID}", "alg": "ES256", "use": "sig"}
    assert [(key["kty"], key["alg"]) for key in keys] == [("EC", "ES256"), ("RSA", "RS256"), ("OKP", "EdDSA")]


def test_did_document_without_keys_lists_none():
    assert set(signing.did_document(DID, {})) == {"@context", "id"}

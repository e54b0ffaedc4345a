"""What the signatures of a stored award say, and whether all its forms tell the same."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Func, QuerySet, TextField
from django.utils.translation import gettext as _

from badges import baking, openbadges, proofs, signing
from badges.canonical import is_same, read_json
from badges.models import Credential
from badges.proofs import BadProof
from badges.rules.issuing import our_issuer
from badges.rules.keys import KeyRing, ring_of
from badges.signing import BadToken
from courses.lib.compiled import Compiled


@dataclass(frozen=True, slots=True)
class Forms:
    """An award as it is stored, or an endorsement, which has one token and no picture."""

    document: str
    jwt: str
    jwt_rs256: str
    png: bytes
    svg: str
    signed_by: tuple[str, ...]
    is_endorsement: bool = False

    @property
    def is_older(self) -> bool:
        """Whether it is from before the proofs: a bare document, one token, and that in the pictures."""
        return not self.signed_by

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that it has to have, today."""
        return (self.jwt,) if self.is_endorsement else (self.jwt, self.jwt_rs256)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found. `reason`: why the signatures prove nothing, in a sentence; `by`: what vouches for it, in words.

    `withdrawn`: names of its keys that were withdrawn. `differing`: forms that tell something else.
    """

    reason: str
    by: str
    withdrawn: tuple[str, ...]
    differing: tuple[str, ...]
    is_well_formed: bool
    is_older: bool


def row_version() -> Func:
    """An expression that changes with every change of an award's row, whatever column of it."""
    template = '"badges_credential"."xmin"::text || "badges_credential"."ctid"::text'
    return Func(template=template, output_field=TextField())


@Compiled
def stored_forms(pk: Any) -> QuerySet[Any]:
    """All forms of an award, which are large."""
    names = ("document", "jwt", "jwt_rs256", "png", "svg", "signed_by")
    return Credential.objects.filter(pk=pk).values_list(*names)


@lru_cache(maxsize=4096)
def examine_stored(pk: uuid.UUID, version: str, keys: str) -> Examined:
    """What the stored bytes of an award prove by the keys of `keys_as_text`. One query and 70 ms, once per process.

    Kept by the row's version and the keys: nothing else decides.
    """
    document, jwt, jwt_rs256, png, svg, signed_by = stored_forms.get(pk=pk)
    return examine(Forms(document, jwt, jwt_rs256, bytes(png), svg, tuple(signed_by)), ring_of(keys))


@lru_cache(maxsize=1024)
def examine_endorsement(document: str, jwt: str, signed_by: tuple[str, ...], keys: str) -> Examined:
    """What the stored bytes of an endorsement prove by the keys of `keys_as_text`. No query; 15 ms, once per process."""
    return examine(Forms(document, jwt, "", b"", "", signed_by, is_endorsement=True), ring_of(keys))


def examine(forms: Forms, ring: KeyRing) -> Examined:
    """What these bytes prove. Asks nothing and nobody."""
    try:
        document = read_json(forms.document)
    except ValueError:
        return Examined(_("What is kept of it can't be read."), "", (), ("document",), False, forms.is_older)
    reason, by = "", ""
    try:
        by = _vouched_for(forms, document, ring)
    except (BadProof, BadToken) as error:
        reason = str(error)
    withdrawn = tuple(kid for kid in _named_keys(forms) if kid in ring.withdrawn)
    if withdrawn:
        reason = _("It was signed with %(withdrawn)s, which the issuer has withdrawn.") % {
            "withdrawn": _list(withdrawn)
        }
    differing = tuple(name for name, same in _comparisons(forms, document) if not same)
    return Examined(reason, by, withdrawn, differing, not openbadges.schema_errors(document), forms.is_older)


def _vouched_for(forms: Forms, document: dict[str, Any], ring: KeyRing) -> str:
    """What vouches for the award. Raises `BadProof` or `BadToken` unless all of it does."""
    if forms.is_older:
        return _token_vouches(forms.jwt, document, ring)
    proven, bare = prove(document, ring), proofs.bare(document)
    suites = " and ".join(proofs.SUITES)
    tokens = [_token_vouches(token, bare, ring) for token in forms.tokens]
    return "; ".join([f"{suites} by {_shown(proven.method)}", *tokens])


def prove(document: dict[str, Any], ring: KeyRing) -> proofs.Proven:
    """What the proofs inside a document say by our keys. Raises `BadProof`, also for a key that had retired by then."""
    proven = proofs.verify(document, keys=signing.ed25519_keys(our_issuer().did, ring.trusted))
    retired_at = ring.retired_at.get(proven.method.partition("#")[2])
    if retired_at is not None and proven.created > retired_at:
        raise BadProof(_("Its key had retired before it was signed."))
    return proven


def _token_vouches(token: str, document: dict[str, Any], ring: KeyRing) -> str:
    signed = signing.verify(token, did=our_issuer().did, keys=ring.trusted)
    if not is_same(signed, document):
        raise BadToken(_("A token of it says something else."))
    header = signing.read_unverified(token)[0]
    return _("%(header)s by %(header2)s") % {"header": header["alg"], "header2": _shown(header["kid"])}


def _shown(url: str) -> str:
    return _("key %(removeprefix)s") % {"removeprefix": url.partition("#")[2].removeprefix("key-")}


def _list(kids: tuple[str, ...]) -> str:
    return " and ".join(f"key {kid.removeprefix('key-')}" for kid in kids)


def _named_keys(forms: Forms) -> tuple[str, ...]:
    if not forms.is_older:
        return forms.signed_by
    try:
        return (str(signing.read_unverified(forms.jwt)[0].get("kid")).partition("#")[2],)
    except BadToken:
        return ()


def _comparisons(forms: Forms, document: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each other form by name, and whether it tells the same as the document."""
    bare = proofs.bare(document)
    yield "token", _token_says(forms.jwt, bare)
    if forms.is_endorsement:
        return
    if not forms.is_older:
        yield _("second token"), _token_says(forms.jwt_rs256, bare)
    yield _("PNG picture"), _picture_says(forms.png, forms, document)
    if forms.svg:
        yield _("SVG picture"), _picture_says(forms.svg.encode(), forms, document)


def _token_says(token: str, bare: dict[str, Any]) -> bool:
    try:
        payload = signing.read_unverified(token)[1]
    except BadToken:
        return False
    return is_same({name: value for name, value in payload.items() if name not in signing.CLAIMS}, bare)


def _picture_says(picture: bytes, forms: Forms, document: dict[str, Any]) -> bool:
    try:
        text = baking.read(picture)
        return text == forms.jwt if forms.is_older else is_same(read_json(text), document)
    except ValueError:
        return False

"""What an application may say of itself when it registers (RFC 7591)."""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accreditation.models import SecretMethod
from accreditation.rules.scopes import known_scopes
from courses.lib.refusals import Refusal

MOST_REDIRECTS = 10
LONGEST = 500
PRINTABLE = re.compile(r"[!-~]+")
GRANTS, RESPONSES = {"authorization_code", "refresh_token"}, {"code"}
PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
TEXTS = ("software_id", "software_version")
BAD_REDIRECT, BAD_METADATA = "invalid_redirect_uri", "invalid_client_metadata"
"""Codes of RFC 7591, 3.2.2."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What is kept of a registration. `about` is what the application says of itself and nobody checked."""

    name: str
    redirect_uris: list[str]
    auth_method: str
    scopes: list[str]
    may_refresh: bool
    about: dict[str, str] = field(default_factory=dict)


def read_registration(metadata: Mapping[str, Any]) -> Registration | Refusal:
    """The registration that this metadata asks for, or the refusal with the code of RFC 7591.

    Members that we don't know are left out, scopes and grants that we don't have too; the answer says what is left.
    Source: rules.md 8.23.
    """
    refusal = _why_not_redirect(metadata.get("redirect_uris")) or _why_not_keep(metadata)
    if refusal is not None:
        return refusal
    scopes = known_scopes(metadata.get("scope") or "")
    if not scopes:
        return Refusal(BAD_METADATA, _("None of these scopes exists here; /ims/ob/v3p0/discovery names those that do."))
    texts = {name: metadata[name] for name in (*PAGES, *TEXTS) if metadata.get(name)}
    return Registration(
        name=metadata["client_name"].strip(),
        redirect_uris=list(dict.fromkeys(metadata["redirect_uris"])),
        auth_method=metadata.get("token_endpoint_auth_method", SecretMethod.BASIC),
        scopes=scopes,
        may_refresh="refresh_token" in metadata.get("grant_types", []),
        about=texts,
    )


def _why_not_redirect(uris: Any) -> Refusal | None:
    if not isinstance(uris, list) or not 0 < len(uris) <= MOST_REDIRECTS:
        return Refusal(
            BAD_REDIRECT,
            _("redirect_uris is a list of 1 to %(most_redirects)s addresses.") % {"most_redirects": MOST_REDIRECTS},
        )
    return next((refusal for uri in uris if (refusal := why_not_return_to(uri))), None)


def why_not_return_to(uri: Any) -> Refusal | None:
    """Why people can't be sent to this address with a code.

    Over https to a host with a name that isn't ours, or to 127.0.0.1 on the person's own computer; whole, without wildcards,
    fragments and anything that readers of addresses disagree about. Source: RFC 8252, 7.3; RFC 9700, 2.1 and 4.1.
    """
    parts = _parts(uri)
    if parts is None or "*" in uri or "#" in uri or "\\" in uri:
        return Refusal(
            BAD_REDIRECT, _("An address is whole: no wildcard, fragment, backslash, name or password in it.")
        )
    if parts.scheme == "http" and parts.hostname == "127.0.0.1":
        return None
    if parts.scheme != "https" or not _is_named(parts.hostname or ""):
        return Refusal(BAD_REDIRECT, _("An address begins with https:// and a host name, or with http://127.0.0.1."))
    if parts.hostname == settings.SITE_HOST:
        return Refusal(BAD_REDIRECT, _("An address on this portal leads nowhere."))
    return None


def _parts(uri: Any) -> SplitResult | None:
    """The parts of an address that everybody reads alike; None where there is doubt."""
    if not isinstance(uri, str) or len(uri) > LONGEST or not PRINTABLE.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        has_port = parts.port is not None
    except ValueError:
        return None
    alone = parts.netloc.lower() == (parts.hostname or "") + (f":{parts.port}" if has_port else "")
    return parts if parts.hostname and alone and parts.username is None else None


def _is_named(host: str) -> bool:
    """Whether a host has a name of the public kind, not a number or a word of the own network."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".") and not host.replace(".", "").isdigit() and host != "localhost"
    return False


def _why_not_keep(metadata: Mapping[str, Any]) -> Refusal | None:
    name = metadata.get("client_name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100 or not _is_shown_as_written(name):
        return Refusal(BAD_METADATA, _("client_name has 1 to 100 signs, none of them invisible."))
    if metadata.get("token_endpoint_auth_method", SecretMethod.BASIC) not in SecretMethod.values:
        return Refusal(
            BAD_METADATA, _("token_endpoint_auth_method is one of %(join)s.") % {"join": ", ".join(SecretMethod.values)}
        )
    for member, known in (("grant_types", GRANTS), ("response_types", RESPONSES)):
        if refusal := _why_not_list(metadata, member, known):
            return refusal
    if "grant_types" in metadata and "authorization_code" not in metadata["grant_types"]:
        return Refusal(BAD_METADATA, _("grant_types has authorization_code; systems are made by Field Enablement."))
    if not isinstance(metadata.get("scope", ""), str):
        return Refusal(BAD_METADATA, _("scope is a text, its words parted by spaces."))
    return _why_not_text(metadata)


def _why_not_list(metadata: Mapping[str, Any], member: str, known: set[str]) -> Refusal | None:
    values = metadata.get(member, [])
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        return Refusal(BAD_METADATA, _("%(member)s is a list of words.") % {"member": member})
    if set(values) - known:
        return Refusal(
            BAD_METADATA,
            _("%(member)s has only %(join)s here.") % {"member": member, "join": " and ".join(sorted(known))},
        )
    return None


def _why_not_text(metadata: Mapping[str, Any]) -> Refusal | None:
    for page in PAGES:
        if page in metadata and ((parts := _parts(metadata[page])) is None or parts.scheme != "https"):
            return Refusal(BAD_METADATA, _("%(page)s is an address that begins with https://.") % {"page": page})
    for text in TEXTS:
        value = metadata.get(text, "")
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            return Refusal(
                BAD_METADATA, _("%(text)s is a text of at most %(longest)s signs.") % {"text": text, "longest": LONGEST}
            )
    return None


def _is_shown_as_written(name: str) -> bool:
    """Whether no sign of it hides, reorders or breaks: a person decides by what they see."""
    return all(unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for sign in name)

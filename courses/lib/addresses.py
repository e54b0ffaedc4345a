"""Which addresses the portal may ask: how a URL must be written, and which numbers a name may stand for.

Source: ASVS 5.0 V1.3.6 and V15.3.2; IANA's registries of special-purpose addresses for IPv4 and IPv6. Pure: asks nobody.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal

LONGEST_URL = 2000
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# At least two labels, the last one begins with a letter: no number in any notation is a name, nor is a bare word.
NAME = re.compile(rf"(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
# No space, no control character, no backslash, nothing outside ASCII: parsers disagree about each of these.
CLEAN = re.compile(r"[!-\[\]-~]+")
NEVER_V4 = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
EVER_V6 = ipaddress.IPv6Network("2000::/3")
# Teredo and the other protocol assignments, documentation, 6to4: inside 2000::/3, and each can lead elsewhere.
NEVER_V6 = tuple(
    ipaddress.IPv6Network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a URL asks: scheme, host in lower case, port, and path with query as they are sent. `is_local`: one of the
    addresses named for trying things out."""

    scheme: str
    host: str
    port: int
    path: str
    is_local: bool = False

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be equal for a secret to be sent along."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The address in the one spelling that is used."""
        usual = {"https": 443, "http": 80}.get(self.scheme) == self.port
        return f"{self.scheme}://{self.host}{'' if usual else f':{self.port}'}{self.path}"


def is_public(address: str) -> bool:
    """Whether this numeric address belongs to the public internet. Unknown forms don't.

    Forms that carry an IPv4 address within IPv6 (mapped, compatible, 6to4, Teredo, NAT64) are refused as such.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # "fe80::1%eth0" and anything that is no address
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not any(ip in one for one in NEVER_V4)
    return ip.scope_id is None and ip in EVER_V6 and ip.is_global and not any(ip in one for one in NEVER_V6)


def target_of(url: str, *, ports: frozenset[int], local: frozenset[str]) -> Target | Refusal:
    """Read an address strictly: https, a name with a dot, an allowed port, no name or password within.

    `local` are `host:port` pairs that may be asked by http as well, for trying things out.
    """
    if not url or len(url) > LONGEST_URL or not CLEAN.fullmatch(url):
        return Refusal(
            "bad_address", _("Write the address as one line of plain letters, such as https://example.com/.")
        )
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return Refusal("bad_address", _("That is no web address. It begins with https:// and a name."))
    scheme = parts.scheme.lower()
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return Refusal("bad_address", _("Take the name and password out of the address."))
    port = port if port is not None else {"https": 443, "http": 80}.get(scheme, 0)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")
    target = Target(scheme, host, port, path, f"{host}:{port}" in local and parts.netloc.lower() == f"{host}:{port}")
    return target if target.is_local and scheme in ("http", "https") else _checked(target, parts.netloc, ports)


def _checked(target: Target, netloc: str, ports: frozenset[int]) -> Target | Refusal:
    if target.scheme != "https":
        return Refusal("bad_scheme", _("The address must begin with https://."))
    if not NAME.fullmatch(target.host) or len(target.host) > 253:
        return Refusal("bad_host", _("The address needs a public name, such as hooks.example.com, not a number."))
    if netloc.lower() not in (target.host, f"{target.host}:{target.port}"):
        return Refusal("bad_address", _("That is no web address. It begins with https:// and a name."))
    if target.port not in ports:
        return Refusal("bad_port", _("This port may not be asked. Leave it out of the address."))
    return target

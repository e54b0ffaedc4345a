"""The other origin, on which packages of strangers run, and the links that lead to it. No rows.

A package has a host of its own where `CONTENT_ORIGIN` has a `*`, so that one can't read what another keeps in the browser.
Source: rules.md 2.26.
"""

import re
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

OPENS_SECONDS, LASTS_SECONDS = 300, 8 * 3600
OPEN, PATH = "courses.package.open", "courses.package.path"
LABEL = re.compile(r"[a-z0-9]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens which package of which lesson, from which origin of the portal."""

    package: int
    lesson: int
    learner: int
    portal: str


def label_of(sha256: str) -> str:
    """The part of the host that is the package's own."""
    return f"p{sha256[:24]}"


def origin_of(sha256: str) -> str:
    """The origin of one package; empty while packages can't be shown."""
    return settings.CONTENT_ORIGIN.replace("*", label_of(sha256))


def label_asked(request: HttpRequest) -> str | None:
    """The package's part of the host that was asked for, "" where the host has none, None where it is the portal's."""
    if not settings.CONTENT_ORIGIN:
        return None
    asked = request.META.get("HTTP_HOST", "").lower()
    before, star, after = urlsplit(settings.CONTENT_ORIGIN).netloc.lower().partition("*")
    if not star:
        return "" if asked == before else None
    if not asked.endswith(after) or not asked.startswith(before):
        return None
    label = asked[len(before) : len(asked) - len(after)]
    return label if LABEL.fullmatch(label) else None


def link_to(visit: Visit, sha256: str) -> str:
    """The address that opens a package for one person, good for five minutes."""
    return f"{origin_of(sha256)}/o/{signing.dumps(asdict(visit), salt=OPEN)}"


def path_token(visit: Visit) -> str:
    """What the addresses of a package's files begin with, good for eight hours."""
    return signing.dumps(asdict(visit), salt=PATH)


def visit_of(token: str, *, is_link: bool) -> Visit | None:
    """Whose link or path this is; None where it is forged or too old."""
    salt, lasts = (OPEN, OPENS_SECONDS) if is_link else (PATH, LASTS_SECONDS)
    try:
        return Visit(**signing.loads(token, salt=salt, max_age=lasts))
    except (signing.BadSignature, TypeError, ValueError):
        return None

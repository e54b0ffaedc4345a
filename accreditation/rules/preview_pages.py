"""A learner's page as a preview shows it: its links lead on inside the preview, and nothing on it can be pressed."""

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import urlsplit

from django.conf import settings

ATTRIBUTES = r"""((?:[^>"']|"[^"]*"|'[^']*')*)"""
TAG = re.compile(rf"<(a|area|form|button|input)\b{ATTRIBUTES}>", re.IGNORECASE)
SCRIPT = re.compile(rf"<script\b{ATTRIBUTES}>.*?</script>", re.IGNORECASE | re.DOTALL)
ADDRESS = re.compile(r"""\b(href|action|formaction)=("[^"]*"|'[^']*')""", re.IGNORECASE)
TYPE = re.compile(r"""\btype=["']?([a-z-]+)""", re.IGNORECASE)
SKIP_LINK = re.compile(r'<a class="skip".*?</a>', re.DOTALL)
HARMLESS = ("js/embed",)
"""Scripts that only show something."""
SENDING = frozenset({"submit", "image", "button", "file"})


def as_preview(html: str, bar: str, place_of: Callable[[str], str]) -> str:
    """The page with the bar at its head. `place_of`: the address of a path's preview. Source: rules.md 2.40.

    Scripts go, but for those that only show something: what a page sends by itself would be sent from here too.
    """
    quiet = SCRIPT.sub(lambda found: found[0] if _is_harmless(found[1]) else "", html)
    inside = TAG.sub(lambda found: _tag(found[1], found[2], place_of), quiet)
    return SKIP_LINK.sub(lambda found: found[0] + bar, inside, count=1)


def _is_harmless(attributes: str) -> bool:
    return (
        any(f"{settings.STATIC_URL}{one}" in attributes for one in HARMLESS) or 'type="application/json"' in attributes
    )


def _tag(name: str, attributes: str, place_of: Callable[[str], str]) -> str:
    name, attributes = name.lower(), ADDRESS.sub(lambda found: _address(found[1], found[2], place_of), attributes)
    if _may_send(name, attributes):
        attributes = f"{attributes.rstrip('/ ')} disabled"
    return f"<{name}{attributes}>"


def _address(attribute: str, quoted: str, place_of: Callable[[str], str]) -> str:
    parts = urlsplit(unescape(quoted[1:-1]))
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    if not is_ours or parts.path.startswith(settings.STATIC_URL):
        return f"{attribute}={quoted}"
    return f'{attribute}="{escape(place_of(parts.path))}"'


def _may_send(name: str, attributes: str) -> bool:
    if "data-embed-load" in attributes or re.search(r"\bdisabled\b", attributes):
        return False
    kind = TYPE.search(attributes)
    return name == "button" or (name == "input" and kind is not None and kind[1].lower() in SENDING)

"""What somebody brings to be checked, read from any form of a badge: JSON, token, PNG or SVG."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from badges import baking, signing
from badges.canonical import Unreadable, read_json
from courses.lib.refusals import Refusal

LARGEST_PICTURE, LARGEST_TEXT = 2_000_000, 200_000
"""Bytes of a picture, and of a document or token, that a check looks at."""
NO_BADGE = Refusal(
    "no-badge", gettext_noop("There is no badge in this: neither a credential in JSON nor a signed token.")
)
TOO_LARGE = Refusal("too-large", gettext_noop("This is larger than any badge of ours."))


@dataclass(frozen=True, slots=True)
class Presented:
    """What somebody brought: the award as it reads, its token where it came with one, and whether that was all.

    `is_address_only`: an Open Badges 2.0 picture that holds nothing but the id of its assertion.
    """

    document: dict[str, Any]
    token: str = ""
    is_token_only: bool = False
    is_address_only: bool = False


def read_presented(content: bytes) -> Presented | Refusal:
    """The badge in a file or text: a baked PNG or SVG, a JSON document, or a token. Reads nothing outside `content`."""
    try:
        return read_text(baking.read(content).strip())
    except baking.OlderBadge as older:
        return _read_older(older)
    except baking.NotBaked as error:
        return Refusal("no-badge", str(error))


def _read_older(older: baking.OlderBadge) -> Presented | Refusal:
    """An assertion or its address; a token of 2.0 is checked where its issuer says."""
    if older.found.startswith("{"):
        return read_text(older.found)
    if re.fullmatch(r"https?://\S+", older.found):
        return Presented({"id": older.found, "type": "Assertion"}, is_address_only=True)
    return Refusal("no-badge", str(older))


def read_text(text: str) -> Presented | Refusal:
    """The badge in a text: JSON when it opens with a brace, a token otherwise."""
    if len(text) > LARGEST_TEXT:
        return TOO_LARGE
    try:
        if text.startswith("{"):
            return Presented(read_json(text))
        return Presented(_without_claims(signing.read_unverified(text)[1]), text, is_token_only=True)
    except signing.BadToken:
        return NO_BADGE
    except Unreadable as error:
        return Refusal(NO_BADGE.code, f"{NO_BADGE.sentence} {error}")


def read_members(content: bytes) -> dict[str, Any] | Refusal:
    """The JSON object in a request's body, by the same strict reader."""
    try:
        value = read_json(content.decode())
    except UnicodeDecodeError:
        return NO_BADGE
    except Unreadable as error:
        return Refusal(NO_BADGE.code, f"{NO_BADGE.sentence} {error}")
    return value if isinstance(value, dict) else NO_BADGE


def _without_claims(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in signing.CLAIMS}

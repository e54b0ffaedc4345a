"""The autosave protocol's shapes: what a page may send, and what it hears."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

MAX_BYTES = 64 * 1024
MAX_ENTRIES = 50
MAX_SEQ = 2**31 - 1
MAX_STRINGS = 200
UNSCRIPTED = frozenset({"form", "practice"})
"""The names under which pages without script save; the server numbers these saves itself, so no script may bear them."""


class Malformed(ValueError):
    """The request is not of the protocol's shape; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as sent: the item's position, the page's running number, the answer's strings and the flag.

    `seq` None (a form without script) takes the next number.
    """

    item: int
    seq: int | None
    value: tuple[str, ...]
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one entry: stored, duplicate, stale or refused; the item's current number and digest."""

    item: int
    status: str
    seq: int = 0
    digest: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the body of a save shows it."""
        return {
            "item": self.item,
            "status": self.status,
            "seq": self.seq,
            "digest": self.digest,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Saved:
    """The answer to a batch. `moved`: this tab lost the pen; what it sent is kept."""

    state: str
    saved_at: datetime
    remaining_ms: int
    epoch: int
    saved_count: int
    moved: bool = False
    items: list[Reply] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The body of the reply; `clock` is when, in the reader's time zone, as the page shows it."""
        return {
            "state": self.state,
            "remaining_ms": self.remaining_ms,
            "epoch": self.epoch,
            "saved_count": self.saved_count,
            "moved": self.moved,
            "items": [one.as_json() for one in self.items],
            "clock": timezone.localtime(self.saved_at).strftime("%H:%M:%S"),
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """A whole request of the protocol. `digests`: item -> what the page believes is saved (submit only)."""

    client_id: str
    epoch: int
    entries: tuple[Entry, ...] = ()
    submission_id: str = ""
    digests: Mapping[int, str] | None = None


def read_batch(data: Any) -> Batch:
    """The request as a batch. Raises `Malformed`."""
    if not isinstance(data, dict):
        raise Malformed(_("an object is expected"))
    entries = data.get("batch", [])
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise Malformed(_("batch holds at most %(max_entries)s answers") % {"max_entries": MAX_ENTRIES})
    client_id = _text(data, "client_id")
    if client_id in UNSCRIPTED:
        raise Malformed(_("client_id is taken"))
    return Batch(
        client_id=client_id,
        epoch=_number(data.get("epoch"), "epoch"),
        entries=tuple(_entry(one) for one in entries),
        submission_id=_text(data, "submission_id") if "submission_id" in data else "",
        digests=_digests(data["digests"]) if "digests" in data else None,
    )


def _entry(data: Any) -> Entry:
    if not isinstance(data, dict):
        raise Malformed(_("an answer is an object"))
    value, flagged = data.get("value"), data.get("flagged", False)
    if not isinstance(value, list) or len(value) > MAX_STRINGS or not all(is_text(one) for one in value):
        raise Malformed(_("value is a list of strings"))
    if not isinstance(flagged, bool):
        raise Malformed(_("flagged is true or false"))
    return Entry(_number(data.get("item"), "item"), _number(data.get("seq"), "seq"), tuple(value), flagged)


def _digests(data: Any) -> dict[int, str]:
    if not isinstance(data, list) or len(data) > 1000 or not all(isinstance(one, dict) for one in data):
        raise Malformed(_("digests is a list"))
    return {_number(one.get("item"), "item"): str(one.get("digest", "")) for one in data}


def _number(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_SEQ:
        raise Malformed(_("%(name)s is a whole number from 1") % {"name": name})
    return value


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not is_text(value) or not 0 < len(value) <= 64:
        raise Malformed(_("%(name)s is a text of 1 to 64 characters") % {"name": name})
    return value


def is_text(value: Any) -> bool:
    """PostgreSQL keeps every string but one with a NUL or half a surrogate pair."""
    return isinstance(value, str) and "\0" not in value and not any(0xD800 <= ord(one) <= 0xDFFF for one in value)

"""Which addresses content points at, who keeps it, when an address is checked, and what an answer means.

Source: rules.md 2.20 to 2.24.
"""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from courses.lib.outbound import OutboundFailed, OutboundRefused, Reply
from courses.lib.readable import fingerprint, readable_text
from courses.models import AssetVersion, Lesson, Link, LinkState, Source

USE = "links"
INTERVAL_DAYS = 7
"""An address is checked so often, or as often as its source is to be looked at where that is more often."""
FAILURES, FAILING = 3, timedelta(days=3)
AGAIN = timedelta(days=1, hours=12)
"""Three failures at this distance are three days."""
CLOSED_TO_US = (401, 403, 407, 451)
BUSY = (408, 425, 429)
READ = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")


@dataclass(frozen=True, slots=True)
class Use:
    """Content that points at an address: its name, where it is edited, and who keeps it."""

    name: str
    page: tuple[str, int]
    owner_id: int | None


def host_of(url: str) -> str:
    """The machine of an address, in lower case; empty where it can't be read."""
    try:
        return (urlsplit(url).hostname or "")[:255]
    except ValueError:
        return ""


def addresses_in_use() -> dict[str, int]:
    """Every address that content in use points at, with the days between two checks. Three queries."""
    found: dict[str, int] = {}
    sources = Source.objects.exclude(url="").values_list("url", "check_interval_days")
    lessons = Lesson.in_use().exclude(url="").values_list("url", "source_revision__source__check_interval_days")
    assets = AssetVersion.in_use().exclude(url="").values_list("url", "source_revision__source__check_interval_days")
    for rows in (sources, lessons, assets):
        for url, days in rows.order_by():
            found[url] = min(found.get(url, INTERVAL_DAYS), days or INTERVAL_DAYS)
    return found


def uses_of(urls: Iterable[str]) -> dict[str, list[Use]]:
    """What points at each of these addresses. Three queries, whatever their number."""
    wanted = list(urls)
    found: dict[str, list[Use]] = {url: [] for url in wanted}
    for source in Source.objects.filter(url__in=wanted):
        found[source.url].append(Use(str(source), ("courses_source_change", source.pk), source.owner_id))
    for lesson in Lesson.in_use().filter(url__in=wanted).select_related("source_revision__source"):
        revision = lesson.source_revision
        owner = revision.source.owner_id if revision else None
        found[lesson.url].append(Use(f"{lesson.course}: {lesson}", lesson.page, owner))
    for version in AssetVersion.in_use().filter(url__in=wanted):
        found[version.url].append(Use(str(version.asset), version.page, version.asset.owner_id))
    return found


def days_between(link: Link) -> int:
    """The days between two checks of one address. Three queries."""
    return addresses_in_use().get(link.url, INTERVAL_DAYS)


def conditions(link: Link) -> dict[str, str]:
    """What is asked of the other side beside the address: nothing but the page, and only where it is another one."""
    headers = {"Accept": ", ".join(READ) + ", */*;q=0.5"}
    if link.seen and link.etag:
        headers["If-None-Match"] = link.etag
    if link.seen and link.last_modified:
        headers["If-Modified-Since"] = link.last_modified
    return headers


def is_page(reply: Reply) -> bool:
    """Whether an answer is text that people read, so that its words are worth fetching."""
    return reply.headers.get("content-type", "text/html").split(";")[0].strip().lower() in READ


def found_by(link: Link, reply: Reply, now: datetime, days: int) -> dict[str, Any]:
    """What a check writes down after an answer of whatever status."""
    if reply.status in CLOSED_TO_US:
        return _closed(reply.status, _("The page asks who is reading. Look at it yourself."), now, days)
    if not reply.is_fine and reply.status != 304:
        said = _("The other side answers with %(status)s.") % {"status": reply.status}
        return _failure(link, said, now, may_die=reply.status not in BUSY) | {"status": reply.status}
    values: dict[str, Any] = {"checked_at": now, "due_at": now + timedelta(days=days), "status": reply.status}
    values |= {
        "tries": 0,
        "failing_since": None,
        "problem": "",
        "moved_to": reply.url[:2000] if reply.has_moved else "",
    }
    values |= _page(link, reply, now)
    changed = values.get("changed_at", link.changed_at)
    state = LinkState.CHANGED if changed else LinkState.MOVED if values["moved_to"] else LinkState.FINE
    return values | {"state": state}


def _page(link: Link, reply: Reply, now: datetime) -> dict[str, Any]:
    """What the page says beside what it was agreed to say; nothing where it says that it is the same."""
    if reply.status == 304:
        return {}
    text = readable_text(reply.body, reply.headers.get("content-type", "text/html")) if is_page(reply) else ""
    seen = fingerprint(text) if is_page(reply) else _other_than_text(reply)
    values: dict[str, Any] = {
        "etag": reply.headers.get("etag", "")[:200],
        "last_modified": reply.headers.get("last-modified", "")[:100],
        "seen": seen,
        "seen_text": text,
    }
    if not link.fingerprint:
        return values | {"fingerprint": seen, "text": text}
    return values | {"changed_at": None if seen == link.fingerprint else link.changed_at or now}


def _other_than_text(reply: Reply) -> str:
    """Files and films are told apart by what their headers say: their bytes are not fetched."""
    facts = [reply.headers.get(name, "") for name in ("content-type", "content-length", "last-modified")]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def failed_by(link: Link, problem: Exception, now: datetime, days: int) -> dict[str, Any]:
    """What a check writes down where no answer came."""
    if isinstance(problem, OutboundRefused):
        return _closed(None, problem.sentence, now, days)
    if isinstance(problem, OutboundFailed) and problem.code == "too_large":
        return _closed(None, problem.sentence, now, days)
    said = problem.sentence if isinstance(problem, OutboundFailed) else _("The answer can't be read.")
    return _failure(link, said, now) | {"status": None}


def _closed(status: int | None, problem: str, now: datetime, days: int) -> dict[str, Any]:
    values = {"state": LinkState.REFUSED, "status": status, "problem": problem[:300], "moved_to": "", "checked_at": now}
    return values | {"tries": 0, "failing_since": None, "due_at": now + timedelta(days=days)}


def _failure(link: Link, problem: str, now: datetime, *, may_die: bool = True) -> dict[str, Any]:
    """Away at first; dead after three failures in a row over three days. A machine that is only busy doesn't die of it."""
    since, tries = link.failing_since or now, min(link.tries + 1, 30_000)
    is_dead = link.state == LinkState.DEAD or (may_die and tries >= FAILURES and now - since >= FAILING)
    wait = timedelta(days=INTERVAL_DAYS) if is_dead else AGAIN
    values: dict[str, Any] = {"state": LinkState.DEAD if is_dead else LinkState.AWAY, "problem": problem[:300]}
    return values | {"tries": tries, "failing_since": since, "moved_to": "", "due_at": now + wait}


def difference(link: Link, most: int = 40) -> list[tuple[str, str]]:
    """What the page says other than it did: ("+" or "-", line), the first so many. No query."""
    if not link.changed_at or link.fingerprint == link.seen:
        return []
    old, new = link.text.splitlines()[:1000], link.seen_text.splitlines()[:1000]
    lines = [line for line in difflib.unified_diff(old, new, lineterm="", n=0) if line[:3] not in ("---", "+++")]
    return [(line[0], line[1:300]) for line in lines if line[0] in "+-"][:most]


def changed_page(url: str) -> Link | None:
    """The check of an address whose page looks changed, None where it doesn't. One query."""
    return Link.objects.filter(url=url, changed_at__isnull=False).first() if url else None


def owners_of(links: Iterable[Link], uses: Mapping[str, list[Use]]) -> dict[int, list[Link]]:
    """For each owner the links that content of theirs points at. No query."""
    found: dict[int, list[Link]] = {}
    for link in links:
        for owner in {one.owner_id for one in uses.get(link.url, ()) if one.owner_id}:
            found.setdefault(owner, []).append(link)
    return found

"""Interactive packages of strangers (SCORM 1.2 and 2004): what is in them, or why they are refused. No models, no rows.

Nothing is unpacked to disk. Source: SCORM 1.2 Content Aggregation Model 2.3; SCORM 2004 4th Edition CAM 3.4.
"""

import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

from django.utils.translation import gettext as _

from courses.lib.archives import ArchiveFault, check_entries
from courses.lib.xml import Node, XmlFault, read_xml

MOST_FILES, MOST_ITEMS, LARGEST_MANIFEST, LARGEST_FILE = 3000, 100, 2_000_000, 100_000_000
MANIFEST = "imsmanifest.xml"
TYPES = {
    "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "xhtml": "application/xhtml+xml",
    "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
    "json": "application/json", "xml": "application/xml", "txt": "text/plain; charset=utf-8", "csv": "text/csv",
    "vtt": "text/vtt", "srt": "text/plain; charset=utf-8", "md": "text/plain; charset=utf-8", "map": "application/json",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "svg": "image/svg+xml", "ico": "image/x-icon", "bmp": "image/bmp", "avif": "image/avif", "cur": "image/x-icon",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "wav": "audio/wav", "oga": "audio/ogg",
    "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg",
    "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf", "eot": "application/octet-stream",
    "pdf": "application/pdf", "xsd": "application/xml", "dtd": "text/plain; charset=utf-8", "wasm": "application/wasm",
    "zip": "application/octet-stream", "properties": "text/plain; charset=utf-8", "lss": "text/plain; charset=utf-8",
}  # fmt: skip
"""What a package may hold, by the ending of its name, and as what it is sent; what isn't named here is refused."""
UNSEEN = frozenset({"", ".ds_store", "thumbs.db"})


class PackageFault(Exception):
    """The package is refused; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Item:
    """One part that is opened: its identifier, title and place in the package, and what the standard hands to it."""

    identifier: str
    title: str
    path: str
    query: str
    launch_data: str = ""
    mastery: str = ""
    tells: bool = True
    """It speaks to the runtime (a SCO); an asset doesn't, and is done once opened."""

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """A package that was taken: `version` is "1.2" or "2004"."""

    version: str
    title: str
    items: tuple[Item, ...]
    files: int
    unpacked: int


def read_package(file: BinaryIO) -> PackageFacts:
    """What a package is. Raises `PackageFault`. Every byte is unpacked once, within the limits, so that headers can't lie."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = _entries(archive)
            unpacked = sum(_checked(archive, one) for one in entries.values())
            root = _manifest(archive, entries)
            version, title, items = _organised(root, set(entries))
    except ArchiveFault as fault:
        raise PackageFault(str(fault)) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise PackageFault(_("The package can't be opened: it is damaged, or no ZIP file.")) from error
    return PackageFacts(version, title, items, len(entries), unpacked)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by name, each name once, whatever the system that unpacks it thinks of upper and lower case."""
    rows = archive.infolist()
    if len(rows) > MOST_FILES:
        raise PackageFault(_("The package holds more than %(most)s files.") % {"most": MOST_FILES})
    check_entries(rows)
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for one in rows:
        if why := _why_not(one, seen):
            raise PackageFault(
                _("The package is refused: “%(name)s” %(why)s.") % {"name": one.filename[:80], "why": why}
            )
        seen.add(one.filename.rstrip("/").casefold())
        if not one.is_dir():
            found[one.filename] = one
    folders = {str(up).casefold() for name in found for up in PurePosixPath(name).parents}
    if clash := folders & {name.casefold() for name in found}:
        raise PackageFault(_("The package is refused: “%(name)s” is a file and a folder.") % {"name": min(clash)[:80]})
    return found


def _why_not(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    name = entry.filename
    if "\\" in name or any(ord(sign) < 32 or ord(sign) == 127 for sign in name) or len(name) > 300:
        return _("has a name that can't be used")
    if "" in name.rstrip("/").split("/") or "." in name.split("/"):
        return _("has a name that can't be used")
    if name.rstrip("/").casefold() in seen:
        return _("is in it twice")
    if entry.file_size > LARGEST_FILE:
        return _("is too large")
    ending = PurePosixPath(name).suffix[1:].lower()
    if not entry.is_dir() and ending not in TYPES and PurePosixPath(name).name.lower() not in UNSEEN:
        return _("is of a kind that packages may not hold")
    return ""


def _checked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """How many bytes it has; its sum is checked on the way."""
    size = 0
    with archive.open(entry) as file:
        while block := file.read(1 << 18):
            size += len(block)
            if size > entry.file_size:
                raise PackageFault(_("“%(name)s” is larger than it says.") % {"name": entry.filename[:80]})
    return size


def _manifest(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> Node:
    if "h5p.json" in entries:
        raise PackageFault(
            _(
                "This is an H5P file, which needs a player that isn't here. Export it as a SCORM package and upload that."
            )
        )
    if MANIFEST not in entries:
        raise PackageFault(_("There is no imsmanifest.xml at its top, so it is no SCORM package."))
    if entries[MANIFEST].file_size > LARGEST_MANIFEST:
        raise PackageFault(_("Its imsmanifest.xml is too large."))
    try:
        root = read_xml(archive.read(entries[MANIFEST]), most_elements=50_000)
    except XmlFault as fault:
        raise PackageFault(
            _("imsmanifest.xml, line %(line)s: %(why)s") % {"line": fault.line, "why": fault.message}
        ) from None
    if root.tag != "manifest":
        raise PackageFault(_("Its imsmanifest.xml is no manifest."))
    return root


def _organised(root: Node, names: set[str]) -> tuple[str, str, tuple[Item, ...]]:
    """The version, the title and what is opened, in order."""
    resources: dict[str, Any] = {one.get("identifier", ""): one for one in root.iter("resource")}
    organizations = root.find("organizations")
    chosen = list(organizations.findall("organization")) if organizations is not None else []
    wanted = organizations.get("default", "") if organizations is not None else ""
    plan = next((one for one in chosen if one.get("identifier") == wanted), chosen[0] if chosen else None)
    if plan is None:
        raise PackageFault(_("Its manifest names nothing to open (no organization)."))
    items = [_item(one, resources, names) for one in plan.iter("item") if one.get("identifierref")]
    if not items:
        raise PackageFault(_("Its manifest names nothing to open (no item)."))
    if len(items) > MOST_ITEMS or len({one.identifier for one in items}) < len(items):
        raise PackageFault(_("Its manifest names too many parts, or one of them twice."))
    version = (root.findtext("metadata/schemaversion") or "").strip()
    spaces = "".join(root.qualified) + "".join(str(getattr(one, "space", "")) for one in root.iter())
    is_newer = "2004" in version or version.startswith("CAM") or "adlcp_v1p3" in spaces + _spaces(resources)
    return ("2004" if is_newer else "1.2"), _text(plan, "title", 200), tuple(items)


def _spaces(resources: dict[str, Any]) -> str:
    return "".join(name for one in resources.values() for name in one.qualified)


def _text(node: Any, name: str, most: int) -> str:
    return " ".join((node.findtext(name) or "").split())[:most].replace("\0", "")


def _item(node: Any, resources: dict[str, Any], names: set[str]) -> Item:
    resource = resources.get(node.get("identifierref", ""))
    title = _text(node, "title", 200) or _("Part")
    if resource is None:
        raise PackageFault(_("“%(title)s” names a resource that isn't in the manifest.") % {"title": title})
    base = resource.get("base", "")
    href, mark, query = (base + resource.get("href", "")).partition("?")
    path = unquote(href.partition("#")[0])
    if path not in names or not path.lower().endswith((".html", ".htm", ".xhtml")):
        raise PackageFault(_("“%(title)s” opens a page that isn't in the package.") % {"title": title})
    more = node.get("parameters", "").lstrip("?&")
    query = "&".join(one for one in (query.partition("#")[0] if mark else "", more) if one)[:1000]
    kind = (resource.get("scormtype") or resource.get("scormType") or "sco").lower()
    launch = _text(node, "datafromlms", 4000) or _text(node, "dataFromLMS", 4000)
    identifier = node.get("identifier", "")[:200]
    return Item(identifier, title, path, query, launch, _text(node, "masteryscore", 20), kind != "asset")


def content_type(name: str) -> str:
    """As what a file of a package is sent."""
    return TYPES.get(PurePosixPath(name).suffix[1:].lower(), "application/octet-stream")

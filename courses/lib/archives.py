"""The one way into archives of strangers: nothing is unpacked to disk, and what isn't plain files within limits is refused."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator

MOST_ENTRIES = 25_000
MOST_BYTES = 200_000_000
HIGHEST_RATIO, RATIO_FROM = 100, 1_000_000
"""How many times larger than its packed form an entry may be, from this size on."""


class ArchiveFault(Exception):
    """The archive is refused; the message says why."""


def read_archive(data: bytes, ending: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file in a ZIP whose name has this ending, in its order. Raises `ArchiveFault`.

    Archives inside are files like others: they are not opened.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            check_entries(entries)
            for entry in entries:
                if not entry.is_dir() and entry.filename.lower().endswith(ending):
                    yield entry.filename, _content(archive, entry)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise ArchiveFault(f"The package can't be opened: {str(error)[:100] or 'it is damaged'}.") from None


def check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Raise `ArchiveFault` for what is no plain archive: too many files, too large, packed too tightly, links, ways out."""
    if len(entries) > MOST_ENTRIES:
        raise ArchiveFault(f"The package holds more than {MOST_ENTRIES} files.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ArchiveFault(f"Unpacked, the package is larger than {MOST_BYTES // 1_000_000} MB.")
    for entry in entries:
        if refusal := _why_not(entry):
            raise ArchiveFault(f"The package is refused: “{entry.filename[:80]}” {refusal}.")


def _why_not(entry: zipfile.ZipInfo) -> str:
    parts = entry.filename.replace("\\", "/").split("/")
    if entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return "leads out of it"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.file_size > max(RATIO_FROM, entry.compress_size * HIGHEST_RATIO):
        return "is packed too tightly"
    return ""


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes, never more than the entry said: sizes in a header may lie."""
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise ArchiveFault(f"“{entry.filename[:80]}” is larger than it says.")
    return content

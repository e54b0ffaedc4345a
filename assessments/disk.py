"""The disk that media lie on: where, how much room is left, and what a full one sounds like."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from courses.lib.refusals import Refusal, Refused

GIBIBYTE = 1 << 30


def root() -> Path:
    """The storage root."""
    return Path(settings.MEDIA_STORAGE_ROOT)


def relative(path: Path) -> str:
    """A path as the database keeps it."""
    return str(path.relative_to(root()))


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def refused_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refused(
            Refusal("disk-low", _("We are out of room for a moment. Your upload goes on by itself."))
        ) from error


def is_low() -> bool:
    """Whether the disk is down to its reserve (`DISK_RESERVE_PERCENT`, `DISK_RESERVE_GIB`)."""
    free, total = _room()
    return free * 100 < total * settings.DISK_RESERVE_PERCENT or free < settings.DISK_RESERVE_GIB * GIBIBYTE


def is_filling() -> bool:
    """Whether so little is free that somebody should look (`DISK_ALARM_PERCENT`), long before uploads are refused."""
    free, total = _room()
    return free * 100 < total * settings.DISK_ALARM_PERCENT


def free_percent() -> int:
    """How much of the disk is free, in whole percent."""
    free, total = _room()
    return free * 100 // total


def _room() -> tuple[int, int]:
    folder = root()
    folder.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total

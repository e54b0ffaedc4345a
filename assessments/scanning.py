"""Looking for malware in files of learners, with the scanner of this installation (`FILE_SCANNER`), where there is one."""

import shlex
import subprocess
from pathlib import Path

from django.conf import settings

from courses.lib.confined import run_child

SECONDS = 30
CLEAN, FOUND = 0, 1
"""Exit codes that scanners share. Source: clamscan(1) and clamdscan(1), return codes."""


class ScannerAway(Exception):
    """The scanner is missing, took too long or failed, so nobody knows what is in the file."""


def is_configured() -> bool:
    """Whether files are scanned here at all."""
    return bool(settings.FILE_SCANNER)


def finds_malware(path: Path) -> bool:
    """Whether the scanner finds something in a file; waits 30 seconds at most. Raises ScannerAway."""
    command = [*shlex.split(settings.FILE_SCANNER), str(path)]
    try:
        code = run_child(command, SECONDS, subprocess.DEVNULL, subprocess.DEVNULL)
    except OSError as error:
        raise ScannerAway(str(error)) from error
    if code not in (CLEAN, FOUND):
        raise ScannerAway(f"it ended with {code}")
    return code == FOUND

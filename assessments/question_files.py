"""Reading question files in a child with limits, its answer taken apart without trust."""

import json
import logging
import sys
import tempfile
from decimal import InvalidOperation
from pathlib import Path

from assessments.rules.written import MOST_BYTES, FileError, FileFault, Parsed
from assessments.rules.written_json import LONGEST_LINE, load
from courses.lib.confined import run_child

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("question_reader.py")
MEBIBYTE = 1 << 20
LIMITS = {"CPU": 60, "AS": 1024 * MEBIBYTE, "FSIZE": 256 * MEBIBYTE, "NOFILE": 64, "CORE": 0}
"""Of the child: seconds of processor, bytes of memory and of output. Source: rules.md 3.27."""
WALL_SECONDS = 180
TOO_MUCH = "The file needs more time or memory than a question file may. Split it, or export it anew."


def read_confined(data: bytes, *, name: str = "", form: str = "") -> Parsed:
    """What a question file holds; `form` is its format, recognised where empty. Raises nothing, whatever the bytes are."""
    if len(data) > MOST_BYTES:
        return Parsed(form, fault=FileError(0, f"The file is larger than {MOST_BYTES // 1_000_000} MB."))
    with tempfile.TemporaryDirectory(prefix="questions-") as folder:
        source, answer = Path(folder, "source"), Path(folder, "answer.json")
        source.write_bytes(data)
        command = [sys.executable, "-I", "-B", str(SCRIPT), json.dumps(LIMITS), str(source), name[-200:], form]
        with answer.open("wb") as stdout, Path(folder, "log").open("wb") as stderr:
            code = run_child(command, WALL_SECONDS, stdout, stderr)
        if code == 0:
            return _loaded(answer, form)
        log.warning("question reader ended with %s: %s", code, Path(folder, "log").read_text(errors="replace")[-500:])
    return Parsed(form, fault=FileError(0, TOO_MUCH))


def _loaded(answer: Path, form: str) -> Parsed:
    try:
        with answer.open("rb") as lines:
            return load(iter(lambda: lines.readline(LONGEST_LINE), b""))
    except (ValueError, KeyError, TypeError, InvalidOperation, RecursionError, FileFault):
        log.exception("question reader answered nonsense")
        return Parsed(form, fault=FileError(0, TOO_MUCH))

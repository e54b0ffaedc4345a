"""What commands that read a table of figures share: the file, the refusal, and how a figure is printed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandError

from assessments.rules.statistics.csv_rows import MalformedTable, Problem


def content_of(path: Path) -> bytes:
    """The bytes of a file. Raises MalformedTable where it can't be read."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise MalformedTable([Problem(0, f"{path} can't be read: {fault.strerror}.")]) from None


def refuse(command: BaseCommand, malformed: MalformedTable, *, as_json: bool) -> NoReturn:
    """End with 2 and every problem on stderr; `as_json` also {"errors": [{"line", "message"}]} on stdout."""
    if as_json:
        command.stdout.write(json.dumps({"errors": [asdict(one) for one in malformed.problems]}))
    told = "\n".join(f"Line {one.line}: {one.message}" if one.line else one.message for one in malformed.problems)
    raise CommandError(told, returncode=2)


def three(value: float | None) -> str:
    """A figure with three decimals; a dash where it is undefined."""
    return "–" if value is None else f"{value:.3f}"
